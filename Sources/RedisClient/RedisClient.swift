package import HTTPClient
package import Model
internal import Threading
package import Turns

/// Names one asker for a ``RedisClient``: sessions of one ``RedisServer`` share one connection, which is kept between
/// runs and made anew when it broke.
package final class RedisSession: Sendable {
  package let server: RedisServer
  package init(_ server: RedisServer) { self.server = server }
}

/// Asks servers of the Redis family questions on one thread of its own, without ever waiting for one of them.
///
/// All sockets are non-blocking, and those of runs under way are watched with one `poll`; names are looked up, and
/// passwords and certificates read, on the resolver's threads. One run at most is under way at a server, with whatever
/// login, and ``maximumInFlight`` in all, connecting included: see ``ServerTurns`` for who goes first. A server that hangs
/// costs one slot until its time-out. One connection is kept for each login (everything that a ``RedisServer`` says); a
/// server is one host, as it is written, and port. It speaks RESP version 2 and needs no command beyond AUTH and SELECT
/// for itself, so any ACL will do, and every version and managed offering.
package final class RedisClient: Sendable {
  package typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

  package static let maximumInFlight = 64

  private let mailbox: Mailbox
  private let report: LoadReport
  private let thread: OwnThread

  /// Throws when the system gives no thread or no descriptor.
  package init(
    resolver: HostResolver, time: any TimeSource = SystemTime(),
    maximumInFlight: Int = RedisClient.maximumInFlight
  ) throws(RedisError) {
    let (mailbox, report) = (try Mailbox(), LoadReport())
    self.mailbox = mailbox
    self.report = report
    do {
      thread = try OwnThread.start("farwatch-redis") {
        CommandLoop(mailbox, resolver, time, report, limit: maximumInFlight).run()
      }
    } catch { throw RedisError(.limit, error.description) }
  }

  package var load: ClientLoad { report.load }

  /// Ends the thread; runs that are under way fail.
  deinit {
    mailbox.post(.stop)
    // The last reference may go in a completion, which runs on that thread itself: then this does not wait.
    thread.join()
  }

  /// Connects where needed, sends all `commands` in one round trip and calls `completion` exactly once, on the
  /// client's thread, at the latest when `timeout` has passed. It must be short.
  ///
  /// A run that would begin with less than half of its time left is not begun. It ends with ``FailureReason/limit``, as
  /// one does that waited for our own sake; with ``FailureReason/timeout`` where for half of its time or more the server
  /// left another run without an answer.
  ///
  /// - commands: each a command and its arguments. When a kept connection turns out to be broken they are sent once
  ///   more over a new one, so what they write must be the same twice.
  /// - timeout: bounds everything: waiting for its turn, resolving, reading the password, connecting, TLS, asking. A connection that ran
  ///   into it is closed. Of several addresses a dead first one may use it all up.
  ///
  /// Runs of one session happen one after the other; the ninth that waits fails with ``FailureReason/limit``.
  package func run(
    _ session: RedisSession, timeout: Duration, _ commands: [[String]], completion: @escaping Completion
  ) {
    mailbox.post(.run(session, Request(timeout: timeout, commands: commands, completion: completion)))
  }

  /// Closes the connection once its last session's runs are over and forgets it. A later run starts anew.
  package func close(_ session: RedisSession) { mailbox.post(.close(session)) }
}

/// One run as it was asked for.
struct Request: Sendable {
  let timeout: Duration
  let commands: [[String]]
  let completion: RedisClient.Completion
}

/// What other threads tell the loop.
enum Letter: Sendable {
  case run(RedisSession, Request)
  case prepared(RedisSession, Result<Route, RedisError>)
  case close(RedisSession)
  case stop
}

/// Letters for the loop, and what wakes it.
typealias Mailbox = Letterbox<Letter>

extension Letterbox where Message == Letter {
  convenience init() throws(RedisError) {
    try self.init(orThrow: { RedisError(.limit, $0) })
  }
}
