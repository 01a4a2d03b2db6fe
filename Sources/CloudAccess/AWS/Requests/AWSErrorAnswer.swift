internal import FoundationEssentials
internal import HTTPClient
internal import Model
internal import XMLDocuments

/// The error that an answer tells, whatever protocol it is of.
enum AWSErrorAnswer {
  private struct JSONError: Decodable {
    var type: String?
    var code: String?
    var message: String?
    /// Some services write it with a capital.
    var capitalMessage: String?

    enum CodingKeys: String, CodingKey {
      case type = "__type"
      case code, message
      case capitalMessage = "Message"
    }
  }

  static func failure(_ result: HTTPResult, at now: Timestamp) -> AWSFailure {
    let (code, message) = read(result.body, header: result.headers["x-amzn-ErrorType"])
    let theirs = result.headers["Date"].flatMap { HTTPDate.parse($0) }
    return AWSFailure(
      status: result.status ?? 0, code: code, message: message, clockError: theirs.map { now - $0 })
  }

  static func read(_ body: [UInt8], header: String?) -> (code: String, message: String) {
    var limits = XMLDocument.Limits()
    limits.bytes = 256 << 10
    limits.elements = 1000
    if body.first(where: { $0 > 0x20 }) == UInt8(ascii: "<"),
      let root = try? XMLDocument.read(body, limits: limits)
    {
      // <ErrorResponse><Error>, EC2's <Response><Errors><Error>, S3's <Error>.
      let error = root["Error"] ?? root.at("Errors", "Error") ?? root
      return (error.text("Code") ?? "", error.text("Message") ?? "")
    }
    if body.count <= limits.bytes, let error = try? JSONDecoder().decode(JSONError.self, from: Data(body)) {
      return (name(header ?? error.type ?? error.code ?? ""), error.message ?? error.capitalMessage ?? "")
    }
    return (name(header ?? ""), "")
  }

  /// `com.amazonaws.x#ThrottlingException:http://…` is a `ThrottlingException`.
  private static func name(_ text: String) -> String {
    let last = text.split(separator: "#").last ?? ""
    return String(last.prefix { $0 != ":" })
  }
}
