internal import HTTPClient
internal import Model

/// Decides what an answer to a health question means. Pure.
struct GRPCVerdict: Equatable {
  var verdict: Outcome.Verdict
  /// gRPC's status code; nil when none came.
  var status: Int?
  /// nil when the question was not answered.
  var serving: GRPCHealthMessage.Serving?

  init(_ result: HTTPResult, service: String) {
    status = result.headers["grpc-status"].flatMap { Int($0) }.flatMap { (0...16).contains($0) ? $0 : nil }
    let subject = service.isEmpty ? "the server" : "service \(quoted(service))"
    func fail(_ reason: FailureReason, _ detail: String) -> Outcome.Verdict {
      .failure(reason, detail: detail)
    }
    if let failure = result.failure {
      verdict = fail(failure.reason, failure.detail)
    } else if result.httpVersion.map({ $0 < 2 }) ?? true {
      verdict = fail(.protocolError, "the server does not speak HTTP/2, without which there is no gRPC")
    } else if let code = result.status, code != 200 {
      verdict = fail(.status, "HTTP status \(code) instead of an answer of gRPC")
    } else if status == nil {
      verdict = fail(.protocolError, "the answer has no gRPC status")
    } else if let status, status != 0 {
      verdict = Self.refusal(status, subject, Self.message(result))
    } else if let answer = GRPCHealthMessage.response(result.body) {
      serving = answer
      verdict =
        switch answer {
        case .serving: .success
        case .serviceUnknown: fail(.missing, "\(subject) is SERVICE_UNKNOWN")
        case .notServing, .unknown: fail(.status, "\(subject) is \(answer.name)")
        }
    } else {
      verdict = fail(.protocolError, "the answer is no health status")
    }
  }

  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]

  private static func refusal(_ status: Int, _ subject: String, _ message: String) -> Outcome.Verdict {
    let said = "gRPC status \(status) \(names[status])" + (message.isEmpty ? "" : ": \(message)")
    return switch status {
    case 4: .failure(.timeout, detail: said)
    case 5: .failure(.missing, detail: "\(subject) is not known to the health service (\(said))")
    case 7: .failure(.permission, detail: said)
    case 8: .failure(.limit, detail: said)
    case 12: .failure(.missing, detail: "the server has no grpc.health.v1.Health service (\(said))")
    case 16: .failure(.authentication, detail: said)
    default: .failure(.status, detail: said)
    }
  }

  /// The server's words, on one line and not too many of them.
  private static func message(_ result: HTTPResult) -> String {
    let text = result.headers["grpc-message"] ?? ""
    return String(
      text.unicodeScalars.prefix(120).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) })
  }
}
