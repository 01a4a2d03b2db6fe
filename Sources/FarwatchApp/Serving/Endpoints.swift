internal import CheckIns
internal import Exposition
internal import HTTPServer
internal import Model
internal import Notifying
internal import RemoteWrite

/// What the HTTP endpoints may ask of the running daemon. Called on the server's threads.
protocol DaemonFace: PagingDaemonFace {
  /// nil when the core did not answer in time.
  func status() -> StatusSnapshot?
  /// The metrics page as it is now.
  func metricsPage() -> MetricsPage
  /// Whether the core's thread turned lately.
  var isAlive: Bool { get }
  /// Whether every collector has reported once, so that rules are judged.
  var isReady: Bool { get }
  /// The lines that say why the new configuration was refused; empty when it is in force.
  func reload() -> [String]
  /// Answers a visit to a link in an SNS message; nil when the core did not answer in time.
  func visit(_ visit: SubscriptionVisit) -> SNSAnswer?
  /// The certificate that pages are signed with, when `name` is its file name.
  func signingCertificate(named name: String) -> String?
  /// Takes samples that another program sends; nil: that is off.
  func write(_ request: HTTPServerRequest) -> HTTPServerResponse?
  /// Notes that a job spoke; false when nobody waits for it.
  func checkIn(_ visit: CheckInVisit) -> Bool
  /// What the journal has.
  func events(_ query: EventsQuery) -> EventsOutcome
  /// How every receiver's proofs stand; nil when the core did not answer in time.
  func proofs() -> [ProofStanding]?
  /// Starts proofs, or joins those under way; how they stand, none if nobody is called so. nil: no answer in time.
  func prove(_ choice: ProofChoice) -> [ProofStanding]?
}

/// From a request to an answer. Paths are compared, never opened as files.
struct Endpoints: Sendable {
  let daemon: any DaemonFace

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    switch request.path {
    case "/metrics": return reading(request) { metrics() }
    case "/": return reading(request) { statusPage() }
    case "/status.css":
      return reading(request) { page(StatusStyle.css.utf8.map { $0 }, type: "text/css; charset=utf-8") }
    case "/-/healthy":
      return reading(request) {
        daemon.isAlive
          ? .text(200, "Farwatch is healthy.\n") : .text(503, "Farwatch's core has not turned for seconds.\n")
      }
    case "/-/ready":
      return reading(request) {
        daemon.isReady
          ? .text(200, "Farwatch is ready.\n") : .text(503, "Not every collector has reported yet.\n")
      }
    case "/-/reload": return reload(request)
    case RemoteWriteEndpoint.path: return write(request)
    case "/api/events": return EventsEndpoint(daemon: daemon).answer(request)
    case ProofsEndpoint.path: return ProofsEndpoint(daemon: daemon).answer(request)
    case "/sns":
      return reading(request) {
        let visit = SubscriptionVisit(request.query.map { ($0.name, $0.value) })
        guard let answer = daemon.visit(visit) else { return .text(503, "Try again.\n") }
        return HTTPServerResponse(
          status: answer.status, contentType: SNSAnswer.contentType, body: .bytes(Array(answer.body.utf8)))
      }
    default:
      if let answer = CheckInEndpoint(daemon: daemon).answer(request) { return answer }
      let runbooks = "/runbooks/"
      if request.path.hasPrefix(runbooks),
        let text = Runbooks.render(String(request.path.dropFirst(runbooks.count)))
      {
        return reading(request) { page(text, type: "text/html; charset=utf-8") }
      }
      if let pem = daemon.signingCertificate(named: String(request.path.dropFirst())) {
        return reading(request) {
          HTTPServerResponse(
            status: 200, contentType: "application/x-pem-file", body: .bytes(Array(pem.utf8)))
        }
      }
      if let answer = AlertmanagerEndpoints(daemon: daemon).answer(request) { return answer }
      return .text(404, "There is nothing here. Try / or /metrics.\n")
    }
  }

  private func reading(
    _ request: HTTPServerRequest, _ answer: () -> HTTPServerResponse
  ) -> HTTPServerResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      var refusal = HTTPServerResponse.text(405, "Only GET and HEAD are answered here.\n")
      refusal.headers.append(HTTPServerField("Allow", "GET, HEAD"))
      return refusal
    }
    return answer()
  }

  private func metrics() -> HTTPServerResponse {
    let page = daemon.metricsPage()
    return HTTPServerResponse(
      status: 200, contentType: page.contentType, body: .segments(page.segments))
  }

  private func statusPage() -> HTTPServerResponse {
    guard let status = daemon.status() else {
      return .text(503, "Farwatch's core is busy and did not answer in time.\n")
    }
    return page(StatusPage.render(status), type: "text/html; charset=utf-8")
  }

  private func page(_ bytes: [UInt8], type: String) -> HTTPServerResponse {
    HTTPServerResponse(
      status: 200, contentType: type, headers: [HTTPServerField("Cache-Control", "no-store")],
      body: .bytes(bytes)
    ).withSecurityHeaders(contentSecurityPolicy: StatusPage.contentSecurityPolicy)
  }

  private func write(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard daemon.allowsWrites(request) else {
      return .text(403, "Samples are taken from this machine and from trusted_clients only.\n")
    }
    return daemon.write(request)
      ?? .text(404, "Remote write is off: the configuration has no remote_write.\n")
  }

  private func reload(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.method == "POST" || request.method == "PUT" else {
      var refusal = HTTPServerResponse.text(405, "Only POST and PUT reload.\n")
      refusal.headers.append(HTTPServerField("Allow", "POST, PUT"))
      return refusal
    }
    // A page of another site may make a browser post here; it cannot hide that it did.
    guard daemon.allowsWrites(request) else {
      return .text(403, "Reloading is allowed from this machine only; SIGHUP does the same.\n")
    }
    let problems = daemon.reload()
    if problems.isEmpty { return .text(200, "The new configuration is in force.\n") }
    return .text(400, problems.joined(separator: "\n") + "\n")
  }
}

/// A rendered segment is sent from where it lies.
extension PageSegment: SharedBytes {}
