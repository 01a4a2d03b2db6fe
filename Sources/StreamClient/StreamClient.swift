internal import CEpoll
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Synchronization
internal import TLSTransport
internal import Threading

/// Makes TCP and TLS connections and talks on them, many at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. ``start(_:_:)`` may be called from any
/// thread. Every request has its own connection, which is closed at the end.
package final class StreamClient: Sendable {
  private let mailbox: StreamMailbox
  private let thread: Mutex<OwnThread?>

  /// - Parameter limit: requests in progress; one more fails at once with the reason `limit`.
  package init(name: String, limit: Int = 10_000) {
    let mailbox = StreamMailbox(limit: limit)
    self.mailbox = mailbox
    thread = Mutex(
      try? OwnThread.start(name) {
        guard let loop = StreamLoop(mailbox) else { return mailbox.abandon() }
        loop.run()
      })
    // Without a thread every request fails with a reason, and the daemon goes on.
    if thread.withLock({ $0 == nil }) { mailbox.abandon() }
  }

  deinit { shutdown() }

  /// Begins `request`. `completion` is called exactly once; with ``StreamFailure/cancelled`` after ``shutdown()``.
  package func start(_ request: StreamRequest, _ completion: @escaping @Sendable (StreamResult) -> Void) {
    if let refusal = mailbox.submit(StreamJob(request: request, completion: completion)) {
      var result = StreamResult()
      result.dialogue = request.dialogue
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

struct StreamJob: Sendable {
  let request: StreamRequest
  let completion: @Sendable (StreamResult) -> Void
}

/// How requests reach the client's thread: a list and a bell.
final class StreamMailbox: Sendable {
  private struct State {
    var waiting: [StreamJob] = []
    var outstanding = 0
    var isStopped = false
    /// The thread could not start: nothing will ever run.
    var isAbandoned = false
  }

  private static let noThread = StreamFailure(.limit, "no thread or descriptor left for the client")
  private let state = Mutex(State())
  private let limit: Int
  /// Readable when there is something to take; -1 when the system refused one.
  let bell: CInt

  init(limit: Int) {
    self.limit = limit
    bell = eventfd(0, CInt(EFD_NONBLOCK | EFD_CLOEXEC))
  }

  deinit { if bell >= 0 { close(bell) } }

  /// nil when the thread will complete `job`; otherwise why it will not.
  func submit(_ job: StreamJob) -> StreamFailure? {
    let (refusal, mustRing): (StreamFailure?, Bool) = state.withLock { state in
      if state.isAbandoned { return (Self.noThread, false) }
      if state.isStopped { return (.cancelled, false) }
      guard state.outstanding < limit else {
        return (StreamFailure(.limit, "\(limit) connections are already in progress"), false)
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

  /// Nothing will run: completes what was submitted already and refuses the rest.
  func abandon() {
    let waiting = state.withLock { state in
      state.isAbandoned = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for job in waiting {
      var result = StreamResult()
      result.failure = Self.noThread
      job.completion(result)
    }
  }

  func take() -> (jobs: [StreamJob], isStopped: Bool) {
    var count: UInt64 = 0
    read(bell, &count, 8)
    return state.withLock { state in
      defer { state.waiting = [] }
      return (state.waiting, state.isStopped)
    }
  }

  func finishedOne() { state.withLock { $0.outstanding -= 1 } }

  private func ring() {
    var one: UInt64 = 1
    write(bell, &one, 8)
  }
}
