internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import Model
internal import SwiftASN1
internal import X509

/// The receiver's half of an SNS message's signature, as the demo's pager and a self-check need it.
package enum SNSSignature {
  /// Names of the signed fields, in the order in which they are signed.
  private static let notification = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
  private static let confirmation = [
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
  ]

  /// Whether `fields` (the message's text fields by name) were signed by the key of `certificatePEM`. Whether that
  /// certificate may be trusted is the caller's question: it depends on where it came from.
  package static func isValid(fields: [String: String], certificatePEM: String) -> Bool {
    let names = fields["Type"] == "Notification" ? notification : confirmation
    let text = names.compactMap { name in fields[name].map { "\(name)\n\($0)\n" } }.joined()
    guard let encoded = fields["Signature"], let bytes = Data(base64Encoded: encoded),
      let certificate = try? Certificate(pemEncoded: certificatePEM),
      let key = try? _RSA.Signing.PublicKey(
        derRepresentation: certificate.publicKey.subjectPublicKeyInfoBytesDER())
    else { return false }
    let signature = _RSA.Signing.RSASignature(rawRepresentation: bytes)
    let data = Array(text.utf8)
    switch fields["SignatureVersion"] {
    case "1":
      return key.isValidSignature(signature, for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
    case "2":
      return key.isValidSignature(signature, for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
    default: return false
    }
  }
}

extension Certificate.PublicKey {
  /// The key as a DER-encoded SubjectPublicKeyInfo.
  fileprivate func subjectPublicKeyInfoBytesDER() throws -> [UInt8] {
    try serializeAsPEM().derBytes
  }
}
