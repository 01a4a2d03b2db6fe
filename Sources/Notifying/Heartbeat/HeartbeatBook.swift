package import HTTPClient
package import Model
internal import RowCoding

/// One request to a dead man's switch, to be carried out.
package struct HeartbeatAttempt: Sendable {
  package let id: UInt64
  package let name: String
  package let request: HTTPRequest
}

/// When which heartbeat is sent, and when not.
///
/// Pure. A heartbeat that is due is sent in two steps: a row of its own is committed, which proves that the state can be
/// made durable, and only when that commit came back well does the request leave. It is withheld while any
/// ``HeartbeatCondition`` fails and looked at again soon, so that it goes out as soon as all is well. An attempt that
/// fails is repeated a few times before the next one is due. A reload keeps what goes on.
package struct HeartbeatBook: Sendable {
  package static let keyPrefix = "heartbeat/"
  /// How soon a heartbeat that is withheld is looked at again.
  static let lookAgain: Duration = .seconds(1)
  /// The same when a commit failed: it costs the disk something each time.
  static let commitAgain: Duration = .seconds(5)
  static let retries = 3
  /// At the start nothing has reported yet; that is no news.
  static let warmUp: Duration = .seconds(30)

  private enum Step: Equatable {
    case waiting(until: MonotonicInstant)
    case committing(CommitTicket, since: MonotonicInstant)
    case sending(UInt64)
  }

  private struct Beat {
    var settings: HeartbeatSettings
    var step: Step
    /// When it was or is due by its interval.
    var due: MonotonicInstant
    var retriesLeft = HeartbeatBook.retries
    var withheld: [HeartbeatCondition] = []
    var withheldSince: MonotonicInstant?
    var isWithholdingTold = false
    var hasBeaten = false
    var lastSuccess: Timestamp?
    var consecutiveFailures = 0
    var lastProblem: String?
    var failures: [FailureReason: UInt64] = [:]
    var sent: UInt64 = 0
  }

  private var beats: [Beat] = []
  private var lastID: UInt64 = 0
  private var attempts: [HeartbeatAttempt] = []
  private var notices: [NotifyingNotice] = []

  /// - Parameter rows: of the table of proofs; those of other kinds are passed over.
  package init(
    _ settings: [HeartbeatSettings] = [], restoring rows: [(key: String, value: [UInt8])] = [],
    monotonic: MonotonicInstant
  ) {
    beats = settings.map { Beat(settings: $0, step: .waiting(until: monotonic), due: monotonic) }
    for (key, value) in rows where key.hasPrefix(Self.keyPrefix) {
      let name = key.dropFirst(Self.keyPrefix.count)
      guard let place = beats.firstIndex(where: { $0.settings.name == name }) else { continue }
      let row = try? RowCoding.decode(Row.self, value)
      beats[place].lastSuccess = row?.lastSuccess.map { Timestamp(milliseconds: $0) }
    }
  }

  /// Puts other settings in force; returns rows of heartbeats that are no more. One whose settings changed begins anew
  /// at once and keeps its counts.
  package mutating func replaceSettings(
    _ settings: [HeartbeatSettings], monotonic: MonotonicInstant
  ) -> [StateChange] {
    let names = Set(settings.map(\.name))
    let gone = beats.filter { !names.contains($0.settings.name) }.map {
      StateChange(.proofs, Self.keyPrefix + $0.settings.name, nil)
    }
    beats = settings.map { new in
      guard var beat = beats.first(where: { $0.settings.name == new.name }) else {
        return Beat(settings: new, step: .waiting(until: monotonic), due: monotonic)
      }
      if beat.settings != new {
        beat.settings = new
        (beat.step, beat.due, beat.retriesLeft) = (.waiting(until: monotonic), monotonic, Self.retries)
      }
      return beat
    }
    attempts.removeAll { attempt in !beats.contains { $0.step == .sending(attempt.id) } }
    return gone
  }

  /// When ``plan(_:ticket:now:monotonic:)`` wants to be called.
  package var nextDeadline: MonotonicInstant? {
    beats.compactMap { beat in
      switch beat.step {
      case .waiting(let until): until
      case .committing(_, let since): beat.withheld.isEmpty ? since + HeartbeatCondition.longestCommit : nil
      case .sending: nil
      }
    }.min()
  }

  // MARK: Steps

  private struct Row: Codable {
    var lastSuccess: Int64?
    var at: Int64
  }

  /// Looks at what is due. The returned rows belong into the commit `ticket`; ``committed(_:durable:monotonic:)`` must
  /// hear of it. `facts` is asked only when something is due.
  package mutating func plan(
    _ facts: () -> HeartbeatFacts, ticket: CommitTicket, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    guard let nextDeadline, nextDeadline <= monotonic else { return [] }
    let failing = HeartbeatCondition.failing(facts())
    var changes: [StateChange] = []
    for place in beats.indices {
      switch beats[place].step {
      case .waiting(let until) where until <= monotonic:
        moveOn(place, monotonic)
        guard failing.isEmpty else {
          withhold(place, failing, monotonic)
          beats[place].step = .waiting(until: monotonic + Self.lookAgain)
          continue
        }
        beats[place].step = .committing(ticket, since: monotonic)
        let row = Row(lastSuccess: beats[place].lastSuccess?.milliseconds, at: now.milliseconds)
        let value = (try? RowCoding.encode(row)) ?? Array("{}".utf8)
        changes.append(StateChange(.proofs, Self.keyPrefix + beats[place].settings.name, value))
      case .committing(_, let since) where monotonic - since >= HeartbeatCondition.longestCommit:
        withhold(place, [.stateNotDurable], monotonic)
      default: break
      }
    }
    return changes
  }

  /// After a pause of whatever cause, what was missed is not made up for.
  private mutating func moveOn(_ place: Int, _ monotonic: MonotonicInstant) {
    let interval = max(beats[place].settings.interval, .seconds(1))
    guard monotonic - beats[place].due >= interval else { return }
    let missed = (monotonic - beats[place].due).nanoseconds / interval.nanoseconds
    beats[place].due = beats[place].due + .nanoseconds(missed &* interval.nanoseconds)
    beats[place].retriesLeft = Self.retries
  }

  /// The commit of some heartbeats came back.
  package mutating func committed(_ ticket: CommitTicket, durable: Bool, monotonic: MonotonicInstant) {
    for place in beats.indices {
      guard case .committing(ticket, _) = beats[place].step else { continue }
      guard durable else {
        withhold(place, [.stateNotDurable], monotonic)
        beats[place].step = .waiting(until: monotonic + Self.commitAgain)
        continue
      }
      release(place)
      lastID += 1
      beats[place].step = .sending(lastID)
      let settings = beats[place].settings
      attempts.append(HeartbeatAttempt(id: lastID, name: settings.name, request: settings.request))
    }
  }

  /// What is to be sent now.
  package mutating func takeAttempts() -> [HeartbeatAttempt] {
    defer { attempts = [] }
    return attempts
  }

  /// What became of an attempt. One of before a reload changes nothing.
  package mutating func finished(
    _ id: UInt64, _ result: DeliveryResult, now: Timestamp, monotonic: MonotonicInstant
  ) {
    guard let place = beats.firstIndex(where: { $0.step == .sending(id) }) else { return }
    let interval = max(beats[place].settings.interval, .seconds(1))
    var next = beats[place].due + interval
    if let reason = result.reason {
      beats[place].failures[reason, default: 0] += 1
      beats[place].consecutiveFailures += 1
      beats[place].lastProblem = "\(reason.rawValue): \(result.detail)"
      if beats[place].consecutiveFailures == 1 {
        note(.warning, "heartbeat fails", place, ["reason": reason.rawValue, "detail": result.detail])
      }
      let soon = monotonic + max(.milliseconds(200), min(interval / 10, .seconds(10)))
      if beats[place].retriesLeft > 0, soon < next {
        beats[place].retriesLeft -= 1
        beats[place].step = .waiting(until: soon)
        return
      }
    } else {
      if beats[place].consecutiveFailures > 0 { note(.info, "heartbeat arrives again", place, [:]) }
      beats[place].lastSuccess = now
      beats[place].consecutiveFailures = 0
      beats[place].lastProblem = nil
      beats[place].hasBeaten = true
      beats[place].sent += 1
    }
    // An answer that took longer than the interval is followed by the next attempt at once.
    if next < monotonic { next = monotonic }
    beats[place].due = next
    beats[place].retriesLeft = Self.retries
    beats[place].step = .waiting(until: next)
  }

  // MARK: Withholding

  private mutating func withhold(
    _ place: Int, _ conditions: [HeartbeatCondition], _ monotonic: MonotonicInstant
  ) {
    let since = beats[place].withheldSince ?? monotonic
    beats[place].withheldSince = since
    let isNews = beats[place].withheld != conditions || !beats[place].isWithholdingTold
    beats[place].withheld = conditions
    guard isNews, beats[place].hasBeaten || monotonic - since >= Self.warmUp else { return }
    beats[place].isWithholdingTold = true
    note(
      .error, "heartbeat withheld", place, ["reasons": conditions.map(\.rawValue).joined(separator: ", ")])
  }

  private mutating func release(_ place: Int) {
    if beats[place].isWithholdingTold { note(.info, "heartbeat no longer withheld", place, [:]) }
    beats[place].withheld = []
    beats[place].withheldSince = nil
    beats[place].isWithholdingTold = false
  }

  private mutating func note(
    _ level: NotifyingNotice.Level, _ message: String, _ place: Int, _ metadata: [String: String]
  ) {
    let all = metadata.merging(["heartbeat": beats[place].settings.name]) { own, _ in own }
    notices.append(NotifyingNotice(level, message, all))
  }

  /// What happened since the last call that belongs in the log.
  package mutating func takeNotices() -> [NotifyingNotice] {
    defer { notices = [] }
    return notices
  }

  // MARK: Reading

  /// One heartbeat, for people.
  package struct Standing: Hashable, Sendable {
    package var name: String
    package var interval: Duration
    package var lastSuccess: Timestamp?
    package var consecutiveFailures: Int
    package var lastProblem: String?
    package var withheld: [HeartbeatCondition]
  }

  package var standings: [Standing] {
    beats.map {
      Standing(
        name: $0.settings.name, interval: $0.settings.interval, lastSuccess: $0.lastSuccess,
        consecutiveFailures: $0.consecutiveFailures, lastProblem: $0.lastProblem, withheld: $0.withheld)
    }
  }

  /// Nothing when no heartbeat is configured.
  package var readings: [Reading] {
    guard !beats.isEmpty else { return [] }
    var all = HeartbeatCondition.allCases.map { condition in
      Reading(
        HeartbeatMetrics.withheld, beats.contains { $0.withheld.contains(condition) },
        labels: ["reason": condition.rawValue])
    }
    for beat in beats {
      let name = beat.settings.name
      if let last = beat.lastSuccess {
        all.append(Reading(HeartbeatMetrics.lastSuccess, last.seconds, labels: ["name": name]))
      }
      all.append(Reading(HeartbeatMetrics.sent, Double(beat.sent), labels: ["name": name]))
      for reason in FailureReason.allCases {
        guard let count = beat.failures[reason] else { continue }
        all.append(
          Reading(
            HeartbeatMetrics.failures, Double(count), labels: ["name": name, "reason": reason.rawValue]))
      }
    }
    return all
  }
}

enum HeartbeatMetrics {
  static let lastSuccess = MetricFamily.gauge(
    "farwatch_heartbeat_last_success_timestamp_seconds",
    "When the dead man's switch last took a heartbeat; absent until it did.")
  static let sent = MetricFamily.counter(
    "farwatch_heartbeats_sent_total", "Heartbeats that the dead man's switch took.")
  static let failures = MetricFamily.counter(
    "farwatch_heartbeat_failures_total", "Heartbeats that the dead man's switch did not take, by reason.")
  static let withheld = MetricFamily.gauge(
    "farwatch_heartbeat_withheld",
    "Whether heartbeats are withheld because something does not run, by reason.")
}
