import Collecting
import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Backups

/// A real restic repository in a folder.
private final class ResticBench: Sendable {
  let folder: TemporaryDirectory
  var repository: String { folder.file("repo") }

  init() async throws {
    folder = try TemporaryDirectory("farwatch-restic")
    try folder.write("password", "not told\n")
    try folder.write("data", String(repeating: "x", count: 50_000))
    try await run("init", "-q")
  }

  @discardableResult func run(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(
      ["/usr/bin/restic", "--repo", repository, "--password-file", folder.file("password"), "--no-cache"]
        + arguments)
  }

  var settings: ResticSettings {
    var settings = ResticSettings(
      basics: basics(), program: ToolProgram(path: "/usr/bin/restic"), repository: .location(repository))
    settings.passwordFile = folder.file("password")
    return settings
  }
}

@Suite(.serialized) struct ResticTests {
  @Test func snapshotsLocksAndSizes() async throws {
    let bench = try await ResticBench()
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var settings = bench.settings
    settings.asksSizes = true
    settings.staleLockAge = .zero
    settings.rules.restoreMarker = bench.folder.file("restored")
    let collector = try settings.makeCollector(clients)

    let empty = await collected(collector)
    #expect(empty.verdict == .success && empty.value(BackupFamilies.retained) == 0, "\(empty.detail)")
    #expect(empty.value(BackupToolFamilies.locks) == 0 && empty.value(BackupFamilies.lastSuccess) == nil)
    #expect(empty.unanswered("restore_marker") == 0 && empty.value(BackupToolFamilies.restoreTested) == nil)

    let before = Date().timeIntervalSince1970
    try await bench.run("backup", "-q", "--host", "one", "--tag", "db", bench.folder.file("data"))
    let middle = Date().timeIntervalSince1970
    try bench.folder.write("restored", "2026-01-02T03:04:05Z\n")
    let good = await collected(collector)
    #expect(good.verdict == .success && good.value(BackupFamilies.retained) == 1)
    #expect((before - 1...middle + 1).contains(good.value(BackupFamilies.lastSuccess) ?? 0))
    #expect(good.value(BackupFamilies.lastSize) == 50_000 && good.unanswered("size") == 0)
    #expect(good.value(BackupToolFamilies.restoreTested) == 1_767_323_045)

    // A lock that its process left behind: the list is had all the same.
    let (writer, lock) = try await abandonedLock(bench)
    _ = writer
    let locked = await collected(collector)
    #expect(locked.verdict == .success && locked.value(BackupToolFamilies.locks) == 1, "\(lock)")
    #expect(locked.value(BackupToolFamilies.staleLocks) == 1)
    #expect(locked.value(BackupToolFamilies.oldestLock) != nil)

    try await ChildProcess.run([
      "sh", "-c", "chmod u+w \(bench.repository)/locks; rm -f \(bench.repository)/locks/*",
    ])
    try await whatIsWrong(bench, collector, clients, last: good.value(BackupFamilies.lastSuccess))
  }

  private func abandonedLock(_ bench: ResticBench) async throws -> (ChildProcess, String) {
    let fifo = bench.folder.file("fifo")
    try await ChildProcess.run(["mkfifo", fifo])
    // Opened for both, so that nobody waits for the other end.
    let backup = try ChildProcess(
      [
        "sh", "-c",
        "exec 3<>\(fifo); exec /usr/bin/restic --repo \(bench.repository) --password-file "
          + "\(bench.folder.file("password")) --no-cache backup -q --stdin <\(fifo)",
      ])
    var found = ""
    try await waitUntil("restic locks") {
      found = try await ChildProcess.run(["ls", "\(bench.repository)/locks"])
      // Under another name until it is whole.
      return found.contains { $0 == "\n" } && !found.contains("tmp")
    }
    backup.signal(SIGKILL)
    try await backup.wait()
    return (backup, found)
  }

  private func whatIsWrong(
    _ bench: ResticBench, _ collector: any Collector, _ clients: CollectorClients, last: Double?
  ) async throws {
    try await bench.run("backup", "-q", bench.folder.file("data"))
    let ids = try await ChildProcess.run(["ls", "-t", "\(bench.repository)/snapshots"])
    let newest = String(ids.split(separator: "\n")[0])
    try await ChildProcess.run(
      ["sh", "-c", "cd \(bench.repository)/snapshots; chmod u+w \(newest); echo damaged > \(newest)"])
    // restic says so on the side, and ends with 0.
    let damaged = await collected(collector)
    #expect(damaged.reason == .io && damaged.rejected("unreadable") == 1, "\(damaged.detail)")
    #expect(damaged.value(BackupFamilies.lastSuccess) == last)

    var wrong = bench.settings
    wrong.passwordFile = try bench.folder.write("wrong", "hunter2hunter2")
    let refused = await collected(try wrong.makeCollector(clients))
    #expect(refused.reason == .authentication && !refused.detail.contains("hunter2"), "\(refused.detail)")
    wrong = bench.settings
    wrong.repository = .location(bench.folder.file("elsewhere"))
    let missing = await collected(try wrong.makeCollector(clients))
    #expect(missing.reason == .missing && missing.value(BackupFamilies.up) == 0, "\(missing.detail)")
    wrong.program.path = "/nowhere/restic"
    #expect(await collected(try wrong.makeCollector(clients)).reason == .missing)
  }

  @Test func newerVersionsTellSizesAndGroups() throws {
    let found = try ResticSnapshots.read(Array(ToolSamples.restic.utf8)).get()
    #expect(found.first?.size == 200_000 && found.first?.stored == 200_707)
    let grouped = #"[{"group_key":{"hostname":"h"},"snapshots":\#(ToolSamples.restic)}]"#
    #expect(try ResticSnapshots.read(Array(grouped.utf8)).get() == found)
    #expect(try ResticSnapshots.read(Array("null".utf8)).get() == [])
  }
}
