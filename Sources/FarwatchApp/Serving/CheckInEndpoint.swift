internal import CheckIns
internal import HTTPServer

/// `/ping/<id>`: where jobs say that they began, ended or failed, with the answers that healthchecks gives. Whoever
/// knows the id may speak for the job.
struct CheckInEndpoint: Sendable {
  let daemon: any DaemonFace

  /// nil: the path is none of a job.
  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    guard request.path.hasPrefix(CheckInVisit.path) else { return nil }
    guard ["GET", "HEAD", "POST"].contains(request.method) else {
      var refusal = HTTPServerResponse.text(405, "Only GET, HEAD and POST are answered here.\n")
      refusal.headers.append(HTTPServerField("Allow", "GET, HEAD, POST"))
      return refusal
    }
    guard let visit = CheckInVisit(path: request.path) else { return .text(400, "invalid url format") }
    guard daemon.checkIn(visit) else { return .text(404, "not found") }
    var answer = HTTPServerResponse.text(200, "OK")
    answer.headers.append(HTTPServerField("Ping-Body-Limit", "\(CheckInVisit.bodyLimit)"))
    return answer
  }
}
