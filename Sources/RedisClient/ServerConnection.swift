internal import Glibc
internal import Model
internal import TLSTransport

/// One connection, driven step by step and never waited for. Confined to the loop's thread.
///
/// Who we are is said and answered before any command of a run is sent: a refused password must not leave commands
/// running as the user that the server takes nobody for.
final class ServerConnection {
  enum Progress {
    /// Call ``advance()`` again when the socket is ready for one of these `poll` events.
    case waiting(Int16)
    /// Logged in, nothing asked.
    case ready
    case answered([Result<RedisValue, RedisError>])
    case failed(RedisError)
  }

  private enum Phase {
    case connecting
    case handshake
    case greeting(expected: Int)
    case ready
    case running(expected: Int)
  }

  /// Fresh data of one step goes here; more waits in the kernel.
  private static let chunk = 16_384

  private let route: Route
  private var address = 0
  private(set) var socket: Int32 = -1
  private var channel: TLSLayer?
  private var phase = Phase.connecting
  private var parser = ReplyParser()
  private var output: ArraySlice<UInt8> = []
  private var answers: [Result<RedisValue, RedisError>] = []
  private var answeredBytes = 0
  /// Whether the server ever said anything over this connection.
  private var hasReceived = false
  private var buffer = [UInt8](repeating: 0, count: chunk)

  init(_ route: Route) throws(RedisError) {
    self.route = route
    try connect()
  }

  deinit {
    channel = nil
    if socket >= 0 { close(socket) }
  }

  /// What it is busy with, for a message about a time-out.
  var doing: String {
    switch phase {
    case .connecting: "connecting"
    case .handshake: "agreeing on TLS"
    case .greeting: "logging in"
    case .ready, .running: "waiting for an answer"
    }
  }

  /// Takes whatever steps are possible without waiting.
  func advance() -> Progress {
    do throws(RedisError) {
      return try step()
    } catch {
      return .failed(error.redacting(route.password))
    }
  }

  /// Starts a batch; only when ``Progress/ready``.
  func send(_ commands: [[String]]) -> Progress {
    queue(commands)
    phase = .running(expected: commands.count)
    return advance()
  }

  private func step() throws(RedisError) -> Progress {
    if case .connecting = phase {
      guard try isConnected() else { return .waiting(Int16(POLLOUT)) }
      try beginTalk()
    }
    if case .handshake = phase, let channel {
      switch channel.handshake() {
      case .done:
        // Before a word is said: the first one is the password.
        if let tls = route.tls, tls.options.verify, let failure = channel.facts.failure {
          throw RedisError(failure)
        }
        greet()
      case .wantsRead: return .waiting(Int16(POLLIN))
      case .wantsWrite: return .waiting(Int16(POLLOUT))
      case .ended:
        throw RedisError(.tlsHandshake, "the server ended the connection instead of agreeing on TLS")
      case .failed(let failure): throw RedisError(failure)
      }
    }
    let events = try write()
    switch phase {
    case .connecting, .handshake: return .waiting(events)
    case .greeting(let expected):
      guard try collect(expected) else { return .waiting(events) }
      for answer in answers { _ = try answer.get() }
      answers = []
      phase = .ready
      return .ready
    case .ready:
      _ = try collect(1)
      guard answers.isEmpty, parser.isEmpty else {
        throw RedisError(.protocolError, "the server spoke without being asked")
      }
      return .ready
    case .running(let expected):
      guard try collect(expected) else { return .waiting(events) }
      guard parser.isEmpty else {
        throw RedisError(.protocolError, "the server answered more than it was asked")
      }
      phase = .ready
      defer { answers = [] }
      return .answered(answers.map { $0.mapError { $0.redacting(route.password) } })
    }
  }

  // MARK: Getting there

  /// Begins with the next address that a socket can be made for.
  private func connect() throws(RedisError) {
    while true {
      do throws(RedisError) {
        socket = try route.connect(address)
        return
      } catch {
        guard address + 1 < route.addresses.count else { throw error }
        address += 1
      }
    }
  }

  private func isConnected() throws(RedisError) -> Bool {
    while true {
      var state = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
      guard poll(&state, 1, 0) > 0 else { return false }
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size)
      if code == 0 { return true }
      guard address + 1 < route.addresses.count else {
        throw .system(code, "cannot connect to \(route.server.name)")
      }
      close(socket)
      socket = -1
      address += 1
      try connect()
    }
  }

  private func beginTalk() throws(RedisError) {
    guard let tls = route.tls else { return greet() }
    do throws(StreamFailure) {
      channel = try TLSLayer.make(tls.context, socket, tls.options, host: route.server.host)
    } catch { throw RedisError(error) }
    phase = .handshake
  }

  private func greet() {
    var commands: [[String]] = []
    if let password = route.password {
      commands.append(["AUTH"] + [route.server.username].compactMap(\.self) + [password])
    }
    if route.server.database != 0 { commands.append(["SELECT", String(route.server.database)]) }
    queue(commands)
    phase = .greeting(expected: commands.count)
  }

  // MARK: Bytes

  private func queue(_ commands: [[String]]) {
    var bytes: [UInt8] = []
    for command in commands {
      bytes += "*\(command.count)\r\n".utf8
      for word in command {
        bytes += "$\(word.utf8.count)\r\n".utf8
        bytes += word.utf8
        bytes += "\r\n".utf8
      }
    }
    answers = []
    answeredBytes = 0
    output = bytes[...]
  }

  /// Writes what it can; the events to wait for then.
  private func write() throws(RedisError) -> Int16 {
    while !output.isEmpty {
      if let channel {
        switch channel.write(output) {
        case .done(let count): output = output.dropFirst(count)
        case .wantsRead: return Int16(POLLIN)
        case .wantsWrite: return Int16(POLLIN | POLLOUT)
        // What the server said before it went is still to be read.
        case .ended: output = []
        case .failed(let failure): throw lastWord(told(failure))
        }
        continue
      }
      let count = output.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        output = output.dropFirst(count)
      } else if errno == EAGAIN {
        return Int16(POLLIN | POLLOUT)
      } else if errno == EPIPE || errno == ECONNRESET {
        output = []
      } else if errno != EINTR {
        throw .system(errno, "cannot send to \(route.server.name)")
      }
    }
    return Int16(POLLIN)
  }

  /// Reads what is there; whether all `expected` answers are.
  private func collect(_ expected: Int) throws(RedisError) -> Bool {
    while answers.count < expected {
      if let value = try parser.next() {
        if case .error(let error) = value {
          answers.append(.failure(error))
        } else {
          answers.append(.success(value))
        }
        continue
      }
      guard try receive() else { return false }
    }
    return true
  }

  /// Whether something came. The end of the connection is an error: the server's last word, where there was one.
  private func receive() throws(RedisError) -> Bool {
    let got: TLSLayer.Progress
    if let channel {
      got = channel.read(&buffer)
    } else {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count > 0 {
        got = .done(count)
      } else if count == 0 {
        got = .ended
      } else if errno == EAGAIN || errno == EINTR {
        got = .wantsRead
      } else {
        throw lastWord(.system(errno, "no answer from \(route.server.name)"))
      }
    }
    switch got {
    case .done(let count):
      answeredBytes += count
      hasReceived = true
      guard answeredBytes <= 4 * ReplyParser.byteLimit else {
        throw RedisError(
          .bodyTooLarge, "the answers to one batch have more than \(4 * ReplyParser.byteLimit) bytes")
      }
      parser.feed(buffer[..<count])
      return true
    case .wantsRead, .wantsWrite: return false
    case .ended: throw lastWord(hungUp)
    case .failed(let failure): throw lastWord(told(failure))
    }
  }

  private var hungUp: RedisError { RedisError(.reset, "\(route.server.name) ended the connection") }

  /// Redis's messages say how long they are: an end without TLS's word for it is an end like any other.
  private func told(_ failure: StreamFailure) -> RedisError {
    failure.reason == .reset ? hungUp : RedisError(failure)
  }

  /// A server that turns a client away says why and hangs up.
  private func lastWord(_ otherwise: RedisError) -> RedisError {
    if case .failure(let error)? = answers.last { return error }
    // With TLS 1.3 a server looks at our certificate when we take TLS for agreed; its alert may be lost with a reset.
    guard otherwise.reason == .reset, let tls = route.server.tls, tls.certificateFile == nil, !hasReceived
    else {
      return otherwise
    }
    let hint = "ended the connection right after TLS: it may want a certificate (`cert_file`)"
    return RedisError(.tlsHandshake, "\(route.server.name) \(hint)")
  }
}
