import DurableIO
import Foundation
import Testing

/// A directory of its own for one test, gone with it.
final class Scratch {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/farwatch-io-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  func mode(_ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
    return try #require(attributes[.posixPermissions] as? Int)
  }
}

@Suite struct AtomicFileTests {
  @Test func replacesWholeFilesAndLeavesNothingBehind() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/key"
    try AtomicFile.replace(file, with: Array("first and long".utf8), mode: 0o600)
    try AtomicFile.replace(file, with: Array("second".utf8), mode: 0o600)
    #expect(try readFile(file, limit: 100) == Array("second".utf8))
    #expect(try scratch.names() == ["key"])
    #expect(try scratch.mode("key") == 0o600)
  }

  @Test func modeIsExactWhateverTheUmask() throws {
    let scratch = try Scratch()
    try AtomicFile.replace(scratch.path + "/shared", with: [1], mode: 0o666)
    #expect(try scratch.mode("shared") == 0o666)
  }

  @Test func failureKeepsTheOldFileAndRemovesTheTemporaryOne() throws {
    let scratch = try Scratch()
    // A directory of that name cannot be replaced by a file.
    try makeDirectory(scratch.path + "/taken")
    let failure = #expect(throws: IOFailure.self) {
      try AtomicFile.replace(scratch.path + "/taken", with: [1])
    }
    #expect(failure?.operation == .rename)
    #expect(try scratch.names() == ["taken"])
  }

  @Test func missingDirectoryIsNamed() throws {
    let failure = #expect(throws: IOFailure.self) { try AtomicFile.replace("/nowhere/at/all", with: []) }
    #expect(failure?.operation == .open)
    #expect(failure?.description.hasSuffix("No such file or directory") == true)
  }

  @Test func manyThreadsReplacingOneFileNeverMixTheirBytes() throws {
    let scratch = try Scratch()
    let file = scratch.path + "/contested"
    DispatchQueue.concurrentPerform(iterations: 40) { number in
      try? AtomicFile.replace(file, with: [UInt8](repeating: UInt8(number), count: 5000))
    }
    let bytes = try readFile(file, limit: 5000)
    #expect(bytes.count == 5000 && Set(bytes).count == 1)
    #expect(try scratch.names() == ["contested"])
  }
}

@Suite struct ReadFileTests {
  @Test func limitIsInclusive() throws {
    let scratch = try Scratch()
    try AtomicFile.replace(scratch.path + "/ten", with: [UInt8](repeating: 7, count: 10))
    #expect(try readFile(scratch.path + "/ten", limit: 10).count == 10)
    let failure = #expect(throws: IOFailure.self) { try readFile(scratch.path + "/ten", limit: 9) }
    #expect(failure?.code == 0)
    #expect(failure?.text.contains("limit of 9 bytes") == true)
  }

  @Test func pipesAndDirectoriesAreRefusedWithoutBlocking() throws {
    let scratch = try Scratch()
    #expect(mkfifo(scratch.path + "/pipe", 0o600) == 0)
    #expect(throws: IOFailure.self) { try readFile(scratch.path + "/pipe", limit: 10) }
    #expect(throws: IOFailure.self) { try readFile(scratch.path, limit: 10) }
  }
}

@Suite struct MakeDirectoryTests {
  @Test func makesParentsAndAcceptsWhatIsThere() throws {
    let scratch = try Scratch()
    try makeDirectory(scratch.path + "/a/b/c", mode: 0o700)
    try makeDirectory(scratch.path + "/a/b/c/", mode: 0o755)
    #expect(try scratch.mode("a/b/c") == 0o700)
  }

  @Test func refusesAFileInTheWay() throws {
    let scratch = try Scratch()
    try AtomicFile.replace(scratch.path + "/file", with: [])
    #expect(throws: IOFailure.self) { try makeDirectory(scratch.path + "/file") }
    #expect(throws: IOFailure.self) { try makeDirectory(scratch.path + "/file/below") }
  }

  @Test func aDanglingLinkEndsInAnError() throws {
    let scratch = try Scratch()
    #expect(symlink("/nowhere/at/all", scratch.path + "/link") == 0)
    #expect(throws: IOFailure.self) { try makeDirectory(scratch.path + "/link/x") }
    #expect(throws: IOFailure.self) { try makeDirectory("") }
  }
}

@Suite struct LockFileTests {
  @Test func theSecondIsToldWhoHasIt() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/lock"
    let first = try LockFile(path: path)
    #expect(throws: LockFile.Failure.held(path: path, holder: "\(getpid())")) { try LockFile(path: path) }
    first.release()
    first.release()
    let second = try LockFile(path: path)
    #expect(try readFile(path, limit: 64) == Array("\(getpid())\n".utf8))
    second.release()
  }

  @Test func anotherProcessIsKeptOutUntilTheHolderDies() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/lock"
    // flock(1) stands for another daemon; it says "held" once it has the lock.
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    other.arguments = [path, "/bin/sh", "-c", "echo 4711 > \(path); echo held; exec sleep 60"]
    let output = Pipe()
    other.standardOutput = output
    try other.run()
    #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
    #expect(throws: LockFile.Failure.held(path: path, holder: "4711")) { try LockFile(path: path) }
    // `sleep` inherited flock's descriptor, as our own children must not: both have to go.
    let sleeper = try #require(childOf(other.processIdentifier))
    kill(sleeper, SIGKILL)
    other.waitUntilExit()
    _ = try LockFile(path: path)
  }

  private func childOf(_ parent: Int32) -> Int32? {
    let file = "/proc/\(parent)/task/\(parent)/children"
    let text = try? String(contentsOfFile: file, encoding: .utf8)
    return text?.split(separator: " ").first.flatMap { Int32($0) }
  }
}
