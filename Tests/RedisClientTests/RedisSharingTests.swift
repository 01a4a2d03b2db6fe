import FarwatchTesting
import Glibc
import HTTPClient
import Model
import RedisClient
import Secrets
import Synchronization
import Testing
import Turns

/// Many sessions at one client: what they share, how many are under way, and whom those that hang delay.
@Suite struct RedisSharingTests {
  /// Redis serves every address of the loopback network here: each is a server of its own to us.
  private func everywhere(_ more: [String] = []) async throws -> RedisProcess {
    try await RedisProcess(["--bind", "0.0.0.0", "--maxclients", "4000"] + more)
  }

  private func host(_ index: Int) -> String { "127.0.\(index / 250 + 1).\(index % 250 + 1)" }

  /// Asks all at once; the answers in the sessions' order.
  private func ask(
    _ client: RedisClient, _ sessions: [RedisSession], timeout: Duration, _ command: String...
  ) async -> [Result<RedisReply, RedisError>] {
    let answers = Mutex<[Int: Result<RedisReply, RedisError>]>([:])
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      for (index, session) in sessions.enumerated() {
        client.run(session, timeout: timeout, [command]) { result in
          let count = answers.withLock { all in
            all[index] = result
            return all.count
          }
          if count == sessions.count { done.resume() }
        }
      }
    }
    return answers.withLock { all in sessions.indices.compactMap { all[$0] } }
  }

  @Test func oneConnectionForEachLoginAndOneCommandAtAServer() async throws {
    let files = try TemporaryDirectory()
    let word = try files.write("word", "hunter2")
    let acl = try files.write(
      "users.acl", "user default on nopass ~* &* +@all\nuser other on >hunter2 ~* &* +@all\n")
    let redis = try await RedisProcess(["--aclfile", acl])
    let asker = try Asker()
    let sessions = (0..<12).map { index in
      index < 8
        ? session(redis.port) : session(redis.port, user: "other", password: .file(word))
    }
    // Redis itself runs a command at a time; those that block are counted.
    async let all = ask(asker.client, sessions, timeout: .seconds(20), "BLPOP", "none", "0.05")
    var most = 0
    for _ in 0..<12 {
      most = max(most, try await redis.info("blocked_clients").flatMap { Int($0) } ?? 99)
    }
    let answers = await all
    #expect(answers.allSatisfy { (try? $0.get().results[0].get()) == .null }, "\(answers)")
    #expect(most == 1)
    let clients = try await redis.command("CLIENT", "LIST").split(separator: "\n")
    #expect(clients.count == 3, "two logins and redis-cli itself")
    #expect(clients.count { $0.contains("user=other") } == 1)
    #expect(asker.client.load.logins == 2 && asker.client.load.mostInFlight == 1)

    // A connection goes with the last session that uses it.
    for session in sessions.dropFirst().prefix(7) { asker.client.close(session) }
    #expect(try await asker.one(sessions[0], "PING").get().text == "PONG")
    asker.client.close(sessions[0])
    try await waitUntil("one is closed") {
      try await redis.command("CLIENT", "LIST").split(separator: "\n").count == 2
    }
    #expect(try await asker.one(sessions[8], "PING").get().text == "PONG")
    #expect(try await asker.one(sessions[0], "PING").get().text == "PONG", "it may come back")
  }

  @Test func whoWaitsBehindAnotherCheckIsNotBlamedOnTheServerUnlessItIsSilent() async throws {
    let redis = try await RedisProcess()
    let asker = try Asker()
    let (first, second) = (session(redis.port), session(redis.port))
    // It answers, only after a while: what could not begin in time says nothing against it.
    async let slow = asker.one(first, timeout: .seconds(5), "BLPOP", "none", "0.9")
    try await waitUntil("it is asked") { asker.client.load.inFlight == 1 }
    async let third = asker.one(session(redis.port), timeout: .seconds(4), "PING")
    #expect(try await slow.get() == .null)
    #expect(try await third.get().text == "PONG")
    // Frozen, it is known by the one that asks and by the one that waits.
    redis.freeze(true)
    async let hung = asker.one(first, timeout: .seconds(1), "PING")
    try await waitUntil("it is asked") { asker.client.load.inFlight == 1 }
    async let waiting = asker.one(second, timeout: .milliseconds(1400), "PING")
    let (one, other) = await (hung.failure, waiting.failure)
    #expect(one?.reason == .timeout && other?.reason == .timeout)
    #expect(other?.message == "waited 1s400ms behind another run, which the server did not answer")
    redis.freeze(false)
    #expect(try await asker.one(second, "PING").get().text == "PONG")
  }

  @Test func aLostRegionHoldsHalfOfTheSlotsAndDelaysNobody() async throws {
    let redis = try await everywhere()
    let silent = try LoopbackServer { _ in [.hang] }
    let client = try RedisClient(resolver: HostResolver())
    let hung = (0..<100).map { session(silent.port, host: host($0)) }
    let healthy = (0..<100).map { session(redis.port, host: host($0)) }
    // Taken for good they may hold every slot, each until its time-out.
    let first = await ask(client, hung, timeout: .milliseconds(500), "PING")
    #expect(Set(first.map { $0.failure?.reason }) == [.timeout, .limit])
    #expect(first.count { $0.failure?.reason == .timeout } == 64)
    #expect(client.load.mostInFlight == 64)
    // The rest is known by then.
    let again = await ask(client, hung, timeout: .milliseconds(500), "PING")
    #expect(again.allSatisfy { [.timeout, .limit].contains($0.failure?.reason) })
    // Known to hang they hold half of them, and what gets no slot says nothing of its server.
    async let second = ask(client, hung, timeout: .seconds(2), "PING")
    try await waitUntil("half of the slots hang") { client.load.inFlight == 32 }
    let took = await ContinuousClock().measure {
      for _ in 0..<3 {
        let answers = await ask(client, healthy, timeout: .seconds(10), "PING")
        #expect(answers.allSatisfy { (try? $0.get()) != nil })
      }
    }
    #expect(took < .seconds(1.8), "\(took)")
    #expect(client.load.mostInFlight == 64)
    #expect(await second.allSatisfy { [.timeout, .limit].contains($0.failure?.reason) })
  }

  @Test func whatAServerSaidUnaskedIsNoAnswer() async throws {
    // Nobody looks at an idle connection: what came over it meanwhile must not answer the next question.
    let server = try LoopbackServer { _ in [.text("+PONG\r\n"), .wait(.milliseconds(20)), .text("+LIE\r\n")] }
    let asker = try Asker()
    let kept = session(server.port)
    for _ in 0..<3 {
      // The scripted server takes a blank line for the end of a question.
      let answer = await asker.one(kept, timeout: .seconds(2), "A\r\n\r\n")
      #expect(try answer.get().text == "PONG")
      try await Task.sleep(for: .milliseconds(80))
    }
    #expect(server.connections == 3)
  }

  /// What the figure of the benchmark is made of; `FARWATCH_MEASURE=2000`, the number of servers, prints it.
  @Test(.enabled(if: getenv("FARWATCH_MEASURE") != nil))
  func costOfACommand() async throws {
    let count = getenv("FARWATCH_MEASURE").flatMap { Int(String(cString: $0)) } ?? 500
    let redis = try await everywhere()
    let client = try RedisClient(resolver: HostResolver())
    let one = session(redis.port)
    func cost() async -> Double {
      _ = await ask(client, [one], timeout: .seconds(9), "PING")
      let before = cpuSeconds()
      for _ in 0..<3000 { _ = await ask(client, [one], timeout: .seconds(9), "PING") }
      return (cpuSeconds() - before) / 3000 * 1e6
    }
    let alone = await cost()
    let sessions = (0..<count).map { session(redis.port, host: host($0)) }
    let connected = await ask(client, sessions, timeout: .seconds(60), "PING")
    let failed = connected.count { $0.failure != nil }
    let beside = await cost()
    print(
      "one command: \(alone) µs of CPU alone, \(beside) µs beside \(count) idle servers (\(failed) failed)")
    let before = cpuSeconds()
    for _ in 0..<20 { _ = await ask(client, sessions, timeout: .seconds(60), "PING") }
    print(
      "a command of a round over all: \((cpuSeconds() - before) / Double(20 * count) * 1e6) µs, \(client.load)"
    )
  }
}

private func cpuSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}
