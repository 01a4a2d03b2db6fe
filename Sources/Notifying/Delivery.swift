package import HTTPClient
package import Model
internal import Programs

/// One attempt to tell one receiver something. Made by the dispatcher, carried by the application.
package struct Delivery: Sendable {
  package let id: DeliveryID
  package let topicARN: String
  package let subscriptionARN: String
  let message: OutgoingMessage
  let timeout: Duration
  let channel: any Channel

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

  package var succeeded: Bool { reason == nil }

  /// The receiver understood and said no: 3xx and 4xx but those that mean "later".
  var isRefusal: Bool {
    guard let status else { return false }
    return (300..<500).contains(status) && ![408, 425, 429].contains(status)
  }
}

/// The header `Retry-After` (RFC 9110, 10.2.3).
enum RetryAfter {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds or an IMF-fixdate; nil when it is neither, or not in the future.
  static func parse(_ text: String, now: Timestamp) -> Duration? {
    if let seconds = Int64(text) { return seconds > 0 ? .seconds(min(seconds, 86_400)) : nil }
    // Sun, 06 Nov 1994 08:49:37 GMT
    let parts = text.split(separator: " ")
    guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), (1...31).contains(day),
      let month = months.firstIndex(where: { $0 == parts[2] }), let year = Int(parts[3]),
      (1970...9999).contains(year)
    else { return nil }
    let clock = parts[4].split(separator: ":").compactMap { Int($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    let then = Timestamp(
      year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])
    return then > now ? min(then - now, .seconds(86_400)) : nil
  }
}
