package import Model

/// How a connection is encrypted and whom it trusts.
package struct TLSSettings: Hashable, Sendable {
  /// Certificates of the authorities to trust, PEM; nil: those of the system.
  package var caFile: String?
  /// Our own certificate and its key, PEM, for servers that ask for one: both or none.
  package var certificateFile: String?
  package var keyFile: String?
  /// The name that the server's certificate must carry; nil: the host that is connected to.
  package var serverName: String?
  /// false: anybody's certificate will do.
  package var verify = true

  package init() {}
}

/// Why there is no encrypted connection. Holds paths and a library's words, no secret.
package struct TLSFailure: Error, Equatable, Sendable {
  package let reason: FailureReason
  package let message: String

  init(_ reason: FailureReason, _ message: String) {
    self.reason = reason
    self.message = message
  }
}
