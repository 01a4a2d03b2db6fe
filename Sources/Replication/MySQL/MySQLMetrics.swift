internal import Collecting
package import Model

/// The families of a MySQL link. `link`, `source_region`, `target_region` and `engine` label what belongs to a pair,
/// `link` and `region` what belongs to a server.
package enum MySQLMetrics {
  package static let up = MetricFamily.gauge(
    "farwatch_mysql_up", "1 when the server answered and belongs to the link.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_mysql_failure_reason",
    "1 for the reason for which the server could not, or not wholly, be read.")
  package static let readOnly = MetricFamily.gauge(
    "farwatch_mysql_read_only", "1 when the server refuses writes of ordinary accounts.")
  package static let ioState = MetricFamily.gauge(
    "farwatch_mysql_replica_io_state",
    "1 for the state of what receives the source's log; silent: it says that it runs, and hears nothing.")
  package static let errorNumber = MetricFamily.gauge(
    "farwatch_mysql_replica_error_number", "Number of the error that stopped the thread; 0 for none.")
  package static let lag = MetricFamily.gauge(
    "farwatch_mysql_replication_lag_seconds",
    "Time for which the source has been writing what the target has not executed, less the delay that is intended."
  )
  package static let delay = MetricFamily.gauge(
    "farwatch_mysql_replica_delay_seconds", "Delay that is intended (SQL_Delay).")
  package static let filtered = MetricFamily.gauge(
    "farwatch_mysql_replica_filtered",
    "1 when the target leaves databases or tables out: its recovery point speaks of the rest.")
  package static let applied = MetricFamily.gauge(
    "farwatch_mysql_applied_timestamp_seconds",
    "Newest source time up to which the target is known to have executed everything.")
  package static let errant = MetricFamily.gauge(
    "farwatch_mysql_errant_transactions",
    "Transactions that the target has and the source has not; on MariaDB 1 for any.")
  /// Labels: `link`, `state`.
  package static let primaryState = MetricFamily.gauge(
    "farwatch_mysql_primary_state",
    "1 for what is known of the source: alive; unreachable (from here, but a replica hears it); dead (unreachable, and no replica that answers hears it); isolated (nothing answers: suspect this place)."
  )
  package static let galeraReady = MetricFamily.gauge(
    "farwatch_mysql_galera_ready", "1 when the Galera node takes queries.")
  package static let galeraPrimary = MetricFamily.gauge(
    "farwatch_mysql_galera_primary_component", "1 when the Galera node is in the primary component.")
  package static let galeraSize = MetricFamily.gauge(
    "farwatch_mysql_galera_cluster_size", "Nodes that the Galera node sees.")

  /// mysqld_exporter's names. Absent where the server says NULL.
  package static let heartbeatNow = MetricFamily.gauge(
    "mysql_heartbeat_now_timestamp_seconds", "The server's clock.")
  package static let heartbeatStored = MetricFamily.gauge(
    "mysql_heartbeat_stored_timestamp_seconds",
    "Newest heartbeat that the server has of another, or of itself.")
  package static let ioRunning = MetricFamily.gauge(
    "mysql_slave_status_slave_io_running",
    "1 when the replica says that it receives; it says so to a silent source too.")
  package static let sqlRunning = MetricFamily.gauge(
    "mysql_slave_status_slave_sql_running", "1 when the replica says that it executes.")
  package static let secondsBehind = MetricFamily.gauge(
    "mysql_slave_status_seconds_behind_master",
    "What the replica says of itself; absent when it does not know, and 0 also when the source is silent.")

  package static let primaryStates = ["alive", "unreachable", "dead", "isolated"]
  static let ioStates = MySQLObservation.Channel.IOState.allCases.map(\.rawValue) + ["silent"]

  /// Columns of a replica's status that are exported as they are, in their old names.
  static let statusColumns = [
    "SQL_Delay", "SQL_Remaining_Delay", "Last_Errno", "Last_IO_Errno", "Last_SQL_Errno",
    "Exec_Master_Log_Pos",
    "Read_Master_Log_Pos", "Relay_Log_Space", "Master_Server_Id", "Skip_Counter", "Connect_Retry",
  ]
  static let statusFamilies = Dictionary(
    uniqueKeysWithValues: statusColumns.map { column in
      (
        column,
        MetricFamily(
          "mysql_slave_status_\(column.lowercased())", .untyped, help: "\(column) of the replica's status.")
      )
    })

  package static let all =
    ReplicationFamilies.all + [
      up, failureReason, readOnly, ioState, errorNumber, lag, delay, filtered, applied, errant, primaryState,
      galeraReady,
      galeraPrimary, galeraSize, heartbeatNow, heartbeatStored, ioRunning, sqlRunning, secondsBehind,
    ] + statusColumns.compactMap { statusFamilies[$0] }
}
