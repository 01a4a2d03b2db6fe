internal import Dispatch
internal import GRDB
package import Model
internal import Synchronization

/// The state that outlives the process: keyed rows of JSON, one SQLite table per ``StateChange/Table``.
///
/// Invariants:
/// - A commit's completion says success only after its rows are on the medium (see `openConnection`).
/// - Commits become durable in the order they were made; everything that queues up while one transaction syncs is one
///   transaction together (group commit).
/// - A value that the disk refused is not lost while the process lives: the newest per key goes into every later
///   transaction, and one is attempted every ``retryInterval`` even when nothing new is committed.
///
/// All SQLite work happens on the one serial queue that GRDB owns; no caller but ``load(_:)`` and ``close()`` waits
/// for it.
package final class StateDatabase: Sendable {
  package typealias Completion = @Sendable (Result<Void, StateDatabaseError>) -> Void

  package let path: String
  /// At this many waiting changes further ones are merged by key and reported ``StateDatabaseError/Reason/overloaded``.
  package let queueLimit: Int
  let retryInterval: Duration
  private let time: any TimeSource
  /// Tells the file from another one that came to its name.
  private let identity: UInt64?
  private let state: Mutex<State>

  private typealias Commit = (changes: [StateChange], completion: Completion)

  private struct State {
    var waiting: [Commit] = []
    var waitingChanges = 0
    /// Answered `overloaded` while ``waiting`` was full; newer than everything in it.
    var merged = NewestValues()
    /// Refused by the disk; older than everything in ``waiting``. Changed only on the writer's queue.
    var unsaved = NewestValues()
    var drainScheduled = false
    var retryScheduled = false
    /// nil once closed. Whoever works on it holds it: GRDB must not be called on a closed file, so it closes itself
    /// when the last of them lets go.
    var connection: DatabaseQueue?
    var rowsSinceCheckpoint = 0
    var statistics = StateDatabaseStatistics()
  }

  init(
    path: String, connection: DatabaseQueue, time: any TimeSource, queueLimit: Int, retryInterval: Duration
  ) {
    self.path = path
    identity = StateFile.identity(path)
    state = Mutex(State(connection: connection))
    self.time = time
    self.queueLimit = queueLimit
    self.retryInterval = retryInterval
  }

  package var statistics: StateDatabaseStatistics {
    state.withLock {
      var statistics = $0.statistics
      statistics.queueDepth = $0.waiting.count
      statistics.unsavedKeys = $0.unsaved.count + $0.merged.count
      return statistics
    }
  }

  /// All durable rows of `table` in the order of their keys' bytes. Blocks: for the start.
  package func load(_ table: StateChange.Table) throws(StateDatabaseError) -> [(key: String, value: [UInt8])]
  {
    guard let connection = state.withLock({ $0.connection }) else {
      throw StateDatabaseError(reason: .closed, detail: path)
    }
    do {
      return try connection.read { database in
        var rows: [(key: String, value: [UInt8])] = []
        let cursor = try Row.fetchCursor(
          database, sql: "SELECT key, value FROM \"\(table.rawValue)\" ORDER BY key")
        while let row = try cursor.next() {
          // STRICT tables hold text and nothing else, so these conversions cannot trap.
          let key: String = row[0]
          let value: String = row[1]
          rows.append((key, Array(value.utf8)))
        }
        return rows
      }
    } catch {
      throw StateDatabaseError(reason: .read, detail: "\(path): \(error)")
    }
  }

  /// At most `limit` durable rows of `table` from `key` on, that row among them: upwards in the order of their keys'
  /// bytes, or downwards with `newestFirst`; from the first or the last row when `key` is nil. Blocks: for the start.
  package func load(
    _ table: StateChange.Table, from key: String?, limit: Int, newestFirst: Bool = false
  ) throws(StateDatabaseError) -> [(key: String, value: [UInt8])] {
    guard let connection = state.withLock({ $0.connection }) else {
      throw StateDatabaseError(reason: .closed, detail: path)
    }
    do {
      return try connection.read { database in
        var rows: [(key: String, value: [UInt8])] = []
        try StateReader.scan(table, from: key, newestFirst: newestFirst, limit: limit, in: database) {
          rows.append(($0, $1))
          return true
        }
        return rows
      }
    } catch {
      throw StateDatabaseError(reason: .read, detail: "\(path): \(error)")
    }
  }

  /// Makes `changes` durable together and says so, in the order of the calls.
  ///
  /// `completion` is called exactly once: on the writer's queue, or on the caller's thread when the commit is refused
  /// at once. After failure ``StateDatabaseError/Reason/write`` or `overloaded` the changes are still kept and will be
  /// written when the disk allows it; committing them again does no harm. An empty commit is a barrier: it completes
  /// when everything before it is durable.
  package func commit(_ changes: [StateChange], completion: @escaping Completion) {
    if let bad = changes.first(where: { !Self.isText($0) }) {
      let detail = "\(bad.table.rawValue)/\(quoted(bad.key))"
      return completion(.failure(StateDatabaseError(reason: .text, detail: detail)))
    }
    enum Step { case wait, drain(DatabaseQueue), refuse(StateDatabaseError) }
    let step: Step = state.withLock { state in
      guard let connection = state.connection else {
        return .refuse(StateDatabaseError(reason: .closed, detail: path))
      }
      let full = !state.waiting.isEmpty && state.waitingChanges + changes.count > queueLimit
      // Once one commit was merged, those after it must be too, or they would be overtaken.
      if full || !state.merged.isEmpty {
        state.merged.add(changes)
        let detail = "\(state.waiting.count) commits wait for the disk"
        let error = StateDatabaseError(reason: .overloaded, detail: detail)
        state.statistics.lastError = error
        return .refuse(error)
      }
      state.waiting.append((changes, completion))
      state.waitingChanges += changes.count
      defer { state.drainScheduled = true }
      return state.drainScheduled ? .wait : .drain(connection)
    }
    switch step {
    case .wait: break
    case .drain(let connection): connection.asyncWriteWithoutTransaction { self.drain($0) }
    case .refuse(let error): completion(.failure(error))
    }
  }

  /// Writes what waits (one attempt), answers every completion and closes the file. Blocks; again is nothing.
  package func close() {
    let last = state.withLock { $0.connection.take() }
    // Behind every drain that is queued already; the file closes with the last reference, normally this one.
    last?.writeWithoutTransaction { drain($0, closing: true) }
  }

  private static func isText(_ change: StateChange) -> Bool {
    guard !change.key.utf8.contains(0) else { return false }
    guard let value = change.value else { return true }
    return !value.contains(0) && String(validating: value, as: UTF8.self) != nil
  }
}

/// The newest value of each key: what is left of commits that were answered without being durable.
struct NewestValues {
  private struct Slot: Hashable {
    let table: StateChange.Table
    let key: String
  }

  private var values: [Slot: [UInt8]?] = [:]

  var isEmpty: Bool { values.isEmpty }
  var count: Int { values.count }
  var changes: [StateChange] { values.map { StateChange($0.key.table, $0.key.key, $0.value) } }

  mutating func add(_ changes: [StateChange]) {
    // `updateValue`: assigning nil through a subscript would forget a removal.
    for change in changes {
      values.updateValue(change.value, forKey: Slot(table: change.table, key: change.key))
    }
  }
}

extension StateDatabase {
  /// One transaction of everything that waits, then the answers. On the writer's queue.
  private func drain(_ database: Database, closing: Bool = false) {
    let batch: (waiting: [Commit], merged: NewestValues, unsaved: NewestValues)? = state.withLock { state in
      // The closing drain takes everything; one that comes behind it has nothing to do.
      if state.connection == nil, !closing { return nil }
      defer {
        state.waiting = []
        state.waitingChanges = 0
        state.merged = NewestValues()
        state.drainScheduled = false
      }
      return (state.waiting, state.merged, state.unsaved)
    }
    guard let (waiting, merged, unsaved) = batch else { return }
    let changes = unsaved.changes + waiting.flatMap(\.changes) + merged.changes
    let started = time.monotonic
    var failure: StateDatabaseError?
    if !changes.isEmpty {
      do {
        // SQLite would write on, and sync, into a file that no name leads to any more.
        guard StateFile.identity(path) == identity else { throw StateFile.Gone() }
        try Self.write(changes, to: database)
      } catch {
        failure = StateDatabaseError(reason: .write, detail: "\(path): \(error)")
      }
    }
    let took = time.monotonic - started
    state.withLock { state in
      if let failure {
        state.statistics.failures += 1
        state.statistics.lastError = failure
        for commit in waiting { state.unsaved.add(commit.changes) }
        state.unsaved.add(merged.changes)
      } else {
        state.unsaved = NewestValues()
        state.statistics.commits += UInt64(waiting.count)
        if !changes.isEmpty {
          state.statistics.transactions += 1
          state.statistics.rows += UInt64(changes.count)
          state.statistics.lastCommitDuration = took
        }
      }
    }
    let answer: Result<Void, StateDatabaseError> = failure.map { .failure($0) } ?? .success(())
    for commit in waiting { commit.completion(answer) }
    if failure != nil, !closing { scheduleRetry() }
    // After the answers: moving the log into the main file costs syncs of its own, and nobody has to wait for them.
    if failure == nil { checkpointWhenDue(database, added: changes.count) }
  }

  private static func write(_ changes: [StateChange], to database: Database) throws {
    // A rollback that failed as well leaves its transaction open.
    if database.isInsideTransaction { try database.rollback() }
    try database.inTransaction(.immediate) {
      for change in changes {
        let sql = statements[change.table] ?? (put: "", remove: "")
        if let value = change.value {
          let text = String(decoding: value, as: UTF8.self)
          try database.cachedStatement(sql: sql.put).execute(arguments: [change.key, text])
        } else {
          try database.cachedStatement(sql: sql.remove).execute(arguments: [change.key])
        }
      }
      return .commit
    }
  }

  /// Texts made once: they are the keys of GRDB's cache of prepared statements.
  private static let statements: [StateChange.Table: (put: String, remove: String)] = Dictionary(
    uniqueKeysWithValues: StateChange.Table.allCases.map { table in
      let name = "\"\(table.rawValue)\""
      let put = "INSERT INTO \(name) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
      return (table, (put, "DELETE FROM \(name) WHERE key = ?"))
    })

  private func scheduleRetry() {
    let due = state.withLock { state in
      defer { state.retryScheduled = true }
      return !state.retryScheduled
    }
    guard due else { return }
    let delay = DispatchTimeInterval.milliseconds(Int(retryInterval.milliseconds))
    // Weak: a database that was closed and let go is not kept alive by its disk being full.
    DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [weak self] in self?.retry() }
  }

  private func retry() {
    let connection: DatabaseQueue? = state.withLock { state in
      state.retryScheduled = false
      guard !state.unsaved.isEmpty, !state.drainScheduled, let connection = state.connection else {
        return nil
      }
      state.drainScheduled = true
      return connection
    }
    connection?.asyncWriteWithoutTransaction { self.drain($0) }
  }

  /// Rows in the log before they are moved into the main file: about as many pages as SQLite's own default of 1000.
  private static let checkpointRows = 1000

  private func checkpointWhenDue(_ database: Database, added: Int) {
    let due = state.withLock { state in
      // Every transaction writes at least its table's leaf page and often the root.
      state.rowsSinceCheckpoint += added + 1
      return state.rowsSinceCheckpoint >= Self.checkpointRows
    }
    guard due else { return }
    do {
      // Passive: never waits for a reader from outside, such as an operator's sqlite3.
      _ = try database.checkpoint(.passive)
      state.withLock { $0.rowsSinceCheckpoint = 0 }
    } catch {
      // Nothing is lost: the rows are durable in the log, and the next commit tries again.
      let failure = StateDatabaseError(reason: .write, detail: "\(path): checkpoint: \(error)")
      state.withLock { $0.statistics.lastError = failure }
    }
  }
}
