internal import Collecting
package import Model

/// What a link of MirrorMaker 2 measures beside ``ReplicationFamilies``. Labels: those of a link's target, or `link` and
/// `region` of a cluster.
package enum MirrorMetrics {
  package static let up = MetricFamily.gauge("farwatch_kafka_up", "1 when the cluster answered.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_kafka_failure_reason",
    "1 for the reason why the cluster, or the link into it, is not as it should be.")
  package static let heartbeat = MetricFamily.gauge(
    "farwatch_mirrormaker_heartbeat_timestamp_seconds", "Time that the newest mirrored heartbeat tells.")
  package static let lag = MetricFamily.gauge(
    "farwatch_mirrormaker_lag_records", "Records at the source that were not mirrored yet, of all topics.")
  /// Labels also: `topic`, as the source names it.
  package static let topicLag = MetricFamily.gauge(
    "farwatch_mirrormaker_topic_lag_records", "Records of a topic at the source that were not mirrored yet.")
  package static let unmirrored = MetricFamily.gauge(
    "farwatch_mirrormaker_unmirrored_partitions",
    "Partitions with records at the source of which none was mirrored.")
  /// Labels also: `group`.
  package static let checkpointLag = MetricFamily.gauge(
    "farwatch_mirrormaker_checkpoint_lag_records",
    "Records that the group has done with at the source and would read again at the target after a failover.")
  /// Labels also: `group`.
  package static let uncheckpointed = MetricFamily.gauge(
    "farwatch_mirrormaker_uncheckpointed_partitions",
    "Partitions in which the group has an offset at the source and no checkpoint at the target.")

  package static let all =
    ReplicationFamilies.all + [
      up, failureReason, heartbeat, lag, topicLag, unmirrored, checkpointLag, uncheckpointed,
    ]
}
