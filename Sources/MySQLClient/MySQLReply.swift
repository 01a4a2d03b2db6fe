package import Model

/// The rows of one query, every value as the server prints it; NULL is nil.
package struct MySQLRows: Sendable, Equatable {
  package let columns: [String]
  package let rows: [[String?]]
  /// Of a statement that changes rows.
  package let affected: Int

  package init(columns: [String], rows: [[String?]], affected: Int = 0) {
    self.columns = columns
    self.rows = rows
    self.affected = affected
  }

  package var count: Int { rows.count }

  /// nil for NULL, for a column that is not there and for a row that is not there.
  package subscript(row row: Int, column column: String) -> String? {
    guard rows.indices.contains(row), let place = columns.firstIndex(of: column) else { return nil }
    return rows[row][place]
  }
}

/// What a server says of itself when it greets.
package struct MySQLIdentity: Sendable, Hashable {
  /// 101119 is 10.11.19.
  package let version: Int
  package let isMariaDB: Bool

  package init(version: Int, isMariaDB: Bool) {
    self.version = version
    self.isMariaDB = isMariaDB
  }
}

/// How long the parts of a run took; nil for what a kept connection did not need.
package struct MySQLPhases: Sendable, Equatable {
  package var resolve: Duration?
  /// TCP, TLS and authentication.
  package var connect: Duration?
  package var query: Duration?
}

/// What a server answered to one run.
package struct MySQLReply: Sendable {
  package let identity: MySQLIdentity
  /// When the first query left: whatever the server looked up, it looked up later than this.
  package let sentAt: Timestamp
  package let receivedAt: Timestamp
  package let phases: MySQLPhases
  /// One per query, in order. A failed query does not stop those behind it.
  package let results: [Result<MySQLRows, MySQLError>]

  package init(
    identity: MySQLIdentity, sentAt: Timestamp, receivedAt: Timestamp, phases: MySQLPhases = MySQLPhases(),
    results: [Result<MySQLRows, MySQLError>]
  ) {
    self.identity = identity
    self.sentAt = sentAt
    self.receivedAt = receivedAt
    self.phases = phases
    self.results = results
  }
}
