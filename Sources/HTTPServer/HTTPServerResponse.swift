/// A piece of a response body that many answers may share.
///
/// `storage` stays valid and unchanged for as long as the object lives; the server keeps the object until the last
/// byte is sent or the connection is gone.
package protocol SharedBytes: AnyObject, Sendable {
  var storage: UnsafeRawBufferPointer { get }
}

/// What a handler answers.
package struct HTTPServerResponse: Sendable {
  package enum Body: Sendable {
    case empty
    /// Copied once when the response is queued.
    case bytes([UInt8])
    /// Sent one after the other and shared by all answers that hold them: a single one goes out from where it lies,
    /// several pass through a small buffer of the connection.
    case segments([any SharedBytes])
    /// Written while it is sent; its length is not known before.
    case stream(ResponseStream)
    /// The whole answer comes later. Status and content type given here do not count; headers are added to its
    /// own. It cannot be deferred again.
    case deferred(DeferredResponse)

    /// 0 where it is not known yet.
    package var count: Int {
      switch self {
      case .empty, .stream, .deferred: 0
      case .bytes(let bytes): bytes.count
      case .segments(let segments): segments.reduce(0) { $0 + $1.storage.count }
      }
    }
  }

  /// 200 to 599.
  package var status: Int
  /// nil: no `Content-Type`.
  package var contentType: String?
  /// Beyond `Content-Type`, and `Content-Length`, `Date` and `Connection`, which the server writes itself. A field that
  /// cannot be written (a line break in it) is left out and logged.
  package var headers: [HTTPServerField]
  /// For a `HEAD` request the same body as for `GET`: the server sends its length and leaves it out.
  package var body: Body

  package init(status: Int, contentType: String? = nil, headers: [HTTPServerField] = [], body: Body = .empty)
  {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  /// Plain text in UTF-8.
  package static func text(_ status: Int, _ text: String) -> Self {
    Self(status: status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
  }

  /// The answer that `later` gets.
  package static func deferred(_ later: DeferredResponse) -> Self {
    Self(status: 202, body: .deferred(later))
  }

  /// With what keeps a browser from running or framing anything that the page did not mean:
  /// `X-Content-Type-Options`, `Referrer-Policy` and the given `Content-Security-Policy`.
  package func withSecurityHeaders(contentSecurityPolicy: String) -> Self {
    var response = self
    response.headers += [
      HTTPServerField("X-Content-Type-Options", "nosniff"),
      // With `no-referrer` a browser posts our own forms with `Origin: null`, as if another site's page did.
      HTTPServerField("Referrer-Policy", "same-origin"),
      HTTPServerField("Content-Security-Policy", contentSecurityPolicy),
    ]
    return response
  }
}
