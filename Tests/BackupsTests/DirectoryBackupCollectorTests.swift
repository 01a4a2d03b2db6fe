import Collecting
import FarwatchTesting
import Foundation
import Model
import Synchronization
import Testing

@testable import Backups

/// A backup folder of its own for one test, gone with it.
private final class Folder {
  let path: String
  private let root: String

  init() throws {
    root = FileManager.default.temporaryDirectory.path + "/farwatch-backup-\(UUID().uuidString)"
    path = root + "/orders"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit {
    chmod(path, 0o755)
    try? FileManager.default.removeItem(atPath: root)
  }

  var outside: String { root + "/elsewhere.sql.gz" }

  /// Writes `data` as if it had been changed `age` ago.
  func write(_ data: Data, _ name: String, age: Duration) throws {
    let file = path + "/" + name
    try data.write(to: URL(fileURLWithPath: file))
    let date = Date(timeIntervalSinceNow: -age.inSeconds)
    try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func collector(_ change: (inout DirectoryBackupSettings) -> Void = { _ in }) throws
    -> DirectoryBackupCollector
  {
    DirectoryBackupCollector(try settings(change))
  }

  func settings(_ change: (inout DirectoryBackupSettings) -> Void = { _ in }) throws
    -> DirectoryBackupSettings
  {
    var settings = DirectoryBackupSettings(
      job: "nightly", region: "eu-west-1", path: path, match: try Glob("backup_*.sql.gz"),
      every: .seconds(86_400))
    settings.verify = .init(gzip: true, trailer: .mysqldump)
    settings.timeout = .seconds(30)
    change(&settings)
    return settings
  }
}

/// As mariadb-dump 10.11 ends its output.
private let dump = Data(
  """
  INSERT INTO `orders` VALUES (1,'one'),(2,'two');
  /*!40000 ALTER TABLE `orders` ENABLE KEYS */;

  /*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

  -- Dump completed on 2026-06-15  2:00:01

  """.utf8)

/// By the real gzip, through files: a pair of pipes would fill up and stand still.
private func gzipped(_ data: Data) throws -> Data {
  let plain = FileManager.default.temporaryDirectory.appendingPathComponent(
    "farwatch-gzip-\(UUID().uuidString)")
  try data.write(to: plain)
  let gzip = Process()
  gzip.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
  gzip.arguments = [plain.path]
  try gzip.run()
  gzip.waitUntilExit()
  let result = plain.appendingPathExtension("gz")
  defer { try? FileManager.default.removeItem(at: result) }
  return try Data(contentsOf: result)
}

private func collect(_ collector: DirectoryBackupCollector) async -> Outcome {
  await withCheckedContinuation { continuation in collector.collect { continuation.resume(returning: $0) } }
}

extension Outcome {
  fileprivate subscript(family: MetricFamily) -> Double? {
    readings.first { $0.family == family && $0.labels.isEmpty }?.value
  }

  fileprivate var rejected: [String: Int] {
    var counts: [String: Int] = [:]
    for reading in readings where reading.family == BackupFamilies.rejected && reading.value > 0 {
      counts[reading.labels["reason"] ?? "", default: 0] += Int(reading.value)
    }
    return counts
  }

  /// Seconds since the last success.
  fileprivate var age: Double? {
    self[BackupFamilies.lastSuccess].map { Date().timeIntervalSince1970 - $0 }
  }
}

private let hour = Duration.seconds(3600)

@Suite struct DirectoryBackupCollectorTests {
  @Test func theNewestWholeDumpCounts() async throws {
    let folder = try Folder()
    let whole = try gzipped(dump)
    try folder.write(whole, "backup_c.sql.gz", age: hour * 26)
    try folder.write(whole.dropLast(6), "backup_b.sql.gz", age: hour * 2)
    try folder.write(try gzipped(Data("no trailer\n".utf8)), "backup_a.sql.gz", age: hour)
    try folder.write(Data(), "backup_0.sql.gz", age: hour * 3)
    try folder.write(Data("plain".utf8), "backup_plain.sql.gz", age: hour * 4)
    try folder.write(whole, "backup_new.sql.gz", age: .zero)
    try folder.write(whole, "other.txt", age: .zero)
    let collector = try folder.collector()
    let outcome = await collect(collector)
    #expect(outcome.verdict == .success)
    #expect(outcome[BackupFamilies.up] == 1)
    let age = try #require(outcome.age)
    #expect(abs(age - 26 * 3600) < 60)
    #expect(
      outcome.rejected == ["truncated": 1, "no_trailer": 1, "empty": 1, "corrupt": 1, "settling": 1])
    #expect(outcome[BackupFamilies.retained] == 1)
    #expect(outcome[BackupFamilies.lastSize] == Double(whole.count))
    #expect(outcome[BackupFamilies.entries] == 7)
    #expect(outcome[BackupFamilies.objectiveAge] == 86_400)
    #expect(outcome[BackupFamilies.verifiedFiles] == 1)
    #expect(outcome[BackupFamilies.failedFiles] == 3)
    #expect(collector.rejectedFiles.map(\.name).first == "backup_0.sql.gz")
    #expect(
      collector.description.labels
        == ["job": "nightly", "type": "directory", "repo": "orders", "region": "eu-west-1"])
  }

  @Test func eachVersionOfAFileIsReadOnce() async throws {
    let folder = try Folder()
    let whole = try gzipped(dump)
    for n in 1...4 { try folder.write(whole, "backup_\(n).sql.gz", age: hour * 24 * n) }
    let collector = try folder.collector()
    var outcome = await collect(collector)
    // The newest at once; the older ones one by one in the passes that follow.
    #expect(outcome.age.map { $0 < 25 * 3600 } == true)
    let deadline = Date().addingTimeInterval(30)
    while outcome[BackupFamilies.unverified] != 0, Date() < deadline { outcome = await collect(collector) }
    #expect(outcome[BackupFamilies.verifiedFiles] == 4)
    for _ in 0..<3 { outcome = await collect(collector) }
    #expect(outcome[BackupFamilies.verifiedFiles] == 4)
    // A file that is written again is another version.
    try folder.write(whole.dropLast(6), "backup_1.sql.gz", age: hour * 23)
    outcome = await collect(collector)
    #expect(outcome[BackupFamilies.failedFiles] == 1)
    #expect(outcome.age.map { $0 > 47 * 3600 } == true)
  }

  @Test func anEmptyDirectoryIsZeroAndAMissingOneUnknown() async throws {
    let folder = try Folder()
    let empty = await collect(try folder.collector())
    #expect(empty.verdict == .success)
    #expect(empty[BackupFamilies.retained] == 0)
    #expect(empty[BackupFamilies.lastSuccess] == nil)
    let missing = await collect(try folder.collector { $0.path += "/gone" })
    #expect(missing.reason == .missing)
    #expect(missing[BackupFamilies.up] == 0)
    #expect(missing[BackupFamilies.retained] == nil)
    try Data().write(to: URL(fileURLWithPath: folder.outside))
    #expect(await collect(try folder.collector { $0.path = folder.outside }).reason == .configuration)
  }

  @Test func theLastSuccessKeepsAgeingWhenItsFileOrTheDirectoryIsGone() async throws {
    let folder = try Folder()
    try folder.write(try gzipped(dump), "backup_1.sql.gz", age: hour)
    let collector = try folder.collector()
    let first = await collect(collector)[BackupFamilies.lastSuccess]
    #expect(first != nil)
    try folder.remove("backup_1.sql.gz")
    let emptied = await collect(collector)
    #expect(emptied[BackupFamilies.lastSuccess] == first)
    #expect(emptied[BackupFamilies.retained] == 0)
    #expect(emptied[BackupFamilies.oldestRestorable] == nil)
    try FileManager.default.removeItem(atPath: folder.path)
    let gone = await collect(collector)
    #expect(gone[BackupFamilies.lastSuccess] == first)
    #expect(gone[BackupFamilies.up] == 0)
  }

  @Test func linksCountOnceAndNeverOutside() async throws {
    let folder = try Folder()
    let whole = try gzipped(dump)
    try folder.write(whole, "backup_1.sql.gz", age: hour)
    try whole.write(to: URL(fileURLWithPath: folder.outside))
    #expect(symlink("backup_1.sql.gz", folder.path + "/backup_latest.sql.gz") == 0)
    #expect(symlink(folder.outside, folder.path + "/backup_outside.sql.gz") == 0)
    #expect(symlink("nowhere", folder.path + "/backup_dangling.sql.gz") == 0)
    #expect(mkfifo(folder.path + "/backup_pipe.sql.gz", 0o600) == 0)
    let outcome = await collect(try folder.collector())
    #expect(outcome[BackupFamilies.retained] == 1)
    #expect(outcome.rejected == ["not_a_file": 2, "unreadable": 1])
  }

  @Test func tooManyEntriesAreUnknown() async throws {
    let folder = try Folder()
    for n in 0..<11 { try folder.write(Data(), "x\(n)", age: hour) }
    let outcome = await collect(try folder.collector { $0.entriesLimit = 10 })
    #expect(outcome.reason == .limit)
    #expect(outcome[BackupFamilies.retained] == nil)
  }

  @Test func uncompressedDumpsAreJudgedByTheirEnd() async throws {
    let folder = try Folder()
    let long = Data(repeating: 0x20, count: 10_000) + Data("\n".utf8) + dump
    try folder.write(long, "backup_1.sql.gz", age: hour * 2)
    try folder.write(long.dropLast(60), "backup_2.sql.gz", age: hour)
    let outcome = await collect(try folder.collector { $0.verify = .init(trailer: .mysqldump) })
    #expect(outcome.rejected == ["no_trailer": 1])
    #expect(outcome.age.map { $0 > 7000 } == true)
  }

  @Test func aSlowVerificationDoesNotHoldUpTheCollection() async throws {
    let folder = try Folder()
    try folder.write(try gzipped(dump), "backup_1.sql.gz", age: hour * 30)
    // Random data does not shrink: about 320 KiB to read, at 8 KiB in a second.
    let random = Data((0..<320_000).map { _ in UInt8.random(in: 0...255) })
    try folder.write(try gzipped(random + dump), "backup_2.sql.gz", age: hour)
    let collector = try folder.collector {
      $0.verify.bytesPerSecond = 8192
      $0.timeout = .seconds(3)
    }
    let outcome = await collect(collector)
    #expect(outcome.verdict == .success)
    #expect(outcome[BackupFamilies.unverified] == 2)
    // Not verified, so no success yet: and not the older one either, for which nobody looked.
    #expect(outcome[BackupFamilies.lastSuccess] == nil)
    collector.stop()
  }

  @Test func aNewBackupDoesNotWaitBehindTheReadingOfAnOldOne() async throws {
    let folder = try Folder()
    let whole = try gzipped(dump)
    let random = Data((0..<300_000).map { _ in UInt8.random(in: 0...255) })
    try folder.write(try gzipped(random + dump), "backup_1.sql.gz", age: hour * 48)
    try folder.write(whole, "backup_2.sql.gz", age: hour * 24)
    // Eighteen seconds for the old one, more than a collection waits.
    let collector = try folder.collector { $0.verify.bytesPerSecond = 16_384 }
    #expect(await collect(collector).age.map { $0 > 80_000 } == true)
    try folder.write(whole, "backup_3.sql.gz", age: hour)
    let outcome = await collect(collector)
    #expect(outcome.age.map { $0 < 4000 } == true)
    #expect(outcome[BackupFamilies.unverified] == 1)
    collector.stop()
  }

  @Test func aDeadMountIsReportedAndNeverAskedTwice() async throws {
    let folder = try Folder()
    let gate = DispatchSemaphore(value: 0)
    let calls = Atomic<Int>(0)
    let settings = try folder.settings { $0.timeout = .milliseconds(50) }
    let collector = DirectoryBackupCollector(settings, time: SystemTime()) {
      settings throws(DirectoryScan.Failure) in
      calls.add(1, ordering: .relaxed)
      gate.wait()
      return try DirectoryScan(settings)
    }
    let first = await collect(collector)
    #expect(first.reason == .timeout)
    #expect(first[BackupFamilies.up] == 0)
    for _ in 0..<3 {
      let again = await collect(collector)
      #expect(again.reason == .overrun)
      #expect(again[BackupFamilies.up] == 0)
    }
    #expect(calls.load(ordering: .relaxed) == 1)
    // Another collector is not held up by it.
    #expect(await collect(try folder.collector()).verdict == .success)
    gate.signal()
    gate.signal()
    var outcome = await collect(collector)
    let deadline = Date().addingTimeInterval(30)
    while outcome.reason == .overrun, Date() < deadline { outcome = await collect(collector) }
    #expect(outcome.verdict == .success)
  }

  @Test(.enabled(if: geteuid() != 0, "root reads everything"))
  func aFileWithoutPermissionIsUnreadable() async throws {
    let folder = try Folder()
    try folder.write(try gzipped(dump), "backup_1.sql.gz", age: hour)
    #expect(chmod(folder.path + "/backup_1.sql.gz", 0) == 0)
    let collector = try folder.collector()
    #expect(await collect(collector).rejected == ["unreadable": 1])
    #expect(chmod(folder.path + "/backup_1.sql.gz", 0o600) == 0)
    #expect(await collect(collector)[BackupFamilies.lastSuccess] != nil)
    #expect(chmod(folder.path, 0) == 0)
    #expect(await collect(collector).reason == .permission)
  }
}
