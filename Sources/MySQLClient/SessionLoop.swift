internal import Glibc
internal import Model
internal import Threading
internal import Turns

/// The loop of a ``MySQLClient``: everything here is confined to its one thread.
///
/// Only connections that connect or ask are watched, as many as there are slots: what a turn costs does not depend on
/// how many servers are known. An idle connection that the server ends is found at its next run, which is then made
/// over a new one.
final class SessionLoop {
  private typealias Turns = ServerTurns<ServerName, Run>

  /// Look-ups that outlive their run keep their thread until the system gives up.
  private static let preparationLimit = 64

  private let mailbox: Mailbox
  private let time: any TimeSource
  private let load: LoadReport
  private var turns: Turns
  /// By login, and the same by session; the session is kept, so that its identity stays its own.
  private var lanes: [MySQLSource: Lane] = [:]
  private var users: [ObjectIdentifier: (session: MySQLSession, lane: Lane)] = [:]
  /// Lanes with a run under way.
  private var busy: [ObjectIdentifier: Lane] = [:]
  private var preparations = 0

  init(_ mailbox: Mailbox, _ time: any TimeSource, _ load: LoadReport, limit: Int) {
    self.mailbox = mailbox
    self.time = time
    self.load = load
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
      for (lane, events) in ready where events != 0 { proceed(lane, events) }
      expire()
      startNext()
      load.publish(turns.load, logins: lanes.count)
    }
  }

  private func wait() -> [(lane: Lane, events: Int16)] {
    var descriptors = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var watched: [Lane] = []
    for lane in busy.values {
      guard case .active(let connection, let events) = lane.link else { continue }
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
      preparations -= 1
      guard let lane = lanes[session.source], case .preparing = lane.link else { return }
      lane.link = .none
      guard lane.current != nil else { return release(lane) }
      prepared(lane, result)
    case .close(let session):
      guard let (_, lane) = users.removeValue(forKey: ObjectIdentifier(session)) else { return }
      lane.sessions -= 1
      release(lane)
    }
  }

  private func add(_ session: MySQLSession, _ request: Request) {
    let now = time.monotonic
    let lane = lane(of: session)
    let run = Run(request: request, access: session.access, lane: lane)
    let asker = ObjectIdentifier(session)
    guard !turns.add(run, at: lane.server, asker: asker, timeout: request.timeout, now) else { return }
    let error = MySQLError(.limit, "more than \(Turns.waitingPerAsker) runs wait for this server")
    request.completion(.failure(error))
  }

  private func lane(of session: MySQLSession) -> Lane {
    if let known = users[ObjectIdentifier(session)] { return known.lane }
    let lane = lanes[session.source] ?? Lane(session.source)
    if lanes.updateValue(lane, forKey: session.source) == nil { turns.retain(lane.server) }
    users[ObjectIdentifier(session)] = (session, lane)
    lane.sessions += 1
    return lane
  }

  /// Lets a lane go that nobody uses any more.
  private func release(_ lane: Lane) {
    guard lane.sessions == 0, lane.current == nil, lanes[lane.source] === lane else { return }
    if case .preparing = lane.link { return }
    guard !turns.holds(at: lane.server, where: { $0.lane === lane }) else { return }
    lane.link = .none
    lanes[lane.source] = nil
    turns.release(lane.server)
  }

  /// Gives places to those who wait, as many as there are.
  private func startNext() {
    while let (server, turn) = turns.next(time.monotonic) {
      switch turn {
      case .tooLate(let ticket, let hindrance): refuse(ticket, hindrance)
      case .begin(let ticket):
        let lane = ticket.run.lane
        if lane.server == server {
          start(lane, ticket.run)
        } else {
          turns.move(from: server, to: lane.server)
        }
      }
    }
  }

  private func refuse(_ ticket: Turns.Ticket, _ hindrance: Turns.Hindrance) {
    let error =
      switch hindrance {
      case .slots: MySQLError(.limit, "none of the \(turns.limit) slots for queries was free in time")
      case .otherRuns:
        MySQLError(.limit, "other checks of this server were asked first, and it took too long")
      case .silence:
        MySQLError(
          .timeout,
          "waited \(DurationText.format(ticket.timeout)) behind another run, which the server did not answer"
        )
      }
    let lane = ticket.run.lane
    // What was looked up for it may be out of date when the next one comes.
    if case .prepared = lane.link { lane.link = .none }
    ticket.run.request.completion(.failure(error))
    release(lane)
  }

  private func start(_ lane: Lane, _ given: Run) {
    var run = given
    run.startedAt = time.monotonic
    busy[ObjectIdentifier(lane)] = lane
    switch lane.link {
    case .idle(let connection) where !run.request.overNewConnection:
      run.overKeptConnection = true
      lane.current = run
      send(lane, connection)
    case .prepared(let options):
      lane.current = run
      prepared(lane, .success(options))
    case .preparing:
      // A look-up that an earlier run began is still under way: its result serves this one too.
      lane.current = run
    case .none, .idle, .active:
      lane.current = run
      prepare(lane)
    }
  }

  private func prepare(_ lane: Lane) {
    lane.link = .none
    guard preparations < Self.preparationLimit else {
      return finish(lane, .failure(MySQLError(.limit, "too many look-ups of names hang")))
    }
    let (mailbox, session) = (mailbox, MySQLSession(lane.source))
    do {
      try OwnThread.detached("farwatch-myname") {
        let result: Result<ConnectionOptions, MySQLError>
        do throws(MySQLError) {
          result = .success(try ConnectionOptions(session.source))
        } catch {
          result = .failure(error)
        }
        mailbox.post(.prepared(session, result))
      }
      preparations += 1
      lane.link = .preparing
    } catch {
      finish(lane, .failure(MySQLError(.limit, error.description)))
    }
  }

  private func prepared(_ lane: Lane, _ result: Result<ConnectionOptions, MySQLError>) {
    do throws(MySQLError) {
      let options = try result.get()
      let now = time.monotonic
      if let run = lane.current, run.phases.resolve == nil {
        lane.current?.phases.resolve = now - run.startedAt
      }
      guard ServerName(options) == lane.server else { return settle(lane, options) }
      lane.current?.connectingSince = now
      lane.addresses = options.addresses[...]
      try connect(lane, options)
    } catch {
      finish(lane, .failure(error))
    }
  }

  /// Now it is known which server the option file means: the run takes its turn there.
  private func settle(_ lane: Lane, _ options: ConnectionOptions) {
    let (before, after) = (lane.server, ServerName(options))
    busy[ObjectIdentifier(lane)] = nil
    lane.current = nil
    lane.link = .prepared(options)
    lane.server = after
    turns.retain(after)
    turns.move(from: before, to: after)
    turns.release(before)
  }

  private func connect(_ lane: Lane, _ options: ConnectionOptions) throws(MySQLError) {
    lane.options = options
    lane.setUp = []
    let connection = try ServerConnection(options, address: lane.addresses.popFirst())
    lane.link = .active(connection, events: 0)
    take(connection.connect(), lane, connection)
  }

  private func send(_ lane: Lane, _ connection: ServerConnection) {
    guard var run = lane.current else { return }
    let identity = connection.identity
    let setUp = SessionSetUp.statements(identity, access: run.access, timeout: run.request.timeout)
    let changes = setUp.filter { !lane.setUp.contains($0) }
    run.preamble = changes.count
    lane.setUp = setUp
    run.identity = identity
    run.sentAt = time.now
    run.askingSince = time.monotonic
    lane.current = run
    lane.link = .active(connection, events: 0)
    take(connection.send(changes + run.request.queries(identity)), lane, connection)
  }

  private func proceed(_ lane: Lane, _ events: Int16) {
    guard case .active(let connection, _) = lane.link else { return }
    take(connection.advance(events), lane, connection)
  }

  private func take(_ progress: ServerConnection.Progress, _ lane: Lane, _ connection: ServerConnection) {
    switch progress {
    case .waiting(let events): lane.link = .active(connection, events: events)
    case .ready:
      if let since = lane.current?.connectingSince {
        lane.current?.phases.connect = time.monotonic - since
        lane.current?.connectingSince = nil
      }
      send(lane, connection)
    case .answered(let answers): answered(lane, connection, answers)
    case .failed(let error): failed(lane, error)
    }
  }

  private func answered(
    _ lane: Lane, _ connection: ServerConnection, _ answers: [Result<MySQLRows, MySQLError>]
  ) {
    guard let run = lane.current, let identity = run.identity else { return }
    for case .failure(let error) in answers.prefix(run.preamble) {
      // A session that is not set up could write, or speak local time.
      lane.link = .none
      return finish(lane, .failure(error))
    }
    lane.link = .idle(connection)
    var phases = run.phases
    phases.query = time.monotonic - run.askingSince
    let reply = MySQLReply(
      identity: identity, sentAt: run.sentAt, receivedAt: time.now, phases: phases,
      results: Array(answers.dropFirst(run.preamble)))
    finish(lane, .success(reply))
  }

  private func failed(_ lane: Lane, _ error: MySQLError) {
    let wasConnecting = lane.current?.connectingSince != nil
    lane.link = .none
    guard let run = lane.current else { return }
    if run.overKeptConnection, error.reason == .reset {
      lane.current?.overKeptConnection = false
      prepare(lane)
    } else if wasConnecting, !lane.addresses.isEmpty, error.serverCode == nil, let options = lane.options {
      do throws(MySQLError) { try connect(lane, options) } catch { finish(lane, .failure(error)) }
    } else {
      finish(lane, .failure(error))
    }
  }

  private func finish(_ lane: Lane, _ result: Result<MySQLReply, MySQLError>, timedOut: Bool = false) {
    let run = lane.current
    lane.current = nil
    busy[ObjectIdentifier(lane)] = nil
    turns.end(at: lane.server, timedOut: timedOut, time.monotonic)
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
        guard let run = lane.current else { continue }
        let doing: String
        switch lane.link {
        case .preparing: doing = "resolving the server's name"
        case .active where run.connectingSince != nil: doing = "connecting"
        case .none, .prepared, .idle, .active: doing = "waiting for an answer"
        }
        if case .preparing = lane.link {} else { lane.link = .none }
        let limit = DurationText.format(run.request.timeout)
        let error = MySQLError(.timeout, "no result within \(limit) while \(doing)")
        finish(lane, .failure(error), timedOut: true)
      }
    }
  }

  private func stop() {
    for ticket in turns.tickets {
      ticket.run.request.completion(.failure(MySQLError(.other, "the client was closed")))
    }
  }
}
