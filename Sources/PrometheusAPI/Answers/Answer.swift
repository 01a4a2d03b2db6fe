internal import HTTPServer
internal import Model

/// What a request gets: data with what is to be said about it, or a fault.
struct Answer {
  /// JSON; nil: nothing, and status 204.
  var data: [UInt8]?
  var warnings: [String] = []
  var infos: [String] = []

  init(_ data: [UInt8]?) { self.data = data }

  init(_ body: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    body(&writer)
    data = writer.bytes
  }

  static let truncated = "results truncated due to limit"

  var response: HTTPServerResponse {
    guard let data else { return HTTPServerResponse(status: 204) }
    var out = JSONWriter(reserving: data.count + 64)
    out.raw("{\"status\":\"success\",\"data\":")
    out.raw(data)
    if !warnings.isEmpty {
      out.raw(",\"warnings\":")
      out.strings(warnings)
    }
    if !infos.isEmpty {
      out.raw(",\"infos\":")
      out.strings(infos)
    }
    out.raw("}")
    return .json(200, out.bytes)
  }
}

extension APIFault {
  var response: HTTPServerResponse {
    var out = JSONWriter()
    out.raw("{\"status\":\"error\",\"errorType\":")
    out.string(kind.rawValue)
    out.raw(",\"error\":")
    out.string(message)
    out.raw("}")
    var response = HTTPServerResponse.json(kind.status, out.bytes)
    if kind.status == 503 { response.headers.append(HTTPServerField("Retry-After", "1")) }
    return response
  }
}

extension HTTPServerResponse {
  static func json(_ status: Int, _ bytes: [UInt8]) -> Self {
    Self(
      status: status, contentType: "application/json",
      headers: [
        HTTPServerField("Cache-Control", "no-store"), HTTPServerField("X-Content-Type-Options", "nosniff"),
      ], body: .bytes(bytes))
  }
}
