internal import DrillReports
internal import Drills
internal import FoundationEssentials
internal import HTTPServer
internal import Model

/// `/api/drills`: rehearsals of a failover.
///
/// GET lists them and the calendar; POST starts one. POST to `/note`, `/phase` and `/stop` says more of the one that
/// runs, by `workload` where several do. GET `/report?id=&format=` gives the signed report.
struct DrillsEndpoint: Sendable {
  static let path = "/api/drills"

  let daemon: any DrillDaemonFace

  /// nil: the path is none of these.
  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    switch request.path {
    case Self.path:
      if request.method == "POST" { return posted(request, start) }
      return reading(request, "GET, POST") {
        daemon.drills().map { json(200, Self.document($0)) } ?? busy
      }
    case Self.path + "/note": return posting(request, note)
    case Self.path + "/phase": return posting(request, phase)
    case Self.path + "/stop": return posting(request, stop)
    case Self.path + "/report": return reading(request, "GET") { report(request) }
    default: return nil
    }
  }

  // MARK: What is asked

  private struct Asked: Decodable {
    var workload: String?
    var region: String?
    var kind: String?
    var expires: String?
    var topic: String?
    var by: String?
    var comment: String?
    var text: String?
    var phase: String?
    var outcome: String?
  }

  private func start(_ asked: Asked) throws(DrillRefusal) -> DrillAnswer {
    guard let workload = asked.workload, let region = asked.region, let word = asked.kind else {
      throw .invalid("`workload`, `region` and `kind` are needed")
    }
    guard let kind = DrillKind(rawValue: word) else {
      throw .invalid("`kind` is tabletop, partial or full, not \(quoted(word))")
    }
    var request = DrillRequest(
      workload: workload, region: region, kind: kind, by: asked.by ?? "", comment: asked.comment ?? "",
      topic: asked.topic)
    if let text = asked.expires {
      guard let length = DurationText.parse(text) else {
        throw .invalid("`expires` is a duration such as 2h, not \(quoted(text))")
      }
      request.expires = length
    }
    return daemon.startDrill(request)
  }

  private func note(_ asked: Asked) throws(DrillRefusal) -> DrillAnswer {
    guard let text = asked.text else { throw .invalid("`text` is needed") }
    return daemon.noteDrill(text, workload: asked.workload, by: asked.by ?? "")
  }

  private func phase(_ asked: Asked) throws(DrillRefusal) -> DrillAnswer {
    guard let name = asked.phase else { throw .invalid("`phase` is needed") }
    return daemon.reachPhase(name, workload: asked.workload, by: asked.by ?? "")
  }

  private func stop(_ asked: Asked) throws(DrillRefusal) -> DrillAnswer {
    let word = asked.outcome ?? Drill.Outcome.passed.rawValue
    guard let outcome = Drill.Outcome(rawValue: word), outcome != .expired else {
      throw .invalid("`outcome` is passed, failed or aborted, not \(quoted(word))")
    }
    return daemon.stopDrill(asked.workload, outcome, by: asked.by ?? "", comment: asked.comment ?? "")
  }

  private func report(_ request: HTTPServerRequest) -> HTTPServerResponse {
    for field in request.query where field.name != "id" && field.name != "format" {
      return fault(400, "`\(field.name)` is unknown; there are `id` and `format`")
    }
    let word = request.queryValue("format") ?? ReportFormat.json.rawValue
    guard let format = ReportFormat(rawValue: word) else {
      return fault(400, "`format` is json, markdown or html, not \(quoted(word))")
    }
    switch daemon.drillReport(request.queryValue("id"), format) {
    case .busy: return busy
    case .notFound(let why): return fault(404, why)
    case .failed(let why): return fault(500, why)
    case .report(let text):
      return HTTPServerResponse(
        status: 200, contentType: format.contentType, headers: [HTTPServerField("Cache-Control", "no-store")],
        body: .bytes(Array(text.utf8))
      ).withSecurityHeaders(contentSecurityPolicy: DrillReport.contentSecurityPolicy)
    }
  }

  // MARK: Answers

  private func posting(
    _ request: HTTPServerRequest, _ act: (Asked) throws(DrillRefusal) -> DrillAnswer
  ) -> HTTPServerResponse {
    guard request.method == "POST" else { return notAllowed("POST") }
    return posted(request, act)
  }

  private func posted(
    _ request: HTTPServerRequest, _ act: (Asked) throws(DrillRefusal) -> DrillAnswer
  ) -> HTTPServerResponse {
    // A form of another site cannot say so.
    guard request.header("Content-Type")?.lowercased().hasPrefix("application/json") == true else {
      return fault(415, "the body must be application/json")
    }
    guard let asked = try? JSONDecoder().decode(Asked.self, from: Data(request.body)) else {
      return fault(400, "the body is no JSON object with texts as members")
    }
    do throws(DrillRefusal) {
      switch try act(asked) {
      case .done(let drill): return json(200, Self.document(drill))
      case .refused(let refusal): throw refusal
      case .busy: return busy
      case .notDurable: return fault(500, "done, but the disk does not take it: a restart would forget it")
      }
    } catch {
      switch error {
      case .invalid(let why): return fault(400, why)
      case .notFound(let why): return fault(404, why)
      case .conflict(let why): return fault(409, why)
      }
    }
  }

  private func reading(
    _ request: HTTPServerRequest, _ methods: String, _ answer: () -> HTTPServerResponse
  ) -> HTTPServerResponse {
    request.method == "GET" || request.method == "HEAD" ? answer() : notAllowed(methods)
  }

  private func notAllowed(_ methods: String) -> HTTPServerResponse {
    var refusal = fault(405, "method is not allowed, but [\(methods)] are")
    refusal.headers.append(HTTPServerField("Allow", methods))
    return refusal
  }

  private var busy: HTTPServerResponse {
    var refusal = fault(503, "Farwatch is busy and did not answer in time; try again")
    refusal.headers.append(HTTPServerField("Retry-After", "1"))
    return refusal
  }

  private func fault(_ status: Int, _ message: String) -> HTTPServerResponse {
    json(status, .string(message))
  }

  private func json(_ status: Int, _ document: OrderedJSON) -> HTTPServerResponse {
    HTTPServerResponse(
      status: status, contentType: "application/json",
      headers: [
        HTTPServerField("Cache-Control", "no-store"), HTTPServerField("X-Content-Type-Options", "nosniff"),
      ], body: .bytes(Array((document.compact + "\n").utf8)))
  }
}

// MARK: Documents

extension DrillsEndpoint {
  private typealias Member = OrderedJSON.Member

  private static func document(_ overview: DrillOverview) -> OrderedJSON {
    .object([
      Member("drills", .array(overview.drills.map(document))),
      Member(
        "calendar",
        .array(
          overview.calendar.map { one in
            .object([
              Member("workload", .string(one.workload)), Member("kind", .string(one.kind.rawValue)),
              Member("last", time(one.last)), Member("due", time(one.due)),
            ])
          })),
    ])
  }

  private static func document(_ drill: Drill) -> OrderedJSON {
    .object([
      Member("id", .string(drill.id)), Member("workload", .string(drill.workload)),
      Member("region", .string(drill.region)), Member("kind", .string(drill.kind.rawValue)),
      Member("by", .string(drill.by)), Member("comment", .string(drill.comment)),
      Member("topic", drill.topic.map { .string($0) } ?? .null), Member("startedAt", time(drill.startedAt)),
      Member("expiresAt", time(drill.expiresAt)), Member("endedAt", time(drill.endedAt)),
      Member("outcome", drill.outcome.map { .string($0.rawValue) } ?? .null),
      Member(
        "phases",
        .array(
          drill.phases.map { phase in
            .object([
              Member("name", .string(phase.name)),
              Member("withinSeconds", phase.within.map { .number(Double($0) / 1000) } ?? .null),
              Member("reachedAt", time(phase.reachedAt)),
            ])
          })),
      Member("notes", .integer(drill.notes.count)),
    ])
  }

  private static func time(_ moment: Timestamp?) -> OrderedJSON {
    moment.map { .string($0.iso8601) } ?? .null
  }
}
