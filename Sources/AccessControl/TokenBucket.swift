/// How much may come: `burst` at once, then one every `interval`.
package struct RateLimit: Hashable, Sendable {
  package var interval: Duration
  package var burst: Int

  package init(interval: Duration, burst: Int) {
    self.interval = interval
    self.burst = burst
  }
}

/// A token bucket. Pure; times are of a clock that never goes back.
struct TokenBucket {
  private var tokens: Double
  private var at: Duration

  init(_ limit: RateLimit, now: Duration) {
    tokens = Double(limit.burst)
    at = now
  }

  /// Whether one more may come now.
  mutating func take(_ limit: RateLimit, now: Duration) -> Bool {
    refill(limit, now: now)
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }

  /// Whether one more could come now; takes nothing.
  mutating func hasToken(_ limit: RateLimit, now: Duration) -> Bool {
    refill(limit, now: now)
    return tokens >= 1
  }

  /// As good as new: it can be forgotten.
  mutating func isFull(_ limit: RateLimit, now: Duration) -> Bool {
    refill(limit, now: now)
    return tokens >= Double(limit.burst)
  }

  private mutating func refill(_ limit: RateLimit, now: Duration) {
    guard now > at else { return }
    let interval = max(limit.interval / .seconds(1), 1e-9)
    tokens = min(Double(limit.burst), tokens + ((now - at) / .seconds(1)) / interval)
    at = now
  }
}

/// One bucket for each client, for a bounded number of them.
struct ClientBuckets {
  private let limit: RateLimit
  private let capacity: Int
  private var buckets: [String: TokenBucket] = [:]
  /// When those that can be forgotten were last looked for.
  private var sweptAt: Duration?
  /// Each looks at all of them: who comes with ever new addresses must not make every request do so.
  private static let sweepInterval = Duration.seconds(1)
  private(set) var sweeps = 0

  init(_ limit: RateLimit, capacity: Int = 4096) {
    self.limit = limit
    self.capacity = capacity
  }

  mutating func take(_ client: String, now: Duration) -> Bool {
    withBucket(client, now) { $0.take($1, now: now) }
  }

  mutating func hasToken(_ client: String, now: Duration) -> Bool {
    withBucket(client, now) { $0.hasToken($1, now: now) }
  }

  private mutating func withBucket(
    _ client: String, _ now: Duration, _ body: (inout TokenBucket, RateLimit) -> Bool
  ) -> Bool {
    if buckets[client] == nil, buckets.count >= capacity {
      sweep(now)
      // More clients at their limit than can be told apart: all new ones share one bucket.
      if buckets.count >= capacity {
        return body(&buckets["", default: TokenBucket(limit, now: now)], limit)
      }
    }
    return body(&buckets[client, default: TokenBucket(limit, now: now)], limit)
  }

  private mutating func sweep(_ now: Duration) {
    if let sweptAt, now - sweptAt < Self.sweepInterval { return }
    sweptAt = now
    sweeps += 1
    buckets = buckets.filter { entry in
      var bucket = entry.value
      return !bucket.isFull(limit, now: now)
    }
  }
}
