package import Collecting
package import Model
package import MySQLClient

/// What a MySQL health check asks, and what counts as healthy. MySQL and MariaDB alike.
package struct MySQLCheckSettings: HealthCheckSettings {
  package enum Role: String, Hashable, Sendable, CaseIterable {
    case any
    /// Accepts writes: `read_only` is off.
    case primary
    /// Refuses them.
    case replica
  }

  package var basics: CheckBasics
  package var source: MySQLSource
  package var role = Role.any
  /// One statement that only reads.
  package var query: String?
  /// The first column of its first row must be this; nil: whatever it answers, also nothing.
  package var expected: String?
  /// A row of this table is written by every probe; the table is made when it is not there and that is allowed.
  package var canary: MySQLTable?
  /// Keep the connection between probes; off, each probe also shows that a new one can be made.
  package var reusesConnection = true

  package init(name: String, source: MySQLSource) {
    basics = CheckBasics(name: name)
    self.source = source
  }

  package static var families: [MetricFamily] { MySQLCheckMetrics.all }
  package var description: CollectorDescription { basics.description(kind: "mysql_check") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try validate()
    return MySQLCheck(self, client: try clients.mysql, time: clients.time)
  }

  package func validate() throws(InvalidSettings) {
    try basics.validate()
    if expected != nil, query == nil {
      throw InvalidSettings(field: "expect", problem: "says what `query` must answer, and there is none")
    }
    if canary != nil, role == .replica {
      throw InvalidSettings(field: "canary", problem: "writes, and a replica does not accept that")
    }
  }
}

/// The families of MySQL checks.
package enum MySQLCheckMetrics {
  package static let phases = MetricFamily.gauge(
    "probe_mysql_duration_seconds",
    "Duration of each phase of the probe; a kept connection has neither resolve nor connect.")
  package static let readOnly = MetricFamily.gauge(
    "probe_mysql_read_only", "1 when the server refuses writes of ordinary accounts.")

  package static let all = CheckFamilies.all + [phases, readOnly]
}
