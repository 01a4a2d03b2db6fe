internal import FoundationEssentials
internal import Model
internal import Notifying

/// A report as it is handed out: signed, so that no byte of it can be changed unseen.
///
/// JSON is one line: `{"format":…,"report":…,"signature":…}`, and a line feed. What is signed is the value of `report`,
/// byte for byte; it names the certificate by its fingerprint. The other forms are a text, then a comment with the JSON
/// report in base64, then a comment with a signature of all bytes before it; nothing follows. Everything beside what is
/// signed can be written in one way only, so that there is nothing left to change.
package struct SignedReport: Sendable {
  static let format = "farwatch-drill-report/1"
  static let jsonStart = #"{"format":"\#(format)","report":"#

  /// The JSON report, with its line feed.
  package let json: String
  private let report: DrillReport
  private let sign: @Sendable (String) throws -> String

  /// - Parameter sign: base64 of a signature by the key of `certificatePEM`; see ``DetachedSignature``.
  package init(
    _ report: DrillReport, certificatePEM: String, sign: @escaping @Sendable (String) throws -> String
  ) throws {
    self.report = report
    self.sign = sign
    let body = report.document.compact
    let signature = Self.jsonEnd(
      certificate: certificatePEM, digest: DetachedSignature.digest(Array(body.utf8)), value: try sign(body))
    json = Self.jsonStart + body + signature
  }

  /// What stands behind the report in JSON.
  static func jsonEnd(certificate: String, digest: String, value: String) -> String {
    let signature = SignatureMember(certificate: certificate, digest: digest, value: value)
    return ",\"signature\":\(signature.text)}\n"
  }

  package func text(_ format: ReportFormat) throws -> String {
    switch format {
    case .json: return json
    case .markdown: return try signed(report.markdown(digest: DetachedSignature.digest(Array(json.utf8))))
    case .html: return try signed(report.html(digest: DetachedSignature.digest(Array(json.utf8))))
    }
  }

  private func signed(_ text: String) throws -> String {
    let whole = text + Self.evidence(json)
    return whole
      + Self.trailer(digest: DetachedSignature.digest(Array(whole.utf8)), value: try sign(whole))
  }

  // MARK: Comments

  static let evidenceStart = "\n<!-- farwatch drill report: the same as JSON, in base64\n"
  static let evidenceEnd = "-->\n"
  static let trailerStart = "<!-- farwatch drill report: signature of everything above\n"

  static func evidence(_ json: String) -> String {
    let options: Data.Base64EncodingOptions = [.lineLength76Characters, .endLineWithLineFeed]
    return evidenceStart + Data(json.utf8).base64EncodedString(options: options) + "\n" + evidenceEnd
  }

  static func trailer(digest: String, value: String) -> String {
    trailerStart + "sha256 \(digest)\n\(DetachedSignature.algorithm) \(value)\n-->\n"
  }
}

/// The member `signature` of a JSON report.
struct SignatureMember: Decodable {
  var algorithm = DetachedSignature.algorithm
  var certificate: String
  var sha256: String
  var value: String

  init(certificate: String, digest: String, value: String) {
    self.certificate = certificate
    sha256 = digest
    self.value = value
  }

  /// The only way to write it.
  var text: String {
    OrderedJSON.object([
      .init("algorithm", .string(algorithm)), .init("certificate", .string(certificate)),
      .init("sha256", .string(sha256)), .init("value", .string(value)),
    ]).compact
  }
}
