internal import Collecting
package import Model

/// The families of links whose database tells in SQL how far it is.
package enum ManagedLinkMetrics {
  package static let up = MetricFamily.gauge(
    "farwatch_replication_node_up", "1 when the region's database answered.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_replication_node_failure_reason",
    "1 for the reason for which the region's database could not, or not wholly, be read.")
  package static let durabilityLag = MetricFamily.gauge(
    "farwatch_aurora_durability_lag_seconds", "By how much the region's storage is behind, as Aurora tells.")
  package static let rpoLag = MetricFamily.gauge(
    "farwatch_aurora_rpo_lag_seconds",
    "By how much the region's newest user transaction is behind, as Aurora tells.")
  package static let visibilityLag = MetricFamily.gauge(
    "farwatch_aurora_visibility_lag_seconds",
    "By how much the slowest reading instance of a region is behind its storage, as Aurora tells.")
  package static let calculated = MetricFamily.gauge(
    "farwatch_aurora_lag_calculation_timestamp_seconds", "When Aurora last calculated the region's lags.")

  package static let all =
    ReplicationFamilies.all + [
      HeartbeatFamilies.seen, up, failureReason, durabilityLag, rpoLag, visibilityLag, calculated,
    ]
}
