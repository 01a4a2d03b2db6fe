internal import Glibc
package import Model
internal import Synchronization
internal import Threading

/// Names one login at one server for a ``PostgresClient``: the connection is kept between runs and made anew when it
/// broke. Sessions of the same source share it, so that what a statement sets for its session others see too.
package final class PostgresSession: Sendable {
  package enum Access: Sendable {
    /// `default_transaction_read_only` is set before anything is asked; where that fails nothing is told.
    case readOnly
    /// As the server and the account have it.
    case readWrite
  }

  package let source: DSNSource
  package let access: Access

  package init(_ source: DSNSource, access: Access = .readOnly) {
    self.source = source
    self.access = access
  }
}

/// Asks PostgreSQL servers questions on one thread of its own, without ever waiting for one of them.
///
/// All sockets are non-blocking and watched with one epoll; names are looked up and connection strings read on
/// short-lived threads, at most one per session and two for every run that may be under way.
/// One run at most is under way at a server (an address and port), whatever logins there are, and
/// ``maximumInFlight`` in all, connecting included: see ``Slots`` and ``Turnstiles`` for who goes first. A server that
/// hangs costs one slot until its time-out.
/// It needs libpq 14 or newer (pipeline mode); servers may be as old as 10.
package final class PostgresClient: Sendable {
  package typealias Completion = @Sendable (Result<PostgresReply, PostgresError>) -> Void

  /// What the client was doing at the end of its last turn.
  package struct Load: Sendable, Equatable {
    /// Runs that hold a slot.
    package var inFlight = 0
    /// Logins that wait for a slot, or for another login's run at their server.
    package var waiting = 0
    /// Logins known: their connections are kept.
    package var servers = 0
    /// The most that ``inFlight`` ever was.
    package var mostInFlight = 0
  }

  package static let maximumInFlight = 64

  private let mailbox: Mailbox
  private let thread: OwnThread

  /// Throws when the system gives no thread or no descriptor.
  package init(
    time: any TimeSource = SystemTime(), maximumInFlight: Int = PostgresClient.maximumInFlight
  ) throws(PostgresError) {
    let mailbox = try Mailbox()
    self.mailbox = mailbox
    do {
      thread = try OwnThread.start("farwatch-psql") {
        QueryLoop(mailbox, time, limit: maximumInFlight).run()
      }
    } catch { throw PostgresError(.limit, error.description) }
  }

  package var load: Load { mailbox.load }

  /// Ends the thread; runs that are under way fail.
  deinit {
    mailbox.post(.stop)
    // The last reference may go in a completion, which runs on that thread itself: then this does not wait.
    thread.join()
  }

  /// Connects where needed, sends all `queries` in one round trip and calls `completion` exactly once, on the
  /// client's thread, at the latest when `timeout` has passed. It must be short.
  ///
  /// - queries: made from the server's version (150018 is 15.18); each is one statement without parameters. When a
  ///   kept connection turns out to be broken they are sent once more over a new one.
  /// - timeout: bounds everything: reading the connection string, resolving, connecting, asking. It is also set as
  ///   `statement_timeout`, so that the server does not work on for a client that has given up. A connection that
  ///   ran into it is closed. Of several addresses a dead first one may use it all up.
  ///
  /// Of one query 10,000 rows are read and of all together 4 MiB; a query that brings more fails with
  /// ``FailureReason/limit``, past the bytes those behind it too, and the connection is closed then.
  ///
  /// Runs at one server happen one after the other; the ninth of one session that waits fails with
  /// ``FailureReason/limit``.
  package func run(
    _ session: PostgresSession, timeout: Duration,
    queries: @escaping @Sendable (_ serverVersion: Int) -> [String],
    completion: @escaping Completion
  ) {
    mailbox.post(.run(session, Request(timeout: timeout, queries: queries, completion: completion)))
  }

  /// Forgets the session once its runs are over, and closes the connection if it was the last that shared it. A later
  /// run starts anew.
  package func close(_ session: PostgresSession) { mailbox.post(.close(session)) }
}

/// One run as it was asked for.
struct Request: Sendable {
  let timeout: Duration
  let queries: @Sendable (Int) -> [String]
  let completion: PostgresClient.Completion
}

/// What other threads tell the loop.
enum Letter: Sendable {
  case run(PostgresSession, Request)
  case prepared(DSNSource, Result<ConnectionParameters, PostgresError>)
  case close(PostgresSession)
  case stop
}

/// Letters for the loop with what wakes it, and the epoll that it waits with.
final class Mailbox: Sendable {
  private let letters: Letterbox<Letter>
  let epoll: Int32
  private let lastLoad = Mutex(PostgresClient.Load())

  init() throws(PostgresError) {
    letters = try Letterbox(orThrow: { PostgresError(.limit, $0) })
    epoll = ReadySockets.makeDescriptor()
    guard epoll >= 0 else { throw PostgresError(.limit, "no epoll descriptor: errno \(errno)") }
  }

  deinit { if epoll >= 0 { close(epoll) } }

  /// Readable when there are letters.
  var descriptor: Int32 { letters.descriptor }

  func post(_ letter: Letter) { letters.post(letter) }

  func empty() -> [Letter] { letters.empty() }

  var load: PostgresClient.Load { lastLoad.withLock { $0 } }

  func publish(_ load: PostgresClient.Load) { lastLoad.withLock { $0 = load } }
}
