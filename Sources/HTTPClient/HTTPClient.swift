internal import Model
internal import Synchronization
internal import Threading

/// Speaks HTTP for many at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. ``start(_:_:)`` may be called from any
/// thread, also from a completion. Connections are kept and shared by all requests of the client.
package final class HTTPClient: Sendable {
  private let intake: Intake<Job>
  private let thread: Mutex<OwnThread?>

  /// - Parameter name: of the thread, for `top` and crash reports; 15 bytes count.
  package init(name: String, settings: HTTPClientSettings = HTTPClientSettings()) {
    let intake = Intake<Job>(limit: settings.maximumRequests)
    self.intake = intake
    thread = Mutex(
      try? OwnThread.start(name) {
        guard let loop = TransferLoop(settings: settings, intake: intake) else { return Self.abandon(intake) }
        loop.run()
      })
    // Without a thread every request fails with a reason, and the daemon still serves and pages what it knows.
    if thread.withLock({ $0 == nil }) { Self.abandon(intake) }
  }

  deinit { shutdown() }

  /// Begins `request`. `completion` is called exactly once; with ``HTTPFailure/cancelled`` after ``shutdown()``.
  ///
  /// - Parameter receiving: called with each piece of a good answer's body as it comes, for answers that have no end.
  ///   Nothing of it is kept then, and no limit of the body's size holds.
  package func start(
    _ request: HTTPRequest, receiving: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil,
    _ completion: @escaping @Sendable (HTTPResult) -> Void
  ) {
    let job = Job(request: request, receiving: receiving, completion: completion)
    if let refusal = intake.submit(job) { job.fail(Self.failure(refusal)) }
  }

  private static func failure(_ refusal: Intake<Job>.Refusal) -> HTTPFailure {
    switch refusal {
    case .full(let limit): HTTPFailure(.limit, "\(limit) requests are already in progress")
    case .stopped: .cancelled
    case .abandoned: HTTPFailure(.limit, "no thread or descriptor left for the client")
    }
  }

  private static func abandon(_ intake: Intake<Job>) {
    for job in intake.abandon() { job.fail(failure(.abandoned)) }
  }

  /// Cancels what is in progress and ends the thread. When it returns, every completion has been called (unless it
  /// is called from a completion itself: then they are called soon after). Later calls do nothing.
  package func shutdown() {
    intake.stop()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }
}
