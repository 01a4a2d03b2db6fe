package import Collecting
package import Model
package import MySQLClient

/// Writes the time into a table of a server, for links to find on its replicas: true lag from end to end.
///
/// The table has one row a server that ever wrote: `server_id INT UNSIGNED PRIMARY KEY, ts DATETIME(6)`, in UTC. A server
/// that is read_only is left alone, so that a writer may be set up for each server that can become the primary.
/// Privileges: INSERT, UPDATE, SELECT, DELETE on that table, CREATE on it where it shall be made, and nothing that writes
/// in spite of read_only.
package struct MySQLHeartbeatSettings: CollectorSettings {
  package var basics: MeasurementBasics
  package var source: MySQLSource
  package var table: MySQLTable
  /// Rows of servers that have not written for so long are removed.
  package var ttl: Duration = .seconds(7 * 86_400)

  package init(basics: MeasurementBasics, source: MySQLSource, table: MySQLTable) {
    self.basics = basics
    self.source = source
    self.table = table
  }

  package static let up = MetricFamily.gauge(
    "farwatch_mysql_heartbeat_up",
    "1 when the heartbeat was written, or the server is read_only and left alone.")
  package static let active = MetricFamily.gauge(
    "farwatch_mysql_heartbeat_active", "1 when the heartbeat was written; 0 when the server is read_only.")
  package static let written = MetricFamily.gauge(
    "farwatch_mysql_heartbeat_written_timestamp_seconds", "When the server last took a heartbeat.")

  package static var families: [MetricFamily] { [up, active, written] }

  package var description: CollectorDescription {
    basics.description(
      kind: "mysql_heartbeat", labels: ["heartbeat": basics.name, "region": basics.region])
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    MySQLHeartbeatWriter(self, client: try clients.mysql, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { MySQLHeartbeatRehearsal(self) }
}

/// A writer that nobody hinders for as long as its region is there.
package struct MySQLHeartbeatRehearsal: Rehearsal {
  private let settings: MySQLHeartbeatSettings
  private var written: Timestamp?

  init(_ settings: MySQLHeartbeatSettings) { self.settings = settings }

  package mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let isLost = loss.isTarget || loss.regions.contains(settings.basics.region)
    if !isLost { written = moment }
    let took: Duration = isLost ? settings.basics.timeout : .milliseconds(20)
    var readings = [Reading(MySQLHeartbeatSettings.up, !isLost)]
    if !isLost { readings.append(Reading(MySQLHeartbeatSettings.active, true)) }
    if let written { readings.append(Reading(MySQLHeartbeatSettings.written, written.seconds)) }
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took,
      verdict: isLost ? .failure(.timeout, detail: "no answer") : .success, readings: readings)
  }
}
