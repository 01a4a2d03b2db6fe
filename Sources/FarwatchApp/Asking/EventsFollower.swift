internal import HTTPClient
internal import Model
internal import Synchronization
internal import Threading

/// Follows `/api/events/stream` of a running Farwatch for as long as it lasts, and begins again when it ends. Where it
/// cannot be followed, whoever asks goes on asking.
final class EventsFollower: Sendable {
  /// A stream says something every 15 seconds; one that does not is dead, whatever its connection says.
  private static let patience: Duration = .seconds(40)
  /// Before the next attempt, when one ended and when one was refused.
  private static let pause: Duration = .seconds(2)
  private static let longPause: Duration = .seconds(60)
  private static let longestStream: Duration = .seconds(3600)

  private struct State {
    /// Of the attempt that is under way; what an earlier one still says is not heard.
    var attempt = 0
    var client: HTTPClient?
    var isOpen = false
    var heardAt = MonotonicInstant(nanoseconds: 0)
    var hasNews = false
    var spotter = EventSpotter()
    var beginAt: MonotonicInstant?
  }

  private let farwatch: RunningFarwatch
  private let time = SystemTime()
  private let bell: Bell
  private let state = Mutex(State())

  /// - Parameter bell: is rung when there is news, or when following begins or ends.
  init(_ farwatch: RunningFarwatch, _ bell: Bell) {
    self.farwatch = farwatch
    self.bell = bell
  }

  var isFollowing: Bool { state.withLock { $0.isOpen } }

  /// Whether there was news since the last call.
  func takeNews() -> Bool {
    state.withLock { state in
      defer { state.hasNews = false }
      return state.hasNews
    }
  }

  /// Begins, or begins again, if it is time. To be called every second or so, from one thread.
  func tend() {
    let now = time.monotonic
    let (dead, attempt) = state.withLock { state -> (HTTPClient?, Int?) in
      if state.client != nil {
        guard now - state.heardAt > Self.patience else { return (nil, nil) }
      } else if let begin = state.beginAt, now < begin {
        return (nil, nil)
      }
      let dead = state.client
      state.attempt += 1
      state.client = HTTPClient(name: "farwatch-follow")
      state.isOpen = false
      state.heardAt = now
      state.spotter = EventSpotter()
      return (dead, state.attempt)
    }
    dead?.shutdown()
    guard let attempt, let client = state.withLock({ $0.client }) else { return }
    guard let request = farwatch.streamRequest(lasting: Self.longestStream) else {
      ended(attempt, wasRefused: true)
      return
    }
    client.start(request) { [weak self] bytes in
      self?.heard(bytes, attempt)
    } _: { [weak self] result in
      self?.ended(attempt, wasRefused: result.status.map { $0 >= 400 } ?? false)
    }
  }

  private func heard(_ bytes: UnsafeRawBufferPointer, _ attempt: Int) {
    let isWorthIt = state.withLock { state in
      guard state.attempt == attempt else { return false }
      let isNew = !state.isOpen
      state.isOpen = true
      state.heardAt = time.monotonic
      guard state.spotter.take(bytes) else { return isNew }
      state.hasNews = true
      return true
    }
    if isWorthIt { bell.ring() }
  }

  private func ended(_ attempt: Int, wasRefused: Bool) {
    let client = state.withLock { state -> HTTPClient? in
      guard state.attempt == attempt else { return nil }
      defer { state.client = nil }
      state.isOpen = false
      state.beginAt = time.monotonic + (wasRefused ? Self.longPause : Self.pause)
      return state.client
    }
    client?.shutdown()
    bell.ring()
  }
}
