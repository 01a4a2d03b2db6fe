internal import Collecting
package import Model
internal import PostgresClient

/// The families of PostgreSQL checks.
package enum PostgresCheckMetrics {
  package static let phases = MetricFamily.gauge(
    "probe_postgres_duration_seconds",
    "Duration of each phase: resolve, connect (both absent over a kept connection), query, write.")
  package static let inRecovery = MetricFamily.gauge(
    "probe_postgres_in_recovery", "1 when the server is a standby.")
  package static let connectionsRatio = MetricFamily.gauge(
    "probe_postgres_connections_used_ratio",
    "Client connections in use, of those that ordinary accounts may have.")
  package static let value = MetricFamily.gauge(
    "probe_postgres_query_value", "What the check's own query answered, when that is a number.")
  package static let written = MetricFamily.gauge(
    "probe_postgres_write_timestamp_seconds",
    "When the canary row was last written, by the server's clock; absent before the first time.")

  package static let all = CheckFamilies.all + [phases, inRecovery, connectionsRatio, value, written]

  static func phase(_ name: String, _ duration: Duration?) -> [Reading] {
    duration.map { [Reading(phases, $0.inSeconds, labels: ["phase": name])] } ?? []
  }
}
