import CloudAccess
import Collecting
import FarwatchTesting
import Foundation
import Model
import ObjectStores
import Secrets
import Synchronization
import Testing

@testable import Backups

/// Backups as Velero 1.14 leaves them in a bucket, in moto's S3.
@Suite struct VeleroStoreTests {
  private static let filling = """
    import gzip, json, datetime
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    def text(hours): return (now + datetime.timedelta(hours=hours)).isoformat().replace('+00:00', 'Z')
    def left(name, hours, phase='Completed', schedule='daily', errors=None, ttl=720, archive=b'a' * 5000, record=True, root='clusters/a/'):
      at = root + 'backups/' + name + '/'
      labels = {'velero.io/storage-location': 'default'}
      if schedule: labels['velero.io/schedule-name'] = schedule
      status = {'version': 1, 'formatVersion': '1.1.0', 'phase': phase, 'expiration': text(hours + ttl),
        'startTimestamp': text(hours), 'completionTimestamp': text(hours + 0.1),
        'progress': {'totalItems': 100, 'itemsBackedUp': 100}}
      if errors: status['errors'] = errors
      whole = {'kind': 'Backup', 'apiVersion': 'velero.io/v1', 'metadata': {'name': name, 'namespace': 'velero',
        'creationTimestamp': text(hours), 'labels': labels}, 'spec': {'storageLocation': 'default', 'ttl': '720h0m0s'}, 'status': status}
      if record: s3.put_object(Bucket='backups', Key=at + 'velero-backup.json', Body=json.dumps(whole).encode())
      if archive is not None: s3.put_object(Bucket='backups', Key=at + name + '.tar.gz', Body=archive)
      for kind in ('-logs.gz', '-results.gz', '-podvolumebackups.json.gz', '-volumeinfo.json.gz', '-resource-list.json.gz'):
        s3.put_object(Bucket='backups', Key=at + name + kind, Body=gzip.compress(b'{}'))
    left('daily-1', -72)
    left('daily-2', -48)
    left('daily-3', -24)
    left('daily-4', -20, phase='PartiallyFailed', errors=3)
    left('daily-5', -10, record=False)
    left('daily-6', -9, archive=None)
    left('daily-old', -1000, ttl=240)
    left('weekly-1', -30, schedule='weekly')
    left('by-hand', -1, schedule=None)
    left('daily-7', -2, root='')
    s3.put_object(Bucket='backups', Key='clusters/a/restores/r/restore-r-results.gz', Body=b'x')
    s3.put_object(Bucket='backups', Key='clusters/a/kopia/default/kopia.repository', Body=b'x')

    """

  private static func settings(
    _ endpoint: String, prefix: String = "clusters/a", access: S3Access = .anonymous
  ) -> VeleroStoreSettings {
    let place = S3Place(bucket: "backups", region: "eu-central-1", access: access, endpoint: endpoint)
    var basics = BackupBasics(job: "cluster", region: "eu", repo: "", every: .seconds(86_400))
    basics.timeout = .seconds(20)
    return VeleroStoreSettings(basics: basics, place: .s3(place), prefix: prefix)
  }

  @Test func theBucketOfADeadClusterTells() async throws {
    let moto = try await MotoBucket(Self.filling, isEnforced: false)
    defer { moto.stop() }
    let folder = try TemporaryDirectory()
    let access = S3Access.key(
      id: .file(try folder.write("id", moto.reader.id)),
      secret: .file(try folder.write("secret", moto.reader.secret)), token: nil)
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var settings = Self.settings(moto.endpoint, access: access)
    settings.schedule = "daily"
    let now = Date().timeIntervalSince1970
    func hours(_ value: Double?) -> Double? { value.map { (($0 - now) / 3600).rounded() } }
    let daily = await collected(try settings.makeCollector(clients))
    #expect(daily.verdict == .success && daily.value(BackupFamilies.up) == 1, "\(daily.detail)")
    #expect(daily.value(BackupFamilies.retained) == 3)
    #expect(hours(daily.value(BackupFamilies.lastSuccess)) == -24)
    #expect(hours(daily.value(BackupFamilies.oldestRestorable)) == -72)
    #expect(daily.value(BackupFamilies.lastSize) == 5000)
    #expect(daily.value(BackupFamilies.rejected, ["reason": "failed"]) == 1)
    // One without its record, and one without its archive.
    #expect(daily.value(BackupFamilies.rejected, ["reason": "unfinished"]) == 2)
    #expect(daily.value(BackupFamilies.rejected, ["reason": "expired"]) == 1)
    #expect(daily.value(BackupToolFamilies.expired) == 1)
    #expect(settings.description.labels["type"] == "velero" && settings.basics.repo == "backups")

    settings.schedule = nil
    settings.acceptsPartial = true
    let all = await collected(try settings.makeCollector(clients))
    #expect(all.value(BackupFamilies.retained) == 6 && hours(all.value(BackupFamilies.lastSuccess)) == -1)
    let root = await collected(
      try Self.settings(moto.endpoint, prefix: "", access: access).makeCollector(clients))
    #expect(root.value(BackupFamilies.retained) == 1)
    let nothing = await collected(
      try Self.settings(moto.endpoint, prefix: "clusters/b", access: access).makeCollector(clients))
    #expect(nothing.verdict == .success && nothing.value(BackupFamilies.retained) == 0)
    #expect(nothing.value(BackupFamilies.lastSuccess) == nil)
  }

  @Test func recordsAreReadOnceAndStrangeOnesAreNamed() async throws {
    let reads = Tally()
    let record = #"""
      {"kind":"Backup","metadata":{"name":"NAME"},"status":{"phase":"Completed","startTimestamp":"2026-11-20T01:00:00Z",
      "completionTimestamp":"2026-11-20T01:05:00Z"}}
      """#
    let server = try LoopbackServer { request in
      if request.target.contains("list-type") {
        let objects = ["one", "two", "three", "four"].flatMap { name in
          ["velero-backup.json", "\(name).tar.gz"].map { file in
            "<Contents><Key>backups/\(name)/\(file)</Key><Size>\(file.hasPrefix("v") ? 200 : 9)</Size><ETag>x</ETag></Contents>"
          }
        }
        return LoopbackServer.answer(
          200, "<ListBucketResult><IsTruncated>false</IsTruncated>\(objects.joined())</ListBucketResult>")
      }
      reads.add()
      if request.target.contains("/two/") { return LoopbackServer.answer(200, "{\"kind\": \"Ba") }
      // The record of another backup.
      if request.target.contains("/three/") { return LoopbackServer.answer(200, record) }
      if request.target.contains("/four/") {
        return LoopbackServer.answer(403, "<Error><Code>InvalidObjectState</Code></Error>")
      }
      return LoopbackServer.answer(200, record.replacingOccurrences(of: "NAME", with: "one"))
    }
    defer { server.stop() }
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let collector = try Self.settings("http://127.0.0.1:\(server.port)", prefix: "").makeCollector(clients)
    for _ in 0..<2 {
      let found = await collected(collector)
      #expect(found.reason == .body && found.detail.contains("3 records cannot be read"), "\(found.detail)")
      #expect(found.value(BackupFamilies.up) == 1 && found.value(BackupFamilies.retained) == 1)
      #expect(found.value(BackupFamilies.rejected, ["reason": "unreadable"]) == 3)
    }
    #expect(reads.count == 4)
  }

  @Test(arguments: [true, false]) func aBucketThatMayNotBeReadIsNoEmptyOne(mayList: Bool) async throws {
    let server = try LoopbackServer { request in
      mayList && request.target.contains("list-type")
        ? LoopbackServer.answer(
          200,
          "<ListBucketResult><Contents><Key>backups/n/velero-backup.json</Key><Size>9</Size></Contents></ListBucketResult>"
        )
        : LoopbackServer.answer(403, "<Error><Code>AccessDenied</Code></Error>")
    }
    defer { server.stop() }
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let denied = await collected(
      try Self.settings("http://127.0.0.1:\(server.port)", prefix: "").makeCollector(clients))
    let remedy = mayList ? "s3:GetObject" : "s3:ListBucket"
    #expect(denied.reason == .permission && denied.detail.contains(remedy), "\(denied.detail)")
    #expect(denied.value(BackupFamilies.up) == 0 && denied.value(BackupFamilies.retained) == nil)
  }

  @Test func foreignRecordsNeverTrap() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var numbers = SeededNumbers(seed: seed)
    let settings = Self.settings("http://127.0.0.1:9", prefix: "")
    let good = Array(
      #"{"kind":"Backup","metadata":{"name":"n"},"status":{"phase":"Completed","startTimestamp":"2026-11-20T01:00:00Z","completionTimestamp":"2026-11-20T01:05:00Z","errors":0}}"#
        .utf8)
    for _ in 0..<2_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 0...4, using: &numbers) {
        bytes[Int.random(in: bytes.indices, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      if numbers.chance(20) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &numbers)) }
      var bucket = VeleroBucket(settings)
      let entry = ObjectEntry(name: "backups/n/velero-backup.json", size: 9, modified: nil, version: "v")
      _ = bucket.take(ListingPage(entries: [entry], next: nil))
      bucket.listed()
      bucket.heard(bytes, of: "n", entry)
      let found = bucket.findings(at: Timestamp(year: 2026, month: 11, day: 21))
      #expect(found.snapshots.count == 1 && bucket.next == nil, "seed \(seed)")
    }
  }
}

/// How often something happened, on any thread.
private final class Tally: Sendable {
  private let state = Mutex(0)
  var count: Int { state.withLock { $0 } }
  func add() { state.withLock { $0 += 1 } }
}
