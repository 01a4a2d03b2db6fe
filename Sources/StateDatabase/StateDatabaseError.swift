/// Why the state could not be opened, read or made durable.
package struct StateDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    /// The file cannot be opened or prepared: permission, a missing directory, no room.
    case open = "cannot open"
    /// A newer release wrote the file. It is not touched.
    case newerSchema = "newer schema"
    case read = "cannot read"
    /// The transaction failed: disk full, IO error. The changes are kept and tried again.
    case write = "cannot write"
    /// So many changes wait for a disk that does not answer that these were merged with them, and are not durable yet.
    case overloaded
    /// A key or value is not UTF-8 text or holds a zero byte. Nothing of the commit was taken.
    case text = "not text"
    case closed
  }

  package let reason: Reason
  /// SQLite's or the system's words, with the place they are about.
  package let detail: String

  package var description: String { "state database: \(reason.rawValue): \(detail)" }
}

/// What opening found that an operator should hear of.
package enum StateDatabaseFinding: Hashable, Sendable, CustomStringConvertible {
  case created(path: String)
  /// The file was damaged: it is now at `path`, and an empty one took its place.
  case setAside(path: String, reason: String)
  /// The log beside the file was not SQLite's: what it held is missing. It is now at `path`.
  case logSetAside(path: String)
  /// A file was there, but nothing is in it.
  case empty(path: String)
  case migrated(from: Int, to: Int)

  /// Whether something that was there may be missing now.
  package var isLoss: Bool {
    switch self {
    case .setAside, .logSetAside, .empty: true
    case .created, .migrated: false
    }
  }

  package var description: String {
    switch self {
    case .created(let path): "began an empty state database at \(path)"
    case .setAside(let path, let reason):
      "the state database was damaged (\(reason)): kept as \(path), began an empty one"
    case .logSetAside(let path):
      "the log of the state database was damaged: kept as \(path), the newest changes are missing"
    case .empty(let path): "began an empty state database: nothing was in the file at \(path)"
    case .migrated(let from, let to): "state database brought from schema \(from) to \(to)"
    }
  }
}

/// Counters since the start and the present state of the writer.
package struct StateDatabaseStatistics: Hashable, Sendable {
  /// Transactions that reached the disk.
  package var transactions: UInt64 = 0
  /// Commits (calls) that those transactions made durable.
  package var commits: UInt64 = 0
  /// Rows written or removed by them.
  package var rows: UInt64 = 0
  /// Transactions that failed.
  package var failures: UInt64 = 0
  package var lastError: StateDatabaseError?
  /// Commits that wait for the writer.
  package var queueDepth: Int = 0
  /// Keys whose newest value was refused by the disk and is being tried again.
  package var unsavedKeys: Int = 0
  /// How long the last successful transaction took, its sync included.
  package var lastCommitDuration: Duration?

  package init() {}
}
