import FarwatchTesting
import Glibc
import Model
import MySQLClient
import Secrets
import Synchronization
import Testing
import Turns

/// Many sessions at one client: what they share, how many are under way, and whom those that hang delay.
@Suite(.serialized, SharedServer()) struct MySQLSharingTests {
  let server: MariaDBServer
  let client: MySQLClient
  let directory: TemporaryDirectory

  init() throws {
    server = try #require(SharedServer.server)
    client = try MySQLClient()
    directory = try TemporaryDirectory()
  }

  private func source(_ user: String = "watch", host: String = "localhost", port: Int? = nil) throws
    -> MySQLSource
  {
    var source = MySQLSource(host: host, port: port ?? server.port, user: user)
    source.password = .file(try directory.write(user, "\(user)word\n"))
    return source
  }

  private func file(_ user: String) throws -> MySQLSource {
    let text = "[client]\nhost=localhost\nport=\(server.port)\nuser=\(user)\npassword=\(user)word\n"
    return MySQLSource(optionFile: try directory.write("\(user).cnf", text))
  }

  /// Asks all at once; the answers in the sessions' order.
  private func ask(
    _ sessions: [MySQLSession], timeout: Duration, _ query: String
  ) async -> [Result<MySQLReply, MySQLError>] {
    let answers = Mutex<[Int: Result<MySQLReply, MySQLError>]>([:])
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      for (index, session) in sessions.enumerated() {
        client.run(session, timeout: timeout, queries: { _ in [query] }) { result in
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

  private func threads(_ condition: String) async throws -> Int {
    try await Int(
      server.sql("SELECT count(*) FROM information_schema.processlist WHERE \(condition)")) ?? 99
  }

  @Test func oneConnectionForEachLoginAndOneQueryAtAServer() async throws {
    var sessions = try (0..<6).map { _ in MySQLSession(try source()) }
    sessions += try (0..<3).map { _ in MySQLSession(try source("beat"), access: .write) }
    // Which server an option file means turns out on the way.
    sessions += try (0..<3).map { _ in MySQLSession(try file("plain")) }
    async let all = ask(sessions, timeout: .seconds(20), "SELECT CONNECTION_ID(), SLEEP(0.1)")
    let ours = "user IN ('watch', 'beat', 'plain')"
    var most = 0
    for _ in 0..<8 { most = max(most, try await threads("\(ours) AND command = 'Query'")) }
    let ids = await all.map { try? $0.get().results[0].get().rows[0][0] }
    #expect(most == 1)
    #expect(!ids.contains(nil) && Set(ids).count == 3)
    #expect(Set(ids[..<6]).count == 1 && Set(ids[6..<9]).count == 1 && Set(ids[9...]).count == 1)
    #expect(try await threads(ours) == 3)
    #expect(client.load.logins == 3)
    // Asked alone, the file's run is under way at the file first: beside that it is one at a time from the first on.
    #expect(client.load.mostInFlight <= 2)
    for session in sessions.dropFirst() { client.close(session) }
    try await waitUntil("only the first one's is left") { try await threads(ours) == 1 }
    _ = try await ask([sessions[0]], timeout: .seconds(5), "SELECT 1")[0].get()
    client.close(sessions[0])
    try await waitUntil("none is left") { try await threads(ours) == 0 }
    try await waitUntil("nothing is remembered") { client.load.logins == 0 }
  }

  @Test func whoReadsAndWhoWritesShareAConnectionAndStayWhatTheyAre() async throws {
    let reader = MySQLSession(try source("beat"))
    let writer = MySQLSession(try source("beat"), access: .write)
    func tells(_ session: MySQLSession, timeout: Duration = .seconds(10)) async throws -> [String?] {
      let reply = try await ask(
        [session], timeout: timeout, "SELECT CONNECTION_ID(), @@tx_read_only, @@max_statement_time")[0].get()
      return try reply.results[0].get().rows[0]
    }
    let first = try await tells(reader)
    #expect(Array(first[1...]) == ["1", "10.000000"])
    #expect(try await tells(writer) == [first[0], "0", "10.000000"])
    #expect(try await tells(reader) == first)
    #expect(try await tells(reader, timeout: .seconds(7)) == [first[0], "1", "7.000000"])
    _ = try await ask([writer], timeout: .seconds(10), "CREATE TABLE farwatch.shared (x INT)")[0].get()
    let refused = await ask([reader], timeout: .seconds(10), "INSERT INTO farwatch.shared VALUES (1)")[0]
    #expect(throws: MySQLError.self) { try refused.get().results[0].get() }
  }

  @Test func whoWaitsBehindAnotherCheckIsNotBlamedOnTheServerUnlessItIsSilent() async throws {
    let proxy = try FaultyProxy(to: server.port)
    let first = MySQLSession(try source(port: proxy.port))
    let second = MySQLSession(try source("plain", port: proxy.port))
    _ = try await ask([first], timeout: .seconds(9), "SELECT 1")[0].get()
    // It answers, only after a while; what would have less than half its time then is not begun.
    async let slow = ask([first, first], timeout: .seconds(9), "SELECT SLEEP(1)")
    try await waitUntil("it is asked") { client.load.inFlight == 1 }
    async let impatient = ask([second], timeout: .milliseconds(2200), "SELECT 1")
    let late = await impatient[0]
    #expect(late.failure?.reason == .limit, "\(late)")
    #expect(late.failure?.message == "other checks of this server were asked first, and it took too long")
    #expect(await slow.allSatisfy { $0.failure == nil })
    // Silent, it is known by the one that asks and by the one that waits.
    proxy.freeze()
    async let hung = ask([first], timeout: .seconds(1), "SELECT 1")
    try await waitUntil("it is asked") { client.load.inFlight == 1 }
    async let waiting = ask([second], timeout: .milliseconds(1400), "SELECT 1")
    let (one, other) = await (hung[0].failure, waiting[0].failure)
    #expect(one?.reason == .timeout && other?.reason == .timeout)
    #expect(other?.message == "waited 1s400ms behind another run, which the server did not answer")
    proxy.thaw()
    _ = try await ask([second], timeout: .seconds(9), "SELECT 1")[0].get()
    proxy.stop()
  }

  @Test func aLostRegionHoldsHalfOfTheSlotsAndDelaysNobody() async throws {
    let silent = try LoopbackServer { _ in [.hang] }
    let hung = try (0..<100).map { MySQLSession(try source(host: "127.0.1.\($0 + 1)", port: silent.port)) }
    let good = MySQLSession(try source())
    _ = try await ask([good], timeout: .seconds(9), "SELECT 1")[0].get()
    let before = threadCount()
    let first = await ask(hung, timeout: .milliseconds(800), "SELECT 1")
    #expect(Set(first.map { $0.failure?.reason }) == [.timeout, .limit])
    #expect(client.load.mostInFlight == 64)
    // Who was not begun is no suspect: until each has hung once, they may hold more than half.
    var suspects = Set(first.indices.filter { first[$0].failure?.reason == .timeout })
    for _ in 0..<10 where suspects.count < hung.count {
      let answers = await ask(hung, timeout: .milliseconds(800), "SELECT 1")
      suspects.formUnion(answers.indices.filter { answers[$0].failure?.reason == .timeout })
    }
    #expect(suspects.count == hung.count)
    async let second = ask(hung, timeout: .seconds(4), "SELECT 1")
    try await waitUntil("half of the slots hang") { client.load.inFlight == 32 }
    let took = try await ContinuousClock().measure {
      for _ in 0..<20 { _ = try await ask([good], timeout: .seconds(9), "SELECT 1")[0].get() }
    }
    #expect(took < .seconds(1.8), "\(took)")
    #expect(await second.allSatisfy { [.timeout, .limit].contains($0.failure?.reason) })
    try await waitUntil("no thread waits for a server") { threadCount() <= before + 4 }
  }
}

extension Result where Failure == MySQLError {
  fileprivate var failure: MySQLError? { if case .failure(let error) = self { error } else { nil } }
}
