internal import APIDescription
internal import CheckIns
internal import Exposition
internal import HTTPServer
internal import Model
internal import Notifying
internal import PrometheusAPI
internal import RemoteWrite
internal import StatusPage

/// What the HTTP endpoints may ask of the running daemon. What may wait is asked on ``AnswerThreads``; what the server's
/// threads ask, which is the page of metrics and the two signs of life, never waits.
protocol DaemonFace: PagingDaemonFace, DrillDaemonFace {
  /// nil when the core did not answer in time.
  func status() -> StatusSnapshot?
  /// The metrics page as it is now.
  func metricsPage(_ format: ExpositionFormat) -> MetricsPage
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
  /// Notes that a job spoke, where somebody waits for it.
  func checkIn(_ visit: CheckInVisit) -> CheckInBoard.Answer
  /// What the journal has.
  func events(_ query: EventsQuery) -> EventsOutcome
  /// Prometheus' query API.
  var prometheusAPI: PrometheusAPI { get }
  /// How every receiver's proofs stand; nil when the core did not answer in time.
  func proofs() -> [ProofStanding]?
  /// Starts proofs, or joins those under way; how they stand, none if nobody is called so. nil: no answer in time.
  func prove(_ choice: ProofChoice) -> [ProofStanding]?
}

/// From a request that was let in (``Door``) to an answer. Paths are compared, never opened as files.
struct Endpoints: Sendable {
  let daemon: any DaemonFace
  var streams = EventStreams()
  /// Where what may wait is answered; nil: where it is asked.
  var threads: AnswerThreads?

  /// What of the description is served.
  static let parts: [APIDescription.Part] = [.own, .alertmanager, .prometheus]
  private static let openAPI = APIDescription(parts).openAPI(version: Version.text)
  private static let openAPIAsYAML = APIDescription(parts).openAPIAsYAML(version: Version.text)

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard let kind = Self.waitingKind(of: request), let threads else { return answerNow(request) }
    return threads.answer(kind) { answerNow(request) }
  }

  /// On which threads a request is answered; nil: at once, for it waits for nobody.
  static func waitingKind(of request: HTTPServerRequest) -> AnswerThreads.Kind? {
    switch request.path {
    case "/metrics", "/-/healthy", "/-/ready", "/api/openapi.json", RemoteWriteEndpoint.path,
      EventStreamEndpoint.path, "/status.css", "/status.js":
      return nil
    case "/-/reload", "/sns": return .change
    default: break
    }
    if request.path.hasPrefix(CheckInVisit.path) { return .change }
    if PrometheusAPI.owns(request.path) {
      // Queries have threads of their own.
      return ["rules", "alerts", "targets"].contains(request.pathSegments.last ?? "") ? .look : nil
    }
    return request.method == "GET" || request.method == "HEAD" ? .look : .change
  }

  private func answerNow(_ request: HTTPServerRequest) -> HTTPServerResponse {
    switch request.path {
    case "/metrics": return reading(request) { MetricsEndpoint(daemon: daemon).answer(request) }
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
    case EventStreamEndpoint.path: return EventStreamEndpoint(streams: streams).answer(request)
    case "/api/openapi.json":
      return reading(request) {
        HTTPServerResponse(status: 200, contentType: "application/json", body: .bytes(Self.openAPI))
      }
    case "/api/openapi.yaml":
      return reading(request) {
        HTTPServerResponse(status: 200, contentType: "application/yaml", body: .bytes(Self.openAPIAsYAML))
      }
    case StatusEndpoint.path: return StatusEndpoint(daemon: daemon).answer(request)
    case ProofsEndpoint.path: return ProofsEndpoint(daemon: daemon).answer(request)
    case "/sns":
      return reading(request) {
        let visit = SubscriptionVisit(request.query.map { ($0.name, $0.value) })
        guard let answer = daemon.visit(visit) else { return .text(503, "Try again.\n") }
        return HTTPServerResponse(
          status: answer.status, contentType: SNSAnswer.contentType, body: .bytes(Array(answer.body.utf8)))
      }
    default:
      if let answer = StatusEndpoints(daemon: daemon).answer(request) { return answer }
      if let answer = CheckInEndpoint(daemon: daemon).answer(request) { return answer }
      if let answer = DrillsEndpoint(daemon: daemon).answer(request) { return answer }
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
      if PrometheusAPI.owns(request.path) { return daemon.prometheusAPI.answer(request) }
      if let answer = StatusEndpoints(daemon: daemon).notFound(request) { return answer }
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

  private func page(_ bytes: [UInt8], type: String) -> HTTPServerResponse {
    HTTPServerResponse(
      status: 200, contentType: type, headers: [HTTPServerField("Cache-Control", "no-store")],
      body: .bytes(bytes)
    ).withSecurityHeaders(contentSecurityPolicy: StatusPage.contentSecurityPolicy)
  }

  private func write(_ request: HTTPServerRequest) -> HTTPServerResponse {
    daemon.write(request)
      ?? .text(404, "Remote write is off: the configuration has no remote_write.\n")
  }

  private func reload(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard request.method == "POST" || request.method == "PUT" else {
      var refusal = HTTPServerResponse.text(405, "Only POST and PUT reload.\n")
      refusal.headers.append(HTTPServerField("Allow", "POST, PUT"))
      return refusal
    }
    let problems = daemon.reload()
    if problems.isEmpty { return .text(200, "The new configuration is in force.\n") }
    return .text(400, problems.joined(separator: "\n") + "\n")
  }
}

/// A rendered segment is sent from where it lies.
extension PageSegment: SharedBytes {}
