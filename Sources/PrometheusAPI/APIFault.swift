internal import PromQL

/// Why a request has no answer: Prometheus' error types, each with its status code.
struct APIFault: Error {
  enum Kind: String {
    case badData = "bad_data"
    case execution, timeout, canceled, unavailable
    case notFound = "not_found"

    var status: Int {
      switch self {
      case .badData: 400
      case .execution: 422
      // Prometheus' number for a client that did not wait: nobody reads it.
      case .canceled: 499
      case .timeout, .unavailable: 503
      case .notFound: 404
      }
    }
  }

  let kind: Kind
  let message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  init(_ error: EvaluationError) {
    let kind: Kind =
      switch error.kind {
      case .execution: .execution
      case .timeout: .timeout
      case .canceled: .canceled
      }
    self.init(kind, error.message)
  }

  /// What a parameter says cannot be used.
  static func invalid(_ parameter: String, _ why: some CustomStringConvertible) -> APIFault {
    APIFault(.badData, "invalid parameter \"\(parameter)\": \(why)")
  }

  static let busy = APIFault(.unavailable, "the core is busy and did not answer in time")
}
