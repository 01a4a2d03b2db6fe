internal import Model

/// How long a whole queue rests after a failure, so that many waiting pages do not press a receiver in trouble.
///
/// The pause grows with the number of different alerts whose pages failed since the last success: none for the
/// first, then ``firstPause``, doubled with each further alert up to ``longestPause``. One alert's failures alone
/// never slow the queue: they may say more about its page than about the receiver, and the retry policy paces them.
struct OutagePace {
  static let firstPause: Duration = .milliseconds(100)
  static let longestPause: Duration = .seconds(10)

  /// Counted no further than the longest pause asks for.
  private var failedAlerts: Set<String> = []

  /// From the latest failure; zero: the queue does not rest.
  private(set) var pause: Duration = .zero

  mutating func failed(_ alert: String) {
    guard pause < Self.longestPause, failedAlerts.insert(alert).inserted, failedAlerts.count > 1 else {
      return
    }
    pause = min(Self.longestPause, pause == .zero ? Self.firstPause : pause * 2)
  }

  mutating func succeeded() { self = OutagePace() }
}
