package import Model
internal import Paging

/// Alertmanager's HTTP API, version 2, and what Farwatch adds to it: requests in, answers out, no sockets.
///
/// Paths, JSON and error shapes are those of Alertmanager 0.28, so that amtool, Prometheus and dashboards work against
/// it. It differs on purpose in this: a batch with an unreadable alert keeps the readable ones, requests of browsers
/// from other sites are not invited (no CORS headers), and an annotation with an empty value is left out.
package struct AlertmanagerAPI: Sendable {
  package static let prefix = "/api/v2"
  /// Of what Alertmanager does not have: acknowledging.
  package static let ownPrefix = "/api/farwatch"

  let paging: any PagingFace
  let now: @Sendable () -> Timestamp

  package init(_ paging: any PagingFace, now: @escaping @Sendable () -> Timestamp) {
    self.paging = paging
    self.now = now
  }

  /// Whether the path is one of this API's, known or not.
  package static func owns(_ path: String) -> Bool {
    [prefix, ownPrefix].contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  package func answer(_ request: APIRequest) -> APIResponse {
    let segments = request.pathSegments.dropFirst(2)
    let isOwn = request.pathSegments.dropFirst().first == "farwatch"
    if segments.count == 2, segments.first == "silence", !isOwn {
      return silence(request, id: segments[segments.startIndex + 1])
    }
    switch (isOwn, Array(segments)) {
    case (false, ["status"]): return request.allowing(["GET"]) ?? status()
    case (false, ["receivers"]): return request.allowing(["GET"]) ?? receivers()
    case (false, ["alerts", "groups"]): return request.allowing(["GET"]) ?? groups(request)
    case (false, ["alerts"]):
      return request.allowing(["GET", "POST"]) ?? (request.isRead ? alerts(request) : post(request))
    case (false, ["silences"]):
      return request.allowing(["GET", "POST"]) ?? (request.isRead ? silences(request) : setSilence(request))
    case (true, ["alerts"]): return request.allowing(["GET"]) ?? alerts(request, detailed: true)
    case (true, ["acknowledgements"]):
      return request.allowing(["GET", "POST", "DELETE"]) ?? acknowledgements(request)
    default: return .fault(404, 404, "path \(request.path) was not found")
    }
  }
}

// MARK: The daemon itself

extension AlertmanagerAPI {
  private func status() -> APIResponse {
    let facts = paging.facts
    let version: [(String, String)] = [
      ("branch", "farwatch"), ("buildDate", ""), ("buildUser", ""), ("goVersion", ""), ("revision", ""),
      ("version", facts.version),
    ]
    return .json(
      200,
      .object([
        .init(
          "cluster",
          // There is no cluster; the state is the one of an Alertmanager that was started without.
          .object([
            .init("name", .string(facts.name)), .init("peers", .array([])),
            .init("status", .string("disabled")),
          ])),
        .init("config", .object([.init("original", .string(paging.configurationText()))])),
        .init("uptime", .string(facts.startedAt.iso8601)),
        .init("versionInfo", .object(version.map { .init($0.0, .string($0.1)) })),
      ]))
  }

  /// Alertmanager's receivers are our topics.
  private func receivers() -> APIResponse {
    .json(200, .array(paging.facts.topics.map { .object([.init("name", .string($0))]) }))
  }
}

// MARK: Alerts

extension AlertmanagerAPI {
  private func alerts(_ request: APIRequest, detailed: Bool = false) -> APIResponse {
    let query: AlertQuery
    switch AlertQuery.read(request) {
    case .success(let read): query = read
    case .failure(let fault): return .failure(400, fault.message)
    }
    guard let snapshot = paging.snapshot() else { return .busy }
    let now = now()
    let found = snapshot.alerts.filter { query.takes($0, at: now) && query.takes(receivers: $0.topics) }
      .sorted { byteOrder($0.fingerprint, $1.fingerprint) }
    return .json(200, .array(found.map { AlertJSON.document(of: $0, now: now, detailed: detailed) }))
  }

  private func groups(_ request: APIRequest) -> APIResponse {
    let query: AlertQuery
    switch AlertQuery.read(request) {
    case .success(let read): query = read
    case .failure(let fault): return .failure(400, fault.message)
    }
    guard let snapshot = paging.snapshot() else { return .busy }
    let now = now()
    let documents = snapshot.groups.filter { query.takes(receivers: [$0.topic]) }
      .sorted(by: AlertJSON.groupOrder).compactMap { group -> OrderedJSON? in
        let members = group.alerts.filter { snapshot.alerts.indices.contains($0) }
          .map { snapshot.alerts[$0] }.filter { query.takes($0, at: now) }
          .sorted(by: AlertJSON.memberOrder)
          .map { alert in
            // Alertmanager names only the receivers that were asked for here, unlike in its list of alerts.
            var alert = alert
            alert.topics.removeAll { !query.takes(receivers: [$0]) }
            return alert
          }
        guard !members.isEmpty else { return nil }
        return .object([
          .init("alerts", .array(members.map { AlertJSON.document(of: $0, now: now, detailed: false) })),
          .init("labels", .strings(group.labels)),
          .init("receiver", .object([.init("name", .string(group.topic))])),
        ])
      }
    return .json(200, .array(documents))
  }

  private func post(_ request: APIRequest) -> APIResponse {
    if let refusal = request.refusingOtherMediaTypes { return refusal }
    guard !request.body.isEmpty else { return .fault(422, 602, "alerts in body is required") }
    let posted = PostedAlertsReader.read(request.body)
    if let unreadable = posted.unreadable {
      return .fault(400, 400, "parsing alerts body failed, because \(unreadable)")
    }
    if !posted.alerts.isEmpty {
      do throws(PagingRefusal) {
        try paging.post(posted.alerts)
      } catch { return .refusal(error) }
    }
    // Alertmanager, too, takes what is good and tells of the rest.
    return posted.complaint ?? .empty
  }
}
