internal import Model
internal import Synchronization
internal import Threading

/// Hands mails to mail servers, many at once, each on a thread of its own.
///
/// Not on the HTTP client's thread: libcurl says goodbye to a mail server in a call that waits for the server, and one
/// that hangs there would hold up every other page. Completions run on the mails' threads; they hand over and return.
package final class MailClient: Sendable {
  private struct State {
    var sending = 0
    var idle: Bell?
  }

  private let state = Mutex(State())
  private let isStopped = Atomic(false)
  private let limit: Int

  /// - Parameter limit: mails at once; one more fails with the reason `limit`.
  package init(limit: Int = 128) { self.limit = limit }

  /// Begins to send `mail`. `completion` is called exactly once, possibly before this returns; with
  /// ``HTTPFailure/cancelled`` after ``shutdown()``.
  package func start(_ mail: MailRequest, _ completion: @escaping @Sendable (MailResult) -> Void) {
    func fail(_ failure: HTTPFailure) {
      var result = MailResult()
      result.failure = failure
      completion(result)
    }
    if let complaint = mail.complaint { return fail(HTTPFailure(.configuration, complaint)) }
    let refusal: HTTPFailure? = state.withLock { state in
      if isStopped.load(ordering: .acquiring) { return .cancelled }
      guard state.sending < limit else {
        return HTTPFailure(.limit, "\(limit) mails are already being sent")
      }
      state.sending += 1
      return nil
    }
    if let refusal { return fail(refusal) }
    do throws(OwnThread.Failure) {
      try OwnThread.detached("farwatch-mail") { [self] in
        send(mail, completion)
        finishedOne()
      }
    } catch {
      finishedOne()
      fail(HTTPFailure(.limit, error.description))
    }
  }

  /// Cancels what is being sent and waits for it, for a few seconds at most. Later mails are cancelled at once.
  package func shutdown() {
    let idle = Bell()
    let isBusy = state.withLock { state in
      isStopped.store(true, ordering: .releasing)
      state.idle = idle
      return state.sending > 0
    }
    if isBusy { _ = idle.wait(upTo: .seconds(5)) }
  }

  private func send(_ mail: MailRequest, _ completion: (MailResult) -> Void) {
    let transfer = MailTransfer(mail) { [self] in isStopped.load(ordering: .acquiring) }
    guard let transfer else {
      var result = MailResult()
      result.failure = HTTPFailure(.limit, "out of memory for one more mail")
      return completion(result)
    }
    // The goodbye comes after the result was told.
    completion(transfer.perform())
    transfer.close()
  }

  private func finishedOne() {
    let idle = state.withLock { state in
      state.sending -= 1
      return state.sending == 0 ? state.idle : nil
    }
    idle?.ring()
  }
}

extension MailRequest {
  /// What would change the conversation itself; nil: nothing.
  fileprivate var complaint: String? {
    if recipients.isEmpty { return "the mail has no recipient" }
    for text in recipients + [sender, host, helloName ?? "", username ?? "", password ?? ""] {
      if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
        return "an address, a name or the password holds a control character"
      }
    }
    for text in recipients + [sender] where text.contains(where: { "<> ".contains($0) }) {
      return "\"\(text)\" is no address"
    }
    return nil
  }
}
