/// One header line of a request.
package struct HTTPHeader: Hashable, Sendable {
  package var name: String
  package var value: String
  /// Secret headers are sent only to the origin (scheme, host, port) of the request's own URL, never onwards after a
  /// redirect. `Authorization`, `Cookie` and `Proxy-Authorization` are secret whatever this says.
  package var isSecret: Bool

  package init(_ name: String, _ value: String, isSecret: Bool = false) {
    self.name = name
    self.value = value
    self.isSecret = isSecret
  }
}

/// What to ask of whom, and when to give up.
///
/// Only `http` and `https` are spoken, redirects included; proxies of the environment are not used, and nothing is
/// retried, except that a request which finds its kept connection closed is sent once more on a new one (libcurl).
package struct HTTPRequest: Hashable, Sendable {
  package enum RedirectPolicy: Hashable, Sendable {
    /// A 3xx answer is the answer.
    case none
    /// At most so many redirects are followed; one more is the failure `redirect`. 303, and 301 and 302 after a
    /// POST, go on as GET without the body, as browsers do.
    case upTo(Int)
  }

  package enum Version: Hashable, Sendable {
    case http11
    /// HTTP/2 where TLS negotiates it, otherwise 1.1.
    case http2
    /// HTTP/2 from the first byte, on `http` too, as gRPC speaks it; over TLS as ``http2``.
    case http2Only
  }

  package enum AddressFamily: Hashable, Sendable { case any, ipv4, ipv6 }

  /// A client certificate and its key, PEM files.
  package struct ClientCertificate: Hashable, Sendable {
    package var certificateFile: String
    package var keyFile: String
    package init(certificateFile: String, keyFile: String) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
    }
  }

  package var method = "GET"
  package var url: String
  package var headers: [HTTPHeader] = []
  package var body: [UInt8] = []
  /// Limits the whole exchange, redirects included, from the moment that the client takes the request up.
  package var timeout: Duration = .seconds(10)
  /// Limits reaching the server (resolve, connect, TLS) on each leg; nil: only ``timeout`` does.
  package var connectTimeout: Duration?
  package var redirects: RedirectPolicy = .none
  package var verifyPeer = true
  /// PEM file of the authorities to trust instead of the system's.
  package var caFile: String?
  package var clientCertificate: ClientCertificate?
  /// An IP address, or another host, to connect to instead of the URL's host; `Host`, SNI and the certificate check stay
  /// those of the URL. A redirect to another host or port is resolved as usual.
  package var connectAddress: String?
  package var addressFamily: AddressFamily = .any
  /// Body bytes that are kept; the rest is counted and thrown away.
  package var bodyLimit = 1 << 20
  /// Body bytes after which reading stops and the connection is closed; nil: at ``bodyLimit``.
  package var readLimit: Int?
  /// Whether a body beyond the read limit is the failure `bodyTooLarge`, or only ``HTTPResult/bodyTruncated``.
  package var failBeyondReadLimit = true
  /// Ask for, and undo, a content encoding; limits count decoded bytes.
  package var acceptCompressed = false
  /// false: a new connection, closed afterwards, with a full TLS handshake.
  package var keepAlive = true
  package var version: Version = .http11
  /// nil: the client's.
  package var userAgent: String?
  /// Collect the certificates that the server presents on `https`.
  package var wantCertificates = false

  package init(url: String) { self.url = url }

  package init(method: String, url: String, headers: [HTTPHeader] = [], body: [UInt8] = [], timeout: Duration)
  {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
  }
}

/// What holds for all requests of one ``HTTPClient``.
package struct HTTPClientSettings: Hashable, Sendable {
  package var userAgent = "farwatch"
  /// Connections kept for reuse; beyond it the longest idle one is closed. From 256 on the hosts are shared out among
  /// 16 handles, each with this limit of its own.
  package var maximumKeptConnections = 2000
  /// A kept connection is not used again after this time, so that a changed address or certificate is noticed.
  package var connectionLifetime: Duration = .seconds(60)
  /// Requests in progress; one more fails at once with the reason `limit`.
  package var maximumRequests = 10_000
  /// Header bytes of one answer; more is the failure `protocolError`.
  package var maximumHeaderBytes = 64 * 1024

  package init() {}
}
