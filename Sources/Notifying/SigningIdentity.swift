internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import Model
internal import SwiftASN1
internal import X509

/// The key that signs messages and the certificate by which receivers check them.
///
/// A self-signed RSA 2048 certificate, as SNS signs with RSA. It is made at the first start and lives as long as its
/// files; a renewed certificate certifies the same key under a new name, and the one before stays available, because
/// messages that are on their way or kept by a receiver still name it.
package struct SigningIdentity: Sendable {
  /// Where key and certificates are kept.
  package struct Files: Sendable, Equatable {
    /// PKCS #1 or #8, PEM: a secret (mode 0600).
    package var keyPEM: String
    /// PEM, the current certificate first.
    package var certificatesPEM: String

    package init(keyPEM: String, certificatesPEM: String) {
      self.keyPEM = keyPEM
      self.certificatesPEM = certificatesPEM
    }
  }

  /// A certificate as it is served.
  package struct Document: Sendable, Hashable {
    /// `/SimpleNotificationService-<fingerprint>.pem`; the fingerprint is the SHA-256 of the DER form, first half.
    package let path: String
    package let pem: String
    package let notAfter: Timestamp
  }

  package enum Failure: Error, Equatable, CustomStringConvertible {
    case noCertificate
    case keyMismatch
    case unreadableKey
    case unreadableCertificate

    package var description: String {
      switch self {
      case .noCertificate: "the certificate file holds no certificate"
      case .keyMismatch: "the certificate does not belong to the key"
      case .unreadableKey: "the key file holds no RSA key in PEM form"
      case .unreadableCertificate: "the certificate file holds no certificates in PEM form"
      }
    }
  }

  private static let validityDays = 5 * 365
  private static let renewalDays = 30
  private static let keptCertificates = 3

  /// What to store; unchanged for the life of this value.
  package let files: Files
  /// The certificates to serve, the current one first.
  package let documents: [Document]
  private let key: _RSA.Signing.PrivateKey
  private let remembered = RememberedSignatures()

  /// A new key and certificate. Takes a tenth of a second or more: finding primes is a matter of luck.
  package static func generate(commonName: String, now: Timestamp) throws -> SigningIdentity {
    let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    let certificate = try selfSigned(key, commonName, now)
    return try SigningIdentity(
      Files(keyPEM: key.pemRepresentation, certificatesPEM: pemText(of: certificate)))
  }

  /// Reads what an earlier start stored. Throws when it is damaged or does not fit together.
  package init(_ files: Files) throws {
    // What the libraries throw names a number.
    guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: files.keyPEM) else {
      throw Failure.unreadableKey
    }
    self.key = key
    self.files = files
    var documents: [Document] = []
    guard let pems = try? PEMDocument.parseMultiple(pemString: files.certificatesPEM) else {
      throw Failure.unreadableCertificate
    }
    for pem in pems {
      guard let certificate = try? Certificate(pemDocument: pem) else { throw Failure.unreadableCertificate }
      guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else { throw Failure.keyMismatch }
      let fingerprint = hexadecimal(SHA256.hash(data: pem.derBytes).prefix(16))
      documents.append(
        Document(
          path: "/SimpleNotificationService-\(fingerprint).pem", pem: pem.pemString + "\n",
          notAfter: Timestamp(seconds: certificate.notValidAfter.timeIntervalSince1970)))
    }
    guard !documents.isEmpty else { throw Failure.noCertificate }
    self.documents = documents
  }

  /// What `load` finds, else a new identity; renewed if its certificate is about to expire. What is new is given to
  /// `store` first: an identity that cannot be kept is not used.
  package static func loadOrCreate(
    commonName: String, now: Timestamp, load: () throws -> Files?, store: (Files) throws -> Void
  ) throws -> SigningIdentity {
    if let files = try load() {
      let identity = try SigningIdentity(files)
      guard identity.renewalIsDue(now) else { return identity }
      let renewed = try identity.renewed(commonName: commonName, now: now)
      try store(renewed.files)
      return renewed
    }
    let identity = try generate(commonName: commonName, now: now)
    try store(identity.files)
    return identity
  }

  /// Where the current certificate is served.
  package var path: String { documents[0].path }
  package var notAfter: Timestamp { documents[0].notAfter }

  /// The certificate served at `path`, also if it is not the current one.
  package func document(at path: String) -> Document? { documents.first { $0.path == path } }

  package func renewalIsDue(_ now: Timestamp) -> Bool {
    now > notAfter - .seconds(Int64(Self.renewalDays) * 86_400)
  }

  /// The same key under a new certificate; a few old ones are kept.
  package func renewed(commonName: String, now: Timestamp) throws -> SigningIdentity {
    let certificate = try Self.selfSigned(key, commonName, now)
    let kept = documents.prefix(Self.keptCertificates - 1).map(\.pem)
    let all = [try Self.pemText(of: certificate)] + kept
    return try SigningIdentity(Files(keyPEM: files.keyPEM, certificatesPEM: all.joined()))
  }

  /// Base64 of the RSA signature (PKCS #1 v1.5: the same text gives the same signature) over `text` in UTF-8.
  package func sign(_ text: String, _ version: TopicSettings.SignatureVersion) throws -> String {
    let bytes = Array(text.utf8)
    let digest = SHA256.hash(data: bytes)
    let mark: UInt8 = version == .sha1 ? 1 : 2
    return try remembered.signature(of: [mark] + digest) {
      let signature =
        switch version {
        case .sha1: try key.signature(for: Insecure.SHA1.hash(data: bytes), padding: .insecurePKCS1v1_5)
        case .sha256: try key.signature(for: digest, padding: .insecurePKCS1v1_5)
        }
      return signature.rawRepresentation.base64EncodedString()
    }
  }

  private static func selfSigned(
    _ key: _RSA.Signing.PrivateKey, _ commonName: String, _ now: Timestamp
  ) throws -> Certificate {
    let name = try DistinguishedName { CommonName(commonName) }
    let start = Date(timeIntervalSince1970: now.seconds.rounded(.down))
    return try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
      // A receiver's clock may be behind ours.
      notValidBefore: start.addingTimeInterval(-86_400),
      notValidAfter: start.addingTimeInterval(Double(validityDays) * 86_400), issuer: name, subject: name,
      signatureAlgorithm: .sha256WithRSAEncryption,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
      },
      issuerPrivateKey: .init(key))
  }

  private static func pemText(of certificate: Certificate) throws -> String {
    try certificate.serializeAsPEM().pemString + "\n"
  }
}
