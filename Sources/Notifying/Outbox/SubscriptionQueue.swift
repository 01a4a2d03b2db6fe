internal import Model

/// The pages that wait for one subscription, and the decision which goes next.
///
/// Invariants:
/// - A lane holds one thread's pages (an alert's or a group's), oldest first; only its head is ever sent. So neither
///   the end of an episode nor a later episode overtakes an earlier page, while others pass a page that is refused.
/// - After a failure two pages at a time are tried, each alert in its turn, until one is taken; once a second alert
///   failed, only after a pause of the whole queue (``OutagePace``). So a receiver in trouble is not pressed, however
///   many pages wait, and one page that it cannot digest does not stop the others. When pages are taken again after
///   an outage, all that wait are sent without sitting out their pauses.
/// - A page leaves only by being taken, given up (kept apart), or by the limits: then pages that are older than
///   another page of their thread go first, their alerts that the newest does not mention carried over into it; then
///   the oldest page that only tells of ends, then the oldest alarm. So no alarm goes for an end, and what is not
///   dropped is known in its newest state. What goes is reported. A page that is on its way never goes and does not
///   count.
/// - Nothing here takes time in proportion to all pages, but what empties or folds the whole queue.
struct SubscriptionQueue {
  struct Limits: Equatable {
    var entries: Int
    var bytes: Int
    var givenUp: Int
  }

  enum Loss: String, CaseIterable, Sendable {
    /// A newer page of the same alert made it superfluous, or it was an acknowledgement, which tells nothing new.
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
  private var lanes = PageLanes()
  private var ready = ReadyList()
  private var waiting = MomentHeap<String>()
  /// Threads that had more than one page when they were noted.
  private var foldable: [String] = []
  private(set) var inFlight = 0
  private var inFlightBytes = 0
  private(set) var consecutiveFailures = 0
  private var pace = OutagePace()
  /// Nothing is sent before: the receiver asked for it, or is in trouble.
  private(set) var pausedUntil: MonotonicInstant?
  private(set) var givenUp: [OutboxRow] = []

  init(limits: Limits) { self.limits = limits }

  var isEmpty: Bool { lanes.count == 0 }
  var entryCount: Int { lanes.count }
  /// Of the rows that wait or are on their way.
  var bytes: Int { lanes.bytes }
  var hasFallback: Bool { lanes.hasFallback }
  var oldestAcceptedAt: Timestamp? { lanes.oldestAcceptedAt }
  var oldestAlarmAcceptedAt: Timestamp? { lanes.oldestAlarmAcceptedAt }

  /// Identities of the alerts that waiting pages tell of; takes time in proportion to them.
  var alertsAtHand: Set<String> { lanes.alertsAtHand }

  // MARK: Coming in

  /// Whether this page already waits here.
  func contains(_ row: OutboxRow) -> Bool {
    lanes.lane(row.notification.thread).contains { $0.row.messageID == row.messageID }
  }

  /// What the limits took, and the rows that were changed by it.
  struct Shed {
    var gone: [(row: OutboxRow, loss: Loss)] = []
    var rewritten: [StateChange] = []
  }

  /// Puts `entry` last in its thread's lane; returns what had to go for it.
  mutating func append(_ entry: OutboxEntry) -> Shed {
    let thread = entry.row.notification.thread
    lanes.append(entry)
    if lanes.lane(thread).count > 1 { noteFoldable(thread) }
    settle(thread)
    return makeRoom(for: entry.row)
  }

  mutating func keepGivenUp(_ row: OutboxRow) -> OutboxRow? {
    givenUp.append(row)
    return givenUp.count > limits.givenUp ? givenUp.removeFirst() : nil
  }

  mutating func commitEnded(_ ticket: CommitTicket, thread: String) {
    lanes.commitEnded(ticket, thread: thread)
    settle(thread)
  }

  // MARK: Going out

  /// Marks the next page as sent and returns it; nil when nothing may be sent now.
  mutating func takeNext(_ id: DeliveryID, now: MonotonicInstant, maximumInFlight: Int) -> OutboxEntry? {
    if let pausedUntil, now < pausedUntil { return nil }
    while let due = waiting.earliest, due <= now, let thread = waiting.removeEarliest() {
      guard case .waitingRetry(let until) = lanes.head(of: thread)?.state, until <= now else { continue }
      lanes.changeHead(of: thread) { $0.wake() }
      settle(thread)
    }
    guard mayFly(maximumInFlight) else { return nil }
    while let thread = ready.removeFirst() {
      guard lanes.head(of: thread)?.state == .ready else { continue }
      lanes.changeHead(of: thread) { $0.sent(id) }
      inFlight += 1
      let sent = lanes.head(of: thread)
      inFlightBytes += sent?.bytes ?? 0
      return sent
    }
    return nil
  }

  mutating func finish(
    _ id: DeliveryID, thread: String, result: DeliveryResult, now: MonotonicInstant, at wall: Timestamp,
    policy: RetryPolicy
  ) -> Finish {
    guard let sent = lanes.head(of: thread), sent.state == .inFlight(id) else { return .unknown }
    inFlight -= 1
    inFlightBytes -= sent.bytes
    if result.succeeded {
      guard let entry = lanes.removeHead(of: thread) else { return .unknown }
      lanes.forgetGone()
      let wasOut = consecutiveFailures >= Self.outageStreak
      consecutiveFailures = 0
      pace.succeeded()
      pausedUntil = nil
      if wasOut { wakeAll() }
      settle(thread)
      return .delivered(entry.row, attempts: entry.attempts)
    }
    if result.isOfReceiver { rest(after: result, of: thread, now, policy) }
    switch lanes.changeHead(of: thread, { $0.failed(at: now, result: result, policy: policy) }) {
    case .retry(let at):
      waiting.insert(thread, at: at)
      guard let head = lanes.head(of: thread) else { return .unknown }
      return .retry(head.row, attempts: head.attempts, at: at)
    case .giveUp:
      guard let head = lanes.removeHead(of: thread) else { return .unknown }
      var row = head.row
      row.givenUp = .init(at: wall, reason: result.reason?.rawValue ?? "other")
      // A proof that was given up has told all that it was for.
      let dropped = row.isPassing ? nil : keepGivenUp(row)
      settle(thread)
      return .gaveUp(row, attempts: head.attempts, dropped: dropped)
    case nil: return .unknown
    }
  }

  /// Counts a failure and lets the whole queue rest as long as it asks for.
  private mutating func rest(
    after result: DeliveryResult, of thread: String, _ now: MonotonicInstant, _ policy: RetryPolicy
  ) {
    consecutiveFailures += 1
    pace.failed(thread)
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
    let rows = lanes.rows + givenUp
    let hasFallback = hasFallback
    self = SubscriptionQueue(limits: limits)
    lanes = PageLanes(hasFallback: hasFallback)
    return rows
  }

  /// Removes the pages accepted before `limit` of a subscription that no longer exists.
  mutating func removeOlder(than limit: Timestamp) -> [OutboxRow] {
    var gone: [OutboxRow] = []
    for thread in lanes.threads {
      gone += remove(from: thread) { $0.row.acceptedAt < limit }
    }
    gone += givenUp.filter { $0.acceptedAt < limit }
    givenUp.removeAll { $0.acceptedAt < limit }
    return gone.sorted { $0.sequence < $1.sequence }
  }

  /// Removes the proofs that wait.
  mutating func removeProofs() -> [OutboxRow] {
    lanes.threads.flatMap { remove(from: $0) { $0.row.notification.kind == .proof } }
  }

  private mutating func makeRoom(for newcomer: OutboxRow) -> Shed {
    var shed = Shed()
    if isOverLimit { fold(newcomer.notification.thread, &shed) }
    while isOverLimit, let thread = foldable.popLast() { fold(thread, &shed) }
    while isOverLimit, let victim = leastMissed(for: newcomer) {
      shed.gone += remove(from: victim.thread) { $0.row.sequence == victim.sequence }.map { ($0, .overflow) }
    }
    return shed
  }

  /// What is on its way does not count: it cannot go, and must not push out the news that follow it.
  private var isOverLimit: Bool {
    entryCount - inFlight > limits.entries || bytes - inFlightBytes > limits.bytes
  }

  private mutating func noteFoldable(_ thread: String) {
    // Most lanes shrink by delivery and are never asked about: forget those now and then.
    if foldable.count > 64 + 2 * lanes.laneCount {
      foldable = lanes.threads.filter { lanes.lane($0).count > 1 }
    }
    foldable.append(thread)
  }

  private mutating func fold(_ thread: String, _ shed: inout Shed) {
    // One carries no news, so nothing may be folded into it; and it has none to be carried on.
    shed.gone += remove(from: thread) { $0.row.notification.kind == .acknowledgement }.map { ($0, .folded) }
    guard let newest = lanes.lane(thread).last, !newest.isInFlight else { return }
    let older = remove(from: thread) { $0.row.sequence != newest.row.sequence }
    guard !older.isEmpty else { return }
    shed.gone += older.map { ($0, .folded) }
    var row = newest.row
    row.notification = row.notification.carrying(older.map(\.notification))
    guard row.notification != newest.row.notification, let saved = row.saved() else { return }
    lanes.rewriteNewest(as: row, bytes: saved.value?.count ?? 0)
    shed.rewritten.append(saved)
  }

  /// The oldest end, then the oldest alarm. A newcomer that fires does not push itself out, nor does the only page.
  private mutating func leastMissed(for newcomer: OutboxRow) -> ArrivalLine.Place? {
    if entryCount - inFlight <= 1 { return nil }
    return lanes.leastMissed { newcomer.isAlarm && $0.sequence == newcomer.sequence }
  }

  // MARK: Fallback

  /// Keeps in mind, from now on, which pages no fallback was told of.
  mutating func watchForFallback(_ isWatched: Bool) { lanes.watchForFallback(isWatched) }

  /// When the oldest page was accepted that fires and that no fallback was told of; nil: there is none.
  var oldestUntold: MonotonicInstant? { lanes.oldestUntold }

  /// See ``PageLanes/takeUntold(acceptedUntil:)``.
  mutating func takeUntold(acceptedUntil limit: MonotonicInstant) -> (row: OutboxRow, ends: [OutboxRow])? {
    lanes.takeUntold(acceptedUntil: limit)
  }

  /// The pages of `thread` that fire and that no fallback was told of, marked as told; the oldest first.
  mutating func takeUntold(ofThread thread: String) -> [OutboxRow] { lanes.takeUntold(ofThread: thread) }

  /// The pages of `thread` before the first that fires.
  func leadingEnds(ofThread thread: String) -> [OutboxRow] {
    Array(lanes.lane(thread).lazy.map(\.row).prefix { !$0.isAlarm })
  }

  // MARK: What may be sent

  private mutating func remove(from thread: String, where matches: (OutboxEntry) -> Bool) -> [OutboxRow] {
    let gone = lanes.remove(from: thread, where: matches)
    if !gone.isEmpty { settle(thread) }
    return gone
  }

  private mutating func wakeAll() {
    waiting.removeAll()
    for thread in lanes.asleep {
      lanes.changeHead(of: thread) { $0.wake() }
      settle(thread)
    }
  }

  /// Lines a thread up when its head is ready.
  private mutating func settle(_ thread: String) {
    if lanes.head(of: thread)?.state == .ready { ready.append(thread) }
  }
}
