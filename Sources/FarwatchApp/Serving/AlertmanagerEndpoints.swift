internal import AlertmanagerAPI
internal import HTTPServer
internal import Model
internal import Notifying

/// What the paging endpoints need of the daemon.
protocol PagingDaemonFace: Sendable {
  var paging: any PagingFace { get }
  var acknowledgeLink: AcknowledgeLink { get }
  var wallClock: Timestamp { get }
}

/// Alertmanager's API, and the page behind the link in a page, over HTTP.
struct AlertmanagerEndpoints: Sendable {
  let daemon: any PagingDaemonFace

  /// nil: the path is none of these.
  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    if request.path == AcknowledgeLink.path { return AcknowledgePage(daemon: daemon).answer(request) }
    guard AlertmanagerAPI.owns(request.path) else { return nil }
    let daemon = daemon
    return response(
      AlertmanagerAPI(daemon.paging, now: { daemon.wallClock }).answer(
        APIRequest(
          method: request.method, path: request.path, pathSegments: request.pathSegments,
          query: request.query.map { ($0.name, $0.value) }, contentType: request.header("Content-Type"),
          body: request.body)))
  }

  private func response(_ answer: APIResponse) -> HTTPServerResponse {
    var response = HTTPServerResponse(
      status: answer.status, contentType: answer.json == nil ? nil : "application/json",
      body: answer.json.map { .bytes(Array($0.utf8)) } ?? .empty)
    response.headers = [
      HTTPServerField("Cache-Control", "no-store"), HTTPServerField("X-Content-Type-Options", "nosniff"),
    ]
    if answer.status == 503 { response.headers.append(HTTPServerField("Retry-After", "1")) }
    response.headers += answer.headers.map { HTTPServerField($0.name, $0.value) }
    return response
  }
}
