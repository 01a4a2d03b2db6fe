internal import CMicroHTTPD
internal import Synchronization
internal import Threading

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Cuts connections whose request is overdue, which libmicrohttpd itself never does: its only time-out begins anew with
/// every byte, so a client that sends one now and then would hold its place for ever.
///
/// When three quarters of the places are taken, whoever keeps us waiting has a tenth of the time: so that clients at
/// many addresses, each with its share of places, cannot keep the others out for longer than moments.
///
/// libmicrohttpd's callbacks say what each connection waits for; a thread of its own looks after the overdue ones, so
/// that a slow handler does not stop it. A cut is `shutdown`, never `close`: libmicrohttpd sees the end and cleans up.
/// A descriptor is used only under the lock and while its connection is in the table. libmicrohttpd closes it after
/// ``closed(_:)``, which takes it out: the number cannot have become somebody else's.
final class ConnectionDeadlines: Sendable {
  private enum Phase {
    /// The request line and headers are awaited.
    case head(since: ContinuousClock.Instant)
    /// Headers are read, the body is awaited.
    case body(since: ContinuousClock.Instant)
    /// The server's turn. `taken`: while bytes wait for the client, how many it had taken at a moment; nil: none wait.
    case answering(taken: (bytes: UInt64, at: ContinuousClock.Instant)?)
    /// The same, while the connection is suspended: libmicrohttpd does not see its end then.
    case waiting(DeferredHold)
    /// Between requests. `received` is the count of the connection's bytes so far, nil where the kernel does not tell.
    case idle(since: ContinuousClock.Instant, received: UInt64?)
    case cut
  }

  private struct Entry {
    let descriptor: Int32
    var phase: Phase
  }

  private struct State {
    var entries: [UInt: Entry] = [:]
    var isStopping = false
  }

  /// Of the time that there is otherwise, for everybody while the server is crowded.
  private static let crowdedShare = 10

  private let headerTimeout: Duration
  private let requestTimeout: Duration
  private let idleTimeout: Duration
  private let answerWindow: Duration
  private let leastAnswerRate: Int
  /// With so many connections the server is crowded.
  private let crowd: Int
  private let counters: HTTPServerCounters
  private let state = Mutex(State())
  private let bell = Bell()
  private let thread = Mutex<OwnThread?>(nil)

  init(_ settings: HTTPServerSettings, _ counters: HTTPServerCounters) {
    headerTimeout = settings.headerTimeout
    requestTimeout = settings.requestTimeout
    idleTimeout = settings.idleTimeout
    answerWindow = settings.answerWindow
    leastAnswerRate = settings.leastAnswerRate
    crowd = settings.connectionLimit - settings.connectionLimit / 4
    self.counters = counters
  }

  func start() throws(HTTPServerError) {
    do throws(OwnThread.Failure) {
      let started = try OwnThread.start("http-deadlines") { self.run() }
      thread.withLock { $0 = started }
    } catch {
      throw .cannotStart("\(error)")
    }
  }

  /// Returns when the thread has ended.
  func stop() {
    state.withLock { $0.isStopping = true }
    bell.ring()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  func opened(_ connection: OpaquePointer) {
    guard let info = farwatch_mhd_socket(connection) else { return }
    let entry = Entry(descriptor: info.pointee.connect_fd, phase: .head(since: .now))
    let isTurn = state.withLock {
      $0.entries[UInt(bitPattern: connection)] = entry
      return $0.entries.count == 1 || $0.entries.count == crowd
    }
    if isTurn { bell.ring() }
  }

  func closed(_ connection: OpaquePointer) {
    _ = state.withLock { $0.entries.removeValue(forKey: UInt(bitPattern: connection)) }
  }

  /// Whether a connection has begun, in its handshake or in a request's headers, and not come to a request.
  var hasBeginners: Bool {
    state.withLock { state in
      state.entries.values.contains { if case .head = $0.phase { true } else { false } }
    }
  }

  /// A request line is read.
  func requestBegan(_ connection: OpaquePointer) {
    change(connection) { entry in
      // Whoever is watched already, since the connection was accepted or a first byte was seen, wins no time.
      if case .head = entry.phase { return }
      entry.phase = .head(since: .now)
    }
  }

  func headersRead(_ connection: OpaquePointer) {
    change(connection) { $0.phase = .body(since: .now) }
  }

  func requestRead(_ connection: OpaquePointer) { change(connection) { $0.phase = .answering(taken: nil) } }

  func answerAwaited(_ connection: OpaquePointer, _ hold: DeferredHold) {
    change(connection) { $0.phase = .waiting(hold) }
  }

  /// The answer is sent, or will never be.
  func requestEnded(_ connection: OpaquePointer) {
    change(connection) { $0.phase = .idle(since: .now, received: bytesReceived($0.descriptor)) }
  }

  private func change(_ connection: OpaquePointer, _ body: (inout sending Entry) -> Void) {
    let key = UInt(bitPattern: connection)
    state.withLock { state in
      guard var entry = state.entries[key] else { return }
      if case .cut = entry.phase { return }
      body(&entry)
      state.entries[key] = entry
    }
  }

  /// Sleeps as long as nobody is connected, and then looks again and again, often enough to be late by an eighth, or by
  /// a quarter of the little time in a crowd.
  private func run() {
    let least = Duration.milliseconds(5)
    let pause = max(least, min(.seconds(1), min(headerTimeout, requestTimeout, answerWindow) / 8))
    let crowdedPause = max(least, min(pause, headerTimeout / (4 * Self.crowdedShare)))
    while true {
      let (isStopping, count) = state.withLock { ($0.isStopping, $0.entries.count) }
      if isStopping { return }
      // Whoever comes while nobody is connected rings, and so does who makes it a crowd.
      _ = bell.wait(upTo: count == 0 ? .seconds(3600) : count >= crowd ? crowdedPause : pause)
      sweep(now: .now)
    }
  }

  private func sweep(now: ContinuousClock.Instant) {
    var left: [DeferredHold] = []
    state.withLock { state in
      let isCrowded = state.entries.count >= crowd
      for (key, entry) in state.entries {
        switch entry.phase {
        case .head(let since):
          let isOverdue = now - since >= headerTimeout
          guard isOverdue || (isCrowded && now - since >= headerTimeout / Self.crowdedShare) else { continue }
          cut(key, isOverdue ? counters.headerOverdue : counters.crowdedOut, &state)
        case .body(let since):
          let isOverdue = now - since >= requestTimeout
          guard isOverdue || (isCrowded && now - since >= requestTimeout / Self.crowdedShare) else {
            continue
          }
          cut(key, isOverdue ? counters.bodyOverdue : counters.crowdedOut, &state)
        case .idle(let since, let before):
          // libmicrohttpd speaks up only when the request line is complete; the kernel tells of its first byte.
          if let before, let received = bytesReceived(entry.descriptor), received > before {
            state.entries[key]?.phase = .head(since: now)
          } else if isCrowded, now - since >= idleTimeout / Self.crowdedShare {
            cut(key, counters.crowdedOut, &state)
          }
        case .waiting(let hold):
          if hasLeft(entry.descriptor) { left.append(hold) }
        case .answering(let before):
          let window = isCrowded ? answerWindow / Self.crowdedShare : answerWindow
          let (taken, isOverdue) = progress(entry.descriptor, since: before, window, now)
          state.entries[key]?.phase = .answering(taken: taken)
          if isOverdue { cut(key, counters.answerOverdue, &state, evenUnread: true) }
        case .cut: continue
        }
      }
    }
    // Not under the lock: who is abandoned has code of others to run.
    for hold in left { hold.end() }
  }

  /// What the client has taken of its answer, and whether that is too little.
  private func progress(
    _ descriptor: Int32, since before: (bytes: UInt64, at: ContinuousClock.Instant)?, _ window: Duration,
    _ now: ContinuousClock.Instant
  ) -> (taken: (bytes: UInt64, at: ContinuousClock.Instant)?, isOverdue: Bool) {
    guard hasUntakenBytes(descriptor), let bytes = bytesTaken(descriptor) else { return (nil, false) }
    guard let before else { return ((bytes, now), false) }
    guard now - before.at >= window else { return (before, false) }
    let least = Double(leastAnswerRate) * ((now - before.at) / .seconds(1))
    return ((bytes, now), Double(bytes &- before.bytes) < least)
  }

  /// - Parameter evenUnread: whether a client counts as late also while bytes of it lie unread.
  private func cut(_ key: UInt, _ count: () -> Void, _ state: inout State, evenUnread: Bool = false) {
    guard let descriptor = state.entries[key]?.descriptor else { return }
    // Bytes that nobody has read yet: not the client is late, the thread that serves it is.
    if !evenUnread, hasUnreadBytes(descriptor) { return }
    // Counted first: whoever sees the cut finds it counted.
    count()
    state.entries[key]?.phase = .cut
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}

private func hasUnreadBytes(_ descriptor: Int32) -> Bool {
  var byte: UInt8 = 0
  return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
}

/// Whether the peer has closed its side, or is gone: then nobody waits for the answer.
private func hasLeft(_ descriptor: Int32) -> Bool {
  // POLLRDHUP, which the C library's header hides.
  let closed: Int16 = 0x2000
  var asked = pollfd(fd: descriptor, events: closed, revents: 0)
  return poll(&asked, 1, 0) > 0 && asked.revents & (closed | Int16(POLLHUP) | Int16(POLLERR)) != 0
}

/// Whether the kernel holds bytes that the peer has not taken yet.
private func hasUntakenBytes(_ descriptor: Int32) -> Bool {
  var count: Int32 = 0
  return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 && count > 0
}

/// How many bytes the peer has sent since it connected; nil where the kernel does not tell (Linux does since 4.1).
private func bytesReceived(_ descriptor: Int32) -> UInt64? { tcpCount(descriptor, at: 128) }

/// How many it has taken.
private func bytesTaken(_ descriptor: Int32) -> UInt64? { tcpCount(descriptor, at: 120) }

/// - Parameter place: of tcpi_bytes_acked or tcpi_bytes_received in the kernel's struct tcp_info. The C library's own
///   struct ends before them.
private func tcpCount(_ descriptor: Int32, at place: Int) -> UInt64? {
  let end = place + MemoryLayout<UInt64>.size
  return withUnsafeTemporaryAllocation(byteCount: end, alignment: 8) { info in
    var size = socklen_t(end)
    guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, info.baseAddress, &size) == 0,
      Int(size) >= end
    else { return nil }
    return info.load(fromByteOffset: place, as: UInt64.self)
  }
}
