import Collecting
import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Backups

/// A real Borg repository in a folder.
private final class BorgBench: Sendable {
  let folder: TemporaryDirectory
  var repository: String { folder.file("repo") }
  private var environment: [String: String] {
    [
      "BORG_BASE_DIR": folder.file("borg"), "BORG_PASSCOMMAND": "cat \(folder.file("passphrase"))",
      "TZ": "Asia/Tokyo",
    ]
  }

  init() async throws {
    folder = try TemporaryDirectory("farwatch-borg")
    try folder.write("passphrase", "not told\n")
    try folder.write("data", String(repeating: "x", count: 50_000))
    try await run("init", "-e", "repokey-blake2", repository)
  }

  @discardableResult func run(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(["/usr/bin/borg"] + arguments, environment: environment)
  }

  func start(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess(["/usr/bin/borg"] + arguments, environment: environment)
  }

  var settings: BorgSettings {
    var settings = BorgSettings(
      basics: basics(), program: ToolProgram(path: "/usr/bin/borg"), repository: repository)
    settings.passphraseFile = folder.file("passphrase")
    settings.baseDirectory = folder.file("borg")
    settings.lockWait = .zero
    return settings
  }
}

@Suite(.serialized) struct BorgTests {
  @Test func archivesAndWhatIsWrong() async throws {
    let bench = try await BorgBench()
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var settings = bench.settings
    settings.asksSizes = true
    let collector = try settings.makeCollector(clients)

    let before = Date().timeIntervalSince1970
    try await bench.run("create", "\(bench.repository)::db-1", bench.folder.file("data"))
    let after = Date().timeIntervalSince1970
    let good = await collected(collector)
    #expect(good.verdict == .success && good.value(BackupFamilies.retained) == 1, "\(good.detail)")
    // Made in another zone, told without an offset.
    #expect((before - 1...after + 1).contains(good.value(BackupFamilies.lastSuccess) ?? 0))
    #expect(good.value(BackupFamilies.lastSize) == 50_000)

    settings.match = "web-*"
    #expect(await collected(try settings.makeCollector(clients)).value(BackupFamilies.retained) == 0)

    let holder = try bench.start("with-lock", bench.repository, "sleep", "60")
    try await waitUntil("Borg locks") {
      FileManager.default.fileExists(atPath: "\(bench.repository)/lock.exclusive")
    }
    let locked = await collected(collector)
    #expect(locked.reason == .limit && locked.detail.contains("locked"), "\(locked.detail)")
    #expect(locked.value(BackupFamilies.lastSuccess) == good.value(BackupFamilies.lastSuccess))
    holder.stop()
    try await bench.run("break-lock", bench.repository)

    settings = bench.settings
    settings.passphraseFile = try bench.folder.write("wrong", "hunter2hunter2")
    let refused = await collected(try settings.makeCollector(clients))
    #expect(refused.reason == .authentication && !refused.detail.contains("hunter2"), "\(refused.detail)")

    settings = bench.settings
    settings.passphraseFile = nil
    let unasked = await collected(try settings.makeCollector(clients))
    #expect(
      unasked.reason == .authentication && unasked.detail.contains("set `passphrase_file`"),
      "\(unasked.detail)")

    try FileManager.default.moveItem(atPath: bench.repository, toPath: bench.folder.file("moved"))
    let missing = await collected(collector)
    #expect(missing.reason == .missing && missing.value(BackupFamilies.up) == 0, "\(missing.detail)")
    settings = bench.settings
    settings.repository = bench.folder.file("moved")
    let moved = await collected(try settings.makeCollector(clients))
    #expect(moved.reason == .wrongCluster && moved.detail.contains("allow_relocated"), "\(moved.detail)")
    settings.allowsRelocated = true
    #expect(await collected(try settings.makeCollector(clients)).value(BackupFamilies.retained) == 1)
  }

  @Test func aKeyFileThatIsNotThereIsNamed() async throws {
    let bench = try await BorgBench()
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    var settings = bench.settings
    settings.repository = bench.folder.file("keyed")
    try await bench.run("init", "-e", "keyfile-blake2", settings.repository)
    #expect(await collected(try settings.makeCollector(clients)).verdict == .success)
    try FileManager.default.removeItem(atPath: bench.folder.file("borg/.config/borg/keys"))
    let refused = await collected(try settings.makeCollector(clients))
    #expect(refused.reason == .authentication && refused.detail.contains("key file"), "\(refused.detail)")
  }

  @Test func checkpointsAreNoBackups() throws {
    let text = ToolSamples.borg.replacingOccurrences(of: "\"one\"", with: "\"one.checkpoint\"")
    #expect(try BorgDialogue.read(Array(text.utf8)).get().first?.rejection == .unfinished)
    #expect(try BorgDialogue.read(Array(ToolSamples.borg.utf8)).get().first?.time.seconds == 1_795_291_772)
  }
}
