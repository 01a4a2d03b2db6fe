internal import Crypto
internal import FoundationEssentials
package import HTTPClient
internal import Model

/// What all receivers that are posted to over HTTP can be told.
package struct PostOptions: Hashable, Sendable {
  /// PEM file of the authorities to trust instead of the system's.
  package var caFile: String?
  /// Sent with every request, secrets among them.
  package var headers: [HTTPHeader] = []

  package init() {}

  func post(_ url: String, _ json: OrderedJSON, headers own: [HTTPHeader] = []) -> HTTPRequest {
    post(url, Array(json.compact.utf8), headers: own)
  }

  func post(_ url: String, _ body: [UInt8], headers own: [HTTPHeader] = []) -> HTTPRequest {
    var request = HTTPRequest(
      method: "POST", url: url,
      headers: [HTTPHeader("Content-Type", "application/json")] + own + headers, body: body,
      // The subscription's own time-out takes its place.
      timeout: .seconds(15))
    request.caFile = caFile
    // The answer's body only explains; a chatty receiver has taken the message all the same.
    request.bodyLimit = 4096
    request.failBeyondReadLimit = false
    return request
  }
}

/// A message that a channel cannot send, because its receiver knows nothing like it.
struct NoHandshake: Error, CustomStringConvertible {
  var description: String { "this kind of receiver confirms nothing" }
}

extension OutgoingMessage {
  /// The page: all that receivers without a handshake are ever sent.
  func page() throws -> Page {
    let page = try pageOrAcknowledgement()
    guard page.notification.kind != .acknowledgement else { throw UnwantedAcknowledgement() }
    return page
  }

  /// As ``page()``, for receivers that hear acknowledgements.
  func pageOrAcknowledgement() throws -> Page {
    guard case .page(let page) = self else { throw NoHandshake() }
    return page
  }
}

/// Only a bug asks for this: rendered like a page it would call people a second time.
struct UnwantedAcknowledgement: Error, CustomStringConvertible {
  let description = "this kind of receiver hears of no acknowledgements"
}

extension DeliveryResult {
  /// As usual, with the receiver's words beside a status that is no success, and without the secrets that an error
  /// text may repeat.
  static func explained(_ answer: HTTPResult, now: Timestamp, hiding secrets: [String]) -> DeliveryResult {
    let result = DeliveryResult(answer, now: now)
    if result.succeeded { return result }
    return (result.status == nil ? result : result.explained(answer.words)).hiding(secrets)
  }
}

extension HTTPResult {
  /// The answer's body as one short line.
  var words: String { cut(oneLine(String(decoding: body.prefix(2048), as: UTF8.self)), characters: 300) }
}

/// Where a URL leads without its path, which is the secret of many webhooks.
func shownOrigin(_ url: String) -> String {
  guard let parts = HTTPURL(url) else { return "no URL" }
  let isDefaultPort = parts.port == (parts.scheme == "https" ? 443 : 80)
  let host = parts.host.contains(":") ? "[\(parts.host)]" : parts.host
  return "\(parts.scheme)://\(host)\(isDefaultPort ? "" : ":\(parts.port)")"
}

/// Where a URL leads, for everybody's eyes: `https://hooks.example/…5d41402a`. Behind scheme, host and port stands which
/// of its URLs it is, as a hash that stays the same: path and query let many receivers be written to, and are shown
/// nowhere.
///
/// - Parameter place: where a secret URL came from; the same is shown when the secret is changed.
func shownURL(_ url: String, from place: String? = nil) -> String {
  let origin = shownOrigin(url)
  let rest =
    url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(3).first ?? ""
  if rest.isEmpty, !url.contains("?") { return origin }
  let digits = SHA256.hash(data: Data((place ?? url).utf8)).prefix(4).map { byte in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
  return "\(origin)/…\(digits.joined())"
}

/// What of a secret URL an error text could show: the URL, and it without the scheme's origin.
func secretParts(ofURL url: String) -> [String] {
  let origin = shownOrigin(url)
  guard url.hasPrefix(origin) else { return [url] }
  let path = String(url.dropFirst(origin.count))
  // Error texts leave out the query.
  let bare = String(path.prefix { $0 != "?" })
  return [url, path, bare].filter { $0.utf8.count > 1 }
}

/// The first of a message's renderings that fits, from the fullest to the barest: values are cut to ever fewer bytes.
///
/// - Parameter render: with the bytes that one value may have, and the alerts that may be listed.
func fitting(_ bytes: Int, _ render: (_ value: Int, _ alerts: Int) -> OrderedJSON) -> OrderedJSON {
  for (value, alerts) in [(64 << 10, 10_000), (4096, 500), (1024, 100), (256, 20), (64, 5)] {
    let json = render(value, alerts)
    if json.compact.utf8.count <= bytes { return json }
  }
  return render(16, 0)
}

extension HTTPHeader {
  /// User name and password by RFC 7617.
  package static func basicAuthorization(_ username: String, _ password: String) -> HTTPHeader {
    let pair = Data("\(username):\(password)".utf8).base64EncodedString()
    return HTTPHeader("Authorization", "Basic \(pair)", isSecret: true)
  }
}
