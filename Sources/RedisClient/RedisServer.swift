internal import Glibc
internal import Model
package import TLSTransport

/// A password, and where it comes from. It is read anew for every connection, so that a rotated one works.
package enum RedisSecret: Hashable, Sendable {
  /// A file of at most 4 KiB; white space around the password does not count.
  case file(String)
  /// An environment variable of this process.
  case environment(String)

  func read() throws(RedisError) -> String {
    switch self {
    case .environment(let name):
      guard let value = getenv(name) else {
        throw RedisError(.configuration, "environment variable \(name) is not set")
      }
      return String(cString: value)
    case .file(let path):
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw RedisError(.configuration, "cannot read \(path): \(String(cString: strerror(errno)))")
      }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 4097)
      let count = Glibc.read(descriptor, &bytes, bytes.count)
      guard count > 0, count < bytes.count else {
        throw RedisError(.configuration, "\(path) is empty, unreadable or longer than 4 KiB")
      }
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      return String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
  }
}

/// Where a server is and how to get in: Redis, Valkey, KeyDB or a managed one of the kind.
package struct RedisServer: Hashable, Sendable {
  /// A name or an address.
  package var host: String
  package var port: UInt16
  /// An ACL user (Redis 6 and newer); nil with a password: the user `default`, as in older servers.
  package var username: String?
  package var password: RedisSecret?
  package var tls: TLSSettings?
  package var database = 0

  package init(host: String, port: UInt16 = 6379) {
    self.host = host
    self.port = port
  }

  package var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
