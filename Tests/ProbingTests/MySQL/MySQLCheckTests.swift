import Secrets
import Collecting
import FarwatchTesting
import Model
import MySQLClient
import Probing
import Testing

@Suite(.serialized) struct MySQLCheckTests {
  @Test func asksReadsAndWrites() async throws {
    let server = try await MariaDBServer.start(id: 1)
    let client = try MySQLClient()
    func outcome(
      _ user: String = "watch", _ word: String = "watchword", _ change: (inout MySQLCheckSettings) -> Void
    ) async throws -> Outcome {
      var source = MySQLSource(host: "127.0.0.1", port: server.port, user: user)
      // A file for each: checks of one source share a connection, which stays open.
      try server.writeFile("\(word).word", word)
      source.password = .file(server.file("\(word).word"))
      var settings = MySQLCheckSettings(name: "db", source: source)
      settings.basics.region = "east"
      change(&settings)
      try settings.validate()
      let check = MySQLCheck(settings, client: client)
      return await withCheckedContinuation { done in check.collect { done.resume(returning: $0) } }
    }
    func phases(_ outcome: Outcome) -> Set<String> {
      Set(outcome.readings.filter { $0.family == MySQLCheckMetrics.phases }.compactMap { $0.labels["phase"] })
    }

    let alive = try await outcome { _ in }
    #expect(alive.verdict == .success && phases(alive) == ["resolve", "connect", "query"])
    #expect(alive.readings.contains { $0.family == MySQLCheckMetrics.readOnly && $0.value == 0 })
    #expect(alive.readings.contains { $0.family == CheckFamilies.success && $0.value == 1 })

    let right = try await outcome {
      $0.query = "SELECT count(*) FROM farwatch.seq_1_to_3"
      $0.expected = "3"
    }
    #expect(right.verdict == .success)
    let wrong = try await outcome {
      $0.query = "SELECT NULL"
      $0.expected = "3"
    }
    #expect(wrong.verdict == .failure(.body, detail: "the query answered NULL, expected \"3\""))
    let empty = try await outcome {
      $0.query = "SELECT 1 FROM farwatch.seq_1_to_3 WHERE 1 = 0"
      $0.expected = "1"
    }
    #expect(empty.verdict == .failure(.body, detail: "the query answered no row, expected \"1\""))
    #expect(
      try await outcome("beat", "beatword") { $0.query = "CREATE TABLE farwatch.z (x INT)" }.reason == .status
    )
    #expect(try await outcome { $0.role = .replica }.reason == .status)
    #expect(try await outcome("watch", "bad") { _ in }.reason == .authentication)

    // The canary makes its table when it may, and says what to do when it may not.
    let table = try MySQLTable("farwatch.canary")
    #expect(
      try await outcome("beat", "beatword") {
        $0.canary = table
        $0.role = .primary
      }.verdict == .success)
    #expect(
      try await server.sql(
        "SELECT count(*) FROM farwatch.canary WHERE ts > UTC_TIMESTAMP() - INTERVAL 5 SECOND") == "1")
    let refused = try await outcome("plain", "plainword") { $0.canary = table }
    guard case .failure(.permission, let detail) = refused.verdict else {
      return #expect(Bool(false), "\(refused.verdict)")
    }
    #expect(detail.contains("GRANT INSERT, UPDATE"))
    try await server.sql("SET GLOBAL read_only = 1")
    #expect(try await outcome { $0.role = .primary }.reason == .status)
    #expect(try await outcome { $0.role = .replica }.verdict == .success)
    #expect(try await outcome("beat", "beatword") { $0.canary = table }.reason == .status)

    // A hung server is a time-out, and the probe after it is well.
    var source = MySQLSource(host: "127.0.0.1", port: server.port, user: "watch")
    try server.writeFile("word", "watchword")
    source.password = .file(server.file("word"))
    var settings = MySQLCheckSettings(name: "db", source: source)
    settings.basics.timeout = .milliseconds(400)
    let check = MySQLCheck(settings, client: client)
    func probe() async -> Outcome {
      await withCheckedContinuation { done in check.collect { done.resume(returning: $0) } }
    }
    #expect(await probe().succeeded)
    #expect(phases(await probe()) == ["query"])
    server.freeze(true)
    #expect(await probe().reason == .timeout)
    server.freeze(false)
    #expect(await probe().succeeded)
  }

  @Test func contradictionsAreSaid() throws {
    var settings = MySQLCheckSettings(name: "db", source: MySQLSource(host: "h", user: "u"))
    settings.expected = "1"
    #expect(throws: InvalidSettings.self) { try settings.validate() }
    settings.expected = nil
    settings.canary = try MySQLTable("a.b")
    settings.role = .replica
    #expect(throws: InvalidSettings.self) { try settings.validate() }
    for text in ["t", "a.b.c", "a.`b", ".b", "a. b", String(repeating: "x", count: 65) + ".t"] {
      #expect(throws: MySQLTable.Malformed.self) { try MySQLTable(text) }
    }
  }
}
