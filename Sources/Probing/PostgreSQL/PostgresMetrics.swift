package import Model

/// The families of a PostgreSQL link. `link`, `source_region`, `target_region` and `engine` label what belongs to a
/// pair, `link` and `region` what belongs to a server.
package enum PostgresMetrics {
  package static let recoveryPoint = MetricFamily.gauge(
    "farwatch_replication_recovery_point_timestamp_seconds",
    "Newest source time up to which the target is known to be complete; keeps its value while that is not known."
  )
  package static let objective = MetricFamily.gauge(
    "farwatch_replication_objective_seconds", "Greatest age of the recovery point that is acceptable (RPO).")
  package static let lagBytes = MetricFamily.gauge(
    "farwatch_replication_lag_bytes", "Log that the source has written and the target has not replayed.")
  package static let replicationUp = MetricFamily.gauge(
    "farwatch_replication_up",
    "1 when source and target answer in their roles, on one history, and the target is receiving.")
  package static let lastMessage = MetricFamily.gauge(
    "farwatch_replication_last_message_timestamp_seconds", "When the target last heard from the source.")
  package static let splitBrain = MetricFamily.gauge(
    "farwatch_replication_split_brain",
    "1 when two servers of one cluster accept writes; stays until both were seen otherwise.")
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

  /// One reading for each of `states`, 1 for `current`; nothing when `current` is none of them.
  static func stateSet(
    _ family: MetricFamily, _ label: String, _ states: [String], current: String, labels: Labels
  ) -> [Reading] {
    guard states.contains(current) else { return [] }
    return states.map { Reading(family, $0 == current, labels: labels.setting(label, to: $0)) }
  }
}
