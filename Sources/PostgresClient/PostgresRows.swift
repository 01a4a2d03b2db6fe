package import Model

/// The rows of one query, every value as PostgreSQL prints it; NULL is nil.
package struct PostgresRows: Sendable, Equatable {
  package let columns: [String]
  package let rows: [[String?]]

  package init(columns: [String], rows: [[String?]]) {
    self.columns = columns
    self.rows = rows
  }

  package var count: Int { rows.count }

  /// nil for NULL, for a column that is not there and for a row that is not there.
  package subscript(row row: Int, column column: String) -> String? {
    guard rows.indices.contains(row), let place = columns.firstIndex(of: column) else { return nil }
    return rows[row][place]
  }
}

/// How long the parts of one run took. A part that there was not (over a kept connection) is nil.
package struct PostgresPhases: Sendable, Equatable {
  /// Reading the connection string and looking up names.
  package var resolve: Duration?
  /// TCP, TLS and authentication.
  package var connect: Duration?
  package var query: Duration?

  package init() {}
}

/// What a server answered to one run.
package struct PostgresReply: Sendable {
  /// As libpq counts: 150018 is 15.18.
  package let serverVersion: Int
  /// When the queries left: whatever the server looked up, it looked up later than this.
  package let sentAt: Timestamp
  package let receivedAt: Timestamp
  /// One per query, in order. A failed query does not stop those behind it.
  package let results: [Result<PostgresRows, PostgresError>]
  package let phases: PostgresPhases

  package init(
    serverVersion: Int, sentAt: Timestamp, receivedAt: Timestamp,
    results: [Result<PostgresRows, PostgresError>], phases: PostgresPhases = PostgresPhases()
  ) {
    self.phases = phases
    self.serverVersion = serverVersion
    self.sentAt = sentAt
    self.receivedAt = receivedAt
    self.results = results
  }
}
