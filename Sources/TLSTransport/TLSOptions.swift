/// All that a user may say of TLS: how it is made and against what the server's certificate is held.
package struct TLSOptions: Hashable, Sendable {
  package enum Version: String, Hashable, Sendable, CaseIterable, Comparable {
    case tls10 = "1.0"
    case tls11 = "1.1"
    case tls12 = "1.2"
    case tls13 = "1.3"

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  /// The name, or the IP address, that the certificate must be for; a name is also sent to the server (SNI). nil: the
  /// host that is connected to.
  package var serverName: String?
  /// PEM file of the authorities to trust instead of the system's.
  package var caFile: String?
  /// The oldest version that is spoken.
  package var minimumVersion: Version = .tls12
  /// PEM files of a certificate to show, and of its key; without a file for the key it is in the certificate's.
  package var certificateFile: String?
  package var keyFile: String?
  /// Whether a certificate that fails the check ends the connection, after its facts were taken.
  package var verify = true

  package init(serverName: String? = nil) { self.serverName = serverName }
}
