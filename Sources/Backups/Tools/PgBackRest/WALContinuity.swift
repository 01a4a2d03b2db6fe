internal import Model

/// Whether an archive has every WAL segment that a restore needs. Pure: made from names and times alone.
///
/// What a restore reads is one chain: it begins in the backup's timeline, and where the history of the newest timeline
/// says that a timeline was left, it goes on in the next one with the segment that the switch is in. A segment of an
/// abandoned part of a timeline is neither needed nor counted.
struct WALContinuity: Sendable {
  struct Backup: Hashable, Sendable {
    var id: String
    var first: WALSegment
    var last: WALSegment
    /// When it was complete.
    var time: Timestamp
  }

  struct Findings: Equatable, Sendable {
    /// From the beginning of the newest backup to the newest segment of its chain; nil without a backup.
    var gapSinceNewest: UInt64?
    var gapSinceOldest: UInt64?
    /// When the last segment was archived that the newest backup reaches without a gap; its own end where that is later.
    var latestRestorable: Timestamp?
    /// Time of the oldest backup from which all is there to the newest archived segment.
    var continuousSince: Timestamp?
    /// Backups that lack WAL between their own beginning and end.
    var inconsistent: Set<String> = []
    var missingHistories: Set<UInt32> = []
    /// The first missing segment of the newest backup, for people.
    var firstMissing: WALSegment?
  }

  /// When each archived segment was stored, where that is known.
  private let archived: [UInt32: [UInt64: Timestamp?]]
  private let sorted: [UInt32: [UInt64]]
  private let histories: [UInt32: WALHistory]
  private let size: UInt64

  init(archived: [WALSegment: Timestamp?], histories: [UInt32: WALHistory], segmentSize: UInt64) {
    var byTimeline: [UInt32: [UInt64: Timestamp?]] = [:]
    for (segment, time) in archived { byTimeline[segment.timeline, default: [:]][segment.number] = time }
    self.archived = byTimeline
    sorted = byTimeline.mapValues { $0.keys.sorted() }
    self.histories = histories
    size = max(1, segmentSize)
  }

  /// - Parameter backups: the good ones of this archive, oldest first.
  func check(_ backups: [Backup]) -> Findings {
    var findings = Findings()
    findings.missingHistories = Set(sorted.keys.filter { $0 > 1 && histories[$0] == nil })
    for backup in backups where missing(from: backup.first, to: backup.last, chain(of: backup)).count > 0 {
      findings.inconsistent.insert(backup.id)
    }
    let whole = backups.filter { !findings.inconsistent.contains($0.id) }
    guard let newest = whole.last, let oldest = whole.first else { return findings }
    let found = gap(since: newest)
    findings.gapSinceNewest = found.count
    findings.firstMissing = found.first
    findings.latestRestorable = max(newest.time, found.reached ?? newest.time)
    findings.gapSinceOldest = gap(since: oldest).count
    for backup in whole.reversed() {
      guard gap(since: backup).count == 0 else { break }
      findings.continuousSince = backup.time
    }
    return findings
  }

  // MARK: - Chains

  /// A stretch of one timeline: from this segment on, up to and without the last.
  private struct Stretch {
    var timeline: UInt32
    var from: UInt64
    var until: UInt64
  }

  /// Of the newest timeline that comes from where the backup is; of the backup's own where none does.
  private func chain(of backup: Backup) -> [Stretch] {
    let own = backup.last.timeline
    let heirs = histories.keys.filter { $0 > own && sorted[$0] != nil }.sorted(by: >)
    for heir in heirs {
      guard let history = histories[heir],
        let left = history.switches.first(where: { $0.timeline == own }),
        // Left before the backup was complete: the backup is of the abandoned part.
        left.at.bytes / size >= backup.last.number
      else { continue }
      return stretches(history, to: heir)
    }
    if let history = histories[own] { return stretches(history, to: own) }
    return [Stretch(timeline: own, from: 0, until: .max)]
  }

  private func stretches(_ history: WALHistory, to timeline: UInt32) -> [Stretch] {
    var found: [Stretch] = []
    var from: UInt64 = 0
    for item in history.switches {
      let until = item.at.bytes / size
      found.append(Stretch(timeline: item.timeline, from: from, until: until))
      from = until
    }
    found.append(Stretch(timeline: timeline, from: from, until: .max))
    return found
  }

  // MARK: - Gaps

  private func gap(since backup: Backup) -> (count: UInt64, first: WALSegment?, reached: Timestamp?) {
    let chain = chain(of: backup)
    let newest = newestSegment(chain) ?? backup.last
    let found = missing(from: backup.first, to: max(newest.number, backup.last.number), chain)
    let last = found.first.map { $0.number &- 1 } ?? newest.number
    guard last >= backup.first.number, let stretch = chain.last(where: { $0.from <= last && last < $0.until })
    else { return (found.count, found.first, nil) }
    let time = archived[stretch.timeline]?[last] ?? nil
    return (found.count, found.first, time)
  }

  private func newestSegment(_ chain: [Stretch]) -> WALSegment? {
    for stretch in chain.reversed() {
      if let number = sorted[stretch.timeline]?.last(where: { $0 >= stretch.from && $0 < stretch.until }) {
        return WALSegment(timeline: stretch.timeline, number: number)
      }
    }
    return nil
  }

  private func missing(
    from first: WALSegment, to last: WALSegment, _ chain: [Stretch]
  ) -> (count: UInt64, first: WALSegment?) { missing(from: first, to: last.number, chain) }

  /// Walks what is there, never what ought to be: names of foreign files may be far apart.
  private func missing(
    from first: WALSegment, to last: UInt64, _ chain: [Stretch]
  ) -> (count: UInt64, first: WALSegment?) {
    var count: UInt64 = 0
    var found: WALSegment?
    for stretch in chain {
      let lower = max(first.number, stretch.from)
      let upper = min(last, stretch.until == .max ? .max : stretch.until &- 1)
      guard stretch.until > 0, lower <= upper else { continue }
      var next = lower
      let numbers = sorted[stretch.timeline] ?? []
      for number in numbers[lowerBound(numbers, lower)...] {
        guard number <= upper else { break }
        if number > next {
          count = clamped(count, number - next)
          found = found ?? WALSegment(timeline: stretch.timeline, number: next)
        }
        next = number &+ 1
      }
      if next <= upper {
        count = clamped(count, upper - next &+ 1)
        found = found ?? WALSegment(timeline: stretch.timeline, number: next)
      }
    }
    return (count, found)
  }

  private func clamped(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let sum = a.addingReportingOverflow(b)
    return sum.overflow ? .max : sum.partialValue
  }

  private func lowerBound(_ numbers: [UInt64], _ value: UInt64) -> Int {
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
