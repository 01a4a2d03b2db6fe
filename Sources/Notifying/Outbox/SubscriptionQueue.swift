internal import Model

/// The pages that wait for one subscription, and the decision which goes next.
///
/// Invariants:
/// - A lane holds one alert's pages, oldest first; only its head is ever sent. So neither the end of an episode nor
///   a later episode overtakes an earlier page, while other alerts pass a page that is refused.
/// - After a failure two pages at a time are tried, each alert in its turn, until one is taken; once a second alert
///   failed, only after a pause of the whole queue (``OutagePace``). So a receiver in trouble is not pressed, however
///   many pages wait, and one page that it cannot digest does not stop the others. When pages are taken again after
///   an outage, all that wait are sent without sitting out their pauses.
/// - A page leaves only by being taken, given up (kept apart), or by the limits: then pages that are older than
///   another page of their alert go first, then the oldest end of an alert, then the oldest alarm. What goes is
///   reported. A page that is on its way never goes and does not count.
struct SubscriptionQueue {
  struct Limits: Equatable {
    var entries: Int
    var bytes: Int
    var givenUp: Int
  }

  enum Loss: String, CaseIterable, Sendable {
    /// A newer page of the same alert made it superfluous.
    case folded
    /// The limit was reached with one page for each alert.
    case overflow
    /// Too many pages were given up.
    case givenUpOverflow = "given_up_overflow"
    case unsubscribed
    /// The subscription left the configuration and did not come back in time.
    case removed = "subscription_removed"
  }

  enum Finish {
    case delivered(OutboxRow, attempts: Int)
    case retry(OutboxRow, attempts: Int, at: MonotonicInstant)
    /// `dropped` made room among those given up.
    case gaveUp(OutboxRow, attempts: Int, dropped: OutboxRow?)
    /// The entry is gone, or the attempt is not the one that is on its way.
    case unknown
  }

  /// Failures in a row after which the next success counts as the end of an outage.
  static let outageStreak = 3
  /// Pages on their way at one time while the last attempt failed.
  private static let inFlightInTrouble = 2

  var limits: Limits
  private var lanes: [String: [OutboxEntry]] = [:]
  private var ready = ReadyList()
  private var waiting = WaitingHeap()
  /// Alerts that had more than one page when they were noted.
  private var foldable: [String] = []
  private(set) var inFlight = 0
  private var inFlightBytes = 0
  private(set) var entryCount = 0
  private(set) var bytes = 0
  private(set) var consecutiveFailures = 0
  private var pace = OutagePace()
  /// Nothing is sent before: the receiver asked for it, or is in trouble.
  private(set) var pausedUntil: MonotonicInstant?
  private(set) var givenUp: [OutboxRow] = []

  init(limits: Limits) { self.limits = limits }

  var isEmpty: Bool { entryCount == 0 }
  var oldestAcceptedAt: Timestamp? { lanes.values.compactMap { $0.first?.row.acceptedAt }.min() }

  // MARK: Coming in

  /// Whether this page already waits here.
  func contains(_ row: OutboxRow) -> Bool {
    lanes[row.event.identity]?.contains { $0.row.messageID == row.messageID } ?? false
  }

  /// Puts `entry` last in its alert's lane; returns what had to go for it.
  mutating func append(_ entry: OutboxEntry) -> [(row: OutboxRow, loss: Loss)] {
    let alert = entry.row.event.identity
    lanes[alert, default: []].append(entry)
    entryCount += 1
    bytes += entry.bytes
    if lanes[alert, default: []].count > 1 { noteFoldable(alert) }
    settle(alert)
    return makeRoom(for: entry.row)
  }

  mutating func keepGivenUp(_ row: OutboxRow) -> OutboxRow? {
    givenUp.append(row)
    return givenUp.count > limits.givenUp ? givenUp.removeFirst() : nil
  }

  mutating func commitEnded(_ ticket: CommitTicket, alert: String) {
    guard var lane = lanes[alert] else { return }
    for place in lane.indices { _ = lane[place].commitEnded(ticket) }
    lanes[alert] = lane
    settle(alert)
  }

  // MARK: Going out

  /// Marks the next page as sent and returns it; nil when nothing may be sent now.
  mutating func takeNext(_ id: DeliveryID, now: MonotonicInstant, maximumInFlight: Int) -> OutboxEntry? {
    if let pausedUntil, now < pausedUntil { return nil }
    while let due = waiting.earliest, due <= now, let alert = waiting.removeEarliest() {
      guard case .waitingRetry(let until) = lanes[alert]?.first?.state, until <= now else { continue }
      lanes[alert]?[0].wake()
      settle(alert)
    }
    guard mayFly(maximumInFlight) else { return nil }
    while let alert = ready.removeFirst() {
      guard lanes[alert]?.first?.state == .ready else { continue }
      lanes[alert]?[0].sent(id)
      inFlight += 1
      inFlightBytes += lanes[alert]?.first?.bytes ?? 0
      return lanes[alert]?.first
    }
    return nil
  }

  mutating func finish(
    _ id: DeliveryID, alert: String, result: DeliveryResult, now: MonotonicInstant, at wall: Timestamp,
    policy: RetryPolicy
  ) -> Finish {
    guard let sent = lanes[alert]?.first, sent.state == .inFlight(id) else { return .unknown }
    inFlight -= 1
    inFlightBytes -= sent.bytes
    if result.succeeded {
      guard let entry = removeHead(of: alert) else { return .unknown }
      let wasOut = consecutiveFailures >= Self.outageStreak
      consecutiveFailures = 0
      pace.succeeded()
      pausedUntil = nil
      if wasOut { wakeAll() }
      settle(alert)
      return .delivered(entry.row, attempts: entry.attempts)
    }
    if !result.isCancelled { rest(after: result, of: alert, now, policy) }
    switch lanes[alert]?[0].failed(at: now, result: result, policy: policy) {
    case .retry(let at):
      waiting.insert(alert, at: at)
      guard let head = lanes[alert]?.first else { return .unknown }
      return .retry(head.row, attempts: head.attempts, at: at)
    case .giveUp:
      guard let head = removeHead(of: alert) else { return .unknown }
      var row = head.row
      row.givenUp = .init(at: wall, reason: result.reason?.rawValue ?? "other")
      let dropped = keepGivenUp(row)
      settle(alert)
      return .gaveUp(row, attempts: head.attempts, dropped: dropped)
    case nil: return .unknown
    }
  }

  /// Counts a failure and lets the whole queue rest as long as it asks for.
  private mutating func rest(
    after result: DeliveryResult, of alert: String, _ now: MonotonicInstant, _ policy: RetryPolicy
  ) {
    consecutiveFailures += 1
    pace.failed(alert)
    let asked = min(result.retryAfter ?? .zero, policy.retryAfterLimit)
    let until = now + max(asked, pace.pause)
    if until > now { pausedUntil = max(pausedUntil ?? until, until) }
  }

  private func mayFly(_ maximum: Int) -> Bool {
    inFlight < (consecutiveFailures > 0 ? min(Self.inFlightInTrouble, max(1, maximum)) : max(1, maximum))
  }

  /// When ``takeNext`` may have something that it has not now; nil: not before an attempt ends or a page comes.
  func nextDeadline(maximumInFlight: Int) -> MonotonicInstant? {
    guard mayFly(maximumInFlight) else { return nil }
    let soonest = ready.isEmpty ? waiting.earliest : pausedUntil ?? MonotonicInstant(nanoseconds: 0)
    return soonest.map { max($0, pausedUntil ?? $0) }
  }

  // MARK: Leaving otherwise

  /// Empties the queue, pages on their way included: their answers will be ``Finish/unknown``.
  mutating func removeAll() -> [OutboxRow] {
    let rows = lanes.values.joined().map(\.row).sorted { $0.sequence < $1.sequence } + givenUp
    self = SubscriptionQueue(limits: limits)
    return rows
  }

  /// Removes the pages accepted before `limit` of a subscription that no longer exists.
  mutating func removeOlder(than limit: Timestamp) -> [OutboxRow] {
    var gone: [OutboxRow] = []
    for alert in Array(lanes.keys) {
      gone += remove(from: alert) { $0.row.acceptedAt < limit }
    }
    gone += givenUp.filter { $0.acceptedAt < limit }
    givenUp.removeAll { $0.acceptedAt < limit }
    return gone.sorted { $0.sequence < $1.sequence }
  }

  private mutating func makeRoom(for newcomer: OutboxRow) -> [(row: OutboxRow, loss: Loss)] {
    var gone: [(row: OutboxRow, loss: Loss)] = []
    if isOverLimit { gone += fold(newcomer.event.identity) }
    while isOverLimit, let alert = foldable.popLast() { gone += fold(alert) }
    while isOverLimit, let victim = leastMissed(but: newcomer.sequence) {
      gone += remove(from: victim.event.identity) { $0.row.sequence == victim.sequence }
        .map { ($0, .overflow) }
    }
    return gone
  }

  /// What is on its way does not count: it cannot go, and must not push out the news that follow it.
  private var isOverLimit: Bool {
    entryCount - inFlight > limits.entries || bytes - inFlightBytes > limits.bytes
  }

  private mutating func noteFoldable(_ alert: String) {
    // Most lanes shrink by delivery and are never asked about: forget those now and then.
    if foldable.count > 64 + 2 * lanes.count {
      foldable = lanes.filter { $0.value.count > 1 }.keys.sorted()
    }
    foldable.append(alert)
  }

  private mutating func fold(_ alert: String) -> [(row: OutboxRow, loss: Loss)] {
    guard let newest = lanes[alert]?.last?.row.sequence else { return [] }
    return remove(from: alert) { $0.row.sequence != newest }.map { ($0, .folded) }
  }

  private func leastMissed(but kept: UInt64) -> OutboxRow? {
    func rank(_ row: OutboxRow) -> (Int, UInt64) { (row.event.status == .resolved ? 0 : 1, row.sequence) }
    return lanes.values.joined().lazy.filter { !$0.isInFlight && $0.row.sequence != kept }.map(\.row)
      .min { rank($0) < rank($1) }
  }

  private mutating func remove(from alert: String, where matches: (OutboxEntry) -> Bool) -> [OutboxRow] {
    guard let lane = lanes[alert] else { return [] }
    let gone = lane.filter { matches($0) && !$0.isInFlight }
    guard !gone.isEmpty else { return [] }
    let sequences = Set(gone.map(\.row.sequence))
    let kept = lane.filter { !sequences.contains($0.row.sequence) }
    lanes[alert] = kept.isEmpty ? nil : kept
    entryCount -= gone.count
    bytes -= gone.reduce(0) { $0 + $1.bytes }
    settle(alert)
    return gone.map(\.row)
  }

  private mutating func removeHead(of alert: String) -> OutboxEntry? {
    guard var lane = lanes[alert], !lane.isEmpty else { return nil }
    let head = lane.removeFirst()
    lanes[alert] = lane.isEmpty ? nil : lane
    entryCount -= 1
    bytes -= head.bytes
    return head
  }

  private mutating func wakeAll() {
    waiting.removeAll()
    let asleep = lanes.compactMap { alert, lane -> (String, UInt64)? in
      guard let head = lane.first, case .waitingRetry = head.state else { return nil }
      return (alert, head.row.sequence)
    }
    for (alert, _) in asleep.sorted(by: { $0.1 < $1.1 }) {
      lanes[alert]?[0].wake()
      settle(alert)
    }
  }

  /// Lines an alert up when its head is ready.
  private mutating func settle(_ alert: String) {
    if lanes[alert]?.first?.state == .ready { ready.append(alert) }
  }
}

/// Alerts whose turn it is, first come first served, each at most once.
private struct ReadyList {
  private var items: [String] = []
  private var start = 0
  private var members: Set<String> = []

  var isEmpty: Bool { members.isEmpty }

  mutating func append(_ alert: String) {
    if members.insert(alert).inserted { items.append(alert) }
  }

  mutating func removeFirst() -> String? {
    guard start < items.count else { return nil }
    let alert = items[start]
    start += 1
    members.remove(alert)
    if start == items.count {
      items.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 1024, start * 2 > items.count {
      items.removeFirst(start)
      start = 0
    }
    return alert
  }
}
