internal import HTTPServer
internal import Model
internal import Notifying

/// `/api/farwatch/proofs`: whether pages reach each receiver.
///
/// GET tells how every receiver's proofs stand. POST starts proofs at once, with `?receiver=NAME` or `?topic=NAME` of
/// some receivers only, and answers with those: one that is under way is joined. A run is named by its `id`; ask again
/// until its state is no longer `trying`.
struct ProofsEndpoint: Sendable {
  static let path = "/api/farwatch/proofs"

  let daemon: any DaemonFace

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    switch request.method {
    case "GET", "HEAD":
      guard let standings = daemon.proofs() else { return busy }
      return json(200, Self.document(standings))
    case "POST": return start(request)
    default:
      var refusal = fault(405, "method \(request.method) is not allowed, but [GET,POST] are")
      refusal.headers.append(HTTPServerField("Allow", "GET, POST"))
      return refusal
    }
  }

  private func start(_ request: HTTPServerRequest) -> HTTPServerResponse {
    var choice = ProofChoice.all
    for field in request.query {
      guard choice == .all else { return fault(400, "only one of `receiver` and `topic` can be asked for") }
      switch field.name {
      case "receiver": choice = .receiver(field.value)
      case "topic": choice = .topic(field.value)
      default: return fault(400, "`\(field.name)` is unknown; there are `receiver` and `topic`")
      }
    }
    guard let started = daemon.prove(choice) else { return busy }
    if started.isEmpty {
      switch choice {
      case .all: return fault(404, "no receiver is configured")
      case .topic(let name): return fault(404, "no topic with a subscription is called \"\(name)\"")
      case .receiver(let name): return fault(404, "no receiver is called \"\(name)\"")
      }
    }
    return json(202, Self.document(started))
  }

  private static func document(_ standings: [ProofStanding]) -> OrderedJSON {
    .array(standings.map(document))
  }

  private static func document(_ standing: ProofStanding) -> OrderedJSON {
    let labels = standing.receiver.labels
    var members: [OrderedJSON.Member] = [.init("name", .string(standing.receiver.name))]
    for name in ["topic", "receiver", "endpoint", "subscription"] {
      members.append(.init(name, .string(labels[name] ?? "")))
    }
    func time(_ name: String, _ time: Timestamp?) {
      if let time { members.append(.init(name, .string(time.iso8601))) }
    }
    time("lastProven", standing.lastProven)
    time("lastAttempt", standing.lastAttempt)
    members.append(.init("consecutiveFailures", .integer(standing.consecutiveFailures)))
    time("nextAt", standing.nextAt)
    if let run = standing.run { members.append(.init("run", document(run))) }
    return .object(members)
  }

  private static func document(_ run: ProofRun) -> OrderedJSON {
    var members: [OrderedJSON.Member] = [
      .init("id", .string(run.serial)), .init("state", .string(run.state.rawValue)),
      .init("startedAt", .string(run.startedAt.iso8601)),
    ]
    if let end = run.endedAt {
      members.append(.init("endedAt", .string(end.iso8601)))
      members.append(.init("milliseconds", .integer(Int(max(.zero, end - run.startedAt).milliseconds))))
    }
    members.append(.init("attempts", .integer(run.attempts)))
    if let reason = run.reason { members.append(.init("reason", .string(reason))) }
    members.append(.init("detail", .string(run.detail)))
    return .object(members)
  }

  private var busy: HTTPServerResponse {
    var refusal = fault(503, "the core is busy and did not answer in time; try again")
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
