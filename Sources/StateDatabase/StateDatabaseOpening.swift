internal import GRDB
package import Model

extension StateDatabase {
  /// The shape of the tables that this release writes; kept in the file as `PRAGMA user_version`.
  static let schemaVersion = 1

  /// Changes of shape: element n brings version n to n + 1. Frozen once released. A new ``StateChange/Table`` needs no
  /// entry here: every table has the same shape, and missing ones are made at every open.
  private static let migrations: [@Sendable (Database) throws -> Void] = [
    { _ in }  // 0 → 1: the first shape is made by `makeTables`.
  ]

  /// Opens the database at `path`, or begins one (mode 0600).
  ///
  /// A damaged file does not stop the start: it is set aside as `PATH.corrupt-TIME` (its log as `…-wal`), so that it can
  /// be studied, and an empty database begins. Throws when there is no usable file to be had: permission, missing
  /// directory, no room, or a file that a newer release wrote. Blocks; reads the whole file once to check it.
  package static func open(
    path: String, time: any TimeSource = SystemTime(), queueLimit: Int = 100_000,
    retryInterval: Duration = .seconds(5)
  ) throws(StateDatabaseError) -> (database: StateDatabase, findings: [StateDatabaseFinding]) {
    var findings: [StateDatabaseFinding] = []
    do {
      let isNew = try StateFile.begin(path)
      if isNew { findings.append(.created(path: path)) }
      if let aside = try StateFile.setAsideForeignLog(path, at: time.now) {
        findings.append(.logSetAside(path: aside))
      }
      let opened: DatabaseQueue
      do {
        opened = try openChecked(path, isNew: isNew, &findings)
      } catch let damage where isDamage(damage) {
        let aside = try StateFile.setAside(path, at: time.now)
        findings.append(.setAside(path: aside, reason: "\(damage)"))
        _ = try StateFile.begin(path)
        opened = try openChecked(path, isNew: true, &findings)
      }
      try StateFile.syncDirectory(of: path)
      let database = StateDatabase(
        path: path, connection: opened, time: time, queueLimit: queueLimit, retryInterval: retryInterval)
      return (database, findings)
    } catch let error as StateDatabaseError {
      throw error
    } catch {
      throw StateDatabaseError(reason: .open, detail: "\(path): \(error)")
    }
  }

  /// The file's content, as opposed to its surroundings, is at fault.
  private struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  private static func isDamage(_ error: any Error) -> Bool {
    if error is Damage { return true }
    guard let error = error as? DatabaseError else { return false }
    return error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
  }

  private static func openChecked(
    _ path: String, isNew: Bool, _ findings: inout [StateDatabaseFinding]
  ) throws -> DatabaseQueue {
    let queue = try openConnection(path)
    do {
      let migrated = try queue.writeWithoutTransaction { database in
        let report = try String.fetchAll(database, sql: "PRAGMA integrity_check(5)")
        guard report == ["ok"] else { throw Damage(description: report.joined(separator: "; ")) }
        return try migrate(database, path, isNew: isNew)
      }
      if let migrated { findings.append(migrated) }
      return queue
    } catch {
      // Closed before it is renamed: SQLite must not write to a file that was set aside.
      try? queue.close()
      throw error
    }
  }

  private static func openConnection(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.label = "farwatch.state"
    // An operator's sqlite3 may read beside us; a commit waits this long for one that writes.
    configuration.busyMode = .timeout(5)
    // A transaction that could not even be rolled back is handled by the next one; GRDB would end the process.
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { database in
      // WAL: a commit appends its pages to one log file and needs one sync, where a rollback journal needs three and a
      // directory sync; readers from outside never block it, and a torn tail is recognised by checksums and ignored.
      let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
      guard mode == "wal" else { throw DatabaseError(message: "journal mode is \(mode ?? "unknown")") }
      // FULL: the log is synced at every commit, so what was acknowledged survives a power cut. NORMAL would only
      // survive our own death: the log would reach the disk at the next checkpoint.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // Checkpoints are ours (after the answers of a commit); SQLite's own is the net below, at 40 MB of log.
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 10000")
      // After a burst the log shrinks again at its next restart.
      try database.execute(sql: "PRAGMA journal_size_limit = 4194304")
    }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  private static func migrate(
    _ database: Database, _ path: String, isNew: Bool
  ) throws -> StateDatabaseFinding? {
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard (0...schemaVersion).contains(found) else {
      let detail = "\(path) has schema \(found), this release knows up to \(schemaVersion)"
      throw StateDatabaseError(reason: .newerSchema, detail: detail)
    }
    let missing = try StateChange.Table.allCases.filter { try !database.tableExists($0.rawValue) }
    guard found < schemaVersion || !missing.isEmpty else { return nil }
    try database.inTransaction(.immediate) {
      for step in migrations[found..<schemaVersion] { try step(database) }
      try makeTables(database)
      try database.execute(sql: "PRAGMA user_version = \(schemaVersion)")
      return .commit
    }
    if found == 0, !isNew, missing.count == StateChange.Table.allCases.count { return .empty(path: path) }
    return found > 0 && found < schemaVersion ? .migrated(from: found, to: schemaVersion) : nil
  }

  private static func makeTables(_ database: Database) throws {
    for table in StateChange.Table.allCases {
      // STRICT: a value is text whoever wrote it. WITHOUT ROWID: one b-tree, one page write less a row.
      try database.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS "\(table.rawValue)" (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)
          STRICT, WITHOUT ROWID
          """)
    }
  }
}
