package import Model

/// What a TLS server showed, whether or not it was trusted.
package struct TLSFacts: Hashable, Sendable {
  /// What is wrong with a certificate: a bounded set, because it becomes a label value.
  package enum Problem: String, Hashable, Sendable, CaseIterable {
    case expired
    case notYetValid = "not_yet_valid"
    case nameMismatch = "name_mismatch"
    case selfSigned = "self_signed"
    /// No trusted authority signed it: an unknown one did, or certificates in between were not sent.
    case unknownIssuer = "unknown_issuer"
    /// Its key or its signature is too weak for OpenSSL's security level.
    case weak
    case other
  }

  package struct Certificate: Hashable, Sendable {
    /// In the form of RFC 2253, cut after 512 bytes, as are all texts here.
    package var subject = ""
    package var issuer = ""
    /// Hexadecimal, lower case.
    package var serial = ""
    /// SHA-256 of the whole certificate, hexadecimal, lower case.
    package var fingerprint = ""
    /// DNS names and IP addresses, at most 16.
    package var alternatives: [String] = []
    package var notBefore: Timestamp?
    package var notAfter: Timestamp?

    package init() {}
  }

  /// `TLS 1.3`, as blackbox_exporter writes it.
  package var version = ""
  package var cipher = ""
  /// As presented, leaf first; at most 16.
  package var presented: [Certificate] = []
  /// From the leaf to the authority that was trusted; empty unless verified.
  package var trusted: [Certificate] = []
  /// All that is wrong, empty when the server was verified.
  package var problems: Set<Problem> = []
  /// What OpenSSL says of the first problem.
  package var complaint: String?

  package init() {}

  package var isVerified: Bool { problems.isEmpty && !presented.isEmpty }
  /// The first moment at which any of the presented certificates expires or expired.
  package var earliestExpiry: Timestamp? { presented.compactMap(\.notAfter).min() }
  /// When the trusted chain stops being one; nil unless verified.
  package var chainExpiry: Timestamp? { isVerified ? trusted.compactMap(\.notAfter).min() : nil }

  /// The failure that ``problems`` amount to; nil when verified.
  package var failure: StreamFailure? {
    if presented.isEmpty { return StreamFailure(.certificateInvalid, "the server showed no certificate") }
    guard !problems.isEmpty else { return nil }
    let reason: FailureReason =
      if problems.contains(.expired) {
        .certificateExpired
      } else if problems == [.nameMismatch] {
        .certificateName
      } else {
        .certificateInvalid
      }
    let words = Problem.allCases.filter(problems.contains).map(\.rawValue).joined(separator: ", ")
    return StreamFailure(
      reason,
      "the certificate of \(presented[0].subject) is not trusted: \(words) (\(complaint ?? "no detail"))")
  }
}
