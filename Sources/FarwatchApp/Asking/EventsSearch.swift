internal import Journal
internal import Model
internal import StateDatabase

/// Entries that a query asked for, or whether the chain holds.
enum EventsAnswer: Sendable {
  /// In the order of the query. `isPartial`: the time was over before everything had been looked at.
  case entries([JournalRecord], isPartial: Bool)
  case verified(Result<JournalCheck.Extent, JournalCheck.Fault>, isPartial: Bool)
}

/// Why there is no answer.
enum EventsTrouble: Error {
  /// Somebody else reads the database.
  case busy
  case failed(StateDatabaseError)

  /// What `body` reads, with its error as one of these.
  static func reading<Value>(
    _ body: () throws(StateDatabaseError) -> Value
  ) throws(EventsTrouble) -> Value {
    do throws(StateDatabaseError) { return try body() } catch { throw .failed(error) }
  }
}

/// Looks entries up, among the newest in memory and in the database behind them. Blocks; never on the core's thread.
struct EventsSearch {
  let query: EventsQuery
  let clock: any TimeSource
  /// Nobody waits longer than this for an answer.
  var timeLimit: Duration = .seconds(10)
  /// So many rows in a row that are all too old mean that there is nothing more: the clock may have been set back, but
  /// not that often.
  private static let tooOldInARow = 2000

  /// - Parameters:
  ///   - newest: what the core has in memory, oldest first; empty when there is no core.
  ///   - reader: opens the database; asked only when memory does not have it all.
  func run(
    newest: [JournalRecord], reader: () throws(EventsTrouble) -> StateReader
  ) throws(EventsTrouble) -> EventsAnswer {
    if query.verifies { return try verify(reader()) }
    return query.isAscending ? try ascending(newest, reader) : try descending(newest, reader)
  }

  private func descending(
    _ newest: [JournalRecord], _ reader: () throws(EventsTrouble) -> StateReader
  ) throws(EventsTrouble) -> EventsAnswer {
    var found: [JournalRecord] = []
    for record in newest.reversed() where query.matches(record) {
      if found.count == query.limit { break }
      found.append(record)
    }
    let before = [newest.first?.sequence, query.before].compactMap { $0 }.min().map { $0 - 1 }
    if found.count == query.limit || isAllInMemory(newest) { return .entries(found, isPartial: false) }
    let end = clock.monotonic + timeLimit
    var tooOld = 0
    var isPartial = false
    try scan(reader(), from: before.map(JournalRow.key), newestFirst: true) { key, value in
      guard let sequence = JournalRow.sequence(ofKey: key), sequence > (query.after ?? 0) else {
        // The rows before the first entry, or a stranger's.
        return JournalRow.sequence(ofKey: key) == nil
      }
      if let record = Self.record(value, query, &tooOld) { found.append(record) }
      isPartial = clock.monotonic > end
      return found.count < query.limit && tooOld < Self.tooOldInARow && !isPartial
    }
    return .entries(found, isPartial: isPartial)
  }

  private func ascending(
    _ newest: [JournalRecord], _ reader: () throws(EventsTrouble) -> StateReader
  ) throws(EventsTrouble) -> EventsAnswer {
    var found: [JournalRecord] = []
    let first = newest.first?.sequence ?? .max
    var isPartial = false
    if !isAllInMemory(newest) {
      let end = clock.monotonic + timeLimit
      var tooOld = 0
      try scan(reader(), from: JournalRow.key((query.after ?? 0) + 1)) { key, value in
        guard let sequence = JournalRow.sequence(ofKey: key) else { return true }
        // What is in memory is not read a second time.
        guard sequence < first else { return false }
        if let record = Self.record(value, query, &tooOld) { found.append(record) }
        isPartial = clock.monotonic > end
        return found.count < query.limit && !isPartial
      }
    }
    if !isPartial {
      for record in newest where query.matches(record) && found.count < query.limit { found.append(record) }
    }
    return .entries(found, isPartial: isPartial)
  }

  private func scan(
    _ reader: StateReader, from key: String? = nil, newestFirst: Bool = false,
    _ body: (String, [UInt8]) -> Bool
  ) throws(EventsTrouble) {
    try EventsTrouble.reading { () throws(StateDatabaseError) in
      try reader.scan(.journal, from: key, newestFirst: newestFirst, body)
    }
  }

  /// Whether nothing that matches can be outside of `newest`.
  private func isAllInMemory(_ newest: [JournalRecord]) -> Bool {
    guard let first = newest.first else { return false }
    if let after = query.after, after + 1 >= first.sequence { return true }
    return first.sequence == 1
  }

  private static func record(_ value: [UInt8], _ query: EventsQuery, _ tooOld: inout Int) -> JournalRecord? {
    guard let head = JournalRow.head(value) else { return nil }
    if let since = query.since { tooOld = head.at < since ? tooOld + 1 : 0 }
    guard query.mayMatch(head.sequence, head.at, head.kind), let record = JournalRow.decode(value) else {
      return nil
    }
    return query.matches(record) ? record : nil
  }

  private func verify(_ reader: StateReader) throws(EventsTrouble) -> EventsAnswer {
    let end = clock.monotonic + timeLimit * 6
    var check = JournalCheck()
    var isPartial = false
    try scan(reader) { key, value in
      check.take(key: key, value: value)
      isPartial = clock.monotonic > end
      return !check.isDecided && !isPartial
    }
    return .verified(check.result(), isPartial: isPartial && !check.isDecided)
  }
}
