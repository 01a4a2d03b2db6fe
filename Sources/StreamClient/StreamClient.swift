internal import Model
internal import Synchronization
internal import TLSTransport
internal import Threading

/// Makes TCP and TLS connections and talks on them, many at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. ``start(_:_:)`` may be called from any
/// thread. Every request has its own connection, which is closed at the end.
package final class StreamClient: Sendable {
  private let intake: Intake<StreamJob>
  private let thread: Mutex<OwnThread?>

  /// - Parameter limit: requests in progress; one more fails at once with the reason `limit`.
  package init(name: String, limit: Int = 10_000) {
    let intake = Intake<StreamJob>(limit: limit)
    self.intake = intake
    thread = Mutex(
      try? OwnThread.start(name) {
        guard let loop = StreamLoop(intake) else { return Self.abandon(intake) }
        loop.run()
      })
    // Without a thread every request fails with a reason, and the daemon goes on.
    if thread.withLock({ $0 == nil }) { Self.abandon(intake) }
  }

  deinit { shutdown() }

  /// Begins `request`. `completion` is called exactly once; with ``StreamFailure/cancelled`` after ``shutdown()``.
  package func start(_ request: StreamRequest, _ completion: @escaping @Sendable (StreamResult) -> Void) {
    let job = StreamJob(request: request, completion: completion)
    if let refusal = intake.submit(job) { job.fail(Self.failure(refusal)) }
  }

  private static func failure(_ refusal: Intake<StreamJob>.Refusal) -> StreamFailure {
    switch refusal {
    case .full(let limit): StreamFailure(.limit, "\(limit) connections are already in progress")
    case .stopped: .cancelled
    case .abandoned: StreamFailure(.limit, "no thread or descriptor left for the client")
    }
  }

  private static func abandon(_ intake: Intake<StreamJob>) {
    for job in intake.abandon() { job.fail(failure(.abandoned)) }
  }

  /// Cancels what is in progress and ends the thread. Later calls do nothing.
  package func shutdown() {
    intake.stop()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }
}

struct StreamJob: Sendable {
  let request: StreamRequest
  let completion: @Sendable (StreamResult) -> Void

  func fail(_ failure: StreamFailure) {
    var result = StreamResult()
    result.dialogue = request.dialogue
    result.failure = failure
    completion(result)
  }
}
