internal import Crypto
internal import FoundationEssentials
package import HTTPClient
package import Model

/// Signs requests as AWS wants them: Signature Version 4 of its general reference.
package struct AWSSignature: Sendable {
  /// S3 signs its own way: the path as it is sent, and what is said of the body in a header of its own.
  package enum Form: Hashable, Sendable {
    /// All services but S3: the path without dots and doubled slashes, escaped a second time; the body's hash.
    case general
    /// S3: the path as it is; `X-Amz-Content-SHA256` with the body's hash.
    case objectStore
    /// S3 where the body is too large to be read twice: `UNSIGNED-PAYLOAD`. Over plain http servers refuse it.
    case objectStoreUnsignedBody
  }

  package var credentials: AWSCredentials
  package var region: String
  package var service: String
  package var form: Form

  package init(credentials: AWSCredentials, region: String, service: String, form: Form = .general) {
    self.credentials = credentials
    self.region = region
    self.service = service
    self.form = form
  }

  /// Adds `X-Amz-Date`, `X-Amz-Security-Token`, for S3 `X-Amz-Content-SHA256`, and `Authorization`. All headers that
  /// are there already are signed, and `Host`, which the client will send. The URL is sent as it is written: names
  /// of objects are escaped in it once (``percentEncoded(_:)`` part by part), and so are parameters.
  package func sign(_ request: inout HTTPRequest, at now: Timestamp) throws(AWSSignatureFailure) {
    guard let target = SignedTarget(request.url) else { throw AWSSignatureFailure() }
    let time = Self.basicTime(now)
    request.headers.append(HTTPHeader("X-Amz-Date", time))
    if let token = credentials.sessionToken {
      request.headers.append(HTTPHeader("X-Amz-Security-Token", token, isSecret: true))
    }
    let bodyHash =
      form == .objectStoreUnsignedBody ? "UNSIGNED-PAYLOAD" : hexadecimal(SHA256.hash(data: request.body))
    if form != .general { request.headers.append(HTTPHeader("X-Amz-Content-SHA256", bodyHash)) }
    let headers = Self.canonicalHeaders(request.headers + [HTTPHeader("Host", target.host)])
    let names = headers.map(\.name).joined(separator: ";")
    let canonical = [
      request.method, form == .general ? target.generalPath : target.path, target.query,
      headers.map { "\($0.name):\($0.value)\n" }.joined(), names, bodyHash,
    ].joined(separator: "\n")
    let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
    let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(hexadecimal(SHA256.hash(data: Array(canonical.utf8))))"
    let signature = hexadecimal(Self.authenticate(text, key(of: String(time.prefix(8)))))
    request.headers.append(
      HTTPHeader(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
          + "Signature=\(signature)", isSecret: true))
  }

  private func key(of day: String) -> [UInt8] {
    var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
    for part in [day, region, service, "aws4_request"] { key = Self.authenticate(part, key) }
    return key
  }

  private static func authenticate(_ text: String, _ key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
  }

  /// Names in small letters, in order; values with single spaces; values of one name joined.
  private static func canonicalHeaders(_ headers: [HTTPHeader]) -> [(name: String, value: String)] {
    var values: [String: [String]] = [:]
    for header in headers {
      let words = header.value.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 })
      values[header.name.lowercased(), default: []].append(
        words.map { String(Substring($0)) }.joined(separator: " "))
    }
    return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: ",")) }
  }

  /// `20150830T123600Z`.
  private static func basicTime(_ time: Timestamp) -> String {
    String(time.iso8601.prefix { $0 != "." && $0 != "Z" }.filter { $0 != "-" && $0 != ":" }) + "Z"
  }
}

/// The URL cannot be signed: it is none.
package struct AWSSignatureFailure: Error, Sendable, CustomStringConvertible {
  package let description = "the endpoint's URL cannot be signed"
}

/// The parts of a URL as they are signed.
private struct SignedTarget {
  var host: String
  var path: String
  /// Parameters in order of their escaped names, and of their values where names are equal.
  var query: String

  init?(_ url: String) {
    guard let target = HTTPURL(url) else { return nil }
    let isDefaultPort = target.port == (target.scheme == "https" ? 443 : 80)
    let name = target.host.contains(":") ? "[\(target.host)]" : target.host
    host = isDefaultPort ? name : "\(name):\(target.port)"
    let rest = url.dropFirst(target.scheme.count + 3).prefix { $0 != "#" }
    let beforeQuery = rest.prefix { $0 != "?" }
    path = beforeQuery.firstIndex(of: "/").map { String(beforeQuery[$0...]) } ?? "/"
    query = Self.canonicalQuery(rest.dropFirst(beforeQuery.count + 1))
  }

  /// Without `.`, `..` and empty parts, each byte but the slashes escaped once more.
  var generalPath: String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      if part == ".." { parts = Array(parts.dropLast()) } else if part != "." { parts.append(part) }
    }
    if parts.isEmpty { return "/" }
    let ending = path.hasSuffix("/") ? "/" : ""
    return "/" + parts.map { percentEncoded(String($0)) }.joined(separator: "/") + ending
  }

  private static func canonicalQuery(_ text: Substring) -> String {
    var pairs: [(name: String, value: String)] = []
    for part in text.split(separator: "&") {
      let name = part.prefix { $0 != "=" }
      pairs.append((String(name), String(part.dropFirst(name.count + 1))))
    }
    pairs.sort { $0.name == $1.name ? byteOrder($0.value, $1.value) : byteOrder($0.name, $1.name) }
    return pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }
}
