internal import Collecting
package import Model

/// The families of a PostgreSQL link. `link`, `source_region`, `target_region` and `engine` label what belongs to a
/// pair, `link` and `region` what belongs to a server.
package enum PostgresMetrics {
  package static let up = MetricFamily.gauge(
    "farwatch_postgres_up", "1 when the server answered and belongs to the link's cluster.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_postgres_failure_reason",
    "1 for the reason for which the server could not, or not wholly, be read.")
  package static let role = MetricFamily.gauge(
    "farwatch_postgres_role", "1 for the server's role: primary or standby.")
  package static let timeline = MetricFamily.gauge(
    "farwatch_postgres_timeline", "Timeline of the server's log.")
  package static let replayPaused = MetricFamily.gauge(
    "farwatch_postgres_replay_paused", "1 when somebody has paused replay on the standby.")
  package static let receiverState = MetricFamily.gauge(
    "farwatch_postgres_receiver_state",
    "1 for the state of the standby's WAL receiver; stopped when none runs.")
  package static let replayBacklog = MetricFamily.gauge(
    "farwatch_postgres_replay_backlog_bytes", "Log that the standby has received and not replayed.")
  package static let slotState = MetricFamily.gauge(
    "farwatch_postgres_slot_state",
    "1 for the state of the source's replication slot; lost: reseed the standby; missing: it was there before."
  )
  package static let slotActive = MetricFamily.gauge(
    "farwatch_postgres_slot_active", "1 when somebody receives over the slot.")
  package static let slotSafeBytes = MetricFamily.gauge(
    "farwatch_postgres_slot_safe_bytes", "Log that may be written before the slot is in danger of being lost."
  )
  package static let slotRetainedBytes = MetricFamily.gauge(
    "farwatch_postgres_slot_retained_bytes", "Log that the slot keeps from removal.")

  /// postgres_exporter's names. Its values differ: see ``PostgresLinkState``.
  package static let exporterLag = MetricFamily.gauge(
    "pg_replication_lag_seconds",
    "Time for which the source has been writing what the target has not replayed; 0 only when it has replayed all."
  )
  package static let exporterIsReplica = MetricFamily.gauge(
    "pg_replication_is_replica", "1 when the server is in recovery.")
  package static let exporterDifference = MetricFamily.gauge(
    "pg_stat_replication_pg_wal_lsn_diff",
    "Log that the source has written and this receiver has not replayed.")

  static let roles = ["primary", "standby"]
  static let slotStates = ["reserved", "extended", "unreserved", "lost", "missing"]
  static let receiverStates = ["stopped", "starting", "streaming", "waiting", "restarting", "stopping"]

  package static let all =
    ReplicationFamilies.all + [
      up, failureReason, role, timeline, replayPaused, receiverState, replayBacklog, slotState, slotActive,
      slotSafeBytes, slotRetainedBytes, exporterLag, exporterIsReplica, exporterDifference,
    ]
}
