import Secrets
import CloudAccess
import Collecting
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Synchronization
import Testing

@testable import Backups

extension Collector {
  func outcome() async -> Outcome {
    await withCheckedContinuation { waiting in collect { waiting.resume(returning: $0) } }
  }
}

/// A store of this process, whose answers a test holds back or makes wrong.
private final class ScriptedStore: ObjectStore {
  struct Script {
    var objects: [(entry: ObjectEntry, bytes: [UInt8])] = []
    var pageSize = 1000
    var failure: StoreFailure?
    var readFailure: StoreFailure?
    var isSilent = false
    var pageTime: Duration = .zero
    var listings = 0
    var reads: [(name: String, range: Range<UInt64>)] = []
    var uploads: Result<IncompleteUploads?, StoreFailure> = .success(nil)
  }

  let script: Mutex<Script>
  let title = "test://store"
  let listsInOrder = true
  let listsIncompleteUploads = false
  private let queue = DispatchQueue(label: "scripted")

  init(_ change: (inout Script) -> Void) {
    var script = Script()
    change(&script)
    self.script = Mutex(script)
  }

  func list(
    _ query: PageQuery, timeout: Duration,
    _ completion: @escaping @Sendable (Result<ListingPage, StoreFailure>) -> Void
  ) {
    let (answer, time): (Result<ListingPage, StoreFailure>?, Duration) = script.withLock { script in
      script.listings += 1
      if script.isSilent { return (nil, .zero) }
      if let failure = script.failure { return (.failure(failure), script.pageTime) }
      let from = query.continuation ?? query.startAfter ?? ""
      let left = script.objects.map(\.entry).filter {
        byteOrder(from, $0.name) && $0.name.hasPrefix(query.prefix)
      }
      var page = ListingPage(entries: Array(left.prefix(query.limit ?? script.pageSize)), next: nil)
      if left.count > page.entries.count { page.next = page.entries.last?.name }
      return (.success(page), script.pageTime)
    }
    guard let answer else { return }
    queue.asyncAfter(deadline: .now() + .milliseconds(Int(time.milliseconds))) { completion(answer) }
  }

  func read(
    _ entry: ObjectEntry, _ range: Range<UInt64>, timeout: Duration,
    _ completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    let answer: Result<[UInt8], StoreFailure> = script.withLock { script in
      script.reads.append((entry.name, range))
      if let failure = script.readFailure { return .failure(failure) }
      let bytes = script.objects.first { $0.entry.name == entry.name }?.bytes ?? []
      return .success(Array(bytes.dropFirst(Int(range.lowerBound)).prefix(range.count)))
    }
    queue.async { completion(answer) }
  }

  func incompleteUploads(
    prefix: String, timeout: Duration,
    _ completion: @escaping @Sendable (Result<IncompleteUploads?, StoreFailure>) -> Void
  ) {
    let answer = script.withLock { $0.uploads }
    queue.async { completion(answer) }
  }
}

private let trailer = "-- Dump completed on 2026-01-31  2:00:01\n"

@Suite struct ObjectBackupCollectorTests {
  private static func settings(
    _ place: StorePlace = .s3(S3Place(bucket: "b", access: .anonymous)), prefix: String = "db/",
    _ change: (inout ObjectBackupSettings) -> Void = { _ in }
  ) throws -> ObjectBackupSettings {
    var basics = BackupBasics(job: "orders", region: "eu", repo: "", every: .seconds(300))
    basics.settle = .zero
    basics.timeout = .seconds(5)
    var settings = ObjectBackupSettings(
      basics: basics, naming: BackupNaming(match: try Glob("*.sql*")), place: place, prefix: prefix)
    change(&settings)
    return settings
  }

  private static func object(_ name: String, age: Int, _ text: String) -> (entry: ObjectEntry, bytes: [UInt8])
  {
    let bytes = Array((String(repeating: "x", count: 5000) + "\n" + text).utf8)
    let modified = SystemTime().now - .seconds(age)
    return (
      ObjectEntry(name: name, size: UInt64(bytes.count), modified: modified, version: "v\(age)"), bytes
    )
  }

  @Test func theNewestGoodOneIsFoundByItsEndAndReadOnce() async throws {
    let store = ScriptedStore { script in
      script.objects = [
        Self.object("db/1.sql", age: 900, trailer), Self.object("db/2.sql", age: 600, trailer),
        Self.object("db/3.sql", age: 300, "cut off"), Self.object("db/other.txt", age: 1, ""),
      ]
      script.uploads = .success(IncompleteUploads(count: 2, oldest: Timestamp(milliseconds: 1000)))
    }
    let settings = try Self.settings { $0.verify.trailer = .mysqldump }
    let collector = ObjectBackupCollector(settings, store: store)
    let first = await collector.outcome()
    #expect(first.verdict == .success)
    let two = try #require(store.script.withLock { $0.objects[1].entry.modified })
    #expect(first.value(BackupFamilies.lastSuccess) == two.seconds)
    #expect(first.value(BackupFamilies.rejected, ["reason": "no_trailer"]) == 1)
    #expect(first.value(BackupFamilies.retained) == 2)
    #expect(first.value(BackupFamilies.entries) == 4)
    #expect(first.value(BackupFamilies.incompleteUploads) == 2)
    #expect(first.value(BackupFamilies.oldestIncompleteUpload) == 1)
    #expect(first.value(BackupFamilies.questionFailed, ["question": "incomplete_uploads"]) == 0)
    #expect(collector.rejectedFiles.map(\.name) == ["3.sql"])
    _ = await collector.outcome()
    try await waitUntil("the older one is read, too") { store.script.withLock { $0.reads.count } == 3 }
    let second = await collector.outcome()
    #expect(second.value(BackupFamilies.unverified) == 0)
    #expect(second.value(BackupFamilies.verifiedFiles) == 2)
    #expect(second.value(BackupFamilies.failedFiles) == 1)
    #expect(second.value(BackupFamilies.readBytes) == Double(3 * 4096))
    #expect(store.script.withLock { $0.reads.allSatisfy { $0.range.count == 4096 } && $0.reads.count == 3 })
  }

  @Test func aSuccessThatWasSeenStaysTrueInSilence() async throws {
    let store = ScriptedStore { $0.objects = [Self.object("db/1.sql", age: 900, trailer)] }
    let collector = ObjectBackupCollector(
      try Self.settings { $0.basics.timeout = .milliseconds(300) }, store: store)
    let before = await collector.outcome()
    #expect(before.value(BackupFamilies.up) == 1)
    let last = try #require(before.value(BackupFamilies.lastSuccess))
    store.script.withLock { $0.failure = StoreFailure(.permission, "test://store denies access") }
    let denied = await collector.outcome()
    #expect(denied.verdict == .failure(.permission, detail: "test://store denies access"))
    #expect(denied.value(BackupFamilies.up) == 0 && denied.value(BackupFamilies.lastSuccess) == last)
    #expect(denied.value(BackupFamilies.retained) == nil)
    store.script.withLock { $0.isSilent = true }
    let silent = await collector.outcome()
    #expect(silent.reason == .timeout && silent.value(BackupFamilies.lastSuccess) == last)
    // One listing is under way, and no second one beside it.
    let asked = store.script.withLock { $0.listings }
    #expect(await collector.outcome().reason == .timeout)
    #expect(store.script.withLock { $0.listings } == asked)
  }

  @Test func aListingMayTakeLongerThanTheTimeout() async throws {
    let store = ScriptedStore { script in
      script.objects = (0..<30).map { Self.object("db/\(padded($0, 2)).sql", age: 9000 - 300 * $0, trailer) }
      script.pageSize = 1
      script.pageTime = .milliseconds(20)
    }
    let collector = ObjectBackupCollector(
      try Self.settings { $0.basics.timeout = .milliseconds(250) }, store: store)
    let early = await collector.outcome()
    #expect(early.verdict == .success && early.value(BackupFamilies.up) == 1)
    #expect(early.value(BackupFamilies.retained) == nil)
    var late = early
    for _ in 0..<20 where late.value(BackupFamilies.retained) == nil { late = await collector.outcome() }
    #expect(late.value(BackupFamilies.retained) == 30)
    #expect(store.script.withLock { $0.listings } == 30)
  }

  @Test func whatCannotBeReadIsNoSuccessAndIsTold() async throws {
    let store = ScriptedStore { script in
      script.objects = [Self.object("db/1.sql", age: 900, trailer)]
      script.readFailure = StoreFailure(.permission, "test://store: s3:GetObject")
      script.uploads = .failure(StoreFailure(.permission, ""))
    }
    let settings = try Self.settings { settings in
      settings.verify.trailer = .mysqldump
      settings.restoreMarker = "db/tested"
    }
    let collector = ObjectBackupCollector(settings, store: store)
    let outcome = await collector.outcome()
    #expect(outcome.verdict == .failure(.permission, detail: "test://store: s3:GetObject"))
    #expect(outcome.value(BackupFamilies.up) == 1)
    #expect(outcome.value(BackupFamilies.lastSuccess) == nil)
    #expect(outcome.value(BackupFamilies.rejected, ["reason": "unreadable"]) == 1)
    #expect(outcome.value(BackupFamilies.questionFailed, ["question": "incomplete_uploads"]) == 1)
    #expect(outcome.value(BackupFamilies.incompleteUploads) == nil)
    #expect(outcome.value(BackupFamilies.restoreTested) == nil)
    store.script.withLock { $0.readFailure = nil }
    #expect(await collector.outcome().value(BackupFamilies.lastSuccess) != nil)
  }

  @Test(arguments: [("2026-01-31T02:00:00Z\n", 1_769_824_800.0), ("1769824800", 1_769_824_800), ("ok", nil)])
  func aMarkerTellsWhenARestoreWasTested(text: String, expected: Double?) async throws {
    let store = ScriptedStore { script in
      var marker = Self.object("tested", age: 777, "")
      marker.bytes = Array(text.utf8)
      marker.entry.size = UInt64(text.utf8.count)
      script.objects = [Self.object("db/1.sql", age: 900, trailer), marker]
    }
    let collector = ObjectBackupCollector(try Self.settings { $0.restoreMarker = "tested" }, store: store)
    let told = await collector.outcome().value(BackupFamilies.restoreTested)
    let modified = try #require(store.script.withLock { $0.objects[1].entry.modified?.seconds })
    #expect(told == expected ?? modified)
  }

  /// Everything at once against moto, with compressed dumps that are read whole.
  @Test func aBucketIsWatched() async throws {
    let moto = try await MotoBucket(
      """
      import gzip, datetime
      def dump(i): return gzip.compress((f'INSERT INTO t VALUES ({i});\\n' * 90000 + '-- Dump completed on x\\n').encode())
      for i in range(4):
        body = dump(i)
        s3.put_object(Bucket='backups', Key=f'dump-{i}.sql.gz', Body=body[:-6] if i == 3 else body)
      """)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let id = try folder.write("id", moto.reader.id)
    let secret = try folder.write("secret", moto.reader.secret)
    let place = S3Place(
      bucket: "backups", region: "eu-central-1",
      access: .key(id: .file(id), secret: .file(secret), token: nil), endpoint: moto.endpoint)
    let settings = try Self.settings(.s3(place), prefix: "dump-") { settings in
      settings.naming.match = try! Glob("*.sql.gz")
      settings.verify = BackupContentRules(gzip: true, trailer: .mysqldump)
      settings.wantsIncompleteUploads = false
    }
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let collector = try settings.makeCollector(clients)
    #expect(
      collector.description.labels == ["job": "orders", "type": "s3", "repo": "backups", "region": "eu"])
    let outcome = await collector.outcome()
    #expect(outcome.verdict == .success)
    #expect(outcome.value(BackupFamilies.rejected, ["reason": "truncated"]) == 1)
    #expect(outcome.value(BackupFamilies.retained) == 3)
    #expect(outcome.value(BackupFamilies.lastSuccess) != nil)
    #expect(outcome.value(BackupFamilies.storeClockOffset).map { abs($0) < 3 } == true)
  }
}
