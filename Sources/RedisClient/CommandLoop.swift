internal import Glibc
internal import HTTPClient
internal import Model
internal import TLSTransport

/// The loop of a ``RedisClient``: everything here is confined to its one thread.
final class CommandLoop {
  /// One server: its connection, the run under way and those that wait.
  private final class Lane {
    enum Link {
      case none
      /// Names are looked up and files read elsewhere; the run that started it may have given up since.
      case preparing
      case busy(ServerConnection, events: Int16)
      case idle(ServerConnection)
    }

    let session: RedisSession
    var link = Link.none
    var current: Run?
    var waiting: [Run] = []
    var closing = false

    init(_ session: RedisSession) { self.session = session }
  }

  private struct Run {
    let request: Request
    let deadline: MonotonicInstant
    /// Whether it already met a kept connection that was broken.
    var retried = false
    var overKeptConnection = false
    var sentAt = Timestamp(milliseconds: 0)
  }

  private static let queueLimit = 8
  private let mailbox: Mailbox
  private let resolver: HostResolver
  private let time: any TimeSource
  private let contexts: TLSContexts
  private var lanes: [ObjectIdentifier: Lane] = [:]

  init(_ mailbox: Mailbox, _ resolver: HostResolver, _ time: any TimeSource) {
    self.mailbox = mailbox
    self.resolver = resolver
    self.time = time
    contexts = TLSContexts(time: time)
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
    }
  }

  private func wait() -> [(lane: Lane, events: Int16)] {
    var descriptors = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var watched: [Lane] = []
    var nearest: MonotonicInstant?
    for lane in lanes.values {
      switch lane.link {
      case .none, .preparing: break
      case .busy(let connection, let events):
        descriptors.append(pollfd(fd: connection.socket, events: events, revents: 0))
        watched.append(lane)
      case .idle(let connection):
        descriptors.append(pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0))
        watched.append(lane)
      }
      for run in lane.waiting { nearest = min(nearest ?? run.deadline, run.deadline) }
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
        let error = RedisError(.limit, "more than \(Self.queueLimit) runs wait for this server")
        return request.completion(.failure(error))
      }
      guard !request.commands.isEmpty else {
        return request.completion(.failure(RedisError(.configuration, "nothing to ask")))
      }
      lane.waiting.append(Run(request: request, deadline: time.monotonic + request.timeout))
      next(lane)
    case .prepared(let session, let result):
      guard let lane = lanes[ObjectIdentifier(session)], case .preparing = lane.link else { return }
      lane.link = .none
      guard lane.current != nil else { return next(lane) }
      do throws(RedisError) {
        let connection = try ServerConnection(result.get())
        lane.link = .busy(connection, events: Int16(POLLOUT))
      } catch {
        finish(lane, .failure(error))
      }
    case .close(let session):
      guard let lane = lanes[ObjectIdentifier(session)] else { return }
      lane.closing = true
      next(lane)
    }
  }

  /// Starts the next run of a lane that has none, or lets the lane go.
  private func next(_ lane: Lane) {
    guard lane.current == nil else { return }
    guard !lane.waiting.isEmpty else {
      if lane.closing { lanes[ObjectIdentifier(lane.session)] = nil }
      return
    }
    var run = lane.waiting.removeFirst()
    switch lane.link {
    case .idle(let connection):
      run.overKeptConnection = true
      lane.current = run
      send(lane, connection)
    case .none:
      lane.current = run
      prepare(lane, run)
    case .preparing: lane.current = run
    case .busy: preconditionFailure("a lane without a run is not busy")
    }
  }

  private func prepare(_ lane: Lane, _ run: Run) {
    lane.link = .preparing
    let (mailbox, session, contexts) = (mailbox, lane.session, contexts)
    // Longer than the run may take: a late answer is of use to the next one.
    resolver.resolve(session.server.host, timeout: .seconds(30)) { answer in
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
    switch lane.link {
    case .none, .preparing: break
    case .busy(let connection, _), .idle(let connection): take(connection.advance(), lane, connection)
    }
  }

  private func take(_ progress: ServerConnection.Progress, _ lane: Lane, _ connection: ServerConnection) {
    switch progress {
    case .waiting(let events): lane.link = .busy(connection, events: events)
    case .ready:
      if lane.current != nil { send(lane, connection) } else { lane.link = .idle(connection) }
    case .answered(let answers):
      lane.link = .idle(connection)
      guard let run = lane.current else { return }
      finish(lane, .success(RedisReply(sentAt: run.sentAt, receivedAt: time.now, results: answers)))
    case .failed(let error):
      lane.link = .none
      guard var run = lane.current else { return next(lane) }
      if run.overKeptConnection, !run.retried {
        run.retried = true
        run.overKeptConnection = false
        lane.current = run
        prepare(lane, run)
      } else {
        finish(lane, .failure(error))
      }
    }
  }

  private func finish(_ lane: Lane, _ result: Result<RedisReply, RedisError>) {
    let run = lane.current
    lane.current = nil
    run?.request.completion(result)
    next(lane)
  }

  /// Fails what has run out of time. A connection that an answer may still come over is of no use any more.
  private func expire() {
    let now = time.monotonic
    for lane in lanes.values {
      let late = lane.waiting.filter { $0.deadline <= now }
      lane.waiting.removeAll { $0.deadline <= now }
      for run in late {
        run.request.completion(.failure(RedisError(.timeout, "waited behind another run")))
      }
      guard let run = lane.current, run.deadline <= now else { continue }
      let doing: String
      switch lane.link {
      case .preparing: doing = "resolving \(lane.session.server.host)"
      case .busy(let connection, _): doing = connection.doing
      case .none, .idle: doing = "waiting for an answer"
      }
      if case .preparing = lane.link {} else { lane.link = .none }
      let limit = DurationText.format(run.request.timeout)
      finish(lane, .failure(RedisError(.timeout, "no result within \(limit) while \(doing)")))
    }
  }

  private func stop() {
    for lane in lanes.values {
      for run in [lane.current].compactMap(\.self) + lane.waiting {
        run.request.completion(.failure(RedisError(.other, "the client was closed")))
      }
    }
  }
}
