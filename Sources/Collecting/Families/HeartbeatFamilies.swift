package import Model

/// What writers of heartbeats bring, and what links read of them. Labels of a writer: `link`, `source_region`, `engine`;
/// of what is seen on a target those of the link.
package enum HeartbeatFamilies {
  package static let up = MetricFamily.gauge(
    "farwatch_replication_heartbeat_up", "1 when the last heartbeat could be written on the source.")
  package static let written = MetricFamily.gauge(
    "farwatch_replication_heartbeat_written_timestamp_seconds",
    "When the newest heartbeat was written on the source, by the watcher's clock; absent before the first.")
  package static let seen = MetricFamily.gauge(
    "farwatch_replication_heartbeat_timestamp_seconds",
    "Time of the newest heartbeat that has come through to the target, corrected for the source's clock.")

  package static let writer = [up, written]
}
