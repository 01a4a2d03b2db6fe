internal import Collecting
package import Model

/// The families of a logical link. Of a subscription: `link`, `region` and `subscription`.
package enum PostgresLogicalMetrics {
  package static let enabled = MetricFamily.gauge(
    "farwatch_postgres_subscription_enabled",
    "1 when the subscription is enabled, which it stays when it cannot go on.")
  package static let running = MetricFamily.gauge(
    "farwatch_postgres_subscription_worker_running", "1 when the subscription's apply worker runs.")
  package static let stuck = MetricFamily.gauge(
    "farwatch_postgres_subscription_stuck",
    "1 from an apply error or a restart of the worker until the publisher's position of that time is confirmed."
  )
  package static let tablesNotReady = MetricFamily.gauge(
    "farwatch_postgres_subscription_tables_not_ready", "Tables whose first copy is not complete.")
  package static let applyErrors = MetricFamily.counter(
    "farwatch_postgres_subscription_apply_errors_total",
    "Errors while changes were applied, as the subscriber counts them (PostgreSQL 15 and newer).")
  package static let syncErrors = MetricFamily.counter(
    "farwatch_postgres_subscription_sync_errors_total",
    "Errors while tables were copied first, as the subscriber counts them (PostgreSQL 15 and newer).")

  package static let all =
    ReplicationFamilies.all.filter {
      ![ReplicationFamilies.splitBrain, ReplicationFamilies.writer].contains($0)
    } + [
      PostgresMetrics.up, PostgresMetrics.failureReason, PostgresMetrics.slotState,
      PostgresMetrics.slotActive,
      PostgresMetrics.slotSafeBytes, PostgresMetrics.slotRetainedBytes, PostgresMetrics.exporterLag, enabled,
      running, stuck, tablesNotReady, applyErrors, syncErrors,
    ]
}
