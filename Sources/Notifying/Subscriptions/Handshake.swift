internal import Model

/// Decides when a receiver is asked, and asked again, to confirm; or told that it is unsubscribed.
///
///     pending ──request sent──▶ pending ──SubscribeURL visited──▶ confirmed ──Unsubscribe visited──▶ unsubscribed
///        ▲───── pause, longer each time ─────┘                        ▲──────── SubscribeURL visited ─────┘
///
/// While pending the request is repeated without end (the receiver may not exist yet); after unsubscribing the
/// notice is repeated only until it is taken.
struct Handshake {
  /// The first pause after a request that was taken but not acted upon; doubled up to the longest.
  private static let firstPause: Duration = .seconds(30)
  private static let longestPause: Duration = .seconds(3600)

  /// nil: nothing to say.
  private(set) var kind: HandshakeMessage.Kind?
  private(set) var inFlight: DeliveryID?
  /// Requests that were taken, and those that failed since.
  private(set) var taken = 0
  private(set) var failures = 0
  private var next: MonotonicInstant?

  init(_ kind: HandshakeMessage.Kind?) { self.kind = kind }

  func isDue(_ now: MonotonicInstant) -> Bool {
    guard kind != nil, inFlight == nil else { return false }
    return next.map { $0 <= now } ?? true
  }

  /// When ``isDue(_:)`` becomes true by itself; nil: never.
  var nextDeadline: MonotonicInstant? {
    kind == nil || inFlight != nil ? nil : next ?? MonotonicInstant(nanoseconds: 0)
  }

  mutating func sent(_ id: DeliveryID) { inFlight = id }

  mutating func finished(_ result: DeliveryResult, now: MonotonicInstant, policy: RetryPolicy) {
    inFlight = nil
    guard result.succeeded else {
      failures += 1
      // A policy that ends does not end this: a receiver that never confirms never hears a page.
      var pause = max(policy.delay(beforeRetry: failures) ?? policy.maxDelay, .seconds(1))
      if let asked = result.retryAfter { pause = max(pause, min(asked, policy.retryAfterLimit)) }
      next = now + pause
      return
    }
    failures = 0
    if kind == .unsubscribe {
      kind = nil
      return
    }
    next = now + min(Self.firstPause * (1 << min(taken, 20)), Self.longestPause)
    taken += 1
  }
}
