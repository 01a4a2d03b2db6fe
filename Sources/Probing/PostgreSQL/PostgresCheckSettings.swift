package import Collecting
package import Model
package import PostgresClient

/// A health check of one PostgreSQL server: connects, asks, and where wanted writes.
package struct PostgresCheckSettings: HealthCheckSettings {
  package enum Role: String, Sendable, CaseIterable {
    case any, primary, standby
  }

  /// What the answer to ``query`` must be.
  package enum Expectation: Hashable, Sendable {
    /// One row at least.
    case anything
    /// The first column of the first row, as PostgreSQL prints it.
    case text(String)
    /// The same, as a number; an end that is nil is open.
    case range(minimum: Double?, maximum: Double?)
  }

  /// A row of its own that is written anew at each check, on a primary only.
  package struct Canary: Hashable, Sendable {
    package var table: PostgresTable
    /// Whether a missing table is made.
    package var create: Bool

    package init(table: PostgresTable, create: Bool = false) {
      self.table = table
      self.create = create
    }
  }

  package var basics: CheckBasics
  package var dsn: DSNSource
  /// One statement, asked in a read-only transaction; nil: `SELECT 1`.
  package var query: String?
  package var expectation = Expectation.anything
  package var role = Role.any
  /// Client connections in use, of those that ordinary accounts may have; nil: not looked at.
  package var maximumConnectionsRatio: Double?
  package var canary: Canary?

  package init(name: String, region: String = "", dsn: DSNSource) {
    basics = CheckBasics(name: name, region: region)
    self.dsn = dsn
  }

  package func validate() throws(InvalidSettings) {
    try basics.validate()
    if let query, query.utf8.contains(0) {
      throw InvalidSettings(field: "query", problem: "must not hold a NUL")
    }
    if case .range(let minimum?, let maximum?) = expectation, minimum > maximum {
      throw InvalidSettings(field: "min", problem: "must not be more than max")
    }
    if role == .standby, canary != nil {
      throw InvalidSettings(field: "write", problem: "a standby takes no writes")
    }
  }

  package static var families: [MetricFamily] { PostgresCheckMetrics.all }
  package var description: CollectorDescription { basics.description(kind: "postgres_check") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    PostgresCheck(self, client: try clients.postgres, time: clients.time)
  }
}
