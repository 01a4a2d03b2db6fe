internal import Model

/// When `farwatch top` asks again: soon after Farwatch said that there is news; otherwise now and then while its events
/// are followed, and every interval while they are not. Pure.
struct AskingPace {
  /// Measurements change without being news: so often they are asked for while events are followed.
  static let calm: Duration = .seconds(5)
  /// Between two questions at least, however much news there is.
  static let closest: Duration = .milliseconds(500)

  private let interval: Duration
  private var askedAt: MonotonicInstant?
  private var hasNews = false

  init(interval: Duration) { self.interval = interval }

  mutating func asked(at now: MonotonicInstant) {
    askedAt = now
    hasNews = false
  }

  mutating func heardNews() { hasNews = true }

  /// How long to wait still; nothing or less: ask.
  func wait(at now: MonotonicInstant, isFollowing: Bool) -> Duration {
    guard let askedAt else { return .zero }
    let pause =
      hasNews ? min(interval, Self.closest) : isFollowing ? max(interval, Self.calm) : interval
    return askedAt + pause - now
  }
}

/// Finds events in a stream of server-sent events, however it is cut into pieces. What they tell is not read.
struct EventSpotter {
  private static let field = Array("event:".utf8)
  /// A sign of life is no news.
  private static let alive = Array("event: alive".utf8)
  /// The beginning of the line that is under way.
  private var line: [UInt8] = []

  /// Whether an event began with these bytes.
  mutating func take(_ bytes: some Sequence<UInt8>) -> Bool {
    var found = false
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        found = found || line.starts(with: Self.field) && line != Self.alive
        line = []
      } else if line.count <= Self.alive.count {
        line.append(byte)
      }
    }
    return found
  }
}
