internal import HTTPServer
internal import Model

/// `/api/events/stream`: what happens, as server-sent events, while it happens.
///
/// Begins behind `Last-Event-ID`, which a browser sends by itself when it comes back, or else behind `?after=`; without
/// either with what comes next.
struct EventStreamEndpoint: Sendable {
  static let path = "/api/events/stream"

  let streams: EventStreams

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.method == "GET" || request.method == "HEAD" else { return .onlyRead }
    var after: Int?
    for field in request.query {
      guard field.name == "after" else {
        return .text(400, "unknown parameter \(quoted(field.name)); there is after\n")
      }
      guard let number = Self.number(field.value) else {
        return .text(400, "after: \(quoted(field.value)) is no number from 0\n")
      }
      after = number
    }
    // Empty: a browser that has seen none.
    if let last = request.header("Last-Event-ID"), !last.isEmpty {
      guard let number = Self.number(last) else {
        return .text(400, "Last-Event-ID: \(quoted(last)) is no number from 0\n")
      }
      after = number
    }
    var answer = HTTPServerResponse(
      status: 200, contentType: "text/event-stream",
      headers: [
        HTTPServerField("Cache-Control", "no-store"), HTTPServerField("X-Content-Type-Options", "nosniff"),
        // Without it, nginx in front keeps events until a buffer is full.
        HTTPServerField("X-Accel-Buffering", "no"),
      ])
    if request.method == "HEAD" { return answer }
    guard let stream = streams.open(after: after) else {
      var refusal = HTTPServerResponse.text(503, "Too many follow the events already.\n")
      refusal.headers.append(HTTPServerField("Retry-After", "10"))
      return refusal
    }
    answer.body = .stream(stream)
    return answer
  }

  private static func number(_ text: String) -> Int? {
    guard let number = Int(text), (0...Int.max / 4).contains(number) else { return nil }
    return number
  }
}
