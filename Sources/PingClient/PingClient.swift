#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Synchronization
internal import Threading

/// Sends ICMP echo requests to many addresses at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. Needs no privilege where
/// `net.ipv4.ping_group_range` covers a group of this account, else CAP_NET_RAW.
package final class PingClient: Sendable {
  private let mailbox: PingMailbox
  private let thread: Mutex<OwnThread?>

  /// - Parameters:
  ///   - limit: pings in progress; one more fails at once with the reason `limit`.
  ///   - mayUseRaw: whether a raw socket may stand in for the unprivileged kind.
  package init(name: String, limit: Int = 10_000, mayUseRaw: Bool = true) {
    let mailbox = PingMailbox(limit: limit)
    self.mailbox = mailbox
    thread = Mutex(
      mailbox.isUsable ? try? OwnThread.start(name) { PingLoop(mailbox, mayUseRaw: mayUseRaw).run() } : nil)
    if thread.withLock({ $0 == nil }) { mailbox.abandon() }
  }

  deinit { shutdown() }

  /// Begins `request`. `completion` is called exactly once; with ``PingFailure/cancelled`` after ``shutdown()``.
  package func start(_ request: PingRequest, _ completion: @escaping @Sendable (PingResult) -> Void) {
    if let refusal = mailbox.submit(PingJob(request: request, completion: completion)) {
      var result = PingResult()
      result.failure = refusal
      completion(result)
    }
  }

  /// Cancels what is in progress and ends the thread. Later calls do nothing.
  package func shutdown() {
    mailbox.stop()
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

/// How requests reach the client's thread: a list and a bell.
final class PingMailbox: Sendable {
  private struct State {
    var waiting: [PingJob] = []
    var outstanding = 0
    var isStopped = false
    /// The thread could not start: nothing will ever run.
    var isAbandoned = false
  }

  private let state = Mutex(State())
  private let limit: Int
  /// Readable when there is something to take.
  let bell: CInt
  private let ringer: CInt

  init(limit: Int) {
    self.limit = limit
    var ends: [CInt] = [-1, -1]
    if pipe(&ends) == 0 {
      for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
      }
    }
    bell = ends[0]
    ringer = ends[1]
  }

  deinit { for end in [bell, ringer] where end >= 0 { close(end) } }

  var isUsable: Bool { bell >= 0 }

  /// nil when the thread will complete `job`; otherwise why it will not.
  func submit(_ job: PingJob) -> PingFailure? {
    let (refusal, mustRing): (PingFailure?, Bool) = state.withLock { state in
      if state.isAbandoned {
        return (PingFailure(.limit, "no thread or descriptor left for the client"), false)
      }
      if state.isStopped { return (.cancelled, false) }
      guard state.outstanding < limit else {
        return (PingFailure(.limit, "\(limit) pings are already in progress"), false)
      }
      state.outstanding += 1
      state.waiting.append(job)
      return (nil, state.waiting.count == 1)
    }
    if mustRing { ring() }
    return refusal
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    ring()
  }

  /// Nothing has run and nothing will.
  func abandon() { state.withLock { $0.isAbandoned = true } }

  func take() -> (jobs: [PingJob], isStopped: Bool) {
    var byte = [UInt8](repeating: 0, count: 64)
    while read(bell, &byte, byte.count) > 0 {}
    return state.withLock { state in
      defer { state.waiting = [] }
      return (state.waiting, state.isStopped)
    }
  }

  func finishedOne() { state.withLock { $0.outstanding -= 1 } }

  private func ring() { if ringer >= 0 { write(ringer, "x", 1) } }
}
