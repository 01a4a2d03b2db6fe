package import HTTPClient
package import Model
package import Programs

/// One attempt to tell one receiver something. Made by the dispatcher, carried by the application.
package struct Delivery: Sendable {
  package let id: DeliveryID
  package let topicARN: String
  package let subscriptionARN: String
  let message: OutgoingMessage
  let timeout: Duration
  let channel: any Channel
  /// Its receiver took the last that it was sent, or was never asked: not to wait for those that are in trouble.
  package let isToHealthy: Bool

  /// Builds body and signature: a millisecond of work that belongs on a delivery thread. Each call gives the same.
  /// An error is reported as ``DeliveryResult/failed(_:_:)``; it does not lose the page.
  package func makeRequest() throws -> OutgoingRequest {
    switch try channel.request(for: message) {
    case .http(var request):
      request.timeout = timeout
      return .http(request)
    case .mail(var request):
      request.timeout = timeout
      return .mail(request)
    case .program(var request):
      request.timeout = timeout
      return .program(request)
    }
  }

  /// What an answer over HTTP to this delivery means.
  package func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    channel.judge(answer, now: now)
  }
}

/// What became of a ``Delivery``.
package struct DeliveryResult: Hashable, Sendable {
  /// nil when there was no answer.
  package let status: Int?
  /// nil when the message was taken.
  package let reason: FailureReason?
  /// For people and logs, never a secret.
  package let detail: String
  /// How long the receiver asks to be left alone.
  package let retryAfter: Duration?
  /// The sender stopped; this says nothing about the receiver and counts as no failure of a page.
  package private(set) var isCancelled = false
  /// A limit of our own kept it back: it was not sent, and counts as no failure of a page or of its receiver.
  package private(set) var isHeldBack = false
  /// Whether it was understood and refused, where that is not told by an HTTP status; nil: the status tells.
  private var refused: Bool?

  package static func failed(_ reason: FailureReason, _ detail: String) -> DeliveryResult {
    .init(status: nil, reason: reason, detail: detail, retryAfter: nil)
  }

  /// An answer with `status`; 2xx means that the message was taken.
  package static func answered(_ status: Int, retryAfter: Duration? = nil) -> DeliveryResult {
    let taken = (200..<300).contains(status)
    return .init(
      status: status, reason: taken ? nil : .status, detail: "status \(status)",
      retryAfter: taken ? nil : retryAfter)
  }

  /// Not taken, by a protocol with rules of its own.
  ///
  /// - Parameters:
  ///   - status: the protocol's own code, for people.
  ///   - isRefusal: asking again soon is of no use.
  static func judged(
    status: Int?, _ reason: FailureReason, _ detail: String, isRefusal: Bool, retryAfter: Duration? = nil
  ) -> DeliveryResult {
    var result = DeliveryResult(status: status, reason: reason, detail: detail, retryAfter: retryAfter)
    result.refused = isRefusal
    return result
  }

  /// An answer whose words say no although its status does not.
  static func denied(_ status: Int, retryAfter: Duration? = nil) -> DeliveryResult {
    .init(status: status, reason: .status, detail: "status \(status)", retryAfter: retryAfter)
  }

  /// The same with what the receiver said of it.
  func explained(_ words: String) -> DeliveryResult {
    guard !words.isEmpty else { return self }
    var explained = DeliveryResult(
      status: status, reason: reason, detail: "\(detail): \(words)", retryAfter: retryAfter)
    explained.isCancelled = isCancelled
    explained.isHeldBack = isHeldBack
    explained.refused = refused
    return explained
  }

  /// The same without `secrets` in its detail.
  func hiding(_ secrets: [String]) -> DeliveryResult {
    var text = detail
    for secret in secrets where !secret.isEmpty {
      text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
    }
    var hidden = DeliveryResult(status: status, reason: reason, detail: text, retryAfter: retryAfter)
    hidden.isCancelled = isCancelled
    hidden.isHeldBack = isHeldBack
    hidden.refused = refused
    return hidden
  }

  private init(status: Int?, reason: FailureReason?, detail: String, retryAfter: Duration?) {
    self.status = status
    self.reason = reason
    self.detail = detail
    self.retryAfter = retryAfter
  }

  /// - Parameter now: to read a `Retry-After` that is a date.
  package init(_ result: HTTPResult, now: Timestamp) {
    // The status line is the answer: a receiver that said 200 and then broke off has taken the message.
    if let status = result.status {
      self = .answered(
        status, retryAfter: result.headers["Retry-After"].flatMap { RetryAfter.parse($0, now: now) })
    } else {
      let failure = result.failure ?? HTTPFailure(.other, "no answer")
      self = .failed(failure.reason, failure.detail)
      isCancelled = failure.isCancelled
    }
  }

  /// 2yz is taken, 4yz means "later", 5yz no (RFC 5321, 4.2.1). A mail that some recipients were refused is not taken.
  package init(_ result: MailResult) {
    guard let failure = result.failure else {
      self = .answered(250)
      return
    }
    if failure.isCancelled {
      self = .failed(failure.reason, failure.detail)
      isCancelled = true
    } else if let status = result.status {
      self = .judged(status: status, failure.reason, failure.detail, isRefusal: status >= 500)
    } else {
      self = .failed(failure.reason, failure.detail)
      isHeldBack = failure.reason == .limit
    }
  }

  /// Exit code 0 is taken, 75 (EX_TEMPFAIL of sysexits.h) means "later", any other no. A program that was killed, took
  /// too long or could not be started is tried again as a server that does not answer.
  package init(_ result: ProgramResult) {
    let complaint = result.complaint.map { ": \($0)" } ?? ""
    switch result.ending {
    case .exited(0): self = .init(status: nil, reason: nil, detail: "exit code 0", retryAfter: nil)
    case .exited(let code):
      self = .judged(
        status: nil, .status, "exit code \(code)\(complaint)", isRefusal: code != Self.temporaryFailure)
    case .killed(let signal): self = .failed(.other, "ended by signal \(signal)\(complaint)")
    case .timedOut: self = .failed(.timeout, "the program took too long and was ended\(complaint)")
    case .notStarted(let reason, let detail):
      self = .failed(reason, detail)
      isHeldBack = reason == .limit
    case .cancelled:
      self = .failed(.other, "the program was ended: Farwatch stops")
      isCancelled = true
    }
  }

  private static let temporaryFailure: Int32 = 75

  package var succeeded: Bool { reason == nil }

  /// Whether it tells something about the receiver.
  var isOfReceiver: Bool { !isCancelled && !isHeldBack }

  /// The receiver understood and said no: 3xx and 4xx but those that mean "later".
  var isRefusal: Bool {
    if let refused { return refused }
    guard let status else { return false }
    return (300..<500).contains(status) && ![408, 425, 429].contains(status)
  }
}

/// The header `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
  /// Seconds or an IMF-fixdate; nil when it is neither, or not in the future.
  static func parse(_ text: String, now: Timestamp) -> Duration? {
    if let seconds = Int64(text) { return seconds > 0 ? .seconds(min(seconds, 86_400)) : nil }
    guard let then = HTTPDate.parse(text) else { return nil }
    return then > now ? min(then - now, .seconds(86_400)) : nil
  }
}
