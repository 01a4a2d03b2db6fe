import CheckIns
import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@testable import Backups

private func job(_ folder: TemporaryDirectory) throws -> DirectoryBackupSettings {
  var job = DirectoryBackupSettings(
    job: "nightly", region: "eu", path: folder.file("backups"), match: try Glob("*.sql"),
    every: .seconds(86_400))
  job.objectives.retention = .seconds(30 * 86_400)
  job.objectives.detectionDelay = .seconds(10 * 86_400)
  job.objectives.restoreTestEvery = .seconds(90 * 86_400)
  job.objectives.restoreTestID = "drill"
  return job
}

@Suite struct ObjectivesTests {
  @Test func theWindowIsMeasuredFromWhatLiesThere() async throws {
    let folder = try TemporaryDirectory("farwatch-objectives")
    let path = folder.file("backups")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let now = Date()
    for days in [1, 2, 12] {
      try Data("x".utf8).write(to: URL(filePath: "\(path)/\(days).sql"))
      try FileManager.default.setAttributes(
        [.modificationDate: now.addingTimeInterval(Double(-days * 86_400))],
        ofItemAtPath: "\(path)/\(days).sql")
    }
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let collector = try job(folder).makeCollector(clients)
    let found = await collected(collector)
    #expect(found.verdict == .success && found.value(BackupFamilies.retained) == 3)
    #expect(found.value(BackupFamilies.retentionObjective) == 2_592_000.0)
    #expect(found.value(BackupFamilies.detectionDelay) == 864_000.0)
    #expect(found.value(BackupFamilies.restoreTestObjective) == 7_776_000.0)
    let oldest = try #require(found.value(BackupFamilies.oldestRestorable))
    #expect(abs(now.timeIntervalSince1970 - oldest - 12 * 86_400) < 2)
    #expect(found.value(BackupFamilies.restoreTested) == nil, "nobody told of a test yet")

    // What is asked stays beside a place that cannot be read: no alert ends because the folder went away.
    try FileManager.default.removeItem(atPath: path)
    let lost = await collected(collector)
    #expect(lost.reason == .missing && lost.value(BackupFamilies.up) == 0)
    #expect(lost.value(BackupFamilies.retentionObjective) == 2_592_000.0)
  }

  @Test func aVisitTellsOfARestoreTestAndOutlivesTheProcess() async throws {
    let folder = try TemporaryDirectory("farwatch-objectives")
    try FileManager.default.createDirectory(
      atPath: folder.file("backups"), withIntermediateDirectories: true)
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let board = try clients.checkIns
    let begin = Timestamp(year: 2026, month: 11, day: 21)
    _ = board.expect(["drill"], at: begin)
    let collector = try job(folder).makeCollector(clients)
    var rows: [StateChange] = []
    func visit(_ path: String, at seconds: Int64) throws {
      let visit = try #require(CheckInVisit(path: path))
      #expect(board.take(visit, at: begin + .seconds(seconds)) { rows.append($0) } == .noted)
    }
    // Only an end that was good is a test.
    try visit("/ping/drill/start", at: 1)
    try visit("/ping/drill/fail", at: 2)
    try visit("/ping/drill/log", at: 3)
    #expect(await collected(collector).value(BackupFamilies.restoreTested) == nil)
    try visit("/ping/drill/0", at: 4)
    try visit("/ping/drill/7", at: 5)
    #expect(await collected(collector).value(BackupFamilies.restoreTested) == (begin + .seconds(4)).seconds)

    let next = CollectorClients(userAgent: "test")
    defer { next.shutdown() }
    let row = try #require(rows.last)
    try next.checkIns.restore([(row.key, try #require(row.value))])
    _ = try next.checkIns.expect(["drill"], at: begin + .seconds(60))
    let known = await collected(try job(folder).makeCollector(next))
    #expect(known.value(BackupFamilies.restoreTested) == (begin + .seconds(4)).seconds)
  }

  @Test func aJobOfWhichNothingIsAskedHasItsOwnCollector() throws {
    let folder = try TemporaryDirectory("farwatch-objectives")
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var plain = try job(folder)
    plain.objectives = BackupObjectives()
    #expect(try plain.makeCollector(clients) is DirectoryBackupCollector)
    #expect(try job(folder).makeCollector(clients) is ObjectivesCollector)
  }
}
