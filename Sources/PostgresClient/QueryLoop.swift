internal import Glibc
internal import Model
internal import Threading
internal import Turns

/// The loop of a ``PostgresClient``: everything here is confined to its one thread.
///
/// What a turn costs depends on what happened in it, not on how many servers there are.
final class QueryLoop {
  private static let queueLimit = 8
  /// Threads that look up names: those of runs under way, and as many again whose runs have given up.
  private static let lookupsPerSlot = 2

  private let mailbox: Mailbox
  private let time: any TimeSource
  private var sockets: ReadySockets
  private var slots: Slots<UInt64>
  /// By address and port: see ``ConnectionParameters/places``.
  private var turns = Turnstiles<UInt64, String>()
  private var lanes: [UInt64: Lane] = [:]
  private var numbers: [DSNSource: UInt64] = [:]
  private var lastNumber = ReadySockets.mailbox
  private var lookups = 0
  /// Lanes by the deadlines of their runs; may hold outdated ones.
  private var deadlines = MomentHeap<UInt64>()

  init(_ mailbox: Mailbox, _ time: any TimeSource, limit: Int) {
    self.mailbox = mailbox
    self.time = time
    sockets = ReadySockets(mailbox.epoll, mailbox: mailbox.descriptor)
    slots = Slots(limit: limit)
  }

  /// Returns when the client is gone.
  func run() {
    while true {
      for owner in sockets.wait(pause()) where owner != ReadySockets.mailbox {
        if let lane = lanes[owner] { proceed(lane) }
      }
      for letter in mailbox.empty() {
        if case .stop = letter { return stop() }
        open(letter)
      }
      expire()
      startNext()
      mailbox.publish(
        .init(
          inFlight: slots.inUse, waiting: slots.waiting + turns.waiting, servers: lanes.count,
          mostInFlight: slots.mostInUse))
    }
  }

  private func pause() -> CInt {
    guard let nearest = deadlines.earliest else { return -1 }
    return CInt(clamping: max(0, ((nearest - time.monotonic).nanoseconds + 999_999) / 1_000_000))
  }

  private func open(_ letter: Letter) {
    switch letter {
    case .stop: break
    case .run(let session, let request):
      let lane = lane(of: session)
      guard lane.waiting.count(where: { $0.session === session }) < Self.queueLimit else {
        let error = PostgresError(.limit, "more than \(Self.queueLimit) runs wait for this server")
        return request.completion(.failure(error))
      }
      let deadline = time.monotonic + request.timeout
      var run = Run(session, request, deadline: deadline)
      run.hasWaited = lane.current != nil || !lane.waiting.isEmpty
      lane.waiting.append(run)
      deadlines.insert(lane.id, at: deadline)
      next(lane)
    case .prepared(let source, let result):
      lookups -= 1
      guard let number = numbers[source], let lane = lanes[number],
        case .preparing = lane.link
      else { return }
      lane.link = .none
      guard lane.current != nil else { return next(lane) }
      if let took = lane.current?.lap(time.monotonic) { lane.current?.phases.resolve = took }
      do throws(PostgresError) {
        let parameters = try result.get()
        guard hasTurn(lane, at: parameters.places) else { return }
        let connection = try ServerConnection(parameters)
        lane.statementTimeout = nil
        lane.isReadOnly = nil
        lane.watched = (-1, 0)
        lane.link = .connecting(connection)
        watch(lane, connection, Int16(POLLOUT))
      } catch {
        finish(lane, .failure(error))
      }
    case .close(let session):
      guard let number = numbers[session.source], let lane = lanes[number] else { return }
      lane.sessions[ObjectIdentifier(session)] = nil
      next(lane)
    }
  }

  private func lane(of session: PostgresSession) -> Lane {
    let known = numbers[session.source].flatMap { lanes[$0] }
    let lane = known ?? Lane(lastNumber + 1, session.source)
    lane.sessions[ObjectIdentifier(session)] = session
    guard known == nil else { return lane }
    lastNumber = lane.id
    numbers[session.source] = lane.id
    lanes[lane.id] = lane
    return lane
  }

  /// Puts a lane in line that has something to ask and does not yet, or lets it go.
  private func next(_ lane: Lane) {
    guard lane.current == nil else { return }
    guard lane.waiting.isEmpty else {
      if lane.turn == .none { enter(lane, lane.placesNow) }
      if lane.turn == .held { slots.join(lane.id, isSuspect: lane.isSuspect) }
      return
    }
    slots.leaveLine(lane.id)
    leaveTurn(lane)
    guard lane.sessions.isEmpty else { return }
    lanes[lane.id] = nil
    numbers[lane.source] = nil
  }

  private func enter(_ lane: Lane, _ places: Set<String>) {
    lane.turn = turns.enter(lane.id, places) ? .held : .waiting
    if lane.turn == .waiting { for index in lane.waiting.indices { lane.waiting[index].hasWaited = true } }
  }

  private func leaveTurn(_ lane: Lane) {
    guard lane.turn != .none else { return }
    lane.turn = .none
    for number in turns.leave(lane.id) {
      guard let other = lanes[number] else { continue }
      other.turn = .held
      next(other)
    }
  }

  /// Whether the lane may go where its connection string leads, which was not known when it got its slot. If not, its run
  /// waits its turn without one.
  private func hasTurn(_ lane: Lane, at places: Set<String>) -> Bool {
    lane.places = places
    if turns.places(of: lane.id) == places { return true }
    leaveTurn(lane)
    enter(lane, places)
    guard lane.turn == .waiting, var run = lane.current else { return true }
    run.hasWaited = true
    lane.current = nil
    lane.waiting.insert(run, at: 0)
    slots.release(lane.id)
    return false
  }

  private func startNext() {
    while let number = slots.next() {
      guard let lane = lanes[number], lane.current == nil, !lane.waiting.isEmpty else {
        slots.release(number)
        continue
      }
      let run = lane.waiting.removeFirst()
      // With less than half its time left it would blame the server for our own queue, and be given up under way.
      if run.deadline - time.monotonic < run.request.timeout / 2 {
        slots.release(number)
        run.request.completion(.failure(late(run)))
        next(lane)
      } else {
        start(lane, run)
      }
    }
  }

  /// What is under way may still be answered: waiting behind it says nothing of the server.
  private func late(_ run: Run) -> PostgresError {
    if run.metSilence {
      let time = DurationText.format(run.request.timeout)
      return PostgresError(
        .timeout, "waited \(time) behind another run, which the server did not answer")
    }
    return run.hasWaited
      ? PostgresError(.limit, "other checks of this server were asked first, and it took too long")
      : PostgresError(.limit, "none of the \(slots.limit) slots for queries was free in time")
  }

  private func start(_ lane: Lane, _ run: Run) {
    var run = run
    run.phaseStart = time.monotonic
    run.begunAt = run.phaseStart
    switch lane.link {
    case .idle(let connection):
      run.overKeptConnection = true
      lane.current = run
      send(lane, connection)
    case .none:
      lane.current = run
      prepare(lane, run)
    case .preparing: lane.current = run
    case .connecting, .running: preconditionFailure("a lane without a run is neither connecting nor running")
    }
  }

  private func prepare(_ lane: Lane, _ run: Run) {
    guard lookups < slots.limit * Self.lookupsPerSlot else {
      return finish(lane, .failure(PostgresError(.limit, "\(lookups) look-ups of names are under way")))
    }
    lane.link = .preparing
    let (mailbox, source, timeout) = (mailbox, lane.source, run.request.timeout)
    do {
      try OwnThread.detached("farwatch-dsn") {
        let result: Result<ConnectionParameters, PostgresError>
        do throws(PostgresError) {
          result = .success(try ConnectionParameters(source, timeout: timeout))
        } catch {
          result = .failure(error)
        }
        mailbox.post(.prepared(source, result))
      }
      lookups += 1
    } catch {
      lane.link = .none
      finish(lane, .failure(PostgresError(.limit, error.description)))
    }
  }

  private func send(_ lane: Lane, _ connection: ServerConnection) {
    guard var run = lane.current else { return }
    var queries = run.request.queries(connection.serverVersion)
    let limit = max(1, run.request.timeout.milliseconds)
    var setup: [String] = []
    if lane.statementTimeout != limit { setup.append("SET statement_timeout = \(limit)") }
    lane.statementTimeout = limit
    run.readOnlyAnswer = nil
    if run.session.access == .readOnly, lane.isReadOnly != true {
      run.readOnlyAnswer = setup.count
      setup.append("SET default_transaction_read_only = on")
      lane.isReadOnly = true
    } else if run.session.access == .readWrite, lane.isReadOnly == true {
      setup.append("RESET default_transaction_read_only")
      lane.isReadOnly = nil
    }
    queries = setup + queries
    run.preamble = setup.count
    run.sentAt = time.now
    run.phaseStart = time.monotonic
    lane.current = run
    lane.link = .running(connection)
    take(connection.send(queries), lane, connection)
  }

  private func proceed(_ lane: Lane) {
    if let connection = lane.link.connection { take(connection.advance(), lane, connection) }
  }

  private func take(_ progress: ServerConnection.Progress, _ lane: Lane, _ connection: ServerConnection) {
    switch progress {
    case .waiting(let events): watch(lane, connection, events)
    case .ready:
      guard lane.current != nil else { return lane.link = .idle(connection) }
      if case .connecting = lane.link, let took = lane.current?.lap(time.monotonic) {
        lane.current?.phases.connect = took
      }
      send(lane, connection)
    case .answered(let answers):
      lane.link = .idle(connection)
      watch(lane, connection, Int16(POLLIN))
      answered(lane, connection, answers)
    case .cut(let answers):
      lane.link = .none
      answered(lane, connection, answers)
    case .failed(let error):
      lane.link = .none
      guard var run = lane.current else { return }
      if run.overKeptConnection, !run.retried {
        run.retried = true
        run.overKeptConnection = false
        run.preamble = 0
        run.phaseStart = time.monotonic
        lane.current = run
        prepare(lane, run)
      } else {
        finish(lane, .failure(error))
      }
    }
  }

  private func answered(
    _ lane: Lane, _ connection: ServerConnection, _ answers: [Result<PostgresRows, PostgresError>]
  ) {
    guard var run = lane.current else { return }
    run.phases.query = run.lap(time.monotonic)
    // A session that could not be made read-only is none that questions may be asked in.
    if connection.isInTransaction { lane.link = .none }
    if let index = run.readOnlyAnswer, case .failure(let error) = answers[index] {
      lane.link = .none
      return finish(lane, .failure(error))
    }
    let reply = PostgresReply(
      serverVersion: connection.serverVersion, sentAt: run.sentAt, receivedAt: time.now,
      results: Array(answers.dropFirst(run.preamble)), phases: run.phases)
    finish(lane, .success(reply))
  }

  /// While connecting libpq may have another socket at every step, which only the kernel can tell.
  private func watch(_ lane: Lane, _ connection: ServerConnection, _ events: Int16) {
    let descriptor = connection.socket
    if case .connecting = lane.link {
      lane.watched = (-1, 0)
    } else if lane.watched == (descriptor, events) {
      return
    } else {
      lane.watched = (descriptor, events)
    }
    sockets.watch(descriptor, for: lane.id, events)
  }

  private func finish(_ lane: Lane, _ result: Result<PostgresReply, PostgresError>) {
    let run = lane.current
    lane.current = nil
    slots.release(lane.id)
    leaveTurn(lane)
    if case .failure(let error) = result {
      lane.isSuspect = error.reason == .timeout
    } else {
      lane.isSuspect = false
    }
    run?.request.completion(result)
    next(lane)
  }

  /// Fails what has run out of time. A connection that an answer may still come over is of no use any more.
  private func expire() {
    let now = time.monotonic
    while let moment = deadlines.earliest, moment <= now, let number = deadlines.removeEarliest() {
      if let lane = lanes[number] { expire(lane, now) }
    }
    if deadlines.count > 64 + 4 * lanes.count * Self.queueLimit { renewDeadlines() }
  }

  private func expire(_ lane: Lane, _ now: MonotonicInstant) {
    if let run = lane.current, run.deadline <= now { tellOfSilence(lane, run, now) }
    let tooLate = lane.waiting.filter { $0.deadline <= now }
    if !tooLate.isEmpty {
      lane.waiting.removeAll { $0.deadline <= now }
      if lane.waiting.isEmpty { slots.leaveLine(lane.id) }
      for run in tooLate { run.request.completion(.failure(late(run))) }
    }
    guard let run = lane.current, run.deadline <= now else { return next(lane) }
    let limit = DurationText.format(run.request.timeout)
    let error = PostgresError(.timeout, "no result within \(limit) while \(lane.doing)")
    if case .preparing = lane.link {} else { lane.link = .none }
    finish(lane, .failure(error))
  }

  /// Whoever waits behind a run that is out of time learns of it.
  private func tellOfSilence(_ lane: Lane, _ run: Run, _ now: MonotonicInstant) {
    var silenced = [lane]
    // A name that is not resolved is nobody's silence who knows the server by another one.
    if case .preparing = lane.link {
    } else {
      silenced += turns.waiting(behind: lane.id).compactMap { lanes[$0] }
    }
    for lane in silenced {
      for index in lane.waiting.indices { lane.waiting[index].waited(behindSilenceSince: run.begunAt, now) }
    }
  }

  private func renewDeadlines() {
    deadlines.removeAll()
    for lane in lanes.values {
      for run in lane.waiting { deadlines.insert(lane.id, at: run.deadline) }
      if let run = lane.current { deadlines.insert(lane.id, at: run.deadline) }
    }
  }

  private func stop() {
    for lane in lanes.values {
      for run in [lane.current].compactMap(\.self) + lane.waiting {
        run.request.completion(.failure(PostgresError(.other, "the client was closed")))
      }
    }
  }
}
