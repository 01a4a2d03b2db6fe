package import KafkaClient
package import Model

/// Where the source's partitions ended when: the memory that turns the offsets that a mirror has reached into a time.
///
/// Invariants: an entry's times are the first and the last moment at which the source was seen with exactly these
/// ends, taken before the question left. At the limit every second entry of the older half goes: a recovery point may
/// get older by that, never newer.
package struct MirrorHistory: Sendable {
  private struct Entry: Sendable {
    let ends: [TopicPartition: Int64]
    var first: Timestamp
    var last: Timestamp
  }

  private static let limit = 48
  private var entries: [Entry] = []

  package init() {}

  /// - Parameter ends: by partition, the offset that the next record will get.
  package mutating func append(_ ends: [TopicPartition: Int64], at time: Timestamp) {
    guard !ends.isEmpty else { return }
    if let newest = entries.last, newest.ends == ends {
      entries[entries.count - 1].last = time
      return
    }
    entries.append(Entry(ends: ends, first: time, last: time))
    guard entries.count > Self.limit else { return }
    let old = entries.count / 2
    entries = entries.enumerated().filter { $0.offset >= old || $0.offset.isMultiple(of: 2) }.map(\.element)
  }

  /// The newest moment whose records have all been mirrored; nil when there is none in this memory.
  ///
  /// - Parameters:
  ///   - next: by partition, the offset of the first record at the source that was not mirrored.
  ///   - gone: partitions that the source does not have any more.
  package func complete(_ next: [TopicPartition: Int64], gone: Set<TopicPartition> = []) -> Timestamp? {
    for entry in entries.reversed() {
      let isWhole = entry.ends.allSatisfy { place, end in
        end == 0 || gone.contains(place) || next[place].map { $0 >= end } ?? false
      }
      if isWhole { return entry.last }
    }
    return nil
  }

  /// For a clock that was set back: every time becomes earlier by `shift`.
  package mutating func moveBack(by shift: Duration) {
    for index in entries.indices {
      entries[index].first = entries[index].first - shift
      entries[index].last = entries[index].last - shift
    }
  }
}
