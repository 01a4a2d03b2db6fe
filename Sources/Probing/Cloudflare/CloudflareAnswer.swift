internal import HTTPClient
internal import Model

/// Why the API did not give what was asked for.
struct CloudflareFailure: Error, Equatable, Sendable {
  var reason: FailureReason
  var detail: String
}

/// One answer of the API: `success`, `errors`, `result` and `result_info`.
struct CloudflareAnswer: Sendable {
  let result: JSONDocument
  /// Pages of a list; 1 where it does not say.
  let pages: Int
  private static let textLimit = 200

  /// - Parameter path: names the question in failures; it holds no secret.
  init(_ result: HTTPResult, path: String) throws(CloudflareFailure) {
    if let failure = result.failure {
      throw CloudflareFailure(reason: failure.reason, detail: "\(path): \(failure.detail)")
    }
    let status = result.status ?? 0
    let document = result.bodyTruncated ? nil : JSONDocument(result.body)
    let isSuccess = document?.value(at: "success")?.isTrue == true
    guard (200...299).contains(status), isSuccess, let content = document?.value(at: "result") else {
      throw Self.failure(status, document, path)
    }
    self.result = content
    pages = Int(clampedFrom: document?.value(at: "result_info.total_pages")?.asNumber ?? 1)
  }

  private static func failure(_ status: Int, _ document: JSONDocument?, _ path: String) -> CloudflareFailure {
    var said = "status \(status)"
    if let error = document?.value(at: "errors.0") {
      let code = error.value(at: "code")?.asNumber.map { NumberText.plain($0) } ?? "?"
      // The message is foreign text.
      said +=
        ", error \(code): \(quoted(String((error.value(at: "message")?.asText ?? "").prefix(textLimit))))"
    } else if document == nil {
      said += ", and no JSON"
    }
    switch status {
    case 400 where said.contains("error 6003"), 401:
      return CloudflareFailure(
        reason: .authentication,
        detail: "\(path): Cloudflare does not know the token (\(said)); write a valid one")
    case 403:
      return CloudflareFailure(
        reason: .permission,
        detail: "\(path): the token may not ask this (\(said)); give it read access to load balancing "
          + "(\"Load Balancing: Monitors And Pools Read\", for load balancers \"Load Balancers Read\" of the zone)"
      )
    case 404: return CloudflareFailure(reason: .missing, detail: "\(path): there is no such thing (\(said))")
    case 429:
      return CloudflareFailure(
        reason: .limit,
        detail: "\(path): too many questions in five minutes (\(said)); make the interval longer")
    case 200...299 where document == nil:
      return CloudflareFailure(reason: .protocolError, detail: "\(path): \(said)")
    case 200...299: return CloudflareFailure(reason: .query, detail: "\(path): \(said)")
    default: return CloudflareFailure(reason: .status, detail: "\(path): \(said)")
    }
  }
}

extension JSONDocument {
  var asText: String? { if case .string(let text) = self { text } else { nil } }
  var asNumber: Double? { if case .number(let number) = self { number } else { nil } }
  var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var isTrue: Bool { asBool == true }
  var elements: [JSONDocument] { if case .array(let elements) = self { elements } else { [] } }
  var members: [String: JSONDocument] { if case .object(let members) = self { members } else { [:] } }
}

extension Int {
  fileprivate init(clampedFrom number: Double) {
    self = number.isFinite ? Int(Swift.min(Swift.max(number, 0), 1e9)) : 0
  }
}
