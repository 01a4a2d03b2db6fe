internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// Speaks HTTP for many at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. ``start(_:_:)`` may be called from any
/// thread, also from a completion. Connections are kept and shared by all requests of the client.
package final class HTTPClient: Sendable {
  private let mailbox: Mailbox
  private let thread: Mutex<pthread_t?>

  /// - Parameter name: of the thread, for `top` and crash reports; 15 bytes count.
  package init(name: String, settings: HTTPClientSettings = HTTPClientSettings()) {
    let mailbox = Mailbox(limit: settings.maximumRequests)
    self.mailbox = mailbox
    thread = Mutex(
      startThread(name: name) {
        guard let loop = TransferLoop(settings: settings, mailbox: mailbox) else { return mailbox.abandon() }
        loop.run()
      })
    if thread.withLock({ $0 == nil }) { mailbox.abandon() }
  }

  deinit { shutdown() }

  /// Begins `request`. `completion` is called exactly once; with ``HTTPFailure/cancelled`` after ``shutdown()``.
  package func start(_ request: HTTPRequest, _ completion: @escaping @Sendable (HTTPResult) -> Void) {
    if let refusal = mailbox.submit(Job(request: request, completion: completion)) {
      var result = HTTPResult()
      result.failure = refusal
      completion(result)
    }
  }

  /// Cancels what is in progress and ends the thread. When it returns, every completion has been called (unless it
  /// is called from a completion itself: then they are called soon after). Later calls do nothing.
  package func shutdown() {
    mailbox.stop()
    guard
      let handle = thread.withLock({ handle in
        defer { handle = nil }; return handle
      })
    else { return }
    if pthread_equal(handle, pthread_self()) != 0 {
      pthread_detach(handle)
    } else {
      pthread_join(handle, nil)
    }
  }
}

/// Starts a thread with all signals blocked: they belong to the main thread, and a write to a closed TLS connection
/// must not raise SIGPIPE here. nil when the system has no thread left.
private func startThread(name: String, _ body: @escaping @Sendable () -> Void) -> pthread_t? {
  final class Start {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
  let start = Unmanaged.passRetained(
    Start(name: String(decoding: name.utf8.prefix(15), as: UTF8.self), body: body))
  var all = sigset_t()
  var before = sigset_t()
  sigfillset(&all)
  // The new thread inherits the mask.
  pthread_sigmask(SIG_SETMASK, &all, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  var handle = pthread_t()
  let code = pthread_create(
    &handle, nil,
    { context in
      guard let context else { return nil }
      let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
      fw_name_thread(start.name)
      start.body()
      return nil
    }, start.toOpaque())
  guard code == 0 else {
    start.release()
    return nil
  }
  return handle
}
