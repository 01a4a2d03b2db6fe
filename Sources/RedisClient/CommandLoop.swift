internal import Glibc
internal import HTTPClient
internal import Model
internal import TLSTransport
internal import Threading
internal import Turns

/// The loop of a ``RedisClient``: everything here is confined to its one thread.
///
/// Only connections with a run under way are watched, as many as there are slots: what a turn costs does not depend on
/// how many servers are known. An idle connection that the server ends is found at its next run, which is then made
/// over a new one.
final class CommandLoop {
  /// One login at one server: the connection that all its sessions share, and the run under way over it.
  private final class Lane {
    enum Link {
      case none
      /// Names are looked up and files read elsewhere; the run that started it may have given up since.
      case preparing
      case busy(ServerConnection, events: Int16)
      case idle(ServerConnection)
    }

    let server: RedisServer
    /// Whose turn it takes.
    let name: String
    var link = Link.none
    var current: Run?
    /// How many sessions use it; without any it goes when it is idle.
    var sessions = 0

    init(_ server: RedisServer) {
      self.server = server
      name = server.name.lowercased()
    }
  }

  private struct Run {
    let request: Request
    let lane: Lane
    /// Whether it already met a kept connection that was broken.
    var retried = false
    var overKeptConnection = false
    var sentAt = Timestamp(milliseconds: 0)
  }

  private typealias Turns = ServerTurns<String, Run>

  private let mailbox: Mailbox
  private let resolver: HostResolver
  private let time: any TimeSource
  private let load: LoadReport
  private let contexts: TLSContexts
  private var turns: Turns
  /// By login, and the same by session; the session is kept, so that its identity stays its own.
  private var lanes: [RedisServer: Lane] = [:]
  private var users: [ObjectIdentifier: (session: RedisSession, lane: Lane)] = [:]
  /// Lanes with a run under way.
  private var busy: [ObjectIdentifier: Lane] = [:]

  init(
    _ mailbox: Mailbox, _ resolver: HostResolver, _ time: any TimeSource, _ load: LoadReport, limit: Int
  ) {
    self.mailbox = mailbox
    self.resolver = resolver
    self.time = time
    self.load = load
    contexts = TLSContexts(time: time)
    turns = Turns(limit: limit)
  }

  /// Returns when the client is gone.
  func run() {
    while true {
      let ready = wait()
      for letter in mailbox.empty() {
        if case .stop = letter { return stop() }
        open(letter)
      }
      for (lane, events) in ready where events != 0 { proceed(lane) }
      expire()
      startNext()
      load.publish(turns.load, logins: lanes.count)
    }
  }

  private func wait() -> [(lane: Lane, events: Int16)] {
    var descriptors = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var watched: [Lane] = []
    for lane in busy.values {
      guard case .busy(let connection, let events) = lane.link else { continue }
      descriptors.append(pollfd(fd: connection.socket, events: events, revents: 0))
      watched.append(lane)
    }
    var pause: Int32 = -1
    if let nearest = turns.earliestDeadline {
      let left = (nearest - time.monotonic).nanoseconds
      pause = Int32(clamping: max(0, (left + 999_999) / 1_000_000))
    }
    guard poll(&descriptors, nfds_t(descriptors.count), pause) > 0 else { return [] }
    return zip(watched, descriptors.dropFirst()).map { ($0, $1.revents) }
  }

  private func open(_ letter: Letter) {
    switch letter {
    case .stop: break
    case .run(let session, let request): add(session, request)
    case .prepared(let session, let result):
      guard let lane = lanes[session.server], case .preparing = lane.link else { return }
      lane.link = .none
      guard lane.current != nil else { return release(lane) }
      do throws(RedisError) {
        let connection = try ServerConnection(result.get())
        lane.link = .busy(connection, events: Int16(POLLOUT))
      } catch {
        finish(lane, .failure(error))
      }
    case .close(let session):
      guard let (_, lane) = users.removeValue(forKey: ObjectIdentifier(session)) else { return }
      lane.sessions -= 1
      release(lane)
    }
  }

  private func add(_ session: RedisSession, _ request: Request) {
    let lane = lane(of: session)
    guard !request.commands.isEmpty else {
      return request.completion(.failure(RedisError(.configuration, "nothing to ask")))
    }
    let run = Run(request: request, lane: lane)
    let asker = ObjectIdentifier(session)
    guard !turns.add(run, at: lane.name, asker: asker, timeout: request.timeout, time.monotonic) else {
      return
    }
    let error = RedisError(.limit, "more than \(Turns.waitingPerAsker) runs wait for this server")
    request.completion(.failure(error))
  }

  private func lane(of session: RedisSession) -> Lane {
    if let known = users[ObjectIdentifier(session)] { return known.lane }
    let lane = lanes[session.server] ?? Lane(session.server)
    if lanes.updateValue(lane, forKey: session.server) == nil { turns.retain(lane.name) }
    users[ObjectIdentifier(session)] = (session, lane)
    lane.sessions += 1
    return lane
  }

  /// Lets a lane go that nobody uses any more.
  private func release(_ lane: Lane) {
    guard lane.sessions == 0, lane.current == nil, lanes[lane.server] === lane else { return }
    if case .preparing = lane.link { return }
    guard !turns.holds(at: lane.name, where: { $0.lane === lane }) else { return }
    lane.link = .none
    lanes[lane.server] = nil
    turns.release(lane.name)
  }

  /// Gives places to those who wait, as many as there are.
  private func startNext() {
    while let (_, turn) = turns.next(time.monotonic) {
      switch turn {
      case .tooLate(let ticket, let hindrance): refuse(ticket, hindrance)
      case .begin(let ticket): start(ticket.run.lane, ticket.run)
      }
    }
  }

  private func refuse(_ ticket: Turns.Ticket, _ hindrance: Turns.Hindrance) {
    let error =
      switch hindrance {
      case .slots: RedisError(.limit, "none of the \(turns.limit) slots for commands was free in time")
      case .otherRuns:
        RedisError(.limit, "other checks of this server were asked first, and it took too long")
      case .silence:
        RedisError(
          .timeout,
          "waited \(DurationText.format(ticket.timeout)) behind another run, which the server did not answer"
        )
      }
    ticket.run.request.completion(.failure(error))
    release(ticket.run.lane)
  }

  private func start(_ lane: Lane, _ given: Run) {
    var run = given
    busy[ObjectIdentifier(lane)] = lane
    switch lane.link {
    case .idle(let connection):
      run.overKeptConnection = true
      lane.current = run
      // What came while nobody looked is no answer: such a connection is of no use.
      take(connection.advance(), lane, connection)
    case .preparing: lane.current = run
    case .none, .busy:
      lane.current = run
      prepare(lane)
    }
  }

  private func prepare(_ lane: Lane) {
    lane.link = .preparing
    let (mailbox, session, contexts) = (mailbox, RedisSession(lane.server), contexts)
    // Less than the run has: with an address from before there is still time to ask.
    let limit = (lane.current?.request.timeout ?? .seconds(30)) * 0.9
    resolver.resolve(session.server.host, timeout: limit, mayRemember: true) { answer in
      let result: Result<Route, RedisError>
      switch answer {
      case .success(let addresses):
        do throws(RedisError) {
          result = .success(try Route(session.server, addresses: addresses, contexts))
        } catch {
          result = .failure(error)
        }
      case .failure(let failure):
        result = .failure(RedisError(failure.reason, "cannot resolve the name: \(failure.detail)"))
      }
      mailbox.post(.prepared(session, result))
    }
  }

  private func send(_ lane: Lane, _ connection: ServerConnection) {
    lane.current?.sentAt = time.now
    guard let run = lane.current else { return }
    take(connection.send(run.request.commands), lane, connection)
  }

  private func proceed(_ lane: Lane) {
    if case .busy(let connection, _) = lane.link { take(connection.advance(), lane, connection) }
  }

  private func take(_ progress: ServerConnection.Progress, _ lane: Lane, _ connection: ServerConnection) {
    switch progress {
    case .waiting(let events): lane.link = .busy(connection, events: events)
    case .ready: send(lane, connection)
    case .answered(let answers):
      lane.link = .idle(connection)
      guard let run = lane.current else { return }
      finish(lane, .success(RedisReply(sentAt: run.sentAt, receivedAt: time.now, results: answers)))
    case .failed(let error):
      lane.link = .none
      if lane.current?.overKeptConnection == true, lane.current?.retried == false {
        lane.current?.retried = true
        lane.current?.overKeptConnection = false
        prepare(lane)
      } else {
        finish(lane, .failure(error))
      }
    }
  }

  private func finish(_ lane: Lane, _ result: Result<RedisReply, RedisError>, timedOut: Bool = false) {
    let run = lane.current
    lane.current = nil
    busy[ObjectIdentifier(lane)] = nil
    turns.end(at: lane.name, timedOut: timedOut, time.monotonic)
    run?.request.completion(result)
    release(lane)
  }

  /// Fails what has run out of time. A connection that an answer may still come over is of no use any more.
  private func expire() {
    for expired in turns.expire(time.monotonic) {
      switch expired {
      case .waiting(let ticket, let hindrance): refuse(ticket, hindrance)
      case .underWay(let ticket):
        let lane = ticket.run.lane
        let doing: String
        switch lane.link {
        case .preparing: doing = "resolving \(lane.server.host)"
        case .busy(let connection, _): doing = connection.doing
        case .none, .idle: doing = "waiting for an answer"
        }
        if case .preparing = lane.link {} else { lane.link = .none }
        let limit = DurationText.format(ticket.timeout)
        let error = RedisError(.timeout, "no result within \(limit) while \(doing)")
        finish(lane, .failure(error), timedOut: true)
      }
    }
  }

  private func stop() {
    for ticket in turns.tickets {
      ticket.run.request.completion(.failure(RedisError(.other, "the client was closed")))
    }
  }
}
