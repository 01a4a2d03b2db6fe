internal import Glibc
internal import Model
internal import Threading

/// The loop of a ``MySQLClient``: everything here is confined to its one thread.
///
/// Only lanes that connect or ask are watched. An idle connection that the server ends is found at its next run, which
/// is then made over a new one.
final class SessionLoop {
  private static let queueLimit = 8
  /// Look-ups that outlive their run keep their thread until the system gives up.
  private static let preparationLimit = 64

  private let mailbox: Mailbox
  private let time: any TimeSource
  private var lanes: [ObjectIdentifier: Lane] = [:]
  /// Lanes that hold one of the places, by session.
  private var busy: [ObjectIdentifier: Lane] = [:]
  /// Lanes with a run that waits for a place, in the order they came.
  private var queue: [Lane] = []
  private var preparations = 0

  init(_ mailbox: Mailbox, _ time: any TimeSource) {
    self.mailbox = mailbox
    self.time = time
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
      admit()
    }
  }

  private func wait() -> [(lane: Lane, events: Int16)] {
    var descriptors = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var watched: [Lane] = []
    var nearest: MonotonicInstant?
    for lane in busy.values {
      if case .active(let connection, let events) = lane.link {
        descriptors.append(pollfd(fd: connection.socket, events: events, revents: 0))
        watched.append(lane)
      }
      for run in lane.waiting { nearest = min(nearest ?? run.deadline, run.deadline) }
      if let run = lane.current { nearest = min(nearest ?? run.deadline, run.deadline) }
    }
    for lane in queue {
      if let run = lane.current { nearest = min(nearest ?? run.deadline, run.deadline) }
    }
    var pause: Int32 = -1
    if let nearest {
      let left = (nearest - time.monotonic).nanoseconds
      pause = Int32(clamping: max(0, (left + 999_999) / 1_000_000))
    }
    guard poll(&descriptors, nfds_t(descriptors.count), pause) > 0 else { return [] }
    return zip(watched, descriptors.dropFirst()).map { ($0, $1.revents) }
  }

  private func open(_ letter: Letter) {
    switch letter {
    case .stop: break
    case .run(let session, let request):
      let lane = lanes[ObjectIdentifier(session)] ?? Lane(session)
      lanes[ObjectIdentifier(session)] = lane
      lane.closing = false
      guard lane.waiting.count < Self.queueLimit else {
        let error = MySQLError(.limit, "more than \(Self.queueLimit) runs wait for this server")
        return request.completion(.failure(error))
      }
      lane.waiting.append(Lane.Run(request: request, deadline: time.monotonic + request.timeout))
      next(lane)
    case .prepared(let session, let result):
      preparations -= 1
      guard let lane = lanes[ObjectIdentifier(session)], case .preparing = lane.link else { return }
      lane.link = .none
      guard lane.current != nil, busy[lane.id] != nil else { return release(lane) }
      prepared(lane, result)
    case .close(let session):
      guard let lane = lanes[ObjectIdentifier(session)] else { return }
      lane.closing = true
      next(lane)
    }
  }

  /// Queues the next run of a lane that has none, or lets the lane go.
  private func next(_ lane: Lane) {
    guard lane.current == nil else { return }
    guard !lane.waiting.isEmpty else { return release(lane) }
    lane.current = lane.waiting.removeFirst()
    queue.append(lane)
  }

  private func release(_ lane: Lane) {
    guard lane.current == nil, lane.waiting.isEmpty, lane.closing else { return }
    lanes[lane.id] = nil
  }

  /// Gives places to those who wait, as many as there are.
  private func admit() {
    // Starting may end a run at once and queue the lane's next one: a round at most for each that waits now.
    var left = queue.count
    var first = 0
    while left > 0, busy.count < MySQLClient.sessionsAtOnce {
      left -= 1
      let lane = queue[first]
      first += 1
      busy[lane.id] = lane
      start(lane)
    }
    queue.removeFirst(first)
    if !queue.isEmpty, busy.count < MySQLClient.sessionsAtOnce { mailbox.ring() }
  }

  private func start(_ lane: Lane) {
    guard var run = lane.current else { return }
    run.startedAt = time.monotonic
    if case .idle(let connection) = lane.link, !run.request.overNewConnection {
      run.overKeptConnection = true
      lane.current = run
      send(lane, connection)
    } else {
      lane.current = run
      // A look-up that an earlier run began is still under way: its result serves this one too.
      if case .preparing = lane.link { return }
      prepare(lane, run)
    }
  }

  private func prepare(_ lane: Lane, _ run: Lane.Run) {
    lane.link = .none
    guard preparations < Self.preparationLimit else {
      return finish(lane, .failure(MySQLError(.limit, "too many look-ups of names hang")))
    }
    let (mailbox, session) = (mailbox, lane.session)
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
      if let run = lane.current { lane.current?.phases.resolve = now - run.startedAt }
      lane.current?.connectingSince = now
      lane.addresses = options.addresses[...]
      try connect(lane, options)
    } catch {
      finish(lane, .failure(error))
    }
  }

  private func connect(_ lane: Lane, _ options: ConnectionOptions) throws(MySQLError) {
    lane.options = options
    lane.setUp = nil
    let connection = try ServerConnection(options, address: lane.addresses.popFirst())
    lane.link = .active(connection, events: 0)
    take(connection.connect(), lane, connection)
  }

  private func send(_ lane: Lane, _ connection: ServerConnection) {
    guard var run = lane.current else { return }
    let identity = connection.identity
    var queries = run.request.queries(identity)
    run.preamble = 0
    let setUp = SessionSetUp.statements(
      identity, access: lane.session.access, timeout: run.request.timeout)
    if lane.setUp != setUp {
      queries = setUp + queries
      run.preamble = setUp.count
      lane.setUp = setUp
    }
    run.identity = identity
    run.sentAt = time.now
    run.askingSince = time.monotonic
    lane.current = run
    lane.link = .active(connection, events: 0)
    take(connection.send(queries), lane, connection)
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
    guard var run = lane.current else { return }
    if run.overKeptConnection, error.reason == .reset {
      run.overKeptConnection = false
      lane.current = run
      prepare(lane, run)
    } else if wasConnecting, !lane.addresses.isEmpty, error.serverCode == nil, let options = lane.options {
      do throws(MySQLError) { try connect(lane, options) } catch { finish(lane, .failure(error)) }
    } else {
      finish(lane, .failure(error))
    }
  }

  private func finish(_ lane: Lane, _ result: Result<MySQLReply, MySQLError>) {
    let run = lane.current
    lane.current = nil
    busy[lane.id] = nil
    if lane.closing, lane.waiting.isEmpty { lane.link = .none }
    run?.request.completion(result)
    next(lane)
  }

  /// Fails what has run out of time. A connection that an answer may still come over is of no use any more.
  private func expire() {
    let now = time.monotonic
    for lane in busy.values {
      let late = lane.waiting.filter { $0.deadline <= now }
      lane.waiting.removeAll { $0.deadline <= now }
      for run in late { run.request.completion(.failure(MySQLError(.timeout, "waited behind another run"))) }
      guard let run = lane.current, run.deadline <= now else { continue }
      let doing: String
      switch lane.link {
      case .preparing: doing = "resolving the server's name"
      case .active where run.connectingSince != nil: doing = "connecting"
      case .none, .idle, .active: doing = "waiting for an answer"
      }
      if case .preparing = lane.link {} else { lane.link = .none }
      let limit = DurationText.format(run.request.timeout)
      finish(lane, .failure(MySQLError(.timeout, "no result within \(limit) while \(doing)")))
    }
    let isLate: (Lane) -> Bool = { lane in lane.current.map { $0.deadline <= now } ?? true }
    let late = queue.filter(isLate)
    guard !late.isEmpty else { return }
    queue.removeAll(where: isLate)
    for lane in late {
      let message = "\(MySQLClient.sessionsAtOnce) other servers are being asked, and none was done in time"
      finish(lane, .failure(MySQLError(.limit, message)))
    }
  }

  private func stop() {
    for lane in lanes.values {
      for run in [lane.current].compactMap(\.self) + lane.waiting {
        run.request.completion(.failure(MySQLError(.other, "the client was closed")))
      }
    }
  }
}
