import FarwatchTesting
import Glibc
import Model
import Programs
import Synchronization
import Testing

@Suite struct ProgramsTests {
  let runner = ProgramRunner()

  private func shell(_ script: String, timeout: Duration = .seconds(20)) -> ProgramRequest {
    var request = ProgramRequest(arguments: ["/bin/sh", "-c", script])
    request.timeout = timeout
    return request
  }

  private func run(_ request: ProgramRequest) async -> ProgramResult { await runner.run(request) }

  @Test func outputEndingAndInput() async {
    var request = shell("cat; echo sorry >&2; exit 3")
    request.standardInput = Array("the page\n".utf8)
    let result = await run(request)
    #expect(result.ending == .exited(3))
    #expect(result.output == Array("the page\n".utf8))
    #expect(result.complaint == "sorry")
    #expect(await run(shell("exit 0")).ending == .exited(0))
    #expect(await run(shell("kill -USR1 $$")).ending == .killed(signal: SIGUSR1))
  }

  @Test func argumentsAreNoShellText() async {
    let argument = "$(touch /tmp/farwatch-never) `id` ; * \"'\n"
    let result = await run(ProgramRequest(arguments: ["/usr/bin/printf", "%s", argument]))
    #expect(result.output == Array(argument.utf8))
  }

  @Test func theEnvironmentIsOnlyWhatWasGiven() async {
    setenv("FARWATCH_TEST_SECRET", "s3cret", 1)
    var request = ProgramRequest(arguments: ["/usr/bin/env"])
    request.environment = ["FARWATCH_STATUS": "firing\nPATH=/evil", "B": ""]
    let lines = String(decoding: await run(request).output, as: UTF8.self)
    #expect(lines.hasPrefix("B=\nFARWATCH_STATUS=firing\nPATH=/evil\nPATH="))
    #expect(!lines.contains("s3cret"))
  }

  @Test func whatCannotStartSaysWhy() async {
    func failure(_ arguments: [String]) async -> (FailureReason, String)? {
      if case .notStarted(let reason, let text) = await run(ProgramRequest(arguments: arguments)).ending {
        return (reason, text)
      }
      return nil
    }
    #expect(await failure(["/nonexistent/program"])?.0 == .missing)
    #expect(await failure(["/etc/passwd"])?.0 == .permission)
    #expect(await failure([])?.0 == .configuration)
    #expect(await failure(["/bin/echo", "a\0b"])?.0 == .configuration)
    #expect(await failure(["/nonexistent/program"])?.1 == "/nonexistent/program: No such file or directory")
  }

  /// Time-out ends what the program started, too, even where that ignores SIGTERM.
  @Test func theWholeGroupEndsAtTheTimeout() async throws {
    let folder = try TemporaryDirectory()
    let pids = folder.file("pids")
    let script = "trap '' TERM; sleep 1000 & echo $! > \(pids); echo $$ >> \(pids); wait; sleep 1000"
    let begin = SystemTime().monotonic
    let result = await run(shell(script, timeout: .milliseconds(500)))
    #expect(result.ending == .timedOut)
    #expect(SystemTime().monotonic - begin < .seconds(10))
    try await expectGone(pids, 2)
  }

  /// So does the end of the program itself: what it left in the background holds nothing up.
  @Test func theBackgroundEndsWithTheProgram() async throws {
    let folder = try TemporaryDirectory()
    let pids = folder.file("pids")
    let begin = SystemTime().monotonic
    let result = await run(shell("sleep 1000 & echo $! > \(pids); echo done"))
    #expect(result.ending == .exited(0))
    #expect(result.output == Array("done\n".utf8))
    #expect(SystemTime().monotonic - begin < .seconds(10))
    try await expectGone(pids, 1)
  }

  private func expectGone(_ file: String, _ count: Int) async throws {
    let pids = readText(file).split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    #expect(pids.count == count)
    for pid in pids { try await waitUntil("process \(pid) is gone") { isGone(pid) } }
  }

  /// A zombie of another parent than us counts as gone.
  private func isGone(_ pid: pid_t) -> Bool {
    kill(pid, 0) != 0 || readText("/proc/\(pid)/stat").contains(") Z ")
  }

  @Test func aFloodOfOutputIsKeptUpToTheLimit() async {
    var request = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo end")
    request.outputLimit = 10_000
    let result = await run(request)
    #expect(result.ending == .exited(0))
    #expect(result.output.count == 10_000)
    #expect(result.errorOutput.count == 10_000)
    #expect(result.complaint != nil || result.errorOutput.allSatisfy { $0 == 0 })
  }

  @Test func inputThatNobodyReadsIsNoFault() async {
    var request = shell("exec <&-; exit 0")
    request.standardInput = [UInt8](repeating: 65, count: 1 << 20)
    #expect(await run(request).ending == .exited(0))
    var read = shell("wc -c")
    read.standardInput = request.standardInput
    #expect(String(decoding: await run(read).output, as: UTF8.self) == "\(1 << 20)\n")
  }

  @Test func standardErrorCanBeOpenedByName() async {
    let result = await run(shell("echo by name > /dev/stderr"))
    #expect(result.complaint == "by name")
  }

  /// Neither descriptors of ours that are not close-on-exec, nor those of other programs that run at the same time.
  @Test func noDescriptorLeaks() async throws {
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    // The first program brings the line to the warden.
    _ = await run(shell("exit 0"))
    let before = try descriptors()
    let listings = await withTaskGroup(of: String.self) { group in
      for _ in 0..<12 {
        group.addTask {
          // The listing's own descriptor is the fourth.
          let request = ProgramRequest(arguments: ["/bin/ls", "/proc/self/fd"])
          return String(decoding: await runner.run(request).output, as: UTF8.self)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(listings == Array(repeating: "0\n1\n2\n3\n", count: 12))
    try await waitUntil("our descriptors are closed") { try descriptors() <= before }
  }

  private func descriptors() throws -> Int {
    guard let folder = opendir("/proc/self/fd") else { throw BenchError("no /proc") }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
  }

  @Test func atTheLimitARequestIsRefused() async throws {
    let small = ProgramRunner(limit: 2)
    let endings = Mutex<[ProgramResult.Ending]>([])
    for _ in 0..<2 {
      small.start(shell("sleep 1000")) { result in endings.withLock { $0.append(result.ending) } }
    }
    let third = await small.run(shell("exit 0"))
    #expect(third.ending == .notStarted(.limit, "2 programs are already running"))
    let begin = SystemTime().monotonic
    small.stop()
    #expect(SystemTime().monotonic - begin < .seconds(4))
    #expect(endings.withLock { $0 } == [.cancelled, .cancelled])
    #expect(await small.run(shell("exit 0")).ending == .cancelled)
  }

  @Test func complaintsAreOneCleanLine() {
    var result = ProgramResult(.exited(1))
    result.errorOutput = Array("\n  \r\n\u{1b}[31mbroken\u{7}\u{0} pipe\nmore".utf8)
    #expect(result.complaint == "[31mbroken pipe")
    result.errorOutput = [0xff, 0xfe] + Array(repeating: 65, count: 500)
    #expect(result.complaint?.count == 200)
    result.errorOutput = []
    #expect(result.complaint == nil)
  }
}

extension ProgramRunner {
  func run(_ request: ProgramRequest) async -> ProgramResult {
    await withCheckedContinuation { waiting in start(request) { waiting.resume(returning: $0) } }
  }
}
