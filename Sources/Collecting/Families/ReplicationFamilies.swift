package import Model

/// The families that links of all engines have in common. Labels: `link`, `source_region`, `target_region`, `engine`.
package enum ReplicationFamilies {
  package static let recoveryPoint = MetricFamily.gauge(
    "farwatch_replication_recovery_point_timestamp_seconds",
    "Newest source time up to which the target is known to be complete; keeps its value while that is not known."
  )
  package static let objective = MetricFamily.gauge(
    "farwatch_replication_objective_seconds", "Greatest age of the recovery point that is acceptable (RPO).")
  package static let lagBytes = MetricFamily.gauge(
    "farwatch_replication_lag_bytes", "Log that the source has written and the target has not replayed.")
  package static let up = MetricFamily.gauge(
    "farwatch_replication_up",
    "1 when source and target answer in their roles, on one history, and the target is receiving.")
  package static let lastMessage = MetricFamily.gauge(
    "farwatch_replication_last_message_timestamp_seconds", "When the target last heard from the source.")
  /// Labels: `link`.
  package static let splitBrain = MetricFamily.gauge(
    "farwatch_replication_split_brain",
    "1 when two servers of one cluster accept writes; stays until both were seen otherwise.")
  /// Labels: `link`, `region`.
  package static let writer = MetricFamily.gauge(
    "farwatch_replication_writer",
    "1 when the link's server in the region accepts writes; absent while silent.")

  package static let all = [recoveryPoint, objective, lagBytes, up, lastMessage, splitBrain, writer]
}
