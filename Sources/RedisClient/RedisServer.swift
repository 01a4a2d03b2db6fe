package import Secrets
package import TLSTransport

/// Where a server is and how to get in: Redis, Valkey, KeyDB or a managed one of the kind.
package struct RedisServer: Hashable, Sendable {
  /// A name or an address.
  package var host: String
  package var port: UInt16
  /// An ACL user (Redis 6 and newer); nil with a password: the user `default`, as in older servers.
  package var username: String?
  package var password: SecretSource?
  package var tls: TLSOptions?
  package var database = 0

  package init(host: String, port: UInt16 = 6379) {
    self.host = host
    self.port = port
  }

  package var name: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
