package import Model
internal import Threading

/// Asks DNS servers, each by its own address, on one thread of its own that never waits for one of them.
///
/// c-ares carries: sockets, sending again, and which answer belongs to which question (what does not match, by id,
/// question or sender, is passed over in silence, as it must be). What an answer means is read here. Completions run on
/// the client's thread: they hand over and return.
package final class DNSClient: Sendable {
  package typealias Completion = @Sendable (Result<DNSReply, DNSFailure>) -> Void

  /// Questions under way; one more fails at once with ``FailureReason/limit``.
  package static let queryLimit = 10_000

  private let mailbox: Mailbox
  private let thread: OwnThread

  /// - Throws: when the system gives no thread or no descriptor.
  package init(time: any TimeSource = SystemTime()) throws(DNSFailure) {
    let mailbox = try Mailbox(orThrow: { DNSFailure(.limit, $0) })
    self.mailbox = mailbox
    let loop = try ResolverLoop(mailbox, time)
    do {
      thread = try OwnThread.start("farwatch-dns") { loop.run() }
    } catch { throw DNSFailure(.limit, error.description) }
  }

  /// Ends the thread; what is under way fails.
  deinit {
    mailbox.post(.stop)
    // The last reference may go in a completion, which runs on that thread itself: then this does not wait.
    thread.join()
  }

  /// Calls `completion` exactly once, at the latest when the query's time-out has passed. An answer with whatever code
  /// is an answer; a failure means that there was none, or none that can be read.
  package func ask(_ query: DNSQuery, _ completion: @escaping Completion) {
    mailbox.post(.ask(query, completion))
  }

  /// The servers that this system is set up with (`/etc/resolv.conf`), in its order, looked at anew every 30 s.
  package func systemServers(_ completion: @escaping @Sendable ([ResolverAddress]) -> Void) {
    mailbox.post(.systemServers(completion))
  }
}

/// What other threads tell the loop.
enum Letter: Sendable {
  case ask(DNSQuery, DNSClient.Completion)
  case systemServers(@Sendable ([ResolverAddress]) -> Void)
  case stop
}

/// Letters for the loop, and what wakes it.
typealias Mailbox = Letterbox<Letter>
