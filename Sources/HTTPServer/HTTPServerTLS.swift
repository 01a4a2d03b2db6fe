/// How a server proves who it is, and what it asks of its clients.
///
/// Texts, not file names: who reads files says better what is wrong with them.
package struct HTTPServerTLS: Hashable, Sendable {
  /// TLS versions, oldest first.
  package enum Version: Int, Comparable, Sendable, CaseIterable {
    case tls10, tls11, tls12, tls13

    package static func < (a: Version, b: Version) -> Bool { a.rawValue < b.rawValue }
  }

  /// What is asked of a client; those that fail do not get through the handshake.
  package enum ClientCertificates: Sendable {
    /// Asked of nobody.
    case none
    /// Asked; any is good, and so is none.
    case requested
    /// Any certificate, but one.
    case any
    /// Checked against the authorities where the client has one.
    case verifiedIfGiven
    case verified
  }

  /// The server's certificate, then the chain to its authority.
  package var certificatePEM: String
  package var privateKeyPEM: String
  package var clientCertificates: ClientCertificates = .none
  /// Authorities that a client's certificate must lead to.
  package var clientAuthoritiesPEM: String?
  /// nil: any name. Else one of the certificate's DNS names, e-mail addresses, IP addresses or URIs must be among them.
  package var clientNames: Set<String>?
  package var minimumVersion: Version = .tls12
  package var maximumVersion: Version = .tls13
  /// IANA's names; empty: GnuTLS' own choice. Their parts are combined, so that a pair may be on which was not named.
  package var cipherSuites: [String] = []
  /// `X25519`, `CurveP256`, `CurveP384`, `CurveP521`; empty: GnuTLS' own choice.
  package var curves: [String] = []
  package var prefersServerOrder = true

  package init(certificatePEM: String, privateKeyPEM: String) {
    self.certificatePEM = certificatePEM
    self.privateKeyPEM = privateKeyPEM
  }
}

extension HTTPServerTLS.Version {
  fileprivate var priority: String {
    switch self {
    case .tls10: "VERS-TLS1.0"
    case .tls11: "VERS-TLS1.1"
    case .tls12: "VERS-TLS1.2"
    case .tls13: "VERS-TLS1.3"
    }
  }
}

extension HTTPServerTLS {
  /// The settings as GnuTLS' priority string; throws what it does not know.
  func priorities() throws(HTTPServerError) -> String {
    guard minimumVersion <= maximumVersion else {
      throw .badTLS("the minimum TLS version is above the maximum")
    }
    var text = "NORMAL"
    // The tests of old versions need old algorithms, as does whoever asks for such a version.
    if minimumVersion < .tls12 { text += ":%VERIFY_ALLOW_SIGN_WITH_SHA1:+SIGN-RSA-SHA1" }
    text += ":-VERS-ALL"
    for version in Version.allCases.reversed() where (minimumVersion...maximumVersion).contains(version) {
      text += ":+\(version.priority)"
    }
    text += try cipherPriorities()
    if !curves.isEmpty {
      text += ":-GROUP-ALL"
      for curve in curves {
        guard let group = Self.groups[curve] else {
          throw .badTLS(
            "the curve \"\(curve)\" is unknown; there are \(Self.groups.keys.sorted().joined(separator: ", "))"
          )
        }
        text += ":+\(group)"
      }
    }
    return prefersServerOrder ? text + ":%SERVER_PRECEDENCE" : text
  }

  private static let groups = [
    "X25519": "GROUP-X25519", "CurveP256": "GROUP-SECP256R1", "CurveP384": "GROUP-SECP384R1",
    "CurveP521": "GROUP-SECP521R1",
  ]

  private static let ciphers = [
    "AES_128_GCM": "AES-128-GCM", "AES_256_GCM": "AES-256-GCM", "CHACHA20_POLY1305": "CHACHA20-POLY1305",
    "AES_128_CBC": "AES-128-CBC", "AES_256_CBC": "AES-256-CBC", "3DES_EDE_CBC": "3DES-CBC",
    "RC4_128": "ARCFOUR-128",
  ]

  private static let keyExchanges = ["RSA": "RSA", "ECDHE_RSA": "ECDHE-RSA", "ECDHE_ECDSA": "ECDHE-ECDSA"]

  private func cipherPriorities() throws(HTTPServerError) -> String {
    guard !cipherSuites.isEmpty else { return "" }
    var exchanges: [String] = []
    var ciphers: [String] = []
    var digests: [String] = []
    for suite in cipherSuites {
      guard let parts = Self.parts(ofSuite: suite) else {
        throw .badTLS("the cipher suite \"\(suite)\" is unknown")
      }
      if let exchange = parts.exchange, !exchanges.contains(exchange) { exchanges.append(exchange) }
      if !ciphers.contains(parts.cipher) { ciphers.append(parts.cipher) }
      if !digests.contains(parts.digest) { digests.append(parts.digest) }
    }
    var text = ":-CIPHER-ALL:-MAC-ALL"
    if !exchanges.isEmpty { text += ":-KX-ALL" }
    for name in exchanges + ciphers + digests { text += ":+\(name)" }
    return text
  }

  /// `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`, or TLS 1.3's `TLS_AES_128_GCM_SHA256`.
  private static func parts(ofSuite suite: String) -> (exchange: String?, cipher: String, digest: String)? {
    guard suite.hasPrefix("TLS_") else { return nil }
    var rest = suite.dropFirst(4)
    var exchange: String?
    if let with = rest.firstRange(of: "_WITH_") {
      guard let known = keyExchanges[String(rest[..<with.lowerBound])] else { return nil }
      exchange = known
      rest = rest[with.upperBound...]
    }
    let known = ciphers.keys.sorted { $0.utf8.count > $1.utf8.count }
    guard let name = known.first(where: { rest.hasPrefix($0) }), let cipher = ciphers[name] else {
      return nil
    }
    let digest = rest.dropFirst(name.utf8.count)
    let isAEAD = !name.hasSuffix("CBC") && name != "RC4_128"
    switch digest {
    case "_SHA256": return (exchange, cipher, isAEAD ? "AEAD" : "SHA256")
    case "_SHA384": return (exchange, cipher, isAEAD ? "AEAD" : "SHA384")
    case "_SHA" where !isAEAD: return (exchange, cipher, "SHA1")
    // Go's older names of the ChaCha suites end here.
    case "" where name == "CHACHA20_POLY1305": return (exchange, cipher, "AEAD")
    default: return nil
    }
  }
}
