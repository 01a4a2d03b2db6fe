internal import Synchronization
internal import Threading

/// What all exchanges of one listener share.
final class ExchangeContext: Sendable {
  let settings: HTTPServerSettings
  let handler: HTTPServer.Handler
  let log: @Sendable (String) -> Void
  /// nil: plain HTTP.
  let tls: HTTPServerTLS?
  let counters: HTTPServerCounters
  let deadlines: ConnectionDeadlines
  let places: ConnectionPlaces
  let waiting = WaitingConnections()
  private let stopping = Atomic(false)
  private let idle = Bell()
  /// Of this context's own connections; the counters are the whole server's.
  private let underWay = Atomic<Int>(0)
  private let bodyBytes = Atomic<Int>(0)

  init(
    settings: HTTPServerSettings, tls: HTTPServerTLS?, counters: HTTPServerCounters,
    handler: @escaping HTTPServer.Handler, log: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.tls = tls
    self.counters = counters
    self.handler = handler
    self.log = log
    deadlines = ConnectionDeadlines(settings, counters)
    places = ConnectionPlaces(settings, counters)
  }

  /// Answers now close their connection.
  var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

  /// Takes memory for a body; false when there is none left. Exactly what was taken is to be given back.
  func takeBodyMemory(_ count: Int) -> Bool {
    if bodyBytes.add(count, ordering: .relaxed).newValue <= settings.bodyMemoryBytes { return true }
    bodyBytes.subtract(count, ordering: .relaxed)
    return false
  }

  func giveBackBodyMemory(_ count: Int) {
    if count > 0 { bodyBytes.subtract(count, ordering: .relaxed) }
  }

  func exchangeStarted() {
    counters.underWay.add(1, ordering: .sequentiallyConsistent)
    underWay.add(1, ordering: .sequentiallyConsistent)
  }

  func exchangeEnded() {
    counters.underWay.subtract(1, ordering: .sequentiallyConsistent)
    let left = underWay.subtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, isStopping { idle.ring() }
  }

  func connectionEnded() {
    if isStopping { idle.ring() }
  }

  /// Waits until no exchange is under way and, if it `awaitsBeginners`, no connection is in the middle of its handshake
  /// or of a request's headers; at most for `timeout`.
  func drain(for timeout: Duration, awaitsBeginners: Bool) {
    stopping.store(true, ordering: .sequentiallyConsistent)
    waiting.endStreams()
    waiting.endAnswers()
    let deadline = ContinuousClock.now + timeout
    // A ring may be older than a newer exchange, so the count decides.
    func isBusy() -> Bool {
      underWay.load(ordering: .sequentiallyConsistent) > 0 || awaitsBeginners && deadlines.hasBeginners
    }
    while isBusy(), .now < deadline {
      _ = idle.wait(upTo: deadline - .now)
    }
  }
}
