import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Testing

@testable import Probing

/// One real primary with a standby; some eight seconds.
@Suite struct PostgresCheckTests {
  @Test func aRealServer() async throws {
    let server = try await PostgresServer.primary()
    let client = try PostgresClient()
    try await phasesAndFacts(server, client)
    try await answersAreJudged(server, client)
    try await connectionsAreCounted(server, client)
    try await aCanaryIsWritten(server, client)
    let standby = try await server.standby(slot: "west")
    try await rolesMatter(server, standby, client)
    try await certificatesMatter(server, client)
    try await server.stop()
    #expect(await run(settings(server), client).reason == .refused)
  }

  private func settings(
    _ server: PostgresServer, dsn: String? = nil, _ change: (inout PostgresCheckSettings) -> Void = { _ in }
  ) -> PostgresCheckSettings {
    var check = PostgresCheckSettings(name: "orders-db", region: "east", dsn: .text(dsn ?? server.dsn()))
    check.basics.timeout = .seconds(10)
    change(&check)
    return check
  }

  private func run(_ settings: PostgresCheckSettings, _ client: PostgresClient) async -> Outcome {
    await once(PostgresCheck(settings, client: client))
  }

  private func once(_ check: PostgresCheck) async -> Outcome {
    await withCheckedContinuation { done in check.collect { done.resume(returning: $0) } }
  }

  private func phasesAndFacts(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let check = PostgresCheck(settings(server), client: client)
    let first = await once(check)
    #expect(first.verdict == .success)
    #expect(first.phases == ["resolve", "connect", "query"])
    #expect(first.value(CheckFamilies.success) == 1)
    #expect(first.value(PostgresCheckMetrics.inRecovery) == 0)
    let total = first.readings.filter { $0.family == PostgresCheckMetrics.phases }.map(\.value).reduce(0, +)
    #expect(total > 0 && total <= first.took.inSeconds)
    let second = await once(check)
    #expect(second.phases == ["query"], "a kept connection has no phases that would be zero")
  }

  private func answersAreJudged(_ server: PostgresServer, _ client: PostgresClient) async throws {
    func ask(_ query: String, _ expectation: PostgresCheckSettings.Expectation) async -> Outcome {
      await run(
        settings(server) {
          $0.query = query
          $0.expectation = expectation
        }, client)
    }
    #expect(await ask("SELECT 'ready'", .text("ready")).succeeded)
    let wrong = await ask("SELECT 'read''only'", .text("ready"))
    #expect(wrong.verdict == .failure(.body, detail: #"the query returned "read'only""#))
    let number = await ask("SELECT 41.5", .range(minimum: 40, maximum: 42))
    #expect(number.succeeded && number.value(PostgresCheckMetrics.value) == 41.5)
    #expect(await ask("SELECT 39", .range(minimum: 40, maximum: nil)).reason == .body)
    #expect(await ask("SELECT 43", .range(minimum: nil, maximum: 42)).reason == .body)
    #expect(await ask("SELECT 'NaN'::float", .range(minimum: 0, maximum: 1)).reason == .body)
    #expect(await ask("SELECT NULL", .text("")).reason == .body)
    #expect(await ask("SELECT 1 WHERE false", .anything).reason == .body)
    #expect(await ask("SELECT 1/0", .anything).reason == .query)
    #expect(await ask("SELECT * FROM nothing", .anything).reason == .missing)
    // Writing is refused to who may write, too, and a second statement to everybody.
    let writer = await run(
      settings(server, dsn: server.dsn(user: "postgres")) {
        $0.query = "INSERT INTO t VALUES ('x') RETURNING 1"
      }, client)
    #expect(writer.reason == .status)
    #expect(await ask("SELECT 1; SELECT 2", .anything).reason == .query)
    #expect(try await server.sql("SELECT count(*) FROM t") == "0")
    let wrongPassword = await run(settings(server, dsn: server.dsn(password: "wr0ngword")), client)
    #expect(wrongPassword.reason == .authentication && !"\(wrongPassword.verdict)".contains("wr0ngword"))
  }

  private func connectionsAreCounted(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let plenty = await run(settings(server) { $0.maximumConnectionsRatio = 0.9 }, client)
    #expect(plenty.succeeded)
    let ratio = plenty.value(PostgresCheckMetrics.connectionsRatio) ?? 0
    #expect(ratio > 0 && ratio < 0.9)
    let few = await run(settings(server) { $0.maximumConnectionsRatio = 0.01 }, client)
    #expect(few.reason == .status)
    // Without privilege connections of others count as well.
    let plain = server.dsn(user: "plain", password: "plainword")
    let hidden = await run(settings(server, dsn: plain) { $0.maximumConnectionsRatio = 0.9 }, client)
    #expect((hidden.value(PostgresCheckMetrics.connectionsRatio) ?? 0) > 0)
    // A server that is full refuses: its users are refused as well.
    let others = try PostgresClient()
    // Sessions of one source would share a connection.
    let sessions = (0..<17).map { PostgresSession(.text(server.dsn() + " application_name=user\($0)")) }
    for session in sessions {
      await withCheckedContinuation { done in
        others.run(session, timeout: .seconds(20), queries: { _ in ["SELECT 1"] }) { _ in done.resume() }
      }
    }
    let full = await run(settings(server), client)
    #expect(full.reason == .refused, "\(full.verdict)")
    #expect(CheckState.Evidence(full) == .failure)
  }

  private func aCanaryIsWritten(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let table = try #require(PostgresTable("farwatch.canary"))
    let owner = server.dsn(user: "writer", password: "writeword")
    try await server.sql(
      """
      CREATE ROLE writer LOGIN PASSWORD 'writeword';
      CREATE SCHEMA farwatch AUTHORIZATION writer;
      """)
    let missing = await run(settings(server, dsn: owner) { $0.canary = .init(table: table) }, client)
    #expect(missing.reason == .missing && "\(missing.verdict)".contains("write canary"))
    #expect(missing.value(PostgresCheckMetrics.written) == nil)
    let check = PostgresCheck(
      settings(server, dsn: owner) { $0.canary = .init(table: table, create: true) }, client: client)
    let first = await once(check)
    #expect(first.verdict == .success && first.phases.contains("write"))
    let second = await once(check)
    let (one, two) = (
      first.value(PostgresCheckMetrics.written) ?? 0, second.value(PostgresCheckMetrics.written) ?? 0
    )
    #expect(two > one && abs(second.finishedAt.seconds - two) < 5)
    #expect(try await server.sql("SELECT name, count(*) OVER () FROM farwatch.canary") == "east/orders-db|1")
    let stranger = settings(server) { $0.canary = .init(table: table, create: true) }
    #expect(await run(stranger, client).reason == .permission)
    // Its own query still cannot write.
    let query = settings(server, dsn: owner) {
      $0.canary = .init(table: table)
      $0.query = "DELETE FROM farwatch.canary RETURNING 1"
    }
    #expect(await run(query, client).reason == .status)
    #expect(try await server.sql("SELECT count(*) FROM farwatch.canary") == "1")
    // A table that somebody else holds on to: what users see is told after the time-out.
    async let held: String = server.sql("BEGIN; LOCK TABLE farwatch.canary; SELECT pg_sleep(1.2); COMMIT")
    try await waitUntil("the table is locked") {
      try await server.sql(
        "SELECT count(*) FROM pg_locks WHERE relation = 'farwatch.canary'::regclass AND granted") != "0"
    }
    let late = await run(
      settings(server, dsn: owner) {
        $0.canary = .init(table: table)
        $0.basics.timeout = .milliseconds(400)
      }, client)
    #expect(late.reason == .timeout)
    _ = try await held
  }

  private func rolesMatter(
    _ server: PostgresServer, _ standby: PostgresServer, _ client: PostgresClient
  ) async throws {
    try await standby.catchUp(with: server)
    #expect(await run(settings(server) { $0.role = .primary }, client).succeeded)
    let demoted = await run(settings(server) { $0.role = .standby }, client)
    #expect(demoted.verdict == .failure(.status, detail: "is a primary, expected a standby"))
    let wrong = await run(settings(standby) { $0.role = .primary }, client)
    #expect(wrong.verdict == .failure(.status, detail: "is a standby, expected the primary"))
    #expect(wrong.value(PostgresCheckMetrics.inRecovery) == 1)
    // Nothing is written where that cannot be.
    let table = try #require(PostgresTable("farwatch.canary"))
    let owner = standby.dsn(user: "writer", password: "writeword")
    let quiet = await run(settings(standby, dsn: owner) { $0.canary = .init(table: table) }, client)
    #expect(quiet.succeeded && !quiet.phases.contains("write"))
    #expect(quiet.value(PostgresCheckMetrics.written) == nil)
    try await standby.stop()
  }

  private func certificatesMatter(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 30)
    try certificates.make("other", host: "db.example.com", days: 30)
    try certificates.make("old", host: "127.0.0.1", days: -2)
    try certificates.make("self", host: "127.0.0.1", days: 30, selfSigned: true)
    let strict = server.dsn() + " sslmode=verify-full sslrootcert=\(certificates.path("ca.pem"))"
    #expect(await run(settings(server, dsn: strict), client).reason == .tlsHandshake, "no TLS is offered")
    // libpq does not say that a certificate has expired, only that it is not to be trusted.
    for (name, reason) in [
      ("good", nil), ("other", FailureReason.certificateName), ("old", .certificateInvalid),
      ("self", .certificateInvalid),
    ] {
      try await server.serveTLS(certificates, name)
      // The server takes it up a moment later.
      try await waitUntil(timeout: .seconds(10), every: .milliseconds(50), "\(name) gives \(reason as Any)") {
        let seen = await run(settings(server, dsn: strict), client)
        return seen.reason == reason && seen.succeeded == (reason == nil)
      }
    }
  }
}

extension Outcome {
  fileprivate func value(_ family: MetricFamily) -> Double? {
    readings.first { $0.family == family }?.value
  }

  fileprivate var phases: [String] {
    readings.filter { $0.family == PostgresCheckMetrics.phases }.compactMap { $0.labels["phase"] }
  }
}
