internal import GRDB
package import Model

/// A state database that is only read: beside the daemon that writes it, or after it.
///
/// A connection of its own, so that no commit waits for a long answer. Reading sees the rows that were durable when it
/// began and nothing of what is written meanwhile.
package struct StateReader: Sendable {
  package let path: String
  private let connection: DatabaseQueue

  /// Fails when there is no database at `path` or it was written by a newer release; changes nothing in it. Blocks.
  package init(path: String) throws(StateDatabaseError) {
    self.path = path
    var configuration = Configuration()
    configuration.label = "farwatch.state.reader"
    configuration.readonly = true
    configuration.busyMode = .timeout(2)
    do {
      connection = try DatabaseQueue(path: path, configuration: configuration)
      let version = try connection.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
      guard (1...StateDatabase.schemaVersion).contains(version) else {
        let detail = "\(path) has schema \(version), this release knows up to \(StateDatabase.schemaVersion)"
        throw StateDatabaseError(reason: version == 0 ? .read : .newerSchema, detail: detail)
      }
    } catch let error as StateDatabaseError {
      throw error
    } catch {
      throw StateDatabaseError(reason: .open, detail: "\(path): \(error)")
    }
  }

  /// Hands the durable rows of `table` from `key` on to `body`, until it says false or there are no more: upwards in the
  /// order of their keys' bytes, or downwards with `newestFirst`. One row is in memory at a time. Blocks.
  package func scan(
    _ table: StateChange.Table, from key: String? = nil, newestFirst: Bool = false,
    _ body: (_ key: String, _ value: [UInt8]) -> Bool
  ) throws(StateDatabaseError) {
    do {
      try connection.read { database in
        // A release from before this table never made it.
        guard try database.tableExists(table.rawValue) else { return }
        try Self.scan(table, from: key, newestFirst: newestFirst, limit: nil, in: database, body)
      }
    } catch {
      throw StateDatabaseError(reason: .read, detail: "\(path): \(error)")
    }
  }

  static func scan(
    _ table: StateChange.Table, from key: String?, newestFirst: Bool, limit: Int?, in database: Database,
    _ body: (String, [UInt8]) -> Bool
  ) throws {
    let condition = key == nil ? "" : "WHERE key \(newestFirst ? "<=" : ">=") ?"
    let sql =
      "SELECT key, value FROM \"\(table.rawValue)\" \(condition) ORDER BY key \(newestFirst ? "DESC" : "ASC") "
      + "LIMIT \(limit.map { max(0, $0) } ?? -1)"
    let cursor = try Row.fetchCursor(database, sql: sql, arguments: key.map { [$0] } ?? [])
    while let row = try cursor.next() {
      // STRICT tables hold text and nothing else, so these conversions cannot trap.
      let key: String = row[0]
      let value: String = row[1]
      if !body(key, Array(value.utf8)) { return }
    }
  }
}
