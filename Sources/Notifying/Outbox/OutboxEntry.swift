internal import Model

/// Names one turn's database transaction: what was accepted under it is sent once the application reports back.
package struct CommitTicket: Hashable, Sendable {
  package var raw: UInt64
  package init(_ raw: UInt64) { self.raw = raw }
}

/// Names one attempt to deliver, within this process.
package struct DeliveryID: Hashable, Sendable {
  package let raw: UInt64
  init(_ raw: UInt64) { self.raw = raw }
}

/// One page for one subscription, and where it stands.
///
///     awaitingCommit ──committed──▶ ready ──sent──▶ inFlight ──taken──▶ (gone)
///                                     ▲                │ └──refused, no retry left──▶ (given up)
///                                     └──time is up── waitingRetry
///
/// A restored page begins as `ready`: whether an attempt was on its way when the process ended is unknown, so it is
/// made again with the same MessageId. Hence the promise: at least once; exactly once in effect for a receiver that
/// remembers MessageIds.
struct OutboxEntry {
  enum State: Equatable {
    case awaitingCommit(CommitTicket)
    case ready
    case inFlight(DeliveryID)
    case waitingRetry(until: MonotonicInstant)
  }

  enum FailureAnswer: Equatable {
    case retry(at: MonotonicInstant)
    case giveUp
  }

  private(set) var row: OutboxRow
  /// Of the encoded row.
  private(set) var bytes: Int
  /// When it was accepted.
  let since: MonotonicInstant
  /// A failed attempt after this moment is the last.
  let expiresAt: MonotonicInstant
  private(set) var state: State
  private(set) var attempts = 0
  private var refusals = 0
  private static let firstRefusalPause: Duration = .seconds(5)
  private static let heldBackPause: Duration = .seconds(1)

  init(_ row: OutboxRow, bytes: Int, state: State, since: MonotonicInstant, maxAge: Duration) {
    self.row = row
    self.bytes = bytes
    self.state = state
    self.since = since
    expiresAt = since + maxAge
  }

  /// Another text for the same page; it must not be on its way.
  mutating func rewrite(_ row: OutboxRow, bytes: Int) {
    self.row = row
    self.bytes = bytes
  }

  /// Not counted in ``bytes``: it may be on its way.
  mutating func noteToldFallback() { row.toldFallback = true }

  var isInFlight: Bool { if case .inFlight = state { true } else { false } }

  /// The transaction of `ticket` ended, durable or not; false when this entry belongs to another.
  mutating func commitEnded(_ ticket: CommitTicket) -> Bool {
    guard state == .awaitingCommit(ticket) else { return false }
    state = .ready
    return true
  }

  mutating func sent(_ id: DeliveryID) {
    precondition(state == .ready, "only a ready entry is sent")
    state = .inFlight(id)
    attempts += 1
  }

  /// The attempt failed.
  mutating func failed(
    at now: MonotonicInstant, result: DeliveryResult, policy: RetryPolicy
  ) -> FailureAnswer {
    if result.isCancelled {
      state = .waitingRetry(until: now)
      return .retry(at: now)
    }
    if result.isHeldBack {
      // It never left.
      attempts -= 1
      state = .waitingRetry(until: now + Self.heldBackPause)
      return .retry(at: now + Self.heldBackPause)
    }
    if row.notification.kind == .proof, attempts >= ProofRun.mostAttempts { return .giveUp }
    if result.isRefusal { refusals += 1 }
    if row.notification.kind == .acknowledgement, refusals >= Dispatcher.acknowledgementRefusals {
      return .giveUp
    }
    guard now < expiresAt, let pause = policy.delay(beforeRetry: attempts) else { return .giveUp }
    var longest = pause
    // A refusal may be a slip of a proxy, or last until people mend it: neither is a reason to lose a page.
    if result.isRefusal { longest = max(longest, refusalPause(policy)) }
    if let asked = result.retryAfter { longest = max(longest, min(asked, policy.retryAfterLimit)) }
    state = .waitingRetry(until: now + longest)
    return .retry(at: now + longest)
  }

  /// Doubled with each refusal of this page.
  private func refusalPause(_ policy: RetryPolicy) -> Duration {
    min(policy.maxDelay, Self.firstRefusalPause * (1 << min(max(0, refusals - 1), 20)))
  }

  /// Ends the wait: time is up, or the receiver is known to be back.
  mutating func wake() {
    if case .waitingRetry = state { state = .ready }
  }
}
