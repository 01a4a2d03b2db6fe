internal import Dispatch
internal import Synchronization

/// What all exchanges of one server share.
final class ExchangeContext: Sendable {
  let settings: HTTPServerSettings
  let handler: HTTPServer.Handler
  let log: @Sendable (String) -> Void
  let counters = HTTPServerCounters()
  private let stopping = Atomic(false)
  private let idle = DispatchSemaphore(value: 0)

  init(
    settings: HTTPServerSettings, handler: @escaping HTTPServer.Handler,
    log: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.handler = handler
    self.log = log
  }

  /// Answers now close their connection.
  var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

  func exchangeStarted() { counters.underWay.add(1, ordering: .sequentiallyConsistent) }

  func exchangeEnded() {
    let left = counters.underWay.subtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, isStopping { idle.signal() }
  }

  /// Waits until no exchange is under way, at most for `timeout`.
  func drain(for timeout: Duration) {
    stopping.store(true, ordering: .sequentiallyConsistent)
    let (seconds, attoseconds) = timeout.components
    let wait = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    let deadline = DispatchTime.now() + .nanoseconds(wait)
    // A signal may be older than a newer exchange, so the count decides.
    while counters.underWay.load(ordering: .sequentiallyConsistent) > 0 {
      if idle.wait(timeout: deadline) == .timedOut { return }
    }
  }
}
