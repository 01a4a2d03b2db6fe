import Collecting
import FarwatchTesting
import Model
import MySQLClient
import Replication
import Testing

/// A watched link whose passes a test starts by hand.
final class WatchedMySQLLink: Sendable {
  let collector: MySQLLinkCollector

  init(
    _ client: MySQLClient, source: MySQLSource, target: MySQLSource, heartbeat: String? = nil,
    timeout: Duration = .milliseconds(400), change: (inout MySQLLinkSettings) -> Void = { _ in }
  ) throws {
    var settings = try MySQLLinkSettings(
      link: "orders", source: .init(region: "east", source: source),
      targets: [.init(region: "west", source: target)], rpo: .seconds(30), timeout: timeout)
    settings.heartbeat = try heartbeat.map { try MySQLTable($0) }
    change(&settings)
    collector = MySQLLinkCollector(settings, client: client)
  }

  func pass() async -> Outcome {
    await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  /// Passes every 100 ms for `duration`; the last one.
  func passes(for duration: Duration) async throws -> Outcome {
    let end = ContinuousClock.now + duration
    var last = await pass()
    while ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(100))
      last = await pass()
    }
    return last
  }

  /// Passes until `condition` holds for one; that one.
  func pass(until what: String, _ condition: (Outcome) -> Bool) async throws -> Outcome {
    var last = await pass()
    do {
      try await waitUntil(timeout: .seconds(20), every: .milliseconds(50), what) {
        if condition(last) { return true }
        last = await pass()
        return false
      }
    } catch {
      throw BenchError(
        "\(error); last: \(last.verdict) \(last.readings.map { "\($0.family.name)\($0.labels) \($0.value)" })"
      )
    }
    return last
  }

  func caughtUp() async throws -> Outcome {
    try await pass(until: "caught up") { $0.succeeded && $0.isReplicating == 1 && $0.mysqlLag == 0 }
  }
}

extension Outcome {
  var mysqlLag: Double? { value(MySQLMetrics.lag, ["region": "west"]) }
  var primaryState: String? { state(MySQLMetrics.primaryState, "state") }
  var ioState: String? { state(MySQLMetrics.ioState, "state", ["region": "west"]) }
  var secondsBehind: Double? { value(MySQLMetrics.secondsBehind, ["region": "west"]) }
  func mysqlWhy(_ region: String) -> String? {
    state(MySQLMetrics.failureReason, "reason", ["region": region])
  }
  var detail: String { if case .failure(_, let detail) = verdict { detail } else { "" } }
}

extension MariaDBServer {
  func source(_ user: String = "watch", _ password: String = "watchword", port: Int? = nil) throws
    -> MySQLSource
  {
    var source = MySQLSource(host: "127.0.0.1", port: port ?? self.port, user: user)
    source.optionFile = file("\(user)-\(password).cnf")
    try writeFile("\(user)-\(password).cnf", "[client]\npassword=\(password)\n")
    return source
  }

  func beat() async throws {
    try await sql("REPLACE INTO farwatch.heartbeat VALUES (@@server_id, UTC_TIMESTAMP(6))")
  }
}

/// One source for a suite, and one server of another cluster, both with an empty heartbeat table.
struct MariaDBSources: SuiteTrait, TestScoping {
  @TaskLocal static var source: MariaDBServer?
  @TaskLocal static var other: MariaDBServer?
  var isRecursive: Bool { false }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let source = try await MariaDBServer.start(id: 1)
    let other = try await MariaDBServer.start(id: 9, ["gtid-domain-id=9"])
    for server in [source, other] {
      try await server.sql(
        "CREATE TABLE farwatch.heartbeat (server_id INT UNSIGNED PRIMARY KEY, ts DATETIME(6) NOT NULL)")
      try await server.sql("CREATE TABLE app.t\(server.id) (id INT PRIMARY KEY, x LONGTEXT)")
    }
    try await Self.$other.withValue(other) {
      try await Self.$source.withValue(source) { try await function() }
    }
  }
}
