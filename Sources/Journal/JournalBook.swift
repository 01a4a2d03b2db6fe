package import Model

/// The journal as the core writes it: entries become rows of the table ``StateChange/Table/journal``, each chained to
/// the one before by its hash (see ``JournalRow``), so that nobody can change, remove or insert one unseen.
///
/// Pure: rows come out as changes for the commit that carries what they tell of. The chain goes on across restarts, and
/// its order is that of writing: a clock that is set back dates entries earlier but moves none.
package struct JournalBook: Sendable {
  /// Entries that are kept in memory, the newest.
  package static let newestLimit = 2000
  /// Entries that one call of ``append(_:at:)`` writes; what is beyond is counted in one more.
  package static let turnLimit = 20_000
  /// Entries between two marks at most, and rows that one sweep removes.
  private static let longestStretch = 4096

  private var settings: JournalSettings
  private var ends = JournalEnds()
  private var marks = JournalMarks()
  private var kept: [JournalRecord] = []
  package private(set) var statistics = JournalStatistics()
  /// What was wrong with the stored rows, for the log. Nothing of it stops the journal.
  package private(set) var restoreProblems: [String] = []

  /// - Parameter rows: the first two rows of the table and the newest, in any order; see ``newestLimit``.
  package init(
    settings: JournalSettings = JournalSettings(), restoring rows: [(key: String, value: [UInt8])] = []
  ) {
    self.settings = settings
    restore(rows)
  }

  /// The newest entries, oldest first: at least ``newestLimit`` of them when there are so many.
  package var newest: [JournalRecord] { kept }

  /// Entries that are stored or on their way to the disk.
  package var count: Int { ends.last.sequence - ends.removed.sequence }

  /// The newest entry's number and hash: noted elsewhere, it proves later that the journal up to here is the same.
  package var head: (sequence: Int, hash: String) {
    (ends.last.sequence, String(decoding: ends.last.hash ?? JournalRow.genesis, as: UTF8.self))
  }

  package mutating func replaceSettings(_ settings: JournalSettings) { self.settings = settings }

  // MARK: Writing

  /// Writes `entries` in their order; returns the rows. Beyond ``turnLimit`` one entry of the kind
  /// ``JournalEntry/Kind/omitted`` says how many of which kind there were.
  package mutating func append(_ entries: [JournalEntry], at now: Timestamp) -> [StateChange] {
    guard !entries.isEmpty else { return [] }
    var changes: [StateChange] = []
    changes.reserveCapacity(min(entries.count, Self.turnLimit) + 3)
    let before = marks
    clampMarks(to: now)
    for entry in entries.prefix(Self.turnLimit) { changes.append(write(entry)) }
    if entries.count > Self.turnLimit {
      changes.append(write(Self.summary(of: entries[Self.turnLimit...], at: now)))
      statistics.omitted += UInt64(entries.count - Self.turnLimit)
    }
    changes.append(StateChange(.journal, JournalEnds.key, ends.value))
    if marks != before { changes.append(StateChange(.journal, JournalMarks.key, marks.value)) }
    if kept.count > 2 * Self.newestLimit { kept.removeFirst(kept.count - Self.newestLimit) }
    return changes
  }

  private mutating func write(_ entry: JournalEntry) -> StateChange {
    let previous = ends.last.hash ?? JournalRow.genesis
    let record = JournalRecord(sequence: ends.last.sequence + 1, entry: Self.bounded(entry))
    beginStretch(at: entry.at, before: record.sequence, hash: previous)
    let (value, hash) = JournalRow.encode(record, after: previous)
    ends.last = .init(sequence: record.sequence, hash: hash)
    kept.append(record)
    statistics.appended += 1
    return StateChange(.journal, JournalRow.key(record.sequence), value)
  }

  /// Bytes of one value; what is longer is cut, or a receiver that fails for days would fill the disk with one label.
  private static let longestValue = 512
  private static let mostLabels = 64

  private static func bounded(_ entry: JournalEntry) -> JournalEntry {
    func isLong(_ text: String) -> Bool { text.utf8.count > longestValue }
    let labels = entry.labels?.entries ?? []
    guard
      labels.count > mostLabels || labels.contains(where: { isLong($0.value) })
        || entry.detail.values.contains(where: isLong)
    else { return entry }
    func cut(_ text: String) -> String {
      isLong(text) ? String(decoding: text.utf8.prefix(longestValue), as: UTF8.self) + " [cut]" : text
    }
    var bounded = entry
    bounded.labels = entry.labels.map { labels in
      Labels(labels.entries.prefix(mostLabels).map { Label($0.name, cut($0.value)) })
    }
    bounded.detail = entry.detail.mapValues(cut)
    return bounded
  }

  private static func summary(of entries: ArraySlice<JournalEntry>, at now: Timestamp) -> JournalEntry {
    var detail = ["entries": String(entries.count)]
    for (kind, some) in Dictionary(grouping: entries, by: \.kind) {
      detail[kind.rawValue] = String(some.count)
    }
    return JournalEntry(at: now, kind: .omitted, detail: detail)
  }

  // MARK: Retention

  private var stretchLimit: Int { min(Self.longestStretch, max(16, settings.maximumEntries / 4)) }
  private var stretchTime: Duration { max(.seconds(60), settings.retention / 100) }

  private mutating func beginStretch(at time: Timestamp, before sequence: Int, hash: JournalRow.Digest) {
    if let last = marks.list.last {
      guard sequence > last.sequence else { return }
      guard sequence - last.sequence >= stretchLimit || time - last.at >= stretchTime else { return }
    }
    marks.list.append(.init(sequence: sequence, at: max(time, marks.list.last?.at ?? time), hash: hash))
  }

  /// The clock was set back: what is dated into the future is taken for written now, or it would stay for too long.
  private mutating func clampMarks(to now: Timestamp) {
    guard let last = marks.list.last, last.at > now + .seconds(60) else { return }
    for place in marks.list.indices { marks.list[place].at = min(marks.list[place].at, now) }
  }

  /// Removes at most a few thousand rows that are too old or too many; to be called every few seconds.
  package mutating func sweep(now: Timestamp) -> [StateChange] {
    let before = marks
    clampMarks(to: now)
    // Without this, the newest stretch of a quiet time would never end.
    if let last = marks.list.last, ends.last.sequence >= last.sequence, let hash = ends.last.hash {
      beginStretch(at: now, before: ends.last.sequence + 1, hash: hash)
    }
    var changes = removeOldest(now)
    if !changes.isEmpty { changes.append(StateChange(.journal, JournalEnds.key, ends.value)) }
    if marks != before { changes.append(StateChange(.journal, JournalMarks.key, marks.value)) }
    return changes
  }

  private mutating func removeOldest(_ now: Timestamp) -> [StateChange] {
    guard marks.list.count > 1 else { return [] }
    let next = marks.list[1]
    guard next.at <= now - settings.retention || count > settings.maximumEntries else { return [] }
    let first = ends.removed.sequence + 1
    // A stretch is longer than it should be only when the marks were lost.
    let end = min(next.sequence, first + 2 * Self.longestStretch)
    let removed = (first..<max(first, end)).map { StateChange(.journal, JournalRow.key($0), nil) }
    if end >= next.sequence {
      marks.list.removeFirst()
      ends.removed = .init(sequence: next.sequence - 1, hash: next.hash)
    } else {
      ends.removed = .init(sequence: end - 1, hash: nil)
    }
    statistics.removed += UInt64(removed.count)
    if let oldest = kept.first, oldest.sequence <= ends.removed.sequence {
      kept.removeAll { $0.sequence <= ends.removed.sequence }
    }
    return removed
  }

  // MARK: Restart

  private mutating func restore(_ rows: [(key: String, value: [UInt8])]) {
    var newest: (sequence: Int, hash: JournalRow.Digest)?
    var oldest: Int?
    var storedEnds: JournalEnds?
    for (key, value) in rows.sorted(by: { $0.key < $1.key }) {
      switch key {
      case JournalEnds.key: storedEnds = JournalEnds(value)
      case JournalMarks.key: marks = JournalMarks(value) ?? marks
      default:
        guard let sequence = JournalRow.sequence(ofKey: key), let parts = JournalRow.parts(value) else {
          restoreProblems.append("the journal's row \(quoted(key)) cannot be read")
          continue
        }
        if sequence == newest?.sequence { continue }
        oldest = oldest ?? sequence
        newest = (sequence, parts.hash)
        if let record = JournalRow.decode(value), record.sequence == sequence { kept.append(record) }
      }
    }
    if let storedEnds {
      ends = storedEnds
    } else if let newest, let oldest {
      restoreProblems.append("the journal's first row is missing: its beginning is not known")
      ends.removed = .init(sequence: oldest - 1, hash: nil)
      ends.last = .init(sequence: newest.sequence, hash: newest.hash)
    }
    if let newest, newest.sequence != ends.last.sequence {
      restoreProblems.append(
        "the journal ends at \(newest.sequence) and should end at \(ends.last.sequence): it was changed by another"
      )
      // Never over what is there; the hash stays, so that whoever verifies the chain finds the place.
      ends.last.sequence = max(newest.sequence, ends.last.sequence)
    }
    if let last = marks.list.last, last.sequence > ends.last.sequence + 1 { marks = JournalMarks() }
    while marks.list.count > 1, marks.list[1].sequence <= ends.removed.sequence { marks.list.removeFirst() }
    if kept.count > Self.newestLimit { kept.removeFirst(kept.count - Self.newestLimit) }
  }
}

/// Counts of what the journal wrote, since the start of the process.
package struct JournalStatistics: Sendable, Equatable {
  package var appended: UInt64 = 0
  /// Not written one by one, but counted in a summary.
  package var omitted: UInt64 = 0
  /// By retention.
  package var removed: UInt64 = 0
}
