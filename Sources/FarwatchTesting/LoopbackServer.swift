#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// A scripted HTTP server on 127.0.0.1 with one thread of its own, that can also misbehave at the TCP level.
///
/// Each request is answered with a list of steps. A connection stays open after the last step unless one closes it.
package final class LoopbackServer: Sendable {
  package struct Request: Sendable {
    package var method: String
    /// Path and query.
    package var target: String
    /// The request line and the header lines.
    package var head: String
    package var body: [UInt8]
    /// Which connection it came on, counted from 1.
    package var connection: Int

    /// The first header of that name (any case), trimmed.
    package func header(_ name: String) -> String? {
      for line in head.split(separator: "\r\n").dropFirst() {
        guard let colon = line.firstIndex(of: ":") else { continue }
        if line[..<colon].lowercased() == name.lowercased() {
          return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
      }
      return nil
    }
  }

  package enum Step: Sendable {
    case send([UInt8])
    /// The bytes, so many times; `Int.max`: until the client goes away.
    case repeating([UInt8], times: Int)
    case wait(Duration)
    /// Says nothing more and keeps the connection.
    case hang
    case close
    /// Closes with RST.
    case reset

    package static func text(_ text: String) -> Step { .send(Array(text.utf8)) }
  }

  /// A complete answer with a length.
  package static func answer(
    _ status: Int = 200, _ body: String = "", headers: [(String, String)] = []
  ) -> [Step] {
    var head = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.utf8.count)\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    return [.text(head + "\r\n" + body)]
  }

  package let port: Int
  private struct Log {
    var connections = 0
    var requests: [Request] = []
    var isStopped = false
  }
  private let log: Mutex<Log>
  private let listener: CInt
  private let bell: CInt
  private let thread: Mutex<pthread_t?>

  package struct SystemError: Error {
    package let call: String
    package let code: CInt
  }

  /// Listens on a free port, or on `port`, of 127.0.0.0/8 (every loopback address reaches it).
  package init(port: Int = 0, _ script: @escaping @Sendable (Request) -> [Step]) throws {
    let listener = socket(
      AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw SystemError(call: "socket", code: errno) }
    var on: CInt = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 4096) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw SystemError(call: "bind", code: errno) }
    self.port = Int(in_port_t(bigEndian: address.sin_port))
    self.listener = listener
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw SystemError(call: "pipe", code: errno) }
    // A child process must not hold a copy: then closing would not reach the client.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    bell = ends[1]
    log = Mutex(Log())
    thread = Mutex(nil)
    let loop = ServerLoop(
      listener: listener, bell: ends[0],
      onConnect: { [log = Unmanaged.passUnretained(self)] in
        log.takeUnretainedValue().log.withLock { log in
          log.connections += 1
          return log.connections
        }
      },
      onRequest: { [log = Unmanaged.passUnretained(self)] request in
        log.takeUnretainedValue().log.withLock { $0.requests.append(request) }
        return script(request)
      })
    var handle = pthread_t()
    // `stop` joins the thread before this object goes, so its unretained reference to it stays good.
    pthread_create(
      &handle, nil,
      { context in
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        guard let context else { return nil }
        Unmanaged<ServerLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(loop).toOpaque())
    thread.withLock { $0 = handle }
  }

  deinit { stop() }

  package func url(_ path: String = "/", host: String = "127.0.0.1") -> String {
    "http://\(host):\(port)\(path)"
  }
  /// Connections accepted so far.
  package var connections: Int { log.withLock { $0.connections } }
  /// Requests read so far, in order.
  package var requests: [Request] { log.withLock { $0.requests } }

  /// Closes everything and ends the thread. Later calls do nothing.
  package func stop() {
    let handle = thread.withLock { handle in
      defer { handle = nil }
      return handle
    }
    guard let handle else { return }
    write(bell, "x", 1)
    pthread_join(handle, nil)
    close(bell)
  }
}

/// The server's thread; owns every descriptor that it polls.
private final class ServerLoop {
  private struct Connection {
    var number: Int
    var input: [UInt8] = []
    var steps: [LoopbackServer.Step] = []
    var output: ArraySlice<UInt8> = []
    /// Nothing is done before this moment.
    var waitsUntil: Int64?
    var isHanging = false
  }

  private let listener: CInt
  private let bell: CInt
  private let onConnect: () -> Int
  private let onRequest: (LoopbackServer.Request) -> [LoopbackServer.Step]
  private var connections: [CInt: Connection] = [:]

  init(
    listener: CInt, bell: CInt, onConnect: @escaping () -> Int,
    onRequest: @escaping (LoopbackServer.Request) -> [LoopbackServer.Step]
  ) {
    self.listener = listener
    self.bell = bell
    self.onConnect = onConnect
    self.onRequest = onRequest
  }

  func run() {
    while true {
      var list = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
      list.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
      var timeout: CInt = -1
      for (socket, connection) in connections {
        var events = Int16(POLLIN)
        if let moment = connection.waitsUntil {
          let left = CInt(max(0, moment - Self.now))
          timeout = timeout < 0 ? left : min(timeout, left)
        } else if !connection.output.isEmpty || !connection.steps.isEmpty, !connection.isHanging {
          events |= Int16(POLLOUT)
        }
        list.append(pollfd(fd: socket, events: events, revents: 0))
      }
      poll(&list, nfds_t(list.count), timeout)
      if list[0].revents != 0 { break }
      if list[1].revents != 0 { acceptAll() }
      for entry in list.dropFirst(2) {
        if entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { receive(entry.fd) }
        proceed(entry.fd)
      }
    }
    for socket in connections.keys { close(socket) }
    close(listener)
    close(bell)
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  private func acceptAll() {
    while true {
      let socket = accept(listener, nil, nil)
      guard socket >= 0 else { return }
      _ = fcntl(socket, F_SETFL, O_NONBLOCK)
      _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
      var on: CInt = 1
      setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, 4)
      connections[socket] = Connection(number: onConnect())
    }
  }

  private func drop(_ socket: CInt, reset: Bool = false) {
    if reset {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
    close(socket)
    connections[socket] = nil
  }

  private func receive(_ socket: CInt) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(socket, &buffer, buffer.count)
    guard count > 0 else { return count < 0 && errno == EAGAIN ? () : drop(socket) }
    connections[socket]?.input.append(contentsOf: buffer[..<count])
  }

  /// Takes the next request when the last one is answered, and does as many steps as go without waiting.
  private func proceed(_ socket: CInt) {
    while var connection = connections[socket] {
      if let moment = connection.waitsUntil {
        guard moment <= Self.now else { return }
        connection.waitsUntil = nil
      }
      if connection.isHanging { return }
      if !connection.output.isEmpty {
        let sent = connection.output.withUnsafeBytes {
          send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard sent > 0 else { return errno == EAGAIN ? () : drop(socket) }
        connection.output = connection.output.dropFirst(sent)
        connections[socket] = connection
        continue
      }
      if connection.steps.isEmpty {
        guard let request = Self.takeRequest(&connection) else { return }
        connection.steps = onRequest(request)
        connections[socket] = connection
        continue
      }
      switch connection.steps.removeFirst() {
      case .send(let bytes): connection.output = bytes[...]
      case .repeating(let bytes, let times):
        connection.output = bytes[...]
        if times > 1 {
          connection.steps.insert(.repeating(bytes, times: times == .max ? .max : times - 1), at: 0)
        }
      case .wait(let duration):
        let (seconds, attoseconds) = duration.components
        connection.waitsUntil = Self.now + seconds * 1000 + attoseconds / 1_000_000_000_000_000
      case .hang: connection.isHanging = true
      case .close: return drop(socket)
      case .reset: return drop(socket, reset: true)
      }
      connections[socket] = connection
    }
  }

  private static func takeRequest(_ connection: inout Connection) -> LoopbackServer.Request? {
    let end = Array("\r\n\r\n".utf8)
    guard let headEnd = connection.input.firstRange(of: end) else { return nil }
    let head = String(decoding: connection.input[..<headEnd.lowerBound], as: UTF8.self)
    let words = head.split(separator: "\r\n").first?.split(separator: " ") ?? []
    var request = LoopbackServer.Request(
      method: words.first.map(String.init) ?? "", target: words.count > 1 ? String(words[1]) : "", head: head,
      body: [], connection: connection.number)
    let length = request.header("Content-Length").flatMap { Int($0) } ?? 0
    guard connection.input.count >= headEnd.upperBound + length else { return nil }
    request.body = Array(connection.input[headEnd.upperBound..<headEnd.upperBound + length])
    connection.input.removeFirst(headEnd.upperBound + length)
    return request
  }
}
