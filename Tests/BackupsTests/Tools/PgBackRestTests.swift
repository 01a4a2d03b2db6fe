import Collecting
import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Backups

@Suite(.serialized) struct PgBackRestTests {
  private func settings(_ bench: PgBackRestBench) -> PgBackRestSettings {
    var program = ToolProgram(path: PgBackRestBench.program)
    program.runAs = PgBackRestBench.runAs
    var settings = PgBackRestSettings(basics: basics(), program: program, stanza: "main")
    settings.config = bench.config
    return settings
  }

  /// One repository through its life: each step is what an operator can meet.
  @Test func whatPgBackRestSaysAndWhatItDoesNotSay() async throws {
    let bench = try await PgBackRestBench.start()
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let collector = try settings(bench).makeCollector(clients)

    // No stanza: status 0, and nothing to be said of backups.
    let unmade = await collected(collector)
    #expect(unmade.reason == .missing && unmade.detail.contains("stanza-create"))
    #expect(unmade.value(BackupFamilies.up) == 0)
    #expect(unmade.value(BackupFamilies.retained) == nil)

    try await bench.run("stanza-create")
    let empty = await collected(collector)
    #expect(empty.verdict == .success && empty.value(BackupFamilies.up) == 1)
    #expect(empty.value(BackupFamilies.retained) == 0)
    #expect(empty.value(BackupFamilies.lastSuccess) == nil)
    #expect(empty.value(BackupToolFamilies.running) == 0)

    try await bench.run("backup", "--type=full")
    try await bench.archive(segments: 3)
    let full = await collected(collector)
    #expect(full.verdict == .success)
    #expect(full.value(BackupFamilies.retained) == 1)
    #expect((full.value(BackupFamilies.lastSize) ?? 0) > 10_000_000)
    let age = Date().timeIntervalSince1970 - (full.value(BackupFamilies.lastSuccess) ?? 0)
    #expect((-2..<60).contains(age))
    #expect(full.value(BackupToolFamilies.walGap, ["since": "newest_backup"]) == 0)
    #expect(full.value(BackupToolFamilies.walGap, ["since": "oldest_backup"]) == 0)
    #expect(full.value(BackupToolFamilies.latestRestorable) == full.value(BackupToolFamilies.newestArchived))
    #expect(full.value(BackupToolFamilies.continuousSince) == full.value(BackupFamilies.lastSuccess))

    // A segment is gone that a restore to now needs. pgBackRest: ok.
    let needed = try await bench.shell("cd \(bench.segments); ls | grep -v backup | tail -n 2 | head -n 1")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try await bench.shell("mv \(bench.segments)/\(needed) kept")
    #expect(try await bench.run("info", "--output=json").contains(#""message":"ok""#))
    let broken = await collected(collector)
    #expect(broken.reason == .missing && broken.detail.contains(String(needed.prefix(24))))
    #expect(broken.value(BackupFamilies.up) == 1)
    #expect(broken.value(BackupToolFamilies.walGap, ["since": "newest_backup"]) == 1)
    #expect(broken.value(BackupToolFamilies.continuousSince) == nil)
    let reached = try #require(broken.value(BackupToolFamilies.latestRestorable))
    #expect(reached < (broken.value(BackupToolFamilies.newestArchived) ?? 0) + 1)
    #expect(reached >= (broken.value(BackupFamilies.lastSuccess) ?? .infinity))

    // The next backup makes all later moments restorable; the older ones end before the gap.
    try await bench.run("backup", "--type=incr")
    let healed = await collected(collector)
    #expect(healed.verdict == .success)
    #expect(healed.value(BackupFamilies.retained) == 2)
    #expect(healed.value(BackupToolFamilies.walGap, ["since": "newest_backup"]) == 0)
    #expect(healed.value(BackupToolFamilies.walGap, ["since": "oldest_backup"]) == 1)
    #expect(healed.value(BackupToolFamilies.continuousSince) == healed.value(BackupFamilies.lastSuccess))
    #expect(
      (healed.value(BackupToolFamilies.lastFull) ?? .infinity)
        < (healed.value(BackupFamilies.lastSuccess) ?? 0))
    try await bench.shell("mv kept \(bench.segments)/\(needed)")
    #expect(await collected(collector).value(BackupToolFamilies.walGap, ["since": "oldest_backup"]) == 0)

    // A segment of a backup's own is gone: that backup cannot be made consistent.
    let own = try await bench.shell("cd \(bench.segments); ls *.backup | tail -n 1 | cut -c 1-24")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try await bench.shell("mv \(bench.segments)/\(own)-* kept-own")
    let inconsistent = await collected(collector)
    #expect(inconsistent.rejected("wal_missing") == 1)
    #expect(inconsistent.value(BackupFamilies.retained) == 1)
    #expect(
      inconsistent.value(BackupFamilies.lastSuccess) == full.value(BackupFamilies.lastSuccess))
    try await bench.shell("rm kept-own")

    // A backup is seen while it runs; what it expires is no gap.
    let running = try ChildProcess(
      PgBackRestBench.runAs + [
        PgBackRestBench.program, "--config=\(bench.config)", "--stanza=main", "backup", "--type=full",
        "--repo1-retention-full=1",
      ])
    var wasSeen = false
    while running.isRunning, !wasSeen {
      wasSeen = await collected(collector).value(BackupToolFamilies.running) == 1
    }
    #expect(wasSeen)
    try await running.wait()
    let expired = await collected(collector)
    #expect(expired.verdict == .success && expired.value(BackupFamilies.retained) == 1)
    #expect(expired.value(BackupToolFamilies.walGap, ["since": "oldest_backup"]) == 0)

    try await aSecondTimeline(bench, collector)
    try await whatCannotBeRead(bench, collector)
  }

  /// After a promotion the chain goes on in the next timeline, behind its history file.
  private func aSecondTimeline(_ bench: PgBackRestBench, _ collector: any Collector) async throws {
    try await bench.archive(segments: 2)
    // The server recovers to the end of its own WAL and comes back as timeline 2.
    try await bench.server.stop()
    try await bench.shell("touch \(bench.server.data)/standby.signal")
    try await bench.server.start()
    try await bench.server.promote()
    try await bench.archive(segments: 2)
    try await waitUntil(timeout: .seconds(20), "the history is archived") {
      try await bench.shell("ls \(bench.repository)/archive/main/15-1").contains("00000002.history")
    }
    let promoted = await collected(collector)
    #expect(promoted.verdict == .success, "\(promoted.detail)")
    #expect(promoted.value(BackupToolFamilies.walGap, ["since": "newest_backup"]) == 0)
    #expect(promoted.value(BackupToolFamilies.missingHistories) == 0)
    #expect(
      promoted.value(BackupToolFamilies.latestRestorable) == promoted.value(BackupToolFamilies.newestArchived)
    )
    // The history is kept: its loss is seen all the same, by its name.
    try await bench.shell("mv \(bench.repository)/archive/main/15-1/00000002.history kept-history")
    #expect(await collected(collector).value(BackupToolFamilies.missingHistories) == 1)
    try await bench.shell("mv kept-history \(bench.repository)/archive/main/15-1/00000002.history")
  }

  private func whatCannotBeRead(_ bench: PgBackRestBench, _ collector: any Collector) async throws {
    let before = await collected(collector).value(BackupFamilies.lastSuccess)
    try await bench.shell(
      "cd \(bench.repository)/backup/main; for f in backup.info backup.info.copy; do cp $f ~1-$f; echo x > $f; done"
    )
    let corrupt = await collected(collector)
    #expect(corrupt.reason == .io && corrupt.detail.contains("FormatError"), "\(corrupt.detail)")
    #expect(corrupt.value(BackupFamilies.up) == 0)
    // What was seen stays true, and ages.
    #expect((corrupt.value(BackupFamilies.lastSuccess) ?? 0) >= (before ?? .infinity))
    try await bench.shell(
      "cd \(bench.repository)/backup/main; for f in backup.info backup.info.copy; do mv ~1-$f $f; done")

    try await bench.shell("chmod 0 \(bench.repository)/archive/main/15-1")
    let closed = await collected(collector)
    #expect(closed.reason == .permission, "\(closed.detail)")
    #expect(closed.value(BackupFamilies.up) == 0)
    try await bench.shell("chmod 750 \(bench.repository)/archive/main/15-1")

    // `info` answers and the list of the archive hangs: what is known is told, and the gap is not.
    var half = settings(bench)
    half.basics.timeout = .seconds(1)
    half.program.path = try await halfDeaf(bench)
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    let hung = await collected(try half.makeCollector(clients))
    #expect(hung.reason == .timeout && hung.value(BackupFamilies.up) == 1 && hung.unanswered("wal") == 1)
    #expect(hung.value(BackupFamilies.lastSuccess) == before)
    #expect(hung.value(BackupToolFamilies.walGap, ["since": "newest_backup"]) == nil)

    try await bench.shell("mv repo away")
    let away = await collected(collector)
    #expect(away.reason == .missing && away.detail.contains("mounted"))
    try await bench.shell("mv away repo; echo broken > pgbackrest.conf")
    #expect(await collected(collector).value(BackupFamilies.up) == 0)
    try await bench.shell("mv pgbackrest.conf away")
    let unconfigured = await collected(collector)
    #expect(unconfigured.reason == .missing && unconfigured.detail.contains("pgbackrest.conf"))
  }

  private func halfDeaf(_ bench: PgBackRestBench) async throws -> String {
    let path = "\(bench.folder)/half-deaf"
    try await bench.shell(
      """
      cat > \(path) <<'S'
      #!/bin/sh
      case "$*" in *repo-ls*) exec sleep 60;; esac
      exec \(PgBackRestBench.program) "$@"
      S
      chmod 755 \(path)
      """)
    return path
  }
}
