internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Synchronization

/// How requests reach the client's thread: a list and a bell.
final class Mailbox: Sendable {
  private struct State {
    var waiting: [Job] = []
    var outstanding = 0
    var isStopped = false
    /// Set when the thread could not start: nothing will ever run.
    var isAbandoned = false
  }

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
  func submit(_ job: Job) -> HTTPFailure? {
    let (refusal, mustRing): (HTTPFailure?, Bool) = state.withLock { state in
      if state.isAbandoned {
        return (HTTPFailure(.limit, "no thread or descriptor left for the client"), false)
      }
      if state.isStopped { return (.cancelled, false) }
      guard state.outstanding < limit else {
        return (HTTPFailure(.limit, "\(limit) requests are already in progress"), false)
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
    for job in waiting { job.fail(HTTPFailure(.limit, "no thread or descriptor left for the client")) }
  }

  /// Takes everything that waits.
  func take() -> (jobs: [Job], isStopped: Bool) {
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

/// One request on its way: what was asked, and what the legs so far brought.
///
/// `@unchecked Sendable`: handed from the submitter to the client's thread through the mailbox and then touched by
/// that thread only.
final class Job: @unchecked Sendable {
  let request: HTTPRequest
  private let completion: @Sendable (HTTPResult) -> Void
  var result = HTTPResult()
  /// The URL of this leg.
  var url: String
  var method: String
  var headers: [HTTPHeader]
  var body: [UInt8]
  /// Cleared when a redirect leaves the origin.
  var clientCertificate: HTTPRequest.ClientCertificate?
  var startedAt = MonotonicInstant(nanoseconds: 0)
  /// This leg only fetches the certificates of a server that failed the verification.
  var isCertificateLeg = false

  init(request: HTTPRequest, completion: @escaping @Sendable (HTTPResult) -> Void) {
    self.request = request
    self.completion = completion
    url = request.url
    method = request.method
    headers = request.headers
    body = request.body
    clientCertificate = request.clientCertificate
  }

  func complete() { completion(result) }

  func fail(_ failure: HTTPFailure) {
    result.failure = failure
    completion(result)
  }
}
