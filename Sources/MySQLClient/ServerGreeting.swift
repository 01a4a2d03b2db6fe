internal import Glibc

/// What the first bytes of a server say of TLS, before anything was sent to it. Pure but for ``peek(_:)``.
///
/// A greeting is a packet of four bytes of header (a length of three bytes, lowest first, and a number) and: the
/// protocol's version, the server's version with a zero behind it, four bytes of a thread's number, eight of a
/// challenge, a zero, and the lower half of the capabilities ("Protocol::HandshakeV10", MySQL internals).
package enum ServerGreeting: Equatable {
  /// More must come to tell; it will be there when this many bytes are.
  case incomplete(needs: Int)
  case offersTLS
  case offersNoTLS
  /// A refusal in place of a greeting: the library words it, and sends nothing.
  case refusal
  case foreign

  /// A greeting is a hundred bytes long.
  package static let byteLimit = 1024
  private static let capabilityTLS: UInt8 = 0x08

  package init(_ bytes: [UInt8]) {
    guard bytes.count >= 5 else {
      self = .incomplete(needs: bytes.count + 1)
      return
    }
    let end = 4 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
    if bytes[4] == 0xff {
      self = .refusal
    } else if end > Self.byteLimit {
      self = .foreign
    } else if let zero = bytes.dropFirst(5).prefix(max(0, end - 5)).firstIndex(of: 0) {
      let capabilities = zero + 1 + 4 + 8 + 1
      if capabilities + 2 > end {
        self = .foreign
      } else if bytes.count < capabilities + 2 {
        self = .incomplete(needs: capabilities + 2)
      } else {
        self = bytes[capabilities + 1] & Self.capabilityTLS != 0 ? .offersTLS : .offersNoTLS
      }
    } else {
      self = bytes.count < end ? .incomplete(needs: bytes.count + 1) : .foreign
    }
  }

  /// What has come at `socket` so far, left there for the library. At the stream's end nothing is added to it.
  static func peek(_ socket: Int32) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: byteLimit + 8, alignment: 1) { room in
      let count = recv(socket, room.baseAddress, room.count, Int32(MSG_DONTWAIT | MSG_PEEK))
      return Array(room.prefix(max(0, count)))
    }
  }

  /// How many bytes must be there until `poll` calls the socket readable.
  static func awaitBytes(_ count: Int, _ socket: Int32) {
    var count = Int32(clamping: count)
    setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &count, socklen_t(MemoryLayout<Int32>.size))
  }

  /// How long a reading blocks at most. The library goes into the handshake with a blocking socket, and nothing is left to
  /// wait for before that; from its first wait on the socket does not block (CMariaDBHandshake).
  static func setPatience(milliseconds: Int, _ socket: Int32) {
    var time = timeval(tv_sec: 0, tv_usec: milliseconds * 1000)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Whether a connection has been made: until then there is nothing to wait for but that.
  static func isConnected(_ socket: Int32) -> Bool {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &length) == 0 }
    }
  }
}
