internal import CheckIns
internal import HTTPServer

/// `/ping/<id>` and `/ping/<ping key>/<slug>`: where jobs say that they began, ended or failed, with the answers that
/// healthchecks gives. Whoever knows the id or the key may speak for the job.
///
/// No visit makes a job: with `create=1` too an unknown slug is not found.
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
    let rid = request.queryValue("rid")
    let run = rid.flatMap(CheckInVisit.run)
    guard rid == nil || run != nil else { return .text(400, "invalid uuid format") }
    guard let visit = CheckInVisit(path: request.path, run: run) else {
      return .text(400, "invalid url format")
    }
    switch daemon.checkIn(visit) {
    case .unknown: return .text(404, "not found")
    case .ambiguous: return .text(409, "ambiguous slug")
    case .noted: break
    }
    var answer = HTTPServerResponse.text(200, "OK")
    answer.headers.append(HTTPServerField("Ping-Body-Limit", "\(CheckInVisit.bodyLimit)"))
    return answer
  }
}
