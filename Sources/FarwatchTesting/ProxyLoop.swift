#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Synchronization

/// The thread of a ``FaultyProxy``; owns every descriptor that it polls.
final class ProxyLoop {
  /// One direction of one connection.
  private struct Pipe {
    var chunks: [(bytes: ArraySlice<UInt8>, due: MonotonicInstant)] = []
    var held = 0
    var passed = 0
    var hasEnded = false
    var isShut = false
  }

  private final class Connection {
    let client: CInt
    let target: CInt
    var isConnected = false
    var pipes: [FaultyProxy.Direction: Pipe] = [.toTarget: Pipe(), .toClient: Pipe()]

    init(client: CInt, target: CInt) {
      self.client = client
      self.target = target
    }

    func source(_ direction: FaultyProxy.Direction) -> CInt { direction == .toTarget ? client : target }
    func sink(_ direction: FaultyProxy.Direction) -> CInt { direction == .toTarget ? target : client }
  }

  private static let heldLimit = 1 << 20
  private let target: Int
  private let holder: CInt
  private var listener: CInt
  private let bell: CInt
  private let state: ProxyState
  private let time = SystemTime()
  private var orders = FaultyProxy.Orders()
  private var connections: [Connection] = []

  init(target: Int, holder: CInt, listener: CInt, bell: CInt, state: ProxyState) {
    self.target = target
    self.holder = holder
    self.listener = listener
    self.bell = bell
    self.state = state
  }

  func run() {
    while true {
      takeOrders()
      if orders.isStopped { break }
      wait()
      acceptAll()
      for connection in connections { proceed(connection) }
      state.lock.withLock { $0.tally.open = connections.count }
    }
    for connection in connections { close(connection, reset: false) }
    for descriptor in [listener, holder, bell] where descriptor >= 0 { Glibc.close(descriptor) }
  }

  private func takeOrders() {
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(bell, &buffer, buffer.count) > 0 {}
    let number: Int
    (orders, number) = state.lock.withLock { state in
      defer { state.orders.resetsAll = false }
      return (state.orders, state.given)
    }
    if orders.refuses, listener >= 0 {
      Glibc.close(listener)
      listener = -1
    } else if !orders.refuses, listener < 0,
      let again = try? ProxySockets.bound(to: ProxySockets.port(of: holder))
    {
      listener = again.socket
      listen(listener, 4096)
    }
    if orders.resetsAll { for connection in connections { drop(connection, reset: true) } }
    state.lock.withLock {
      $0.taken = max($0.taken, number)
      $0.tally.open = connections.count
    }
  }

  private func faults(_ direction: FaultyProxy.Direction) -> FaultyProxy.Faults {
    orders.faults[direction] ?? FaultyProxy.Faults()
  }

  /// Until something may be done. A descriptor that nothing is wanted of is left out: its hang-up would wake for ever.
  private func wait() {
    var list = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
    if listener >= 0 { list.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0)) }
    var wake: MonotonicInstant?
    let now = time.monotonic
    for connection in connections {
      var wanted: [CInt: Int16] = [:]
      if !connection.isConnected { wanted[connection.target] = Int16(POLLOUT) }
      for direction in FaultyProxy.Direction.allCases where !faults(direction).isFrozen {
        guard connection.isConnected, let pipe = connection.pipes[direction] else { continue }
        if !pipe.hasEnded, pipe.held < Self.heldLimit {
          wanted[connection.source(direction), default: 0] |= Int16(POLLIN)
        }
        guard let first = pipe.chunks.first else { continue }
        if first.due <= now {
          wanted[connection.sink(direction), default: 0] |= Int16(POLLOUT)
        } else {
          wake = min(wake ?? first.due, first.due)
        }
      }
      for (socket, events) in wanted { list.append(pollfd(fd: socket, events: events, revents: 0)) }
    }
    let milliseconds = wake.map { CInt(clamping: Int(($0 - now).inSeconds * 1000) + 1) } ?? -1
    poll(&list, nfds_t(list.count), milliseconds)
  }

  private func acceptAll() {
    guard listener >= 0 else { return }
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      ProxySockets.prepare(client)
      state.lock.withLock { $0.tally.accepted += 1 }
      let target = ProxySockets.connecting(to: self.target)
      let connection = Connection(client: client, target: target)
      connections.append(connection)
      if target < 0 { drop(connection, reset: true) }
    }
  }

  private func proceed(_ connection: Connection) {
    if !connection.isConnected {
      switch ProxySockets.connectState(connection.target) {
      case .waits: return
      case .failed: return drop(connection, reset: true)
      case .stands: connection.isConnected = true
      }
    }
    for direction in FaultyProxy.Direction.allCases {
      let faults = faults(direction)
      guard !faults.isFrozen, var pipe = connection.pipes[direction] else { continue }
      let mayGoOn = take(connection, direction, faults, &pipe) && pass(connection, direction, faults, &pipe)
      connection.pipes[direction] = pipe
      if !mayGoOn { return }
    }
    if connection.pipes.values.allSatisfy(\.isShut) { drop(connection, reset: false) }
  }

  /// Reads what there is. false: the connection is gone.
  private func take(
    _ connection: Connection, _ direction: FaultyProxy.Direction, _ faults: FaultyProxy.Faults,
    _ pipe: inout Pipe
  ) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !pipe.hasEnded, pipe.held < Self.heldLimit {
      let count = recv(connection.source(direction), &buffer, buffer.count, 0)
      if count < 0, errno == EAGAIN { return true }
      if count < 0 {
        drop(connection, reset: true)
        return false
      }
      if count == 0 {
        pipe.hasEnded = true
      } else {
        pipe.chunks.append((buffer[..<count], time.monotonic + faults.delay))
        pipe.held += count
      }
    }
    return true
  }

  /// Writes what is due. false: the connection is gone.
  private func pass(
    _ connection: Connection, _ direction: FaultyProxy.Direction, _ faults: FaultyProxy.Faults,
    _ pipe: inout Pipe
  ) -> Bool {
    let end = min(faults.cutAfter ?? .max, faults.resetAfter ?? .max)
    while var chunk = pipe.chunks.first, chunk.due <= time.monotonic, pipe.passed < end {
      var bytes = Array(chunk.bytes.prefix(end - pipe.passed))
      for offset in faults.corrupt where (pipe.passed..<pipe.passed + bytes.count).contains(offset) {
        bytes[offset - pipe.passed] = ~bytes[offset - pipe.passed]
      }
      let sent = send(connection.sink(direction), bytes, bytes.count, CInt(MSG_NOSIGNAL))
      if sent < 0, errno == EAGAIN { return true }
      guard sent > 0 else {
        drop(connection, reset: true)
        return false
      }
      pipe.passed += sent
      pipe.held -= sent
      state.lock.withLock { $0.tally.bytes[direction, default: 0] += sent }
      chunk.bytes = chunk.bytes.dropFirst(sent)
      if chunk.bytes.isEmpty { pipe.chunks.removeFirst() } else { pipe.chunks[0] = chunk }
    }
    if pipe.passed >= end {
      drop(connection, reset: faults.resetAfter.map { pipe.passed >= $0 } ?? false)
      return false
    }
    if pipe.hasEnded, pipe.chunks.isEmpty, !pipe.isShut {
      pipe.isShut = true
      shutdown(connection.sink(direction), CInt(SHUT_WR))
    }
    return true
  }

  private func drop(_ connection: Connection, reset: Bool) {
    connections.removeAll { $0 === connection }
    close(connection, reset: reset)
  }

  private func close(_ connection: Connection, reset: Bool) {
    for socket in [connection.client, connection.target] where socket >= 0 {
      if reset {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      }
      Glibc.close(socket)
    }
  }
}

/// The system calls of the proxy.
enum ProxySockets {
  enum ConnectState { case waits, stands, failed }

  /// A socket bound to a port of 127.0.0.1; 0: a free one.
  static func bound(to port: Int) throws -> (socket: CInt, port: Int) {
    let socket = Glibc.socket(
      AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw FaultyProxy.SystemError(call: "socket", code: errno) }
    var on: CInt = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    guard withLoopback(port, { bind(socket, $0, $1) }) == 0 else {
      let code = errno
      close(socket)
      throw FaultyProxy.SystemError(call: "bind", code: code)
    }
    return (socket, self.port(of: socket))
  }

  static func port(of socket: CInt) -> Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(socket, $0, &length) }
    }
    return Int(in_port_t(bigEndian: address.sin_port))
  }

  static func prepare(_ socket: CInt) {
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    var on: CInt = 1
    setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, 4)
  }

  /// A socket that connects, or -1.
  static func connecting(to port: Int) -> CInt {
    let socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return -1 }
    prepare(socket)
    if withLoopback(port, { connect(socket, $0, $1) }) != 0, errno != EINPROGRESS {
      close(socket)
      return -1
    }
    return socket
  }

  static func connectState(_ socket: CInt) -> ConnectState {
    var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
    guard poll(&entry, 1, 0) == 1 else { return .waits }
    var code: CInt = 0
    var length: socklen_t = 4
    getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
    return code == 0 ? .stands : .failed
  }

  private static func withLoopback(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt
  {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
