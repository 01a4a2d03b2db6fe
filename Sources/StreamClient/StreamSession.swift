#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import TLSTransport

/// One request on its way: the attempts to connect, then the connection. Confined to the client's thread.
final class StreamSession {
  private enum Stage { case connecting, handshaking, talking, over }

  private let job: StreamJob
  private let loop: StreamLoop
  private var result = StreamResult()
  private var stage = Stage.connecting
  private let startedAt: MonotonicInstant
  private let deadline: MonotonicInstant

  private var untried: ArraySlice<String>
  private var attempts: [CInt: (address: String, since: MonotonicInstant)] = [:]
  private var nextAttemptAt: MonotonicInstant
  private var connectFailure: StreamFailure?

  private var socket: CInt = -1
  private var tls: TLSLayer?
  private var handshakeSince: MonotonicInstant?
  private var talkSince: MonotonicInstant?
  /// Spent in a TLS start inside the conversation.
  private var handshakeInTalk = Duration.zero
  private var input: [UInt8] = []
  private var output: ArraySlice<UInt8> = []
  private var hasEnded = false

  private static let attemptPause = Duration.milliseconds(250)

  init(_ job: StreamJob, _ loop: StreamLoop) {
    self.job = job
    self.loop = loop
    result.dialogue = job.request.dialogue
    startedAt = loop.time.monotonic
    deadline = startedAt + max(job.request.timeout, .milliseconds(1))
    nextAttemptAt = startedAt
    untried = Self.alternating(job.request.addresses)[...]
  }

  /// IPv6 and IPv4 by turns, IPv6 first, so that a family that leads nowhere costs one attempt's pause (RFC 8305).
  static func alternating(_ addresses: [String]) -> [String] {
    let six = addresses.filter { $0.utf8.contains(UInt8(ascii: ":")) }
    let four = addresses.filter { !$0.utf8.contains(UInt8(ascii: ":")) }
    return (0..<max(six.count, four.count)).flatMap {
      six.dropFirst($0).prefix(1) + four.dropFirst($0).prefix(1)
    }
  }

  func begin() {
    loop.wake(self, at: deadline)
    attempt()
  }

  func timeHasCome(_ now: MonotonicInstant) {
    guard stage != .over else { return }
    if now >= deadline {
      return fail(StreamFailure(.timeout, "no answer within the time-out: waited for \(awaited)"))
    }
    if stage == .connecting, now >= nextAttemptAt { attempt() }
  }

  private var awaited: String {
    switch stage {
    case .connecting: "the connection to \(attempts.values.map(\.address).sorted().joined(separator: ", "))"
    case .handshaking: "the TLS handshake"
    case .talking, .over: result.dialogue?.waitsFor ?? "the end"
    }
  }

  func isReady(_ ready: CInt) {
    switch stage {
    case .connecting: attemptEnded(ready)
    case .handshaking: shakeHands()
    case .talking: talk()
    case .over: break
    }
  }

  // MARK: Connecting

  /// Tries addresses until one does not fail at once.
  private func attempt() {
    while stage == .connecting {
      guard let address = untried.popFirst() else {
        if attempts.isEmpty { fail(connectFailure ?? StreamFailure(.dns, "the host has no address")) }
        return
      }
      switch Connecting.start(address, job.request.port) {
      case .failure(let failure): connectFailure = connectFailure ?? failure
      case .success(let socket):
        attempts[socket] = (address, loop.time.monotonic)
        loop.watch(socket, self, reading: false, writing: true)
        nextAttemptAt = loop.time.monotonic + Self.attemptPause
        if !untried.isEmpty { loop.wake(self, at: nextAttemptAt) }
        return
      }
    }
  }

  private func attemptEnded(_ ready: CInt) {
    // An event may be that of an earlier socket with the same number.
    guard let (address, since) = attempts[ready], let code = Connecting.outcome(of: ready) else { return }
    attempts[ready] = nil
    guard code == 0 else {
      loop.close(ready)
      connectFailure =
        connectFailure
        ?? StreamFailure(
          systemReason(code),
          "connecting to \(address) port \(job.request.port): \(String(cString: strerror(code)))")
      return attempt()
    }
    socket = ready
    result.address = address
    let now = loop.time.monotonic
    result.connect = (now - since).inSeconds
    for other in attempts.keys { loop.close(other) }
    attempts = [:]
    if job.request.tls != nil, job.request.tlsFromStart { beginHandshake() } else { beginTalk() }
  }

  // MARK: TLS

  private func beginHandshake() {
    guard let options = job.request.tls else {
      return fail(StreamFailure(.configuration, "TLS is to be started, but nothing says how"))
    }
    do throws(StreamFailure) {
      tls = try TLSLayer.make(
        loop.contexts.context(for: options), socket, options, host: result.address ?? "")
    } catch {
      return fail(error)
    }
    stage = .handshaking
    handshakeSince = loop.time.monotonic
    shakeHands()
  }

  private func shakeHands() {
    guard let tls, let handshakeSince else { return }
    switch tls.handshake() {
    case .done: break
    case .wantsRead: return loop.watch(socket, self, reading: true, writing: false)
    case .wantsWrite: return loop.watch(socket, self, reading: false, writing: true)
    case .ended:
      return fail(StreamFailure(.tlsHandshake, "the server ended the connection in the TLS handshake"))
    case .failed(let failure): return fail(failure)
    }
    let took = loop.time.monotonic - handshakeSince
    result.tls = took.inSeconds
    result.facts = tls.facts
    if job.request.tls?.verify == true, let failure = result.facts?.failure { return fail(failure) }
    if talkSince == nil {
      beginTalk()
    } else {
      handshakeInTalk += took
      stage = .talking
      speakFirst()
    }
  }

  // MARK: Talking

  private func beginTalk() {
    guard result.dialogue != nil else { return finish() }
    stage = .talking
    talkSince = loop.time.monotonic
    speakFirst()
  }

  /// The dialogue may have the first word.
  private func speakFirst() {
    proceed()
    if stage == .talking { talk() }
  }

  /// Sends and reads as much as goes, and lets the dialogue act on it.
  private func talk() {
    while stage == .talking {
      guard let isFlushed = flush() else { return }
      guard isFlushed else { return }
      let before = input.count
      guard let hasNews = receive() else { return }
      guard hasNews || input.count != before else { return }
      proceed()
    }
  }

  /// Whether all is sent; nil: the session is over.
  private func flush() -> Bool? {
    while !output.isEmpty {
      let progress: TLSLayer.Progress
      if let tls { progress = tls.write(output) } else { progress = Connecting.send(output, socket) }
      switch progress {
      case .done(let count): output = output.dropFirst(count)
      case .wantsRead:
        loop.watch(socket, self, reading: true, writing: false)
        return false
      case .wantsWrite:
        loop.watch(socket, self, reading: false, writing: true)
        return false
      case .ended:
        fail(StreamFailure(.reset, "the server ended the connection while it was spoken to"))
        return nil
      case .failed(let failure):
        fail(failure)
        return nil
      }
    }
    return true
  }

  /// Whether bytes or the end came; nil: the session is over.
  private func receive() -> Bool? {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    switch tls?.read(&buffer) ?? Connecting.receive(&buffer, socket) {
    case .done(let count):
      result.bytesReceived += count
      guard result.bytesReceived <= job.request.readLimit else {
        fail(
          StreamFailure(
            .bodyTooLarge,
            "the server sent more than \(job.request.readLimit) bytes: waited for \(awaited)"))
        return nil
      }
      input.append(contentsOf: buffer[..<count])
      return true
    case .wantsRead:
      loop.watch(socket, self, reading: true, writing: false)
      return false
    case .wantsWrite:
      loop.watch(socket, self, reading: false, writing: true)
      return false
    case .ended:
      hasEnded = true
      return true
    case .failed(let failure):
      fail(failure)
      return nil
    }
  }

  /// Lets the dialogue act until it waits.
  private func proceed() {
    while stage == .talking {
      guard let step = result.dialogue?.proceed(&input, ended: hasEnded) else { return finish() }
      switch step {
      case .wait:
        if hasEnded {
          fail(StreamFailure(.reset, "the server closed the connection: waited for \(awaited)"))
        }
        return
      case .send(let bytes): output.append(contentsOf: bytes)
      case .startTLS:
        guard input.isEmpty else {
          return fail(
            StreamFailure(.protocolError, "the server sent bytes before TLS that belong to nothing"))
        }
        guard tls == nil else {
          return fail(StreamFailure(.configuration, "TLS is to be started where it is spoken already"))
        }
        return flushThenHandshake()
      case .done: return finish()
      case .failed(let failure): return fail(failure)
      }
    }
  }

  /// What is to be sent before TLS is a few bytes, which a new connection always takes.
  private func flushThenHandshake() {
    guard let isFlushed = flush() else { return }
    guard isFlushed else {
      return fail(StreamFailure(.other, "the server does not read what is sent before the TLS start"))
    }
    beginHandshake()
  }

  // MARK: The end

  private func finish() {
    // The last words: sent as far as they go without waiting.
    if stage == .talking, flush() == nil { return }
    if let talkSince {
      result.conversation = max(0, (loop.time.monotonic - talkSince - handshakeInTalk).inSeconds)
    }
    tls?.close()
    end()
  }

  func fail(_ failure: StreamFailure) {
    guard stage != .over else { return }
    result.failure = failure
    end()
  }

  private func end() {
    stage = .over
    tls = nil
    if socket >= 0 { loop.close(socket) }
    for other in attempts.keys { loop.close(other) }
    attempts = [:]
    result.total = (loop.time.monotonic - startedAt).inSeconds
    loop.finished(self)
    job.completion(result)
  }
}
