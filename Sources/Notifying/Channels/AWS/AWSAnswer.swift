internal import HTTPClient
internal import Model

/// What AWS' query services answer: `<ErrorResponse><Error><Code>…</Code><Message>…</Message>` when they refuse.
enum AWSAnswer {
  /// Refused for now, whatever the status says.
  private static let later: Set<String> = [
    "Throttling", "ThrottlingException", "Throttled", "ThrottledException", "RequestLimitExceeded",
    "TooManyRequestsException", "RequestThrottled", "RequestThrottledException", "KMSThrottling",
    "KMSThrottlingException", "SlowDown", "ServiceUnavailable", "InternalFailure", "InternalError",
    "RequestTimeout", "PriorRequestNotComplete",
  ]
  /// Signed at another time than it is there.
  private static let clock: Set<String> = ["RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch"]

  static func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    let plain = DeliveryResult(answer, now: now)
    guard let status = answer.status, !plain.succeeded else { return plain }
    let code = element("Code", in: answer.body)
    let message = element("Message", in: answer.body)
    var detail = plain.detail
    if let code { detail += ": AWS says \(code)" }
    if let message { detail += ": \(message)" }
    if let code, clock.contains(code), let skew = skew(answer, now) { detail += " (\(skew))" }
    if let code, later.contains(code) {
      return .judged(status: status, .status, detail, isRefusal: false, retryAfter: plain.retryAfter)
    }
    let reason: FailureReason =
      switch code {
      case "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "ExpiredToken",
        "ExpiredTokenException", "InvalidSecurity", "RequestExpired", "IncompleteSignature",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException":
        .authentication
      case "AuthorizationError", "AuthorizationErrorException", "AccessDenied", "AccessDeniedException",
        "OptInRequired":
        .permission
      case "NotFound", "NotFoundException": .missing
      default: .status
      }
    return .judged(
      status: status, reason, detail, isRefusal: plain.isRefusal, retryAfter: plain.retryAfter)
  }

  /// How far our clock is from the one that answered; nil when it is near, or did not tell.
  private static func skew(_ answer: HTTPResult, _ now: Timestamp) -> String? {
    guard let theirs = answer.headers["Date"].flatMap(HTTPDate.parse) else { return nil }
    let ahead = now - theirs
    guard abs(ahead.inSeconds) >= 60 else { return nil }
    let size = DurationText.format(ahead < .zero ? .zero - ahead : ahead)
    return "this machine's clock is \(size) \(ahead < .zero ? "behind" : "ahead of") AWS'"
  }

  /// The text of the first element of that name; bounded, one line, entities resolved.
  static func element(_ name: String, in body: [UInt8]) -> String? {
    let text = String(decoding: body.prefix(16_384), as: UTF8.self)
    guard let opening = text.firstRange(of: "<\(name)>"),
      let closing = text[opening.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    var found = String(text[opening.upperBound..<closing.lowerBound].prefix(500))
    if found.hasPrefix("<![CDATA[") { found = String(found.dropFirst(9)).replacing("]]>", with: "") }
    for (entity, meaning) in [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&"),
    ] {
      found = found.split(separator: entity, omittingEmptySubsequences: false).joined(separator: meaning)
    }
    let line = found.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? Unicode.Scalar(" ") : $0 }
    let words = String(String.UnicodeScalarView(line)).split(separator: " ")
    return words.isEmpty ? nil : words.joined(separator: " ")
  }
}
