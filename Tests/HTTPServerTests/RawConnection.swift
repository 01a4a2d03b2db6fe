import Glibc

/// A client's TCP connection that sends whatever bytes the test says. Every wait ends after thirty seconds.
final class RawConnection {
  struct Failure: Error, CustomStringConvertible { var description: String }

  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  // The descriptor is a property only once it is connected: an init that throws later would run deinit as well, and
  // a descriptor closed twice is somebody else's.
  init(port: UInt16, from source: String = "127.0.0.1") throws {
    descriptor = try Self.open(port, from: source)
  }

  private static func open(_ port: UInt16, from source: String) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, source, &address.sin_addr)
    var result = withUnsafeBytes(of: address) { bytes in
      bind(descriptor, bytes.bindMemory(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
    }
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    if result == 0 {
      result = withUnsafeBytes(of: address) { bytes in
        connect(descriptor, bytes.bindMemory(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
      }
    }
    if result != 0 {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw Failure(description: "connect: \(reason)")
    }
    return descriptor
  }

  deinit { close(descriptor) }

  /// Sends all of it; false when the server closed the connection meanwhile.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let n = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if n <= 0 { return false }
      sent += n
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// No more will be sent.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// One answer; `bodyless` for the answer to HEAD. nil when the server closed the connection first.
  func answer(bodyless: Bool = false) throws -> Answer? {
    while true {
      if let end = headEnd() {
        let head = String(decoding: buffer[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let first = head.first?.split(separator: " "), first.count >= 2, let status = Int(first[1])
        else {
          throw Failure(description: "no status line: \(head)")
        }
        var headers: [String: String] = [:]
        for line in head.dropFirst() {
          guard let colon = line.firstIndex(of: ":") else { throw Failure(description: "bad header \(line)") }
          headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = bodyless || status == 304 ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        if buffer.count >= end + 4 + length {
          let body = Array(buffer[(end + 4)..<(end + 4 + length)])
          buffer.removeFirst(end + 4 + length)
          return Answer(status: status, headers: headers, body: body)
        }
      }
      if try !receive() { return nil }
    }
  }

  /// The next line without its CRLF; nil at the end of the connection.
  func line() throws -> String? {
    while true {
      if let end = buffer.firstIndex(of: 10) {
        let line = String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
        buffer.removeFirst(end + 1)
        return line
      }
      if try !receive() { return nil }
    }
  }

  /// Whether the server closes the connection without sending another byte.
  func isClosedByServer() throws -> Bool { try buffer.isEmpty && !receive() }

  private func headEnd() -> Int? {
    guard buffer.count >= 4 else { return nil }
    return (0...(buffer.count - 4)).first {
      buffer[$0] == 13 && buffer[$0 + 1] == 10 && buffer[$0 + 2] == 13 && buffer[$0 + 3] == 10
    }
  }

  /// False at the end of the stream.
  private func receive() throws -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, 30_000) == 1 else { throw Failure(description: "nothing came for thirty seconds") }
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    let n = recv(descriptor, &piece, piece.count, 0)
    if n > 0 { buffer += piece[..<n] }
    return n > 0
  }
}

/// Turns in short steps until `condition` holds; false after thirty seconds.
func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<6000 {
    if condition() { return true }
    usleep(5000)
  }
  return condition()
}

/// Whether this machine has an IPv6 loopback address; containers often have none.
let hasIPv6Loopback: Bool = {
  let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var address = sockaddr_in6()
  address.sin6_family = sa_family_t(AF_INET6)
  address.sin6_addr = in6addr_loopback
  return withUnsafeBytes(of: address) { bytes in
    bind(descriptor, bytes.bindMemory(to: sockaddr.self).baseAddress, socklen_t(bytes.count)) == 0
  }
}()
