#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import TLSTransport

/// The system calls of plain connections. None of them blocks.
enum Connecting {
  /// A socket that connects.
  static func start(_ address: String, _ port: Int) -> Result<CInt, StreamFailure> {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    // Numbers only: nothing is looked up.
    hints.ai_flags = CInt(AI_NUMERICHOST | AI_NUMERICSERV)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "\(port)", &hints, &list) == 0, let entry = list else {
      return .failure(StreamFailure(.configuration, "\(quoted(address)) is no IP address"))
    }
    defer { freeaddrinfo(list) }
    let type = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = socket(entry.pointee.ai_family, type, 0)
    guard socket >= 0 else { return .failure(failure(errno, address, port)) }
    var on: CInt = 1
    setsockopt(socket, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    if connect(socket, entry.pointee.ai_addr, entry.pointee.ai_addrlen) != 0, errno != EINPROGRESS {
      let code = errno
      close(socket)
      return .failure(failure(code, address, port))
    }
    return .success(socket)
  }

  private static func failure(_ code: CInt, _ address: String, _ port: Int) -> StreamFailure {
    StreamFailure(
      systemReason(code), "connecting to \(address) port \(port): \(String(cString: strerror(code)))")
  }

  /// The system's error of a connection that was being made, 0 when it stands; nil while it is still being made.
  static func outcome(of socket: CInt) -> CInt? {
    var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
    guard poll(&entry, 1, 0) == 1 else { return nil }
    var code: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
  }

  static func send(_ bytes: ArraySlice<UInt8>, _ socket: CInt) -> TLSLayer.Progress {
    let count = bytes.withUnsafeBytes { sendBytes(socket, $0) }
    if count >= 0 { return .done(count) }
    let code = errno
    if code == EAGAIN || code == EINTR { return .wantsWrite }
    return .failed(StreamFailure(systemReason(code), "sending: \(String(cString: strerror(code)))"))
  }

  static func receive(_ buffer: inout [UInt8], _ socket: CInt) -> TLSLayer.Progress {
    let count = recv(socket, &buffer, buffer.count, 0)
    if count > 0 { return .done(count) }
    if count == 0 { return .ended }
    let code = errno
    if code == EAGAIN || code == EINTR { return .wantsRead }
    return .failed(StreamFailure(systemReason(code), "receiving: \(String(cString: strerror(code)))"))
  }
}

/// The system's `send`, whose name the function above hides.
private func sendBytes(_ socket: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
}
