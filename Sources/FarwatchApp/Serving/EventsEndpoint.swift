internal import HTTPServer
internal import Model
internal import Synchronization

/// `/api/events`: what the journal has, and whether its chain holds.
struct EventsEndpoint: Sendable {
  let daemon: any DaemonFace

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      var refusal = HTTPServerResponse.text(405, "Only GET and HEAD are answered here.\n")
      refusal.headers.append(HTTPServerField("Allow", "GET, HEAD"))
      return refusal
    }
    let query: EventsQuery
    do {
      query = try EventsQuery(request.query.map { ($0.name, $0.value) }, now: SystemTime().now)
    } catch { return .text(400, "\(error)\n") }
    switch daemon.events(query) {
    case .answer(let answer):
      let type = query.asLines ? "application/x-ndjson" : "application/json"
      var response = HTTPServerResponse(
        status: 200, contentType: type, headers: [HTTPServerField("Cache-Control", "no-store")],
        body: .bytes(Array(EventsText.json(answer, asLines: query.asLines).utf8)))
      if answer.isPartial { response.headers.append(HTTPServerField("X-Farwatch-Partial", "true")) }
      return response
    case .busy:
      var refusal = HTTPServerResponse.text(503, "Another question is being answered, or the core is busy.\n")
      refusal.headers.append(HTTPServerField("Retry-After", "1"))
      return refusal
    case .failed(let why): return .text(500, "\(why)\n")
    }
  }
}

/// What became of a question about the journal.
enum EventsOutcome: Sendable {
  case answer(EventsAnswer)
  /// The core did not answer in time, or the one question at a time that may read the database is another.
  case busy
  case failed(String)
}

extension EventsAnswer {
  var isPartial: Bool {
    switch self {
    case .entries(_, let isPartial), .verified(_, let isPartial): isPartial
    }
  }
}
