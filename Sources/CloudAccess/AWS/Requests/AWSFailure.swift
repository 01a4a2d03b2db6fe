package import HTTPClient
package import Model

/// Why a request to AWS brought nothing.
package struct AWSFailure: Error, Hashable, Sendable, CustomStringConvertible {
  package var reason: FailureReason
  /// AWS' own name of the error; "" where it said none.
  package var code: String
  /// For people; one line, never a secret.
  package var message: String
  /// Another try may succeed.
  package var isTransient: Bool

  package init(_ reason: FailureReason, code: String = "", _ message: String, isTransient: Bool = false) {
    self.reason = reason
    self.code = code
    self.message = message
    self.isTransient = isTransient
  }

  package var description: String {
    code.isEmpty ? message : message.isEmpty ? code : "\(code): \(message)"
  }

  package init(_ failure: HTTPFailure) {
    let transient: Set<FailureReason> = [.timeout, .refused, .reset, .unreachable, .dns, .tlsHandshake]
    self.init(
      failure.reason, failure.detail,
      isTransient: transient.contains(failure.reason) && !failure.isCancelled)
  }

  /// The temporary credentials are over: others must be fetched.
  package var meansExpiredCredentials: Bool {
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired"].contains(code)
  }

  /// - Parameter clockError: how far this machine's clock is ahead of AWS', where that is known.
  package init(status: Int, code: String, message: String, clockError: Duration? = nil) {
    let kind = Self.kind(code, status)
    // What AWS computed from the request stands in further lines: headers with the session's token among them.
    let line = message.split(separator: "\n").first.map(String.init) ?? ""
    self.init(
      kind.reason, code: code.isEmpty ? "HTTP status \(status)" : code, String(line.prefix(400)),
      isTransient: kind.isTransient)
    if kind.reason == .authentication, let clockError, abs(clockError.inSeconds) > 240 {
      let side = clockError > .zero ? "ahead of" : "behind"
      let size = DurationText.format(.seconds(Int64(abs(clockError.inSeconds))))
      self.message = "this machine's clock is \(size) \(side) AWS': set it right"
      isTransient = false
    }
  }

  private static func kind(_ code: String, _ status: Int) -> (reason: FailureReason, isTransient: Bool) {
    if throttling.contains(code) || status == 429 { return (.limit, true) }
    if credentialCodes.contains(code) || status == 401 { return (.authentication, false) }
    if permissionCodes.contains(code) { return (.permission, false) }
    if code.hasPrefix("NoSuch") || code.contains("NotFound") { return (.missing, false) }
    if code.hasPrefix("Invalid") || code.hasPrefix("Validation") || code.hasPrefix("Missing") {
      return (.query, false)
    }
    if status >= 500 { return (.status, true) }
    if (300...399).contains(status) { return (.redirect, false) }
    if status == 403 { return (.permission, false) }
    if status == 404 { return (.missing, false) }
    return (.query, false)
  }

  private static let throttling: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException", "BandwidthLimitExceeded",
    "PriorRequestNotComplete", "SlowDown", "ProvisionedThroughputExceededException",
    "TransactionInProgressException", "EC2ThrottledException",
  ]
  private static let credentialCodes: Set<String> = [
    "InvalidClientTokenId", "SignatureDoesNotMatch", "AuthFailure", "UnrecognizedClientException",
    "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "InvalidAccessKeyId", "InvalidSignatureException", "InvalidToken",
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed", "NotSignedException",
    "InvalidIdentityToken", "InvalidSecurity", "CredentialsNotSupported", "TokenRefreshRequired",
  ]
  private static let permissionCodes: Set<String> = [
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess",
    "AuthorizationError", "AuthorizationErrorException", "OptInRequired", "NotAuthorized",
    "AllAccessDisabled",
    "AccountProblem", "KMSAccessDeniedException",
  ]
}
