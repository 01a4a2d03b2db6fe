internal import Model
internal import Synchronization
internal import Threading

/// Sends ICMP echo requests to many addresses at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. Needs no privilege where
/// `net.ipv4.ping_group_range` covers a group of this account, else CAP_NET_RAW.
package final class PingClient: Sendable {
  private let intake: Intake<PingJob>
  private let thread: Mutex<OwnThread?>

  /// - Parameters:
  ///   - limit: pings in progress; one more fails at once with the reason `limit`.
  ///   - mayUseRaw: whether a raw socket may stand in for the unprivileged kind.
  package init(name: String, limit: Int = 10_000, mayUseRaw: Bool = true) {
    let intake = Intake<PingJob>(limit: limit)
    self.intake = intake
    thread = Mutex(
      intake.descriptor >= 0
        ? try? OwnThread.start(name) { PingLoop(intake, mayUseRaw: mayUseRaw).run() } : nil)
    // Nothing was submitted yet.
    if thread.withLock({ $0 == nil }) { _ = intake.abandon() }
  }

  deinit { shutdown() }

  /// Begins `request`. `completion` is called exactly once; with ``PingFailure/cancelled`` after ``shutdown()``.
  package func start(_ request: PingRequest, _ completion: @escaping @Sendable (PingResult) -> Void) {
    if let refusal = intake.submit(PingJob(request: request, completion: completion)) {
      var result = PingResult()
      result.failure =
        switch refusal {
        case .full(let limit): PingFailure(.limit, "\(limit) pings are already in progress")
        case .stopped: .cancelled
        case .abandoned: PingFailure(.limit, "no thread or descriptor left for the client")
        }
      completion(result)
    }
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

struct PingJob: Sendable {
  let request: PingRequest
  let completion: @Sendable (PingResult) -> Void
}
