internal import Model

/// One request on its way: what was asked, and what the legs so far brought.
///
/// `@unchecked Sendable`: handed from the submitter to the client's thread through the intake and then touched by
/// that thread only.
final class Job: @unchecked Sendable {
  let request: HTTPRequest
  /// Takes the body as it comes, in place of ``result``.
  let receiving: (@Sendable (UnsafeRawBufferPointer) -> Void)?
  private let completion: @Sendable (HTTPResult) -> Void
  var result = HTTPResult()
  /// The URL of this leg.
  var url: String
  var method: String
  var headers: [HTTPHeader]
  var body: [UInt8]
  /// ``url``, read; nil until the thread took the job up.
  var target: HTTPURL? { didSet { if origin == nil { origin = target } } }
  /// The request's own URL, read.
  private(set) var origin: HTTPURL?
  /// Cleared when a redirect leaves the origin.
  var clientCertificate: HTTPRequest.ClientCertificate?
  var startedAt = MonotonicInstant(nanoseconds: 0)
  /// This leg only fetches the certificates of a server that failed the verification.
  var isCertificateLeg = false

  init(
    request: HTTPRequest, receiving: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil,
    completion: @escaping @Sendable (HTTPResult) -> Void
  ) {
    self.request = request
    self.receiving = receiving
    self.completion = completion
    url = request.url
    method = request.method
    headers = request.headers
    body = request.body
    clientCertificate = request.clientCertificate
  }

  func complete() { completion(result) }

  func fail(_ failure: HTTPFailure) {
    result.failure = failure
    completion(result)
  }
}
