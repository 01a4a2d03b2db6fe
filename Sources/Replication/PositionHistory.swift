package import Model

/// When the source had written how much: the memory that turns a target's position in the source's log into a time.
///
/// Invariants: positions rise strictly; an entry's times are the first and the last moment at which the source was
/// seen at exactly that position, so an idle source costs one entry however long it idles. Times are Farwatch's own,
/// taken before the question left: what the source had committed by then lies below the position.
package struct PositionHistory<Position: Comparable & Sendable>: Sendable {
  package struct Entry: Equatable, Sendable {
    package let position: Position
    package fileprivate(set) var first: Timestamp
    package fileprivate(set) var last: Timestamp
  }

  /// At the limit the past becomes coarser in proportion to its age (to 1/256 of it; a year of one look a second
  /// keeps some 3300 entries), and always to the safe side: a recovery point gets older by that, never newer.
  package static var limit: Int { 4096 }

  package private(set) var entries: [Entry] = []

  package init() {}

  package var newest: Entry? { entries.last }
  package var oldest: Entry? { entries.first }

  /// A position below the newest means another history (the source was restored): the old one is forgotten.
  package mutating func append(_ position: Position, at time: Timestamp) {
    if let newest, position < newest.position { entries = [] }
    if let newest, newest.position == position {
      entries[entries.count - 1].last = time
      return
    }
    entries.append(Entry(position: position, first: time, last: time))
    if entries.count > Self.limit { thin(at: time) }
  }

  private mutating func thin(at now: Timestamp) {
    var kept: [Entry] = []
    for (index, entry) in entries.enumerated() {
      if let before = kept.last, index + 1 < entries.count,
        (entries[index + 1].first - before.last) * 256 < now - entry.first
      {
        continue
      }
      kept.append(entry)
    }
    // Clocks that jumped may leave too much all the same.
    if kept.count > Self.limit { kept.removeFirst(kept.count / 2) }
    entries = kept
  }

  /// For a clock that was set back: every time becomes earlier by `shift`.
  package mutating func moveBack(by shift: Duration) {
    for index in entries.indices {
      entries[index].first = entries[index].first - shift
      entries[index].last = entries[index].last - shift
    }
  }

  package mutating func clear() { entries = [] }

  /// The newest moment up to which a copy at `position` is known to be complete; nil when it is further back than
  /// this memory.
  package func complete(at position: Position) -> Timestamp? {
    let next = firstIndex(past: position)
    return next == 0 ? nil : entries[next - 1].last
  }

  /// When the source was first seen past `position`; nil when it never was.
  package func passed(_ position: Position) -> Timestamp? {
    let next = firstIndex(past: position)
    return next == entries.count ? nil : entries[next].first
  }

  /// Whether this memory reaches back to `position`.
  package func covers(_ position: Position) -> Bool { oldest.map { $0.position <= position } ?? false }

  private func firstIndex(past position: Position) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].position > position { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
