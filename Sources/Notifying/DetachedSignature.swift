internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import Model
internal import SwiftASN1
internal import X509

/// A signature that stands beside what it signs: RSA (PKCS #1 v1.5) over SHA-256, as SNS messages of version 2 have it,
/// with the certificate of the key.
package enum DetachedSignature {
  package static let algorithm = "RSASSA-PKCS1-v1_5-SHA256"

  /// What a certificate says of itself.
  package struct CertificateFacts: Hashable, Sendable {
    /// SHA-256 of the DER form, in hexadecimal digits: what people compare.
    package var fingerprint: String
    package var subject: String
    package var notBefore: Timestamp
    package var notAfter: Timestamp
  }

  /// nil: `pem` is no certificate, or is not written as this program writes it, byte for byte.
  package static func facts(ofCertificate pem: String) -> CertificateFacts? {
    guard let document = try? PEMDocument(pemString: pem),
      let certificate = try? Certificate(pemDocument: document),
      (document.pemString + "\n").utf8.elementsEqual(pem.utf8)
    else { return nil }
    return CertificateFacts(
      fingerprint: hexadecimal(SHA256.hash(data: document.derBytes)), subject: "\(certificate.subject)",
      notBefore: Timestamp(seconds: certificate.notValidBefore.timeIntervalSince1970),
      notAfter: Timestamp(seconds: certificate.notValidAfter.timeIntervalSince1970))
  }

  /// Whether `signature`, in base64 that can be written in no other way, is that of `bytes` by the certificate's key.
  package static func isValid(_ signature: String, of bytes: [UInt8], certificatePEM: String) -> Bool {
    guard let raw = Data(base64Encoded: signature),
      raw.base64EncodedString().utf8.elementsEqual(signature.utf8),
      let certificate = try? Certificate(pemEncoded: certificatePEM),
      let spki = try? certificate.publicKey.serializeAsPEM().derBytes,
      let key = try? _RSA.Signing.PublicKey(derRepresentation: spki)
    else { return false }
    return key.isValidSignature(
      _RSA.Signing.RSASignature(rawRepresentation: raw), for: SHA256.hash(data: bytes),
      padding: .insecurePKCS1v1_5)
  }

  /// Hexadecimal digits of the SHA-256.
  package static func digest(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }
}

extension SigningIdentity {
  /// The current certificate, in PEM.
  package var certificatePEM: String { documents[0].pem }
}
