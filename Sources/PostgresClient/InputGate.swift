internal import CPostgres
internal import Glibc
internal import Model

/// Stands between libpq and its socket while an answer is read, and lets in a portion at a time.
///
/// libpq makes room for a whole message as soon as it knows its length, and then reads for as long as something comes:
/// no limit of ours is asked in between. So its descriptor is made one end of a pair of sockets, by `dup3`, while the
/// server's own socket is kept here. What epoll was told of the descriptor keeps meaning the server's socket, which
/// stays open throughout: nothing is to be watched anew. Confined to the loop's thread.
final class InputGate {
  enum Admission {
    case some
    /// There is nothing to read now.
    case nothing
    /// The server has ended the connection, or it broke.
    case ended
  }

  static let portion = 32 << 10

  private let descriptor: Int32
  private let server: Int32
  private let inside: Int32
  /// Bytes let in, those that only TLS sees included.
  private(set) var admitted = 0

  /// - Parameter descriptor: libpq's; it stays libpq's to close.
  init(_ descriptor: Int32) throws(PostgresError) {
    self.descriptor = descriptor
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Self.noDescriptor }
    server = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    inside = ends[0]
    guard server >= 0, dup3(ends[1], descriptor, O_CLOEXEC) == descriptor else {
      for end in [server, ends[0], ends[1]] where end >= 0 { close(end) }
      throw Self.noDescriptor
    }
    close(ends[1])
  }

  deinit {
    close(inside)
    close(server)
  }

  private static var noDescriptor: PostgresError {
    PostgresError(.limit, "no descriptor for reading a long answer: errno \(errno)")
  }

  /// Lets in what is there, one portion at most; only when ``isDrained``.
  func admit() -> Admission {
    withUnsafeTemporaryAllocation(byteCount: Self.portion, alignment: 1) { portion in
      let count = recv(server, portion.baseAddress, portion.count, Int32(MSG_DONTWAIT))
      guard count > 0 else {
        return count < 0 && [EAGAIN, EWOULDBLOCK, EINTR].contains(errno) ? .nothing : .ended
      }
      admitted += count
      // An empty pair has room for a portion several times over.
      let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
      return send(inside, portion.baseAddress, count, flags) == count ? .some : .ended
    }
  }

  /// libpq has taken all that was let in.
  var isDrained: Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT | MSG_PEEK)) <= 0
  }

  /// Passes on what libpq writes meanwhile, as TLS may when keys are renewed. False when it could not all leave.
  func passOut() -> Bool {
    withUnsafeTemporaryAllocation(byteCount: Self.portion, alignment: 1) { portion in
      let count = recv(inside, portion.baseAddress, portion.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return true }
      let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
      return send(server, portion.baseAddress, count, flags) == count
    }
  }

  /// Gives libpq its socket back; only when ``isDrained``. The gate is of no use then.
  func open() -> Bool { dup3(server, descriptor, O_CLOEXEC) == descriptor }
}
