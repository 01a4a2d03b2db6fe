internal import CEpoll
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import TLSTransport
internal import Threading

/// The client's thread: all connections on one epoll.
///
/// Invariants: everything here is touched by the one thread that calls ``run()``; a descriptor is in `owners` exactly
/// while it is in epoll; a session is in `sessions` exactly until it has completed.
final class StreamLoop {
  private let intake: Intake<StreamJob>
  private let epoll: CInt
  private let events: UnsafeMutableBufferPointer<epoll_event>
  let time = SystemTime()
  let contexts: TLSContexts
  private var sessions: [ObjectIdentifier: StreamSession] = [:]
  private var owners: [CInt: (session: StreamSession, wanted: UInt32)] = [:]
  private var timers = MomentHeap<ObjectIdentifier>()

  /// nil when the system refuses a descriptor.
  init?(_ intake: Intake<StreamJob>) {
    epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard epoll >= 0, intake.descriptor >= 0 else { return nil }
    self.intake = intake
    events = .allocate(capacity: 256)
    contexts = TLSContexts(time: time)
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.fd = intake.descriptor
    epoll_ctl(epoll, EPOLL_CTL_ADD, intake.descriptor, &event)
  }

  deinit { events.deallocate() }

  /// Serves until the intake is stopped, then cancels what is left.
  func run() {
    while true {
      var mailCame = false
      let count = epoll_wait(epoll, events.baseAddress, CInt(events.count), milliseconds)
      for index in 0..<max(0, Int(count)) {
        let socket = events[index].data.fd
        if socket == intake.descriptor {
          mailCame = true
        } else {
          // An earlier event of this round may have closed it.
          owners[socket]?.session.isReady(socket)
        }
      }
      if mailCame {
        let mail = intake.take()
        for job in mail.jobs { begin(job) }
        if mail.isStopped { break }
      }
      wakeTheDue()
    }
    for session in Array(sessions.values) { session.fail(.cancelled) }
    closeDescriptor(epoll)
  }

  /// Rounded up: waking before the moment would spin.
  private var milliseconds: CInt {
    guard let earliest = timers.earliest else { return -1 }
    return CInt(clamping: max(0, ((earliest - time.monotonic).nanoseconds + 999_999) / 1_000_000))
  }

  private func begin(_ job: StreamJob) {
    let session = StreamSession(job, self)
    sessions[ObjectIdentifier(session)] = session
    session.begin()
  }

  private func wakeTheDue() {
    let now = time.monotonic
    while let earliest = timers.earliest, earliest <= now {
      guard let id = timers.removeEarliest() else { return }
      sessions[id]?.timeHasCome(now)
    }
  }

  func wake(_ session: StreamSession, at moment: MonotonicInstant) {
    timers.insert(ObjectIdentifier(session), at: moment)
  }

  /// Asks for events on a session's socket; both false: only errors and hang-ups are told.
  func watch(_ socket: CInt, _ session: StreamSession, reading: Bool, writing: Bool) {
    let wanted = (reading ? EPOLLIN.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0)
    let known = owners[socket]
    if let known, known.wanted == wanted { return }
    var event = epoll_event()
    event.events = wanted
    event.data.fd = socket
    epoll_ctl(epoll, known == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event)
    owners[socket] = (session, wanted)
  }

  /// Closes a session's socket; the kernel drops it from epoll.
  func close(_ socket: CInt) {
    owners[socket] = nil
    closeDescriptor(socket)
  }

  func finished(_ session: StreamSession) {
    sessions[ObjectIdentifier(session)] = nil
    intake.finishedOne()
  }
}

/// The system's `close`, whose name the loop's own method hides.
private func closeDescriptor(_ descriptor: CInt) { close(descriptor) }
