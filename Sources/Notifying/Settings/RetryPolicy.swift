internal import Model
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// When a message that was not taken is sent again: the four phases of an SNS delivery policy.
///
/// `noDelayRetries` at once, `minDelayRetries` after ``minDelay`` each, `backoffRetries` with delays that grow from
/// ``minDelay`` to ``maxDelay``, `maxDelayRetries` after ``maxDelay`` each. SNS gives up after the last of them (by
/// default after 3 retries within a minute) and drops the message. The default here is unlike it on purpose: the
/// last phase has no end, and only ``maxAge`` ends it, because a page must survive a receiver that is down for the
/// night. ``sns`` is SNS' own default for those who want it.
package struct RetryPolicy: Hashable, Sendable {
  /// How delays grow in the back-off phase.
  package enum Growth: String, Hashable, Sendable, CaseIterable {
    case linear, arithmetic, geometric, exponential
  }

  package var noDelayRetries = 1
  package var minDelayRetries = 2
  package var backoffRetries = 8
  /// nil: until ``maxAge``.
  package var maxDelayRetries: Int?
  package var minDelay: Duration = .seconds(1)
  package var maxDelay: Duration = .seconds(60)
  package var growth: Growth = .exponential
  /// A failed attempt on a message older than this is its last one. Not checked otherwise: whatever the clock or a
  /// long stop did, a message gets an attempt before it is given up.
  package var maxAge: Duration = .seconds(3 * 86_400)
  /// A receiver's `Retry-After` is obeyed up to this long.
  package var retryAfterLimit: Duration = .seconds(600)

  package init() {}

  /// What SNS does unless told otherwise: 3 retries, 20 s apart.
  package static let sns: RetryPolicy = {
    var policy = RetryPolicy()
    policy.noDelayRetries = 0
    policy.minDelayRetries = 0
    policy.backoffRetries = 3
    policy.maxDelayRetries = 0
    policy.minDelay = .seconds(20)
    policy.maxDelay = .seconds(20)
    policy.growth = .linear
    policy.maxAge = .seconds(3600)
    return policy
  }()

  /// The pause before retry number `retry` (the first is 1); nil when the policy has no such retry.
  package func delay(beforeRetry retry: Int) -> Duration? {
    var place = max(1, retry)
    if place <= noDelayRetries { return .zero }
    place -= max(0, noDelayRetries)
    if place <= minDelayRetries { return minDelay }
    place -= max(0, minDelayRetries)
    if place <= backoffRetries { return backoff(step: place, of: backoffRetries) }
    place -= max(0, backoffRetries)
    if let maxDelayRetries, place > maxDelayRetries { return nil }
    return max(minDelay, maxDelay)
  }

  /// Delay of `step` (1 … `steps`); the last step is ``maxDelay`` for every growth.
  ///
  /// linear: equal increments; arithmetic: increments that grow by a constant; geometric: a constant factor;
  /// exponential: increments that double.
  private func backoff(step: Int, of steps: Int) -> Duration {
    guard maxDelay > minDelay else { return minDelay }
    let low = minDelay.inSeconds
    let high = maxDelay.inSeconds
    let i = Double(step)
    let n = Double(steps)
    let seconds: Double
    switch growth {
    case .linear: seconds = low + (high - low) * i / n
    case .arithmetic: seconds = low + (high - low) * (i * (i + 1)) / (n * (n + 1))
    case .geometric:
      let base = max(low, 0.001)
      seconds = base * pow(high / base, i / n)
    case .exponential:
      // Beyond 60 steps 2^n would only lose digits; the shape is the same.
      let cap = min(n, 60)
      let share = (exp2(i * cap / n) - 1) / (exp2(cap) - 1)
      seconds = low + (high - low) * share
    }
    return .milliseconds(Int64((min(max(seconds, low), high) * 1000).rounded()))
  }
}

extension RetryPolicy {
  /// How long `page` is tried.
  func maxAge(of page: Notification) -> Duration {
    page.kind == .proof ? min(maxAge, ProofRun.limit) : maxAge
  }
}
