internal import Synchronization
internal import Threading

/// Speaks HTTP for many at once on one thread of its own.
///
/// Completions run on that thread: they hand over and return, they never block. ``start(_:_:)`` may be called from any
/// thread, also from a completion. Connections are kept and shared by all requests of the client.
package final class HTTPClient: Sendable {
  private let mailbox: Mailbox
  private let thread: Mutex<OwnThread?>

  /// - Parameter name: of the thread, for `top` and crash reports; 15 bytes count.
  package init(name: String, settings: HTTPClientSettings = HTTPClientSettings()) {
    let mailbox = Mailbox(limit: settings.maximumRequests)
    self.mailbox = mailbox
    thread = Mutex(
      try? OwnThread.start(name) {
        guard let loop = TransferLoop(settings: settings, mailbox: mailbox) else { return mailbox.abandon() }
        loop.run()
      })
    // Without a thread every request fails with a reason, and the daemon still serves and pages what it knows.
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
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }
}
