#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Threading

/// The client's thread: at most four sockets for all pings. Everything here is touched by that thread only.
final class PingLoop {
  /// One request on its way.
  private final class Session {
    let job: PingJob
    let address: PingAddress
    let socket: PingSocket
    let startedAt: MonotonicInstant
    let deadline: MonotonicInstant
    var result = PingResult()
    var unsent: Int
    var sequence: UInt16 = 0
    /// Packets that may still be answered, and when they left.
    var open: [UInt64: MonotonicInstant] = [:]
    var isOver = false

    init(_ job: PingJob, _ address: PingAddress, _ socket: PingSocket, now: MonotonicInstant) {
      self.job = job
      self.address = address
      self.socket = socket
      startedAt = now
      deadline = now + max(job.request.timeout, .milliseconds(1))
      unsent = max(1, job.request.packets)
    }
  }

  private let intake: Intake<PingJob>
  private let mayUseRaw: Bool
  private let time = SystemTime()
  private var sockets: [PingSocket.Kind: PingSocket] = [:]
  private var sessions: [ObjectIdentifier: Session] = [:]
  private var packets: [UInt64: Session] = [:]
  private var timers = MomentHeap<Session>()

  init(_ intake: Intake<PingJob>, mayUseRaw: Bool) {
    self.intake = intake
    self.mayUseRaw = mayUseRaw
  }

  func run() {
    while true {
      var list = [pollfd(fd: intake.descriptor, events: Int16(POLLIN), revents: 0)]
      for socket in sockets.values {
        list.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
      }
      poll(&list, nfds_t(list.count), milliseconds)
      for socket in sockets.values { receive(socket) }
      if list[0].revents != 0 {
        let mail = intake.take()
        for job in mail.jobs { begin(job) }
        if mail.isStopped { break }
      }
      wakeTheDue()
    }
    for session in Array(sessions.values) { finish(session, .cancelled) }
  }

  /// Rounded up: waking before the moment would spin.
  private var milliseconds: CInt {
    guard let earliest = timers.earliest else { return -1 }
    return CInt(clamping: max(0, ((earliest - time.monotonic).nanoseconds + 999_999) / 1_000_000))
  }

  private func begin(_ job: PingJob) {
    func refuse(_ failure: PingFailure) {
      var result = PingResult()
      result.failure = failure
      intake.finishedOne()
      job.completion(result)
    }
    guard let address = PingAddress(job.request.address),
      PingRequest.payloadRange.contains(job.request.payload)
    else {
      return refuse(PingFailure(.configuration, "\(quoted(job.request.address)) is no IP address to ping"))
    }
    let kind = PingSocket.Kind(isIPv6: address.isIPv6, dontFragment: job.request.dontFragment)
    let socket: PingSocket
    if let known = sockets[kind] {
      socket = known
    } else {
      switch PingSocket.open(kind, mayUseRaw: mayUseRaw) {
      case .failure(let failure): return refuse(failure)
      case .success(let opened): socket = opened
      }
      sockets[kind] = socket
    }
    let session = Session(job, address, socket, now: time.monotonic)
    sessions[ObjectIdentifier(session)] = session
    timers.insert(session, at: session.deadline)
    send(session)
  }

  private func wakeTheDue() {
    let now = time.monotonic
    while let earliest = timers.earliest, earliest <= now {
      guard let session = timers.removeEarliest() else { return }
      if session.isOver { continue }
      if now >= session.deadline { finish(session, nil) } else { send(session) }
    }
  }

  private func send(_ session: Session) {
    session.unsent -= 1
    session.sequence &+= 1
    let cookie = UInt64.random(in: 0 ... .max)
    // Before the call: what the system takes to send is part of the way.
    let now = time.monotonic
    let failure = session.socket.send(
      cookie: cookie, sequence: session.sequence, payload: session.job.request.payload, to: session.address)
    if let failure {
      session.result.failure = failure
    } else {
      session.result.sent += 1
      session.open[cookie] = now
      packets[cookie] = session
    }
    if session.unsent > 0 {
      timers.insert(session, at: now + max(session.job.request.spacing, .milliseconds(1)))
    } else {
      finishIfDone(session)
    }
  }

  private func receive(_ socket: PingSocket) {
    // A bound, so that a flood on one socket does not keep the others waiting.
    for _ in 0..<10_000 {
      guard let arrival = socket.receive() else { return }
      // A second answer to the same packet finds nothing here.
      guard let session = packets.removeValue(forKey: arrival.cookie),
        let sentAt = session.open.removeValue(forKey: arrival.cookie)
      else { continue }
      switch arrival.meaning {
      case .reply:
        session.result.times.append((time.monotonic - sentAt).inSeconds)
        session.result.timeToLive = arrival.timeToLive ?? session.result.timeToLive
      case .unreachable(let type, let code):
        session.result.failure = Self.failure(type, code, arrival.error, isIPv6: socket.kind.isIPv6)
      }
      if session.unsent == 0 { finishIfDone(session) }
    }
  }

  private static func failure(_ type: UInt8, _ code: UInt8, _ error: CInt?, isIPv6: Bool) -> PingFailure {
    if let error { return PingFailure(.unreachable, "the network said: \(String(cString: strerror(error)))") }
    return PingFailure(.unreachable, "the network said: ICMP\(isIPv6 ? "v6" : "") type \(type), code \(code)")
  }

  private func finishIfDone(_ session: Session) {
    if session.open.isEmpty { finish(session, nil) }
  }

  private func finish(_ session: Session, _ failure: PingFailure?) {
    guard !session.isOver else { return }
    session.isOver = true
    for cookie in session.open.keys { packets[cookie] = nil }
    sessions[ObjectIdentifier(session)] = nil
    if let failure { session.result.failure = failure }
    session.result.total = (time.monotonic - session.startedAt).inSeconds
    intake.finishedOne()
    session.job.completion(session.result)
  }
}
