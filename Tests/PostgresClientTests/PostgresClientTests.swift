import FarwatchTesting
import Model
import PostgresClient
import Testing

/// Against one real server; about three seconds to make it.
@Suite struct PostgresClientTests {
  @Test func aRealServer() async throws {
    let server = try await PostgresServer.primary()
    let client = try PostgresClient()
    try await answersTypesAndNull(server, client)
    try await oneErrorLeavesTheOthersStanding(server, client)
    try await whatIsNoQueryFailsAndHarmsNobody(server, client)
    try await connectionIsKeptAndMadeAnew(server, client)
    try await rotatedPasswordIsRead(server, client)
    try await refusalsHaveReasons(server, client)
    try await aSlowQueryEndsOnTimeAndOnTheServer(server, client)
    try await aFrozenServerDelaysNobody(server, client)
    try await server.stop()
    let session = PostgresSession(.text(server.dsn()))
    #expect(await failure(client, session, "SELECT 1")?.reason == .refused)
  }

  private func answersTypesAndNull(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let session = PostgresSession(.text(server.dsn()))
    let reply = try await client.ask(session, ["SELECT 1 AS a, NULL AS b, 'ü' AS c", "SELECT 2 WHERE false"])
    let first = try reply.results[0].get()
    #expect(first == PostgresRows(columns: ["a", "b", "c"], rows: [["1", nil, "ü"]]))
    #expect(first[row: 0, column: "b"] == nil && first[row: 1, column: "a"] == nil)
    #expect(try reply.results[1].get().count == 0)
    #expect(reply.serverVersion >= 120_000)
    #expect(reply.sentAt <= reply.receivedAt)
    let name = try await client.ask(session, ["SELECT current_setting('application_name')"])
    #expect(try name.results[0].get().rows == [["farwatch"]])
    let write = try await client.ask(session, ["CREATE TABLE never (x int)"])
    #expect(throws: PostgresError.self) { try write.results[0].get() }
  }

  private func oneErrorLeavesTheOthersStanding(_ server: PostgresServer, _ client: PostgresClient)
    async throws
  {
    let session = PostgresSession(.text(server.dsn()))
    let reply = try await client.ask(
      session, ["SELECT 1/0", "SELECT 'x'", "SELECT * FROM nothing", "SELECT 'y'"])
    #expect(try reply.results[1].get().rows == [["x"]])
    #expect(try reply.results[3].get().rows == [["y"]])
    #expect(throws: PostgresError(.query, sqlState: "22012", "division by zero")) {
      try reply.results[0].get()
    }
    #expect(throws: PostgresError(.missing, sqlState: "42P01", "relation \"nothing\" does not exist")) {
      try reply.results[2].get()
    }
  }

  private func whatIsNoQueryFailsAndHarmsNobody(_ server: PostgresServer, _ client: PostgresClient)
    async throws
  {
    let session = PostgresSession(.text(server.dsn(user: "postgres")), access: .readWrite)
    _ = try await client.ask(session, ["CREATE TABLE copied (x int)"]).results[0].get()
    let refused = PostgresError(
      .query, "COPY from or to the client is no query: ask for rows with SELECT")
    for copy in [
      "COPY (SELECT 1) TO STDOUT", "COPY (SELECT generate_series(1, 100000)) TO STDOUT",
      "COPY copied FROM STDIN",
    ] {
      let reply = try await client.ask(session, ["SELECT 'before'", copy, "SELECT 'after'"])
      #expect(try reply.results[0].get().rows == [["before"]])
      #expect(throws: refused, "\(copy)") { try reply.results[1].get() }
      #expect(throws: refused, "\(copy)") { try reply.results[2].get() }
      #expect(try await client.ask(session, ["SELECT 1"]).results[0].get().rows == [["1"]])
    }
    let reply = try await client.ask(session, ["", " -- nothing", "SELECT 'after'"])
    for empty in reply.results.prefix(2) {
      #expect(throws: PostgresError(.query, "the query is empty")) { try empty.get() }
    }
    #expect(try reply.results[2].get().rows == [["after"]])
    client.close(session)
  }

  private func connectionIsKeptAndMadeAnew(_ server: PostgresServer, _ client: PostgresClient) async throws {
    // A source that no other session here shares.
    let session = PostgresSession(.text(server.dsn() + " application_name=kept"))
    func backend() async throws -> String? {
      try await client.ask(session, ["SELECT pg_backend_pid()"]).results[0].get().rows[0][0]
    }
    let first = try await backend()
    #expect(try await backend() == first)
    try await server.sql("SELECT pg_terminate_backend(\(first ?? "0"))")
    // Whether or not the loop has seen the end by now: the run succeeds over a new connection.
    let second = try await backend()
    #expect(second != first)
    client.close(session)
    #expect(try await backend() != second)
  }

  private func rotatedPasswordIsRead(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("dsn", server.dsn(password: "old") + "\n")
    let session = PostgresSession(.file(path))
    #expect(await failure(client, session, "SELECT 1")?.reason == .authentication)
    try directory.write("dsn", server.dsn() + "\n")
    #expect(try await client.ask(session, ["SELECT 1"]).results.count == 1)
    let missing = await failure(client, PostgresSession(.file(directory.file("none"))), "SELECT 1")
    #expect(missing?.reason == .configuration)
    let unset = await failure(client, PostgresSession(.environment("FARWATCH_NO_SUCH_DSN")), "SELECT 1")
    #expect(unset?.reason == .configuration)
  }

  private func refusalsHaveReasons(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let wrong = await failure(client, PostgresSession(.text(server.dsn(password: "wr0ngword"))), "SELECT 1")
    #expect(wrong?.reason == .authentication && wrong?.sqlState == "28P01")
    #expect(wrong?.description.contains("wr0ngword") == false)
    let database = server.dsn().replacing("dbname=postgres", with: "dbname=nowhere")
    let nowhere = await failure(client, PostgresSession(.text(database)), "SELECT 1")
    #expect(nowhere?.reason == .missing && nowhere?.sqlState == "3D000")
    let free = try freeLoopbackPort()
    let refused = await failure(client, PostgresSession(.text("host=127.0.0.1 port=\(free)")), "SELECT 1")
    #expect(refused?.reason == .refused)
    let tls = await failure(client, PostgresSession(.text(server.dsn() + " sslmode=require")), "SELECT 1")
    #expect(tls?.reason == .tlsHandshake)
  }

  private func aSlowQueryEndsOnTimeAndOnTheServer(_ server: PostgresServer, _ client: PostgresClient)
    async throws
  {
    let session = PostgresSession(.text(server.dsn()))
    let took = await ContinuousClock().measure {
      #expect(
        await failure(client, session, "SELECT pg_sleep(120)", timeout: .seconds(1))?.reason == .timeout)
    }
    #expect(took >= .milliseconds(900) && took < .seconds(60))
    try await waitUntil("the server gives up too") {
      try await server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(120)' AND state='active'")
        == "0"
    }
    #expect(try await client.ask(session, ["SELECT 1"]).results.count == 1)
  }

  private func aFrozenServerDelaysNobody(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let other = try await PostgresServer.primary()
    let frozen = PostgresSession(.text(other.dsn()))
    _ = try await client.ask(frozen, ["SELECT 1"])
    try await other.freeze(true)
    async let late = failure(client, frozen, "SELECT 1", timeout: .seconds(4))
    async let lateConnect = failure(
      client, PostgresSession(.text(other.dsn())), "SELECT 1", timeout: .seconds(4))
    let session = PostgresSession(.text(server.dsn()))
    let took = try await ContinuousClock().measure { _ = try await client.ask(session, ["SELECT 1"]) }
    #expect(took < .seconds(4), "those that hang are not waited for")
    #expect(await late?.reason == .timeout)
    #expect(await lateConnect?.reason == .timeout)
    try await other.freeze(false)
    #expect(try await client.ask(frozen, ["SELECT 1"]).results.count == 1)
  }

  private func failure(
    _ client: PostgresClient, _ session: PostgresSession, _ query: String, timeout: Duration = .seconds(30)
  ) async -> PostgresError? {
    do {
      return try await client.ask(session, [query], timeout: timeout).results.lazy.compactMap { result in
        if case .failure(let error) = result { error } else { nil }
      }.first
    } catch {
      return error
    }
  }
}

extension PostgresClient {
  fileprivate func ask(
    _ session: PostgresSession, _ queries: [String], timeout: Duration = .seconds(30)
  ) async throws(PostgresError) -> PostgresReply {
    let result = await withCheckedContinuation {
      (answer: CheckedContinuation<Result<PostgresReply, PostgresError>, Never>) in
      run(session, timeout: timeout, queries: { _ in queries }) { answer.resume(returning: $0) }
    }
    return try result.get()
  }
}
