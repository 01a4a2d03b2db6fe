package import Secrets

/// How much a connection must be protected.
package enum MySQLTLS: String, Hashable, Sendable, CaseIterable {
  case off
  /// Encrypted, or not at all; who answers is not checked.
  case require
  /// Encrypted, the certificate is of a trusted authority and names the host.
  case verify
}

/// Where a server is and who asks: an option file in MySQL's own form, single values beside it, or both.
///
/// Single values win over the file's. Everything is read anew for every connection, so that a rotated password works.
package struct MySQLSource: Hashable, Sendable {
  /// A file like `~/.my.cnf`; its groups `client`, `client-mariadb` and `farwatch` count. See ``MySQLOptionFile``.
  package var optionFile: String?
  /// A name or address; always over TCP, `localhost` too.
  package var host: String?
  package var port: Int?
  /// A Unix socket; then ``host`` does not count.
  package var socket: String?
  package var user: String?
  /// Its first line is the password.
  package var password: SecretSource?
  package var database: String?
  /// nil: ``MySQLTLS/verify`` with a CA file, else ``MySQLTLS/off``.
  package var tls: MySQLTLS?
  package var caFile: String?

  package init(optionFile: String? = nil, host: String? = nil, port: Int? = nil, user: String? = nil) {
    self.optionFile = optionFile
    self.host = host
    self.port = port
    self.user = user
  }
}
