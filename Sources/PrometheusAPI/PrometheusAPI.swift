package import HTTPServer
internal import Model

/// Prometheus' HTTP API, version 1, for reading, and `/federate`.
///
/// Paths, parameters, JSON and errors are those of Prometheus 3, so that promtool, Grafana and scripts work against it;
/// where a request has one answer, it is the same to the byte. It differs on purpose in this: pages of other sites are
/// not invited (no CORS headers), nothing can be changed (no admin endpoints), and there are no exemplars.
package struct PrometheusAPI: Sendable {
  package static let prefix = "/api/v1"
  package static let federation = "/federate"

  let face: any PrometheusFace
  let threads: QueryThreads

  package init(_ face: any PrometheusFace, _ threads: QueryThreads) {
    self.face = face
    self.threads = threads
  }

  /// Whether the path is one of this API's, known or not.
  package static func owns(_ path: String) -> Bool {
    path == federation || path == prefix || path.hasPrefix(prefix + "/")
  }

  /// What a request for a path gets.
  private enum Endpoint {
    /// At once, from what the daemon says.
    case told((Form) throws(APIFault) -> Answer)
    /// On a thread for queries.
    case queried(@Sendable (Form, QueryLease) throws(APIFault) -> Answer)
    case federation
  }

  package func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard let (endpoint, takesForms) = endpoint(request) else {
      return .text(404, "404 page not found\n")
    }
    if request.method == "OPTIONS" { return HTTPServerResponse(status: 204) }
    guard request.method == "GET" || takesForms && request.method == "POST" else {
      var refusal = HTTPServerResponse.text(405, "Method Not Allowed\n")
      refusal.headers.append(HTTPServerField("Allow", takesForms ? "GET, OPTIONS, POST" : "GET, OPTIONS"))
      return refusal
    }
    let form = Form(request)
    let coding = AnswerCoding(request)
    switch endpoint {
    case .told(let tell):
      do throws(APIFault) { return coding.apply(to: try tell(form).response, threads) } catch {
        return error.response
      }
    case .queried(let query):
      // One that cannot be read is a fault of the query, which tells it.
      let timeout = (try? TimeText.nanoseconds(form["timeout"]).get()).map { Duration.nanoseconds($0) }
      return threads.run(within: timeout) { lease throws(APIFault) in
        try coding.apply(to: query(form, lease).response, lease)
      }
    case .federation:
      let accept = request.list("Accept")
      return threads.run { lease throws(APIFault) in
        try coding.apply(to: self.federate(form, accept: accept, lease), lease)
      }
    }
  }

  /// nil: there is nothing at the path.
  private func endpoint(_ request: HTTPServerRequest) -> (Endpoint, takesForms: Bool)? {
    let path = request.pathSegments
    if path == ["federate"] { return (.federation, false) }
    guard path.starts(with: ["api", "v1"]), !request.path.hasSuffix("/") else { return nil }
    switch Array(path.dropFirst(2)) {
    case ["query"]: return (.queried(instant), true)
    case ["query_range"]: return (.queried(range), true)
    case ["series"]: return (.queried(series), true)
    case ["labels"]: return (.queried(labelNames), true)
    case let parts where parts.count == 3 && parts[0] == "label" && parts[2] == "values":
      let name = parts[1]
      return (.queried { form, lease throws(APIFault) in try self.labelValues(name, form, lease) }, false)
    case ["status", "tsdb"]: return (.queried(storeStatus), false)
    case ["query_exemplars"]: return (.told(exemplars), true)
    case ["format_query"]: return (.told(formatted), true)
    case ["parse_query"]: return (.told(parsed), true)
    case ["rules"]: return (.told(rules), false)
    case ["alerts"]: return (.told(alerts), false)
    case ["targets"]: return (.told(targets), false)
    case ["targets", "metadata"]: return (.told(targetMetadata), false)
    case ["metadata"]: return (.told(metadata), false)
    case ["alertmanagers"]: return (.told(alertmanagers), false)
    case ["status", "config"]: return (.told(configuration), false)
    case ["status", "flags"]: return (.told(flags), false)
    case ["status", "runtimeinfo"]: return (.told(runtimeInformation), false)
    case ["status", "buildinfo"]: return (.told(buildInformation), false)
    case ["status", "walreplay"]: return (.told(replay), false)
    default: return nil
    }
  }
}
