internal import Glibc
package import HTTPClient
package import Model
internal import Synchronization
internal import Threading

/// Names one server for a ``RedisClient``: its connection is kept between runs and made anew when it broke.
package final class RedisSession: Sendable {
  package let server: RedisServer
  package init(_ server: RedisServer) { self.server = server }
}

/// Asks servers of the Redis family questions on one thread of its own, without ever waiting for one of them.
///
/// All sockets are non-blocking and watched with one `poll`; names are looked up, and passwords and certificates read,
/// on the resolver's threads. It speaks RESP version 2 and needs no command beyond AUTH and SELECT for itself, so any
/// ACL will do, and every version and managed offering.
package final class RedisClient: Sendable {
  package typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

  private let mailbox: Mailbox
  private let thread: OwnThread

  /// Throws when the system gives no thread or no descriptor.
  package init(resolver: HostResolver, time: any TimeSource = SystemTime()) throws(RedisError) {
    let mailbox = try Mailbox()
    self.mailbox = mailbox
    do {
      thread = try OwnThread.start("farwatch-redis") { CommandLoop(mailbox, resolver, time).run() }
    } catch { throw RedisError(.limit, error.description) }
  }

  /// Ends the thread; runs that are under way fail.
  deinit {
    mailbox.post(.stop)
    // The last reference may go in a completion, which runs on that thread itself: then this does not wait.
    thread.join()
  }

  /// Connects where needed, sends all `commands` in one round trip and calls `completion` exactly once, on the
  /// client's thread, at the latest when `timeout` has passed. It must be short.
  ///
  /// - commands: each a command and its arguments. When a kept connection turns out to be broken they are sent once
  ///   more over a new one, so what they write must be the same twice.
  /// - timeout: bounds everything: resolving, reading the password, connecting, TLS, asking. A connection that ran
  ///   into it is closed. Of several addresses a dead first one may use it all up.
  ///
  /// Runs of one session happen one after the other; the ninth that waits fails with ``FailureReason/limit``.
  package func run(
    _ session: RedisSession, timeout: Duration, _ commands: [[String]], completion: @escaping Completion
  ) {
    mailbox.post(.run(session, Request(timeout: timeout, commands: commands, completion: completion)))
  }

  /// Closes the session's connection once its runs are over and forgets it. A later run starts anew.
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

/// Letters for the loop and the pipe that wakes it.
final class Mailbox: Sendable {
  /// Readable when there are letters.
  let descriptor: Int32
  private let bell: Int32
  private let letters = Mutex<[Letter]>([])

  init() throws(RedisError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .system(errno, "no pipe") }
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
    if wasEmpty { write(bell, [1 as UInt8], 1) }
  }

  func empty() -> [Letter] {
    var scratch = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &scratch, scratch.count) == scratch.count {}
    return letters.withLock { letters in
      defer { letters = [] }
      return letters
    }
  }
}
