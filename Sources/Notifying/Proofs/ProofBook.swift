package import Model
internal import RowCoding

/// Which receiver is to be proven when, and what came of it: a proof is a page of its own kind that a receiver took.
///
/// Pure. The schedule follows the wall clock, because it is about days and outlives the process; a clock that was set
/// back delays nothing by more than the schedule itself. What is due at the start of the process is spread over some
/// minutes, each receiver at a moment of its own. One whose proof failed is due again after a twenty-fourth of the
/// schedule. A proof under way ends with the news that it was taken or given up, or lapses after ``ProofRun/limit``,
/// over restarts too. One that is taken after it lapsed counts all the same: the page did arrive.
package struct ProofBook: Sendable {
  package static let keyPrefix = "proof/"
  private static let shortestRetry: Duration = .seconds(60)
  private static let widestSpread: Duration = .seconds(300)
  /// A moment further ahead than this is one of before the clock was set back.
  private static let clockSlack: Duration = .seconds(3600)

  struct Entry {
    var receiver: ProvenReceiver
    /// In this process.
    var knownSince: Timestamp
    /// Since when proofs are scheduled for it; nil: they are not.
    var scheduledSince: Timestamp?
    var lastProven: Timestamp?
    /// Of the last attempt that was started, whatever came of it.
    var lastAttempt: Timestamp?
    var consecutiveFailures = 0
    /// The newest; only its beginning outlives the process, and that only while it is under way.
    var run: ProofRun?
    var isAskedFor = false

    var isUnderWay: Bool { run?.state == .trying }
  }

  private(set) var settings: ProofSettings
  private(set) var entries: [String: Entry] = [:]
  /// Rows of receivers that are not known yet.
  private var remembered: [String: Row] = [:]

  /// - Parameter rows: of the table of proofs; those of other kinds are passed over.
  package init(
    _ settings: ProofSettings = ProofSettings(), restoring rows: [(key: String, value: [UInt8])] = []
  ) {
    self.settings = settings
    for (key, value) in rows where key.hasPrefix(Self.keyPrefix) {
      // One that cannot be read costs one more proof.
      remembered[String(key.dropFirst(Self.keyPrefix.count))] =
        (try? RowCoding.decode(Row.self, value)) ?? Row()
    }
  }

  struct Row: Codable {
    var lastProven: Int64?
    var lastAttempt: Int64?
    var consecutiveFailures: Int?
    var scheduledSince: Int64?
    /// Serial of the proof under way.
    var underWay: String?
  }

  /// Makes `receivers` the whole list; what stays keeps what is known of it. Returns what must outlive the process:
  /// new rows, and the ends of those that are no more.
  package mutating func replace(
    settings: ProofSettings, receivers: [ProvenReceiver], now: Timestamp
  ) -> [StateChange] {
    self.settings = settings
    var next: [String: Entry] = [:]
    var changes: [StateChange] = []
    for receiver in receivers {
      var entry = entries[receiver.key] ?? Entry(receiver, remembered[receiver.key], now)
      entry.receiver = receiver
      let since = settings.schedules(receiver) ? entry.scheduledSince ?? now : nil
      if since != entry.scheduledSince {
        entry.scheduledSince = since
        changes.append(entry.change)
      }
      next[receiver.key] = entry
    }
    let gone = Set(entries.keys).union(remembered.keys).subtracting(next.keys)
    remembered = [:]
    entries = next
    return changes + gone.sorted().map { StateChange(.proofs, Self.keyPrefix + $0, nil) }
  }

  // MARK: Schedule

  /// Keys of the receivers to prove now, in order.
  package func due(_ now: Timestamp) -> [String] {
    entries.values.filter { entry in dueAt(entry, now).map { $0 <= now } ?? false }.map(\.receiver.key)
      .sorted()
  }

  /// When ``due(_:)`` will name one more, or one lapses; nil: never without being asked. May lie in the past: ask now.
  package func nextDeadline(_ now: Timestamp) -> Timestamp? {
    entries.values.compactMap { dueAt($0, now) ?? ($0.isUnderWay ? lapseAt($0, now) : nil) }.min()
  }

  func dueAt(_ entry: Entry, _ now: Timestamp) -> Timestamp? {
    if entry.isUnderWay { return nil }
    if entry.isAskedFor { return now }
    guard let every = settings.every, entry.scheduledSince != nil else { return nil }
    let start =
      entry.knownSince <= now + Self.clockSlack ? entry.knownSince + spread(entry, every) : now
    guard let last = entry.lastAttempt, last <= now + Self.clockSlack else { return start }
    let pause = entry.consecutiveFailures > 0 ? min(every, max(Self.shortestRetry, every / 24)) : every
    return max(last + pause, start)
  }

  /// A moment of its own for each receiver, the same in every process.
  private func spread(_ entry: Entry, _ every: Duration) -> Duration {
    let room = max(1, min(every / 4, Self.widestSpread).milliseconds)
    // FNV-1a.
    let hash = entry.receiver.key.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return .milliseconds(Int64(hash % UInt64(room)))
  }

  private func lapseAt(_ entry: Entry, _ now: Timestamp) -> Timestamp {
    guard let began = entry.run?.startedAt, began <= now + Self.clockSlack else { return now }
    return began + ProofRun.limit
  }

  // MARK: Events

  /// Asks for proofs at once. Returns the keys of those that are meant: one that is under way is joined, the others
  /// are due.
  package mutating func ask(for choice: ProofChoice) -> [String] {
    let asked = entries.values.filter { choice.takes($0.receiver) }.map(\.receiver.key).sorted()
    for key in asked where entries[key]?.isUnderWay == false { entries[key]?.isAskedFor = true }
    return asked
  }

  /// The proof of `key` is handed to delivery; returns its serial and what must outlive the process.
  package mutating func started(_ key: String, now: Timestamp) -> (serial: String, changes: [StateChange])? {
    guard var entry = entries[key] else { return nil }
    let serial = String(now.milliseconds)
    entry.run = ProofRun(serial: serial, startedAt: now)
    entry.isAskedFor = false
    entry.lastAttempt = now
    entries[key] = entry
    return (serial, [entry.change])
  }

  /// Delivery has something to say of a page of kind proof that fires.
  package mutating func take(_ news: ProofNews, now: Timestamp) -> [StateChange] {
    guard var entry = entries[news.key] else { return [] }
    let isCurrent = entry.run?.serial == news.page.serial
    if isCurrent, var run = entry.run {
      run.attempts = max(run.attempts, news.attempts)
      run.reason = news.reason
      run.detail = news.detail
      entry.run = run
    }
    switch news.outcome {
    case .tryingOn:
      entries[news.key] = entry
      return []
    case .taken:
      entry.lastProven = now
      entry.consecutiveFailures = 0
      if isCurrent { entry.end(.taken, now) }
    case .over:
      guard isCurrent, entry.isUnderWay else { return [] }
      entry.end(.failed, now)
    }
    entries[news.key] = entry
    return [entry.change]
  }

  /// Ends what was not taken in time; returns the keys, and what must outlive the process.
  package mutating func lapse(now: Timestamp) -> (keys: [String], changes: [StateChange]) {
    let late = entries.values.filter { $0.isUnderWay && lapseAt($0, now) <= now }.map(\.receiver.key).sorted()
    var changes: [StateChange] = []
    for key in late {
      entries[key]?.end(.failed, now)
      if entries[key]?.run?.detail.isEmpty == true {
        entries[key]?.run?.detail = "no attempt was made in time"
      }
      if let entry = entries[key] { changes.append(entry.change) }
    }
    return (late, changes)
  }

  package func receiver(_ key: String) -> ProvenReceiver? { entries[key]?.receiver }

  /// When the next proof of `key` by schedule is due if one that begins now is taken; nil: none is scheduled.
  package func nextBySchedule(_ key: String, now: Timestamp) -> Timestamp? {
    guard let every = settings.every, entries[key]?.scheduledSince != nil else { return nil }
    return now + every
  }
}

extension ProofBook.Entry {
  init(_ receiver: ProvenReceiver, _ row: ProofBook.Row?, _ now: Timestamp) {
    self.receiver = receiver
    knownSince = now
    lastProven = row?.lastProven.map { Timestamp(milliseconds: $0) }
    lastAttempt = row?.lastAttempt.map { Timestamp(milliseconds: $0) }
    scheduledSince = row?.scheduledSince.map { Timestamp(milliseconds: $0) }
    consecutiveFailures = min(max(0, row?.consecutiveFailures ?? 0), 1_000_000)
    if let serial = row?.underWay { run = ProofRun(serial: serial, startedAt: lastAttempt ?? now) }
  }

  mutating func end(_ state: ProofRun.State, _ now: Timestamp) {
    run?.state = state
    run?.endedAt = now
    if state == .failed { consecutiveFailures = min(consecutiveFailures, 1_000_000) + 1 }
  }

  var change: StateChange {
    let row = ProofBook.Row(
      lastProven: lastProven?.milliseconds, lastAttempt: lastAttempt?.milliseconds,
      consecutiveFailures: consecutiveFailures, scheduledSince: scheduledSince?.milliseconds,
      underWay: isUnderWay ? run?.serial : nil)
    let value = (try? RowCoding.encode(row)) ?? Array("{}".utf8)
    return StateChange(.proofs, ProofBook.keyPrefix + receiver.key, value)
  }
}
