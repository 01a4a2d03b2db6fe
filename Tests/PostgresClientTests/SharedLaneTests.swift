import FarwatchTesting
import Model
import PostgresClient
import Testing

/// Several sessions at one real server: who shares a connection, and that the server is asked one thing at a time.
@Suite struct SharedLaneTests {
  private static let others = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'farwatch%'"

  @Test func oneLoginIsOneConnectionAndOneServerIsAskedOneThingAtATime() async throws {
    let server = try await PostgresServer.primary()
    let client = try PostgresClient()
    try await oneConnectionForAll(server, client)
    try await neverTwoQueriesAtOnce(server, client)
    try await whoWaitsBehindASlowRunIsNotAsked(server, client)
    try await whoWaitsBehindAHungRunIsToldSo(server, client)
    try await nobodyElseIsInsideATransaction(server, client)
  }

  private func oneConnectionForAll(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let source = DSNSource.text(server.dsn(user: "postgres"))
    let sessions = [
      PostgresSession(source), PostgresSession(source), PostgresSession(source, access: .readWrite),
    ]
    let pids = await client.ask(sessions, "SELECT pg_backend_pid()", timeout: .seconds(30)).map {
      try? $0.get().results[0].get().rows[0][0]
    }
    #expect(Set(pids).count == 1 && pids[0] != nil, "\(pids)")
    #expect(try await server.sql(Self.others) == "1")
    #expect(client.load.servers == 1)
    // Which of them may write does not depend on who asked before.
    for round in 0..<2 {
      let no = try await client.asking(sessions[0], ["CREATE TABLE never\(round) (x int)"])
      #expect(throws: PostgresError.self) { try no.results[0].get() }
      let yes = try await client.asking(sessions[2], ["CREATE TABLE written\(round) (x int)"])
      _ = try yes.results[0].get()
    }
    let still = try await client.asking(sessions[1], ["SELECT pg_backend_pid()"])
    #expect(try still.results[0].get().rows[0][0] == pids[0])
    // It is closed with the last that shares it.
    client.close(sessions[0])
    client.close(sessions[1])
    let last = try await client.asking(sessions[2], ["SELECT pg_backend_pid()"])
    #expect(try last.results[0].get().rows[0][0] == pids[0])
    client.close(sessions[2])
    try await waitUntil("it is closed") { try await server.sql(Self.others) == "0" }
    #expect(client.load.servers == 0)
  }

  private func neverTwoQueriesAtOnce(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let logins = [
      server.dsn(), server.dsn(user: "postgres"), server.dsn() + " application_name=farwatch2",
      server.dsn().replacing("127.0.0.1", with: "localhost"),
    ]
    let sessions = (0..<12).map { PostgresSession(.text(logins[$0 % logins.count])) }
    // The server's own word on how many queries of ours it is answering.
    let question = """
      SELECT pg_sleep(0.02), (SELECT count(*) FROM pg_stat_activity
        WHERE application_name LIKE 'farwatch%' AND state = 'active')
      """
    for _ in 0..<2 {
      let answers = await client.ask(sessions, question, timeout: .seconds(30))
      let counts = answers.map { try? $0.get().results[0].get().rows[0][1] }
      #expect(counts.allSatisfy { $0 == "1" }, "\(counts)")
    }
    #expect(try await server.sql(Self.others) == "4", "one connection for each login")
    for session in sessions { client.close(session) }
  }

  /// A server that works on a report is not down for whoever else asks.
  private func whoWaitsBehindASlowRunIsNotAsked(_ server: PostgresServer, _ client: PostgresClient)
    async throws
  {
    let (slow, same, other) = (
      PostgresSession(.text(server.dsn())), PostgresSession(.text(server.dsn())),
      PostgresSession(.text(server.dsn(user: "postgres")))
    )
    _ = try await client.asking(other, ["SELECT 1"])
    async let report = client.ask([slow], "SELECT pg_sleep(1.5)", timeout: .seconds(20))
    try await waitUntil("it is asked") {
      try await server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(1.5)' AND state='active' AND pid <> pg_backend_pid()"
      ) == "1"
    }
    async let short = client.ask([same, other], "SELECT 1", timeout: .milliseconds(700))
    async let longer = client.ask([same, other], "SELECT 1", timeout: .milliseconds(1700))
    async let patient = client.ask([same, other], "SELECT 1", timeout: .seconds(20))
    #expect(await short.map { failure($0)?.reason } == [.limit, .limit])
    #expect(await longer.map { failure($0)?.reason } == [.limit, .limit])
    #expect(await (report + patient).map { failure($0)?.reason } == [nil, nil, nil])
    for session in [slow, same, other] { client.close(session) }
  }

  private func whoWaitsBehindAHungRunIsToldSo(_ server: PostgresServer, _ client: PostgresClient) async throws
  {
    let (slow, other) = (
      PostgresSession(.text(server.dsn())), PostgresSession(.text(server.dsn(user: "postgres")))
    )
    _ = try await client.asking(other, ["SELECT 1"])
    _ = try await client.asking(slow, ["SELECT 1"])
    try await waitUntil("nothing is under way") { client.load.inFlight == 0 }
    try await server.freeze(true)
    async let first = client.ask([slow], "SELECT 1", timeout: .seconds(2))
    try await waitUntil("it is asked") { client.load.inFlight == 1 }
    async let behind = client.ask([other, slow], "SELECT 1", timeout: .milliseconds(2300))
    async let early = client.ask([other, slow], "SELECT 1", timeout: .milliseconds(200))
    let notAsked = PostgresError(
      .limit, "other checks of this server were asked first, and it took too long")
    #expect(await early.map(failure) == [notAsked, notAsked], "it may still be answered")
    #expect(await first.map { failure($0)?.reason } == [.timeout])
    let silence = PostgresError(
      .timeout, "waited 2s300ms behind another run, which the server did not answer")
    #expect(await behind.map(failure) == [silence, silence])
    try await server.freeze(false)
    #expect(try await client.asking(other, ["SELECT 1"]).results.count == 1)
    for session in [slow, other] { client.close(session) }
  }

  private func nobodyElseIsInsideATransaction(_ server: PostgresServer, _ client: PostgresClient) async throws
  {
    let source = DSNSource.text(server.dsn())
    let (opens, asks) = (PostgresSession(source), PostgresSession(source))
    _ = try await client.asking(opens, ["BEGIN", "SELECT 1/0"])
    let answer = try await client.asking(asks, ["SELECT now() = statement_timestamp()"])
    #expect(try answer.results[0].get().count == 1)
    for session in [opens, asks] { client.close(session) }
  }

  private func failure(_ result: Result<PostgresReply, PostgresError>) -> PostgresError? {
    if case .failure(let error) = result { error } else { nil }
  }
}
