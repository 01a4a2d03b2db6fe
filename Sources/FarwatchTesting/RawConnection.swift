import Glibc

/// A TCP connection to this machine that a test writes and reads byte by byte.
///
/// `@unchecked Sendable`: the descriptor never changes, and one test uses it from one place at a time.
package final class RawConnection: @unchecked Sendable {
  private let descriptor: Int32
  /// Everything that was read.
  package private(set) var received: [UInt8] = []
  /// The other side has closed, or reset.
  package private(set) var isClosed = false

  /// - Parameters:
  ///   - source: the address to come from; any of 127.0.0.0/8 will do.
  ///   - receiveBuffer: bytes that the kernel keeps unread; nil: as many as it likes.
  package init(port: Int, from source: String = "127.0.0.1", receiveBuffer: Int32? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw BenchError("no socket: \(errno)") }
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    func call(
      _ host: String, _ port: Int, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Bool {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      inet_pton(AF_INET, host, &address.sin_addr)
      let size = socklen_t(MemoryLayout<sockaddr_in>.size)
      return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body(descriptor, $0, size) == 0 }
      }
    }
    guard call(source, 0, bind), call("127.0.0.1", port, connect) else {
      let number = errno
      Glibc.close(descriptor)
      throw BenchError("cannot connect from \(source) to port \(port): \(number)")
    }
  }

  deinit { Glibc.close(descriptor) }

  /// Writes what the other side takes at once or within five seconds; false: not all.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count > 0 {
        sent += count
        continue
      }
      guard errno == EAGAIN, wait(for: POLLOUT, milliseconds: 5000) else { return false }
    }
    return true
  }

  @discardableResult
  package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Reads what is there now, at most so much.
  package func read(upTo most: Int = 1 << 20) {
    var buffer = [UInt8](repeating: 0, count: min(most, 64 << 10))
    var left = most
    while left > 0, !isClosed, wait(for: POLLIN, milliseconds: 0) {
      let count = recv(descriptor, &buffer, min(buffer.count, left), Int32(MSG_DONTWAIT))
      if count > 0 {
        received += buffer[..<count]
        left -= count
      } else if count == 0 || errno != EAGAIN {
        isClosed = true
      }
    }
  }

  /// Lets go of what was read.
  package func forget() { received = [] }

  /// What was read, as text.
  package var text: String {
    read()
    return String(decoding: received, as: UTF8.self)
  }

  private func wait(for events: Int32, milliseconds: Int32) -> Bool {
    var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return Glibc.poll(&poll, 1, milliseconds) > 0
  }
}
