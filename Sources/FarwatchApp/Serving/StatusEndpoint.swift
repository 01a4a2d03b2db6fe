internal import HTTPServer
internal import Model
internal import StatusPage

/// `/api/status`: the snapshot as JSON, with a weak `ETag` that stays while nothing but time passes.
struct StatusEndpoint: Sendable {
  static let path = "/api/status"

  let daemon: any DaemonFace

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.method == "GET" || request.method == "HEAD" else { return .onlyRead }
    guard let snapshot = daemon.status() else {
      var refusal = HTTPServerResponse.text(503, "Farwatch's core is busy and did not answer in time.\n")
      refusal.headers.append(HTTPServerField("Retry-After", "1"))
      return refusal
    }
    let json = StatusJSON(snapshot: snapshot)
    let digits = String(json.fingerprint, radix: 16)
    let tag = "W/\"" + String(repeating: "0", count: 16 - digits.utf8.count) + digits + "\""
    let headers = [
      HTTPServerField("ETag", tag), HTTPServerField("Cache-Control", "no-cache"),
      HTTPServerField("X-Content-Type-Options", "nosniff"),
    ]
    if request.headers.contains(where: { $0.name.lowercased() == "if-none-match" && Self.has($0.value, tag) })
    {
      return HTTPServerResponse(status: 304, headers: headers)
    }
    return HTTPServerResponse(
      status: 200, contentType: "application/json", headers: headers,
      body: .bytes(Array((json.document.compact + "\n").utf8)))
  }

  /// Whether a list of tags, or `*`, has this one; compared weakly, as RFC 9110 wants it here.
  private static func has(_ list: String, _ tag: String) -> Bool {
    let opaque = tag.dropFirst(2)
    return list.split(separator: ",").contains { item in
      let item = item.drop { $0 == " " }.prefix { $0 != " " }
      return item == "*" || item == tag || item == opaque
    }
  }
}

extension HTTPServerResponse {
  /// The answer to a method that would change what can only be read.
  static var onlyRead: HTTPServerResponse {
    var refusal = HTTPServerResponse.text(405, "Only GET and HEAD are answered here.\n")
    refusal.headers.append(HTTPServerField("Allow", "GET, HEAD"))
    return refusal
  }
}
