import Collecting
import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Backups

/// Backups of several files in one folder, and the file that a restore test leaves.
@Suite struct DirectoryMembersTests {
  @Test func aBackupCountsWhenAllItsMembersAreThere() async throws {
    let folder = try TemporaryDirectory()
    let trailer = "-- Dump completed\n"
    for (name, text) in [
      ("b_20260601T000000.sql", trailer), ("b_20260601T000000.json", "{}"),
      ("b_20260602T000000.sql", trailer), ("b_20260602T000000.json", "{}"),
      ("b_20260603T000000.sql", trailer), ("b_20260604T000000.json", "{}"), ("README", "none"),
    ] { try folder.write(name, text) }
    try await ChildProcess.run(
      [
        "sh", "-c",
        "cd \(folder.path); for d in 1 2 3 4; do touch -d \"2026-06-0$d 00:00:00 UTC\" b_2026060$d*; done",
      ])
    try folder.write("tested", "2026-06-02T06:00:00Z\n")
    var settings = DirectoryBackupSettings(
      job: "j", region: "r", path: folder.path, match: try Glob("b_*"), every: .seconds(86_400))
    settings.members = BackupMembers(separator: ".", required: [try Glob("sql"), try Glob("json")])
    settings.verify.trailer = .mysqldump
    settings.restoreMarker = folder.file("tested")
    let collector = DirectoryBackupCollector(settings)
    let outcome = await collector.outcome()
    #expect(outcome.value(BackupFamilies.retained) == 2)
    #expect(outcome.value(BackupFamilies.rejected, ["reason": "members_missing"]) == 2)
    let second = Timestamp(year: 2026, month: 6, day: 2)
    #expect(outcome.value(BackupFamilies.lastSuccess) == second.seconds)
    #expect(outcome.value(BackupFamilies.lastSize) == Double(trailer.utf8.count + 2))
    #expect(outcome.value(BackupFamilies.restoreTested) == second.seconds + 6 * 3600)
    #expect(collector.rejectedFiles.map(\.name) == ["b_20260603T000000", "b_20260604T000000"])
    try folder.write("tested", "well done")
    try await ChildProcess.run(["touch", "-d", "2026-06-03 00:00:00 UTC", folder.file("tested")])
    #expect(await collector.outcome().value(BackupFamilies.restoreTested) == second.seconds + 86_400)
    try FileManager.default.removeItem(atPath: folder.file("tested"))
    #expect(await collector.outcome().value(BackupFamilies.restoreTested) == nil)
  }
}
