internal import FoundationEssentials
package import Model

/// How often each receiver has to prove that pages reach it.
package struct ProofSettings: Hashable, Sendable {
  /// nil: only when asked for.
  package var every: Duration?
  /// Names of the receivers that are proven by schedule; empty: all.
  package var receivers: [String] = []

  package init() {}
}

/// A receiver as proofs know it: one subscription of one topic.
package struct ProvenReceiver: Hashable, Sendable {
  /// Of the subscription: equal across restarts as long as topic and endpoint are.
  package var key: String
  /// What people call it, such as `pager` or `pager/pagerduty`.
  package var name: String
  /// Of its series.
  package var labels: Labels

  package init(key: String, name: String, labels: Labels) {
    self.key = key
    self.name = name
    self.labels = labels
  }
}

/// Which receiver is to be proven when, and what came of it: a proof is a page of its own kind that a receiver took.
///
/// Pure. The schedule follows the wall clock, because it is about days and outlives the process; a clock that was set
/// back delays nothing by more than the schedule itself. A receiver that was never proven is due at once; one whose
/// proof failed is due again after a twenty-fourth of the schedule. A proof under way ends with
/// ``finished(_:succeeded:now:)`` however long that takes, for the outbox goes on with it; what a restart forgot is due
/// again.
package struct ProofBook: Sendable {
  package static let keyPrefix = "proof/"
  private static let shortestRetry: Duration = .seconds(60)

  fileprivate struct Entry {
    var receiver: ProvenReceiver
    var lastProven: Timestamp?
    /// Of the last attempt that was started, whatever came of it.
    var lastAttempt: Timestamp?
    var consecutiveFailures = 0
    var isUnderWay = false
    var isAskedFor = false
  }

  private var settings: ProofSettings
  private var entries: [String: Entry] = [:]
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
        (try? JSONDecoder().decode(Row.self, from: Data(value))) ?? Row()
    }
  }

  fileprivate struct Row: Codable {
    var lastProven: Int64?
    var lastAttempt: Int64?
    var consecutiveFailures: Int?
  }

  /// Makes `receivers` the whole list; what stays keeps what is known of it. Returns the rows of those that are no more.
  package mutating func replace(
    settings: ProofSettings, receivers: [ProvenReceiver]
  ) -> [StateChange] {
    self.settings = settings
    var next: [String: Entry] = [:]
    for receiver in receivers {
      var entry = entries[receiver.key] ?? Entry(receiver, remembered[receiver.key])
      entry.receiver = receiver
      next[receiver.key] = entry
    }
    let gone = Set(entries.keys).union(remembered.keys).subtracting(next.keys)
    remembered = [:]
    entries = next
    return gone.sorted().map { StateChange(.proofs, Self.keyPrefix + $0, nil) }
  }

  // MARK: Schedule

  /// Keys of the receivers to prove now, in order.
  package func due(_ now: Timestamp) -> [String] {
    entries.values.filter { entry in dueAt(entry, now).map { $0 <= now } ?? false }.map(\.receiver.key)
      .sorted()
  }

  /// When ``due(_:)`` will name one more; nil: never without being asked. May lie in the past: ask now.
  package func nextDeadline(_ now: Timestamp) -> Timestamp? {
    entries.values.compactMap { dueAt($0, now) }.min()
  }

  private func dueAt(_ entry: Entry, _ now: Timestamp) -> Timestamp? {
    if entry.isUnderWay { return nil }
    if entry.isAskedFor { return now }
    guard let every = settings.every,
      settings.receivers.isEmpty || settings.receivers.contains(entry.receiver.name)
    else { return nil }
    // An attempt that is long to come is one of before the clock was set back.
    guard let last = entry.lastAttempt, last <= now + .seconds(3600) else { return now }
    let pause = entry.consecutiveFailures > 0 ? min(every, max(Self.shortestRetry, every / 24)) : every
    return last + pause
  }

  // MARK: Events

  /// Asks for proofs at once: of the receivers with this name or key, or of all. Returns the keys that will be due.
  package mutating func ask(for name: String? = nil) -> [String] {
    let asked = entries.values.filter { name == nil || $0.receiver.name == name || $0.receiver.key == name }
      .map(\.receiver.key).sorted()
    for key in asked { entries[key]?.isAskedFor = true }
    return asked
  }

  /// The proof of `key` was handed to delivery. Returns what must outlive the process.
  package mutating func started(_ key: String, now: Timestamp) -> [StateChange] {
    guard var entry = entries[key] else { return [] }
    entry.isUnderWay = true
    entry.isAskedFor = false
    entry.lastAttempt = now
    entries[key] = entry
    return [entry.change]
  }

  /// The receiver took the proof, or delivery gave it up. Also for one that began before a restart.
  package mutating func finished(_ key: String, succeeded: Bool, now: Timestamp) -> [StateChange] {
    guard var entry = entries[key] else { return [] }
    entry.isUnderWay = false
    entry.lastAttempt = entry.lastAttempt ?? now
    if succeeded {
      entry.lastProven = now
      entry.consecutiveFailures = 0
    } else {
      entry.consecutiveFailures = min(entry.consecutiveFailures, 1_000_000) + 1
    }
    entries[key] = entry
    return [entry.change]
  }

  // MARK: Reading

  /// One receiver, for people.
  package struct Standing: Hashable, Sendable {
    package var receiver: ProvenReceiver
    package var lastProven: Timestamp?
    package var lastAttempt: Timestamp?
    package var consecutiveFailures: Int
    package var isUnderWay: Bool
    /// nil: only when asked for, or under way.
    package var nextAt: Timestamp?
  }

  /// In the order of names.
  package func standings(_ now: Timestamp) -> [Standing] {
    entries.values.map {
      Standing(
        receiver: $0.receiver, lastProven: $0.lastProven, lastAttempt: $0.lastAttempt,
        consecutiveFailures: $0.consecutiveFailures, isUnderWay: $0.isUnderWay, nextAt: dueAt($0, now))
    }.sorted { ($0.receiver.name, $0.receiver.key) < ($1.receiver.name, $1.receiver.key) }
  }

  /// The time is absent until a receiver was proven: never is not 1970.
  package var readings: [Reading] {
    entries.values.sorted { $0.receiver.key < $1.receiver.key }.flatMap { entry -> [Reading] in
      let labels = entry.receiver.labels
      let failures = Reading(ProofMetrics.failures, Double(entry.consecutiveFailures), labels: labels)
      guard let last = entry.lastProven else { return [failures] }
      return [Reading(ProofMetrics.lastProven, last.seconds, labels: labels), failures]
    }
  }
}

extension ProofBook.Entry {
  fileprivate init(_ receiver: ProvenReceiver, _ row: ProofBook.Row?) {
    self.receiver = receiver
    lastProven = row?.lastProven.map { Timestamp(milliseconds: $0) }
    lastAttempt = row?.lastAttempt.map { Timestamp(milliseconds: $0) }
    consecutiveFailures = min(max(0, row?.consecutiveFailures ?? 0), 1_000_000)
  }

  fileprivate var change: StateChange {
    let row = ProofBook.Row(
      lastProven: lastProven?.milliseconds, lastAttempt: lastAttempt?.milliseconds,
      consecutiveFailures: consecutiveFailures)
    let value = (try? JSONEncoder().encode(row)).map { Array($0) } ?? Array("{}".utf8)
    return StateChange(.proofs, ProofBook.keyPrefix + receiver.key, value)
  }
}

enum ProofMetrics {
  static let lastProven = MetricFamily.gauge(
    "farwatch_receiver_last_proven_timestamp_seconds",
    "When the receiver last took a proof page; absent until it did.")
  static let failures = MetricFamily.gauge(
    "farwatch_receiver_proof_consecutive_failures", "Proof pages in a row that the receiver did not take.")
}
