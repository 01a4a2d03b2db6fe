package import Model
internal import Threading
package import Turns

/// Names one asker for a ``MySQLClient``: sessions of one ``MySQLSource`` share one connection, which is kept between
/// runs and made anew when it broke.
package final class MySQLSession: Sendable {
  package enum Access: Sendable {
    /// Every transaction is read-only, whatever the account may do.
    case readOnly
    case write
  }

  package let source: MySQLSource
  package let access: Access

  package init(_ source: MySQLSource, access: Access = .readOnly) {
    self.source = source
    self.access = access
  }
}

/// Asks MySQL and MariaDB servers questions on one thread of its own, without ever waiting for one of them.
///
/// It drives libmariadb's non-blocking calls and watches the sockets of those under way with one `poll`; names are looked
/// up and files read on short-lived threads. One run at most is under way at a server, with whatever login, and
/// ``maximumInFlight`` in all, connecting included: see ``ServerTurns`` for who goes first. A server that hangs costs one
/// slot until its time-out, and no thread. One connection is kept for each login (everything that a ``MySQLSource`` says);
/// a server is one host, as it is written, and port. Sessions speak UTC and UTF-8, in strict SQL mode; a server can not
/// ask for local files. Servers may be as old as MySQL 5.6 and MariaDB 10.0.
package final class MySQLClient: Sendable {
  package typealias Completion = @Sendable (Result<MySQLReply, MySQLError>) -> Void

  package static let maximumInFlight = 64

  private let mailbox: Mailbox
  private let report: LoadReport
  private let thread: OwnThread

  /// Throws when the system gives no thread or no descriptor.
  package init(
    time: any TimeSource = SystemTime(), maximumInFlight: Int = MySQLClient.maximumInFlight
  ) throws(MySQLError) {
    let (mailbox, report) = (try Mailbox(), LoadReport())
    self.mailbox = mailbox
    self.report = report
    do {
      thread = try OwnThread.start("farwatch-mysql") {
        SessionLoop(mailbox, time, report, limit: maximumInFlight).run()
      }
    } catch { throw MySQLError(.limit, error.description) }
  }

  package var load: ClientLoad { report.load }

  /// Ends the thread; runs that are under way fail.
  deinit {
    mailbox.post(.stop)
    // The last reference may go in a completion, which runs on that thread itself: then this does not wait.
    thread.join()
  }

  /// Connects where needed, asks all `queries` one after the other and calls `completion` exactly once, on the client's
  /// thread, at the latest when `timeout` has passed. It must be short.
  ///
  /// A run that would begin with less than half of its time left is not begun. It ends with ``FailureReason/limit``, as
  /// one does that waited for our own sake; with ``FailureReason/timeout`` where for half of its time or more the server
  /// left another run without an answer.
  ///
  /// - queries: made from what the server says it is; each is one statement with at most one result of at most 10,000
  ///   rows and 4 MiB. When a kept connection turns out to be broken they are sent once more over a new one, from the
  ///   first on: what writes must bear being done twice.
  /// - timeout: bounds everything: waiting for its turn, reading files, resolving, connecting, asking. The server is told
  ///   to give up then too (MariaDB 10.1, MySQL 5.7.8 and newer). A connection that ran into it is closed.
  ///   Of several addresses a dead first one may use it all up.
  /// - overNewConnection: a kept connection is closed first, so that the run shows whether one can be made.
  ///
  /// Runs of one session happen one after the other; the ninth that waits fails with ``FailureReason/limit``.
  package func run(
    _ session: MySQLSession, timeout: Duration, overNewConnection: Bool = false,
    queries: @escaping @Sendable (MySQLIdentity) -> [String], completion: @escaping Completion
  ) {
    let request = Request(
      timeout: timeout, overNewConnection: overNewConnection, queries: queries, completion: completion)
    mailbox.post(.run(session, request))
  }

  /// Closes the connection once its last session's runs are over and forgets it. A later run starts anew.
  package func close(_ session: MySQLSession) { mailbox.post(.close(session)) }
}

/// One run as it was asked for.
struct Request: Sendable {
  let timeout: Duration
  let overNewConnection: Bool
  let queries: @Sendable (MySQLIdentity) -> [String]
  let completion: MySQLClient.Completion
}

/// What other threads tell the loop.
enum Letter: Sendable {
  case run(MySQLSession, Request)
  case prepared(MySQLSession, Result<ConnectionOptions, MySQLError>)
  case close(MySQLSession)
  case stop
}

/// Letters for the loop, and what wakes it.
typealias Mailbox = Letterbox<Letter>

extension Letterbox where Message == Letter {
  convenience init() throws(MySQLError) {
    try self.init(orThrow: { MySQLError(.limit, $0) })
  }
}
