import FarwatchTesting
import Foundation

/// One kept HTTP/1.1 connection over a blocking socket: cheap enough not to disturb what is measured.
///
/// Speaks to servers that send `Content-Length`, which all peers here do for what is asked of them.
final class Connection {
  private let socket: Int32
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)

  init(port: Int) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let socket = socket
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(socket)
      throw BenchError("nobody listens on port \(port)")
    }
  }

  deinit { close(socket) }

  /// Asks for `path` and returns the body; `keep` false: reads it and returns nothing.
  @discardableResult func get(
    _ path: String, headers: [String] = [], keep: Bool = true
  ) throws -> (status: Int, body: [UInt8]) {
    let fields = (["Host: 127.0.0.1"] + headers).map { $0 + "\r\n" }.joined()
    try say(Array("GET \(path) HTTP/1.1\r\n\(fields)\r\n".utf8), of: path)
    return try answer(of: path, keep: keep)
  }

  /// Posts a JSON document.
  func post(_ path: String, json body: [UInt8]) throws -> (status: Int, body: [UInt8]) {
    let head =
      "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(body.count)\r\n\r\n"
    try say(Array(head.utf8) + body, of: path)
    return try answer(of: path, keep: true)
  }

  private func say(_ bytes: [UInt8], of path: String) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw BenchError("the connection broke while asking for \(path)") }
      sent += count
    }
  }

  private func answer(of path: String, keep: Bool) throws -> (status: Int, body: [UInt8]) {
    var head: [UInt8] = []
    var bodyStart: Int?
    while bodyStart == nil {
      head += try receive()[...]
      bodyStart = Self.endOfHead(head)
      guard head.count < 1 << 20 else { throw BenchError("no end of the headers of \(path)") }
    }
    let start = bodyStart ?? 0
    let text = String(decoding: head[..<start], as: UTF8.self).lowercased()
    guard let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
      let length = text.split(separator: "\r\n").first(where: { $0.hasPrefix("content-length:") })?
        .split(separator: ":").last.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) })
    else { throw BenchError("the answer to \(path) has no length: \(text)") }
    var body = Array(head[start...])
    var count = body.count
    while count < length {
      let more = try receive()
      count += more.count
      if keep { body += more }
    }
    return (status, keep ? body : [])
  }

  private func receive() throws -> ArraySlice<UInt8> {
    let count = recv(socket, &buffer, buffer.count, 0)
    guard count > 0 else { throw BenchError("the connection broke, errno \(errno)") }
    return buffer[..<count]
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for place in 0...(bytes.count - 4) where bytes[place] == 13 && bytes[place + 2] == 13 {
      if bytes[place + 1] == 10, bytes[place + 3] == 10 { return place + 4 }
    }
    return nil
  }
}

/// One request on a connection of its own; nil when nobody answers.
func fetch(_ port: Int, _ path: String) -> (status: Int, body: String)? {
  guard let answer = try? Connection(port: port).get(path) else { return nil }
  return (answer.status, String(decoding: answer.body, as: UTF8.self))
}
