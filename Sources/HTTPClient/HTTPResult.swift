package import Model

/// Why a request brought no (complete) answer.
package struct HTTPFailure: Error, Hashable, Sendable {
  package var reason: FailureReason
  /// For people and logs; holds no user information or query of the URL.
  package var detail: String
  /// The client was shut down before the request was done: says nothing about the server.
  package var isCancelled = false

  package init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }

  package static let cancelled: HTTPFailure = {
    var failure = HTTPFailure(.other, "cancelled: the client was shut down")
    failure.isCancelled = true
    return failure
  }()
}

/// Where the time went, in seconds. A phase that was not completed, or not needed, is nil and never 0.
///
/// Resolve, connect and TLS are nil on a reused connection. After redirects each phase is the sum over all legs.
package struct HTTPPhases: Hashable, Sendable {
  package var resolve: Double?
  package var connect: Double?
  package var tls: Double?
  /// From the request being sent to the first byte of the answer.
  package var processing: Double?
  /// From the first byte of the answer to its end.
  package var transfer: Double?

  package init() {}

  mutating func add(_ other: HTTPPhases) {
    func sum(_ a: Double?, _ b: Double?) -> Double? { a == nil && b == nil ? nil : (a ?? 0) + (b ?? 0) }
    resolve = sum(resolve, other.resolve)
    connect = sum(connect, other.connect)
    tls = sum(tls, other.tls)
    processing = sum(processing, other.processing)
    transfer = sum(transfer, other.transfer)
  }
}

/// The header block of the final answer and the trailers after its body, parsed only where it is asked.
package struct HTTPHeaders: Hashable, Sendable {
  /// As received, status line included; trailers follow.
  package var raw: [UInt8]

  package init(raw: [UInt8] = []) { self.raw = raw }

  /// The first value of `name` (any case), trimmed.
  package subscript(name: String) -> String? {
    for line in raw.split(separator: UInt8(ascii: "\n")).dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let isNamed = line[..<colon].elementsEqual(name.utf8) { isSameLetter($0, $1) }
      if isNamed { return text(line[line.index(after: colon)...]) }
    }
    return nil
  }

  package var all: [(name: String, value: String)] {
    raw.split(separator: UInt8(ascii: "\n")).dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return (text(line[..<colon]), text(line[line.index(after: colon)...]))
    }
  }

  private func isSameLetter(_ a: UInt8, _ b: UInt8) -> Bool {
    func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
    return lower(a) == lower(b)
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
    var bytes = bytes.drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What came back: as much as was reached, also when the request failed.
package struct HTTPResult: Sendable {
  /// Of the last answer; nil when there was none.
  package var status: Int?
  package var headers = HTTPHeaders()
  /// What the last answer said its body's length was; nil when it did not say.
  package var contentLength: Int?
  /// At most the request's `bodyLimit` bytes.
  package var body: [UInt8] = []
  /// Body bytes read of the last answer, also those not kept.
  package var bodyBytesTotal = 0
  /// Reading stopped at the read limit; there was more.
  package var bodyTruncated = false
  package var phases = HTTPPhases()
  /// Seconds from start to end, all legs.
  package var total = 0.0
  /// 1.0, 1.1, 2 or 3.
  package var httpVersion: Double?
  /// The IP address that was talked to; nil when none was reached.
  package var primaryAddress: String?
  /// Redirects that were followed.
  package var redirects = 0
  /// Where the last leg went; the request's URL unless redirected. May hold secrets.
  package var finalURL = ""
  /// What the server presented, if the request wanted it and the last leg was `https`. Present also when the
  /// verification failed: then it comes from a second connection on which nothing was sent.
  package var certificates: CertificateChain?
  package var reusedConnection = false
  package var failure: HTTPFailure?

  package init() {}
}

/// The certificates that a server presented, leaf first.
package struct CertificateChain: Hashable, Sendable {
  package struct Certificate: Hashable, Sendable {
    package var subject: String
    package var issuer: String
    package var notBefore: Timestamp?
    package var notAfter: Timestamp?
  }

  package var certificates: [Certificate]
  /// Whether the server was allowed to use them, by the request's authorities and the URL's host.
  package var verified: Bool

  package init(certificates: [Certificate], verified: Bool) {
    self.certificates = certificates
    self.verified = verified
  }

  package var leafExpiry: Timestamp? { certificates.first?.notAfter }
  /// The first moment at which any of the presented certificates expires or expired.
  package var earliestExpiry: Timestamp? { certificates.compactMap(\.notAfter).min() }
}
