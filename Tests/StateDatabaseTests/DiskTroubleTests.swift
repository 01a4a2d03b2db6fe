import Foundation
import Model
import StateDatabase
import Synchronization
import Testing

/// A file system of one megabyte in memory. Mounting needs root: elsewhere the test is skipped and says so.
private final class TinyDisk {
  let path: String

  init?() throws {
    path = FileManager.default.temporaryDirectory.path + "/farwatch-tiny-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("none", path, "tmpfs", 0, "size=1m") == 0 else {
      try FileManager.default.removeItem(atPath: path)
      return nil
    }
  }

  deinit {
    umount2(path, 0)
    try? FileManager.default.removeItem(atPath: path)
  }
}

@Suite struct DiskTroubleTests {
  @Test(.enabled(if: geteuid() == 0, "mounting a small file system needs root"))
  func aFullDiskIsReportedAndEverythingIsWrittenWhenThereIsRoomAgain() throws {
    guard let disk = try TinyDisk() else { return }
    let file = disk.path + "/state.db"
    let (database, _) = try StateDatabase.open(path: file, retryInterval: .milliseconds(20))
    try database.commitAndWait([
      StateChange(.outbox, "before", Array("1".utf8)), StateChange(.outbox, "gone", Array("1".utf8)),
    ])
    let filler = disk.path + "/filler"
    #expect(FileManager.default.createFile(atPath: filler, contents: nil))
    let handle = try #require(FileHandle(forWritingAtPath: filler))
    while (try? handle.write(contentsOf: Data(repeating: 0, count: 4096))) != nil {}
    try handle.close()

    let value = Array("\"\(String(repeating: "v", count: 20_000))\"".utf8)
    let error = #expect(throws: StateDatabaseError.self) {
      try database.commitAndWait([StateChange(.outbox, "kept", value), StateChange(.outbox, "gone", nil)])
    }
    #expect(error?.reason == .write)
    #expect(error?.detail.contains("full") == true || error?.detail.contains("I/O") == true)
    #expect(throws: StateDatabaseError.self) {
      try database.commitAndWait([StateChange(.outbox, "kept", value + [0x20])])
    }
    let statistics = database.statistics
    #expect(statistics.unsavedKeys == 2)
    #expect(statistics.failures >= 2)
    #expect(statistics.lastError?.reason == .write)
    // Reading what is durable still works.
    #expect(try database.load(.outbox).map(\.key) == ["before", "gone"])

    // Room again: without any new commit, what was refused becomes durable.
    try FileManager.default.removeItem(atPath: filler)
    let deadline = Date().addingTimeInterval(30)
    while database.statistics.unsavedKeys > 0, Date() < deadline { usleep(2000) }
    #expect(database.statistics.unsavedKeys == 0)
    try database.commitAndWait([StateChange(.outbox, "after", Array("1".utf8))])
    database.close()
    let (again, findings) = try StateDatabase.open(path: file)
    defer { again.close() }
    #expect(findings.isEmpty)
    let rows = try again.load(.outbox)
    #expect(rows.map(\.key) == ["after", "before", "kept"])
    #expect(rows.last?.value == value + [0x20])
  }
}

/// The child of the test below: writes until it is killed, and says on standard output what was acknowledged.
private let childDatabase = ProcessInfo.processInfo.environment["FARWATCH_TEST_WRITER_DATABASE"]

@Suite struct KillTests {
  @Test(.enabled(if: childDatabase != nil, "runs only as the child of the test below"))
  func writesUntilItIsKilled() throws {
    let (database, _) = try StateDatabase.open(path: try #require(childDatabase))
    for n in 0... {
      let value = Array("\"\(n)-\(String(repeating: "x", count: n % 700))\"".utf8)
      let window = DispatchSemaphore(value: 0)
      database.commit([StateChange(.outbox, "\(n)", value), StateChange(.alerts, "newest", value)]) {
        result in
        if case .success = result {
          let line = Array("acknowledged \(n)\n".utf8)
          _ = write(1, line, line.count)
        }
        window.signal()
      }
      // Every eighth waits, so that several are always under way and the queue stays short.
      if n % 8 == 0 { window.wait() }
    }
  }

  @Test func nothingAcknowledgedIsLostByKill9() throws {
    let scratch = try Scratch()
    var seen = 0
    // Each round goes on in the same file, the recovered state of the one before; some are long enough for checkpoints.
    for round in 0..<12 {
      let database = "\(scratch.path)/state-\(round / 4).db"
      let child = Process()
      child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      child.arguments =
        Array(
          CommandLine.arguments.dropFirst().filter { $0.hasSuffix(".xctest") || $0 == "--test-bundle-path" })
        + ["--testing-library", "swift-testing", "--filter", "writesUntilItIsKilled"]
      child.environment = ProcessInfo.processInfo.environment.merging(
        ["FARWATCH_TEST_WRITER_DATABASE": database]) { $1 }
      let output = Pipe()
      child.standardOutput = output
      child.standardError = FileHandle.nullDevice
      try child.run()
      let wanted = 40 + round * 130
      var text = ""
      while acknowledged(text).count < wanted {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { break }
        text += String(decoding: data, as: UTF8.self)
      }
      kill(child.processIdentifier, SIGKILL)
      text += String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      child.waitUntilExit()
      #expect(child.terminationReason == .uncaughtSignal)
      let promised = acknowledged(text)
      try #require(promised.count >= wanted, "the child died early: \(text.suffix(500))")
      seen += promised.count

      let (recovered, findings) = try StateDatabase.open(path: database)
      #expect(findings.isEmpty)
      let there = Set(try recovered.load(.outbox).map(\.key))
      #expect(promised.subtracting(there).isEmpty)
      recovered.close()
    }
    #expect(seen > 5000)
  }

  private func acknowledged(_ text: String) -> Set<String> {
    // Only whole lines: the last may be cut.
    let whole = text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
    return Set(
      whole.split(separator: "\n").compactMap {
        $0.hasPrefix("acknowledged ") ? String($0.dropFirst(13)) : nil
      })
  }

  /// SQLite itself would go on writing into a file without a name and call it durable.
  @Test(arguments: [false, true])
  func aFileThatIsTakenAwayIsReported(andReplaced isReplaced: Bool) throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    try database.commitAndWait([StateChange(.outbox, "a", Array("1".utf8))])
    try FileManager.default.moveItem(atPath: scratch.database, toPath: scratch.path + "/away")
    if isReplaced { #expect(FileManager.default.createFile(atPath: scratch.database, contents: nil)) }
    #expect(throws: StateDatabaseError.self) {
      try database.commitAndWait([StateChange(.outbox, "b", Array("1".utf8))])
    }
    #expect(database.statistics.failures == 1)
    try FileManager.default.removeItemIfPresent(scratch.database)
    try FileManager.default.moveItem(atPath: scratch.path + "/away", toPath: scratch.database)
    try database.commitAndWait([StateChange(.outbox, "c", Array("1".utf8))])
    #expect(try database.load(.outbox).map(\.key) == ["a", "b", "c"], "what was refused came along")
  }
}

extension FileManager {
  fileprivate func removeItemIfPresent(_ path: String) throws {
    if fileExists(atPath: path) { try removeItem(atPath: path) }
  }
}

@Suite struct LostLogTests {
  /// After a `kill -9` everything is in the log; when that is no log, SQLite itself would begin anew in silence.
  @Test func aLogOfNoiseIsSetAsideAndTold() throws {
    let scratch = try Scratch()
    let (database, _) = try StateDatabase.open(path: scratch.database)
    try database.commitAndWait([StateChange(.outbox, "a", Array("1".utf8))])
    let killed = scratch.path + "/killed"
    for end in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: scratch.database + end, toPath: killed + end)
    }
    database.close()
    let (good, none) = try StateDatabase.open(path: killed)
    #expect(none.isEmpty)
    #expect(try good.load(.outbox).map(\.key) == ["a"])
    good.close()

    let lost = scratch.path + "/lost"
    #expect(FileManager.default.createFile(atPath: lost, contents: nil))
    let noise = Data((0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    try noise.write(to: URL(filePath: lost + "-wal"))
    let (again, findings) = try StateDatabase.open(path: lost)
    defer { again.close() }
    #expect(findings.count == 2 && findings.allSatisfy(\.isLoss))
    guard case .logSetAside(let aside)? = findings.first else {
      Issue.record("no log set aside: \(findings)")
      return
    }
    #expect(try Data(contentsOf: URL(filePath: aside)) == noise)
  }
}
