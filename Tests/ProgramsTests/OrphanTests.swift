import FarwatchTesting
import Foundation
import Glibc
import Model
import Programs
import Testing

private let folderVariable = "FARWATCH_TEST_ORPHANS"

/// What becomes of programs whose daemon is killed with -9: here the daemon is this test bundle, run once more.
@Suite struct OrphanTests {
  /// Started by the test below only: starts two programs with a child each, and waits to be killed.
  @Test(.enabled(if: getenv(folderVariable) != nil)) func playsTheDaemon() async throws {
    let folder = try #require(getenv(folderVariable).map { String(cString: $0) })
    func script(_ name: String, _ after: String) -> [String] {
      let file = "\(folder)/\(name)"
      // The child hears no signal that can be ignored.
      return [
        "/bin/sh", "-c",
        "(trap '' HUP INT TERM; sleep 1000) & echo $! > \(file).new; echo $$ >> \(file).new; mv \(file).new \(file); \(after)",
      ]
    }
    let runner = ProgramRunner()
    runner.start(ProgramRequest(arguments: script("check", "sleep 1000"))) { _ in }
    let talk = try ProgramConversation(ProgramRequest(arguments: script("talk", "sleep 1000")))
    // A third one is over, and its group is nobody's any more.
    _ = await runner.run(ProgramRequest(arguments: ["/bin/true"]))
    while true { try await Task.sleep(for: .seconds(100)) }
    withExtendedLifetime(talk) {}
  }

  @Test(.enabled(if: getenv(folderVariable) == nil)) func programsAndWhatTheyStartedEndWithAKilledDaemon()
    async throws
  {
    let folder = try TemporaryDirectory()
    let daemon = try ChildProcess(
      ["/proc/\(getpid())/exe", "--testing-library", "swift-testing", "--filter", "playsTheDaemon"],
      environment: [folderVariable: folder.path])
    var pids: [pid_t] = []
    for name in ["check", "talk"] {
      try await waitUntil(timeout: .seconds(60), "\(name) runs") {
        access(folder.file(name), F_OK) == 0
      }
      pids += readText(folder.file(name)).split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    }
    #expect(pids.count == 4)
    #expect(pids.allSatisfy { !isGone($0) })
    daemon.signal(SIGKILL)
    #expect(try await daemon.wait() == .signal(SIGKILL))
    for pid in pids { try await waitUntil("process \(pid) is gone") { isGone(pid) } }
  }

  @Test func aWardenThatWasKilledIsReplaced() async throws {
    let runner = ProgramRunner()
    for _ in 0..<3 {
      #expect(await runner.run(ProgramRequest(arguments: ["/bin/true"])).ending == .exited(0))
      try await waitUntil("there is one warden") { try wardens().count == 1 }
      for pid in try wardens() { kill(pid, SIGKILL) }
    }
  }

  private func wardens() throws -> [pid_t] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
      guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
      let stat = readText("/proc/\(pid)/stat").split(separator: " ")
      return line.split(separator: 0).last.map { String(decoding: $0, as: UTF8.self) } == "farwatch-warden"
        && stat.count > 3 && stat[2] != "Z" && stat[3] == "\(getpid())"
    }
  }

  /// A zombie of another parent than us counts as gone.
  private func isGone(_ pid: pid_t) -> Bool {
    kill(pid, 0) != 0 || readText("/proc/\(pid)/stat").contains(") Z ")
  }
}
