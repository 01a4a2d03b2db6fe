package import HTTPServer
package import Secrets

/// A web configuration file as the Prometheus exporters have it, read and with its certificates in it.
package struct WebConfiguration: Hashable, Sendable {
  /// nil: plain HTTP.
  package var tls: HTTPServerTLS?
  /// Added to every answer, in place of a header of the same name.
  package var headers: [HTTPServerField] = []
  package var users: [String: PasswordHash] = [:]
  /// Of all clients together; nil: none.
  package var rateLimit: RateLimit?

  package init() {}
}

/// `access:` of farwatch.yml: who may do what.
package struct AccessSettings: Hashable, Sendable {
  /// A secret that a program sends as `Authorization: Bearer`.
  package struct Token: Hashable, Sendable {
    /// For logs and comments.
    package var name: String
    package var secret: SecretSource
    package var roles: Roles

    package init(name: String, secret: SecretSource, roles: Roles) {
      self.name = name
      self.secret = secret
      self.roles = roles
    }
  }

  /// Roles of the web configuration's users; who is not named here has all.
  package var users: [String: Roles] = [:]
  package var tokens: [Token] = []
  /// What nobody in particular may do. nil: `read` while there is neither user nor token, else nothing.
  package var anonymous: Roles?
  /// Further names of ours, in small letters: what needs no login is shown under our own names only.
  package var hosts: Set<String> = []
  /// Of each client; nil: none.
  package var clientLimit: RateLimit? = Self.defaultClientLimit

  package static let defaultClientLimit = RateLimit(interval: .milliseconds(5), burst: 1000)

  package init() {}
}
