package import Model

/// How far a log has come, in terms that can be held against each other.
package protocol HistoryPosition: Equatable, Sendable {
  /// Whether who stands here has everything of `other`; false for positions that cannot be compared.
  func includes(_ other: Self) -> Bool
}

extension HistoryPosition where Self: Comparable {
  package func includes(_ other: Self) -> Bool { self >= other }
}

extension Int64: HistoryPosition {}

/// When the source had written how much: the memory that turns a target's position in the source's log into a time.
///
/// Invariants: each entry's position includes the one before and more; its times are the first and the last moment at which the source was
/// seen at exactly that position, so an idle source costs one entry however long it idles. Times are Farwatch's own,
/// taken before the question left: what the source had committed by then lies below the position.
package struct PositionHistory<Position: HistoryPosition>: Sendable {
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

  /// A position that lacks what the newest has means another history (the source was restored, or its log reset): the
  /// old one is forgotten. Returns whether that happened.
  @discardableResult package mutating func append(_ position: Position, at time: Timestamp) -> Bool {
    var isOther = false
    if let newest {
      if newest.position == position {
        entries[entries.count - 1].last = max(newest.last, time)
        return false
      }
      isOther = !position.includes(newest.position)
      if isOther { entries = [] }
    }
    entries.append(Entry(position: position, first: time, last: time))
    if entries.count > Self.limit { thin(at: time) }
    return isOther
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

  /// The newest moment up to which a copy at `position` is known to be complete; nil when it lacks something of
  /// everything that is remembered.
  package func complete(at position: Position) -> Timestamp? {
    let next = firstIndex(notIn: position)
    return next == 0 ? nil : entries[next - 1].last
  }

  /// When the source was first seen with something that is not in `position`; nil when it never was.
  package func passed(_ position: Position) -> Timestamp? {
    let next = firstIndex(notIn: position)
    return next == entries.count ? nil : entries[next].first
  }

  /// Whether this memory reaches back to `position`.
  package func covers(_ position: Position) -> Bool { oldest.map { position.includes($0.position) } ?? false }

  private func firstIndex(notIn position: Position) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if position.includes(entries[middle].position) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
