internal import Model

/// The newest additions to the index, so that whoever has selected series need only look at what is new.
struct IndexAdditions {
  /// More than this is quicker selected anew.
  private static let limit = 4096

  private var added: [(version: UInt64, id: SeriesID)] = []
  /// Since this version of the index nothing was removed, and `added` is complete.
  private var completeSince: UInt64 = 0

  /// Says that `id` was added, which made the index's version `version`.
  mutating func add(_ id: SeriesID, at version: UInt64) {
    if added.count >= Self.limit { forget(at: version - 1) }
    added.append((version, id))
  }

  /// Says that the index is another since `version`.
  mutating func forget(at version: UInt64) {
    added.removeAll(keepingCapacity: true)
    completeSince = version
  }

  func since(_ version: UInt64) -> [SeriesID]? {
    guard version >= completeSince else { return nil }
    var found: [SeriesID] = []
    for entry in added.reversed() {
      guard entry.version > version else { break }
      found.append(entry.id)
    }
    return found
  }
}
