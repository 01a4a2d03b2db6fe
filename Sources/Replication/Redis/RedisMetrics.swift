internal import Collecting
package import Model

/// What a Redis link measures beside ``ReplicationFamilies``. Labels of all: `link` and `region`.
package enum RedisMetrics {
  package static let up = MetricFamily.gauge("farwatch_redis_up", "1 when the server answered.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_redis_failure_reason", "1 for the reason why the server is not as it should be.")
  package static let role = MetricFamily.gauge("farwatch_redis_role", "1 for the role of the server.")
  package static let loading = MetricFamily.gauge(
    "farwatch_redis_loading", "1 while the server reads its data set and serves nobody.")
  package static let offset = MetricFamily.gauge(
    "farwatch_redis_replication_offset_bytes",
    "How far the server is in its replication stream: written on a master, applied on a replica.")
  package static let backlog = MetricFamily.gauge(
    "farwatch_redis_backlog_bytes",
    "Stream that the master keeps: a replica further behind than this needs a full synchronization.")
  package static let linkState = MetricFamily.gauge(
    "farwatch_redis_link_state",
    "1 for the state of the replica's link: silent is up and without a word for too long.")
  /// Labels also: `replica`, as the master tells its address.
  package static let replicaConnected = MetricFamily.gauge(
    "farwatch_redis_replica_connected",
    "1 while the master knows the replica; 0 for a day after it vanished from its list.")
  package static let replicaState = MetricFamily.gauge(
    "farwatch_redis_replica_state", "1 for the state of the replica as its master sees it.")

  /// redis_exporter's names. Its values differ where they would be misleading: see ``RedisLinkState``.
  package static let exporterLag = MetricFamily.gauge(
    "redis_connected_slave_lag_seconds",
    "Time since the replica last acknowledged anything: no lag of data. Goes on growing when the replica vanishes."
  )
  package static let exporterOffset = MetricFamily.gauge(
    "redis_connected_slave_offset_bytes", "What the replica has acknowledged; absent until it is online.")
  package static let exporterLinkUp = MetricFamily.gauge(
    "redis_master_link_up", "What the replica says of its link to the master.")
  package static let exporterLastIO = MetricFamily.gauge(
    "redis_master_last_io_seconds_ago",
    "Time since the replica heard from the master; absent while the link is down.")

  static let roles = ["master", "replica"]
  static let linkStates = ["up", "silent", "syncing", "down", "never_connected"]
  static let replicaStates = ["online", "wait_bgsave", "send_bulk", "missing"]

  package static let all =
    ReplicationFamilies.all + [
      up, failureReason, role, loading, offset, backlog, linkState, replicaConnected, replicaState,
      exporterLag,
      exporterOffset, exporterLinkUp, exporterLastIO,
    ]
}
