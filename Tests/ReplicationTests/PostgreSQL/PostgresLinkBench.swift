import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Replication
import Testing

/// A watched link whose passes a test starts by hand.
final class WatchedLink: Sendable {
  let collector: PostgresLinkCollector

  init(
    _ client: PostgresClient, source: String, targets: [(region: String, dsn: String)],
    upstreams: [String: String] = [:], heartbeat: PostgresHeartbeat? = nil,
    timeout: Duration = .seconds(10)
  ) throws {
    var settings = try PostgresLinkSettings(
      link: "orders", source: .init(region: "east", dsn: .text(source)),
      targets: targets.map {
        .init(region: $0.region, dsn: .text($0.dsn), upstream: upstreams[$0.region])
      }, rpo: .seconds(30), timeout: timeout)
    settings.heartbeat = heartbeat
    collector = PostgresLinkCollector(settings, client: client)
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
  func pass(
    until what: String, _ condition: (Outcome) -> Bool, orElse: () async throws -> Void = {}
  ) async throws -> Outcome {
    var last = await pass()
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(50), what) {
      if condition(last) { return true }
      try await orElse()
      last = await pass()
      return false
    }
    return last
  }
}

extension Outcome {
  /// The one reading of `family` that has all of `labels`; nil when there is none.
  func value(_ family: MetricFamily, _ labels: [String: String] = [:]) -> Double? {
    let found = readings.filter { reading in
      reading.family == family && labels.allSatisfy { reading.labels[$0.key] == $0.value }
    }
    if found.count > 1 { Issue.record("\(found.count) readings of \(family.name) have \(labels)") }
    return found.first?.value
  }

  /// The value of `label` whose reading of `family` is 1.
  func state(_ family: MetricFamily, _ label: String, _ labels: [String: String] = [:]) -> String? {
    let found = readings.filter { reading in
      reading.family == family && reading.value == 1
        && labels.allSatisfy { reading.labels[$0.key] == $0.value }
    }
    if found.count > 1 { Issue.record("\(found.count) states of \(family.name) are set") }
    return found.first?.labels[label]
  }

  var recoveryPoint: Double? { value(ReplicationFamilies.recoveryPoint, ["target_region": "west"]) }
  /// Age of the recovery point when the pass ended.
  var exposure: Double? { recoveryPoint.map { finishedAt.seconds - $0 } }
  var lagBytes: Double? { value(ReplicationFamilies.lagBytes, ["target_region": "west"]) }
  var lagSeconds: Double? { value(PostgresMetrics.exporterLag, ["region": "west"]) }
  var isReplicating: Double? { value(ReplicationFamilies.up, ["target_region": "west"]) }

  func why(_ region: String) -> String? { state(PostgresMetrics.failureReason, "reason", ["region": region]) }
}

extension PostgresServer {
  /// What postgres_exporter would export as `pg_replication_lag_seconds`.
  func exporterLag() async throws -> Double {
    let text = try await sql(
      """
      SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
        ELSE greatest(0, extract(epoch FROM now() - pg_last_xact_replay_timestamp())) END
      """)
    return Double(text) ?? .nan
  }
}

extension PostgresServer {
  /// Returns once `pg_stat_replication` tells of a second's replay lag for a standby that has replayed everything;
  /// throws when that does not happen. It shows for about a second, so the server itself looks, a hundred times a second.
  func tellsOfReplayLag() async throws {
    try await sql(
      """
      DO $$ BEGIN
        FOR round IN 1..3000 LOOP
          IF EXISTS (SELECT FROM pg_stat_replication
            WHERE replay_lsn = pg_current_wal_lsn() AND replay_lag > interval '1 second') THEN
            RETURN;
          END IF;
          PERFORM pg_sleep(0.01);
        END LOOP;
        RAISE EXCEPTION 'nothing was told of the lag';
      END $$
      """)
  }
}

/// One primary for all tests of a suite, stopped when the last of them is done.
struct SharedPrimary: SuiteTrait, TestScoping {
  @TaskLocal static var server: PostgresServer?

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let server = try await PostgresServer.primary()
    try await Self.$server.withValue(server) { try await function() }
  }
}
