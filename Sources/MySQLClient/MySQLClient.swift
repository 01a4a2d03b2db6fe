internal import Glibc
package import Model
internal import Synchronization
internal import Threading

/// Names one server for a ``MySQLClient``: its connection is kept between runs and made anew when it broke.
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
/// It drives libmariadb's non-blocking calls and watches the sockets with one `poll`; names are looked up and files read
/// on short-lived threads. At most ``sessionsAtOnce`` sessions connect or ask at one moment, others wait in the order
/// they came; a server that hangs costs one such place until its time-out, and no thread. Sessions speak UTC and
/// UTF-8, in strict SQL mode; a server can not ask for local files. Servers may be as old as MySQL 5.6 and MariaDB 10.0.
package final class MySQLClient: Sendable {
  package typealias Completion = @Sendable (Result<MySQLReply, MySQLError>) -> Void

  package static let sessionsAtOnce = 64

  private let mailbox: Mailbox
  private let thread: OwnThread

  /// Throws when the system gives no thread or no descriptor.
  package init(time: any TimeSource = SystemTime()) throws(MySQLError) {
    let mailbox = try Mailbox()
    self.mailbox = mailbox
    do {
      thread = try OwnThread.start("farwatch-mysql") { SessionLoop(mailbox, time).run() }
    } catch { throw MySQLError(.limit, error.description) }
  }

  /// Ends the thread; runs that are under way fail.
  deinit {
    mailbox.post(.stop)
    // The last reference may go in a completion, which runs on that thread itself: then this does not wait.
    thread.join()
  }

  /// Connects where needed, asks all `queries` one after the other and calls `completion` exactly once, on the client's
  /// thread, at the latest when `timeout` has passed. It must be short.
  ///
  /// - queries: made from what the server says it is; each is one statement with at most one result of at most 10,000
  ///   rows and 4 MiB. When a kept connection turns out to be broken they are sent once more over a new one, from the
  ///   first on: what writes must bear being done twice.
  /// - timeout: bounds everything: waiting for a place, reading files, resolving, connecting, asking. The server is told
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

  /// Closes the session's connection once its runs are over and forgets it. A later run starts anew.
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

/// Letters for the loop and the pipe that wakes it.
final class Mailbox: Sendable {
  /// Readable when there are letters.
  let descriptor: Int32
  private let bell: Int32
  private let letters = Mutex<[Letter]>([])

  init() throws(MySQLError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw MySQLError(.limit, "no pipe: errno \(errno)") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (descriptor, bell) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(bell)
  }

  func post(_ letter: Letter) {
    let wasEmpty = letters.withLock { letters in
      letters.append(letter)
      return letters.count == 1
    }
    if wasEmpty { ring() }
  }

  /// Wakes the loop.
  func ring() { write(bell, [1 as UInt8], 1) }

  func empty() -> [Letter] {
    var scratch = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &scratch, scratch.count) == scratch.count {}
    return letters.withLock { letters in
      defer { letters = [] }
      return letters
    }
  }
}
