import FarwatchTesting
import Foundation
import Model
import Synchronization

/// A strict imitation of Entra ID's token endpoint, the instance metadata service and the metrics API of the Resource
/// Manager: what is not asked exactly as documented is refused with Azure's form of an error.
final class ImitatedAzure: Sendable {
  struct Series: Sendable {
    /// The end of the resource's identifier.
    var server: String
    var name: String
    var unit = "Seconds"
    var dimensions: [String: String] = [:]
    /// JSON of the value by the beginning of its minute; nil: a minute without one.
    var points: [(time: Timestamp, value: String?)] = []
  }
  struct State: Sendable {
    var series: [Series] = []
    var token = "azure-token-1"
    var tokensGiven = 0
    var refusals: [(status: Int, body: String, headers: [(String, String)])] = []
    var errorCode = "Success"
    var refused: [String] = []
    var asked: [[String: String]] = []
  }

  static let root =
    "/subscriptions/5f0c/resourceGroups/shop/providers/Microsoft.DBforPostgreSQL/flexibleServers"

  let state = Mutex(State())
  private let server = Mutex<LoopbackServer?>(nil)
  let port: Int

  init(_ series: [Series] = []) throws {
    let own = Weak()
    let server = try LoopbackServer { request in
      own.value.withLock { $0 }?.answer(request) ?? [.close]
    }
    port = server.port
    self.server.withLock { $0 = server }
    state.withLock { $0.series = series }
    own.value.withLock { $0 = self }
  }

  private final class Weak: Sendable { let value = Mutex<ImitatedAzure?>(nil) }

  var url: String { "http://127.0.0.1:\(port)" }

  static func error(_ code: String, _ message: String) -> String {
    #"{"error":{"code":"\#(code)","message":"\#(message)"}}"#
  }

  private func refuse(_ message: String) -> [LoopbackServer.Step] {
    state.withLock { $0.refused.append(message) }
    // The metrics API's own errors have no envelope.
    return LoopbackServer.answer(400, #"{"code":"BadRequest","message":"\#(message)"}"#)
  }

  private func answer(_ request: LoopbackServer.Request) -> [LoopbackServer.Step] {
    guard let url = URLComponents(string: request.target) else { return refuse("no URL") }
    var fields: [String: String] = [:]
    for item in url.queryItems ?? [] { fields[item.name] = item.value ?? "" }
    if request.method == "POST" || url.path == "/metadata/identity/oauth2/token" {
      return token(request, url.path, fields)
    }
    let now = state.withLock { state -> (status: Int, body: String, headers: [(String, String)])? in
      state.asked.append(fields)
      return state.refusals.isEmpty ? nil : state.refusals.removeFirst()
    }
    if let now { return LoopbackServer.answer(now.status, now.body, headers: now.headers) }
    guard request.header("Authorization") == "Bearer \(state.withLock { $0.token })" else {
      return LoopbackServer.answer(
        401, Self.error("InvalidAuthenticationToken", "The access token is invalid."))
    }
    let end = "/providers/microsoft.insights/metrics"
    guard url.path.hasSuffix(end), url.path.hasPrefix(Self.root + "/") else {
      return LoopbackServer.answer(404, Self.error("ResourceNotFound", "The Resource was not found."))
    }
    return metrics(String(url.path.dropFirst(Self.root.count + 1).dropLast(end.count)), fields)
  }

  private func token(
    _ request: LoopbackServer.Request, _ path: String, _ fields: [String: String]
  ) -> [LoopbackServer.Step] {
    if request.method == "POST" {
      let body = String(decoding: request.body, as: UTF8.self)
      guard path == "/ten/oauth2/v2.0/token" else { return LoopbackServer.answer(404, "{}") }
      guard body.contains("grant_type=client_credentials"), body.contains("client_id=watcher"),
        body.contains("client_secret=s%26cret"),
        body.contains("scope=http%3A%2F%2F127.0.0.1%3A\(port)%2F.default")
      else {
        return LoopbackServer.answer(401, #"{"error":"invalid_client","error_description":"AADSTS7000215"}"#)
      }
    } else {
      guard request.header("Metadata") == "true", fields["api-version"] == "2018-02-01",
        fields["resource"] == url
      else { return LoopbackServer.answer(400, #"{"error":"invalid_request"}"#) }
    }
    let token = state.withLock { state in
      state.tokensGiven += 1
      return state.token
    }
    return LoopbackServer.answer(
      200, #"{"access_token":"\#(token)","expires_in":"3599","token_type":"Bearer"}"#)
  }

  private static let known: Set<String> = [
    "api-version", "metricnames", "timespan", "interval", "aggregation", "metricnamespace", "$filter", "top",
  ]

  private func metrics(_ server: String, _ fields: [String: String]) -> [LoopbackServer.Step] {
    let span = (fields["timespan"] ?? "").split(separator: "/").compactMap { Timestamp(rfc3339: String($0)) }
    let grains = ["PT1M": Int64(60_000), "PT5M": 300_000]
    guard Set(fields.keys).isSubset(of: Self.known), fields["api-version"] == "2018-01-01", span.count == 2,
      span[0] < span[1], let grain = grains[fields["interval"] ?? ""],
      span.allSatisfy({ $0.milliseconds % grain == 0 }),
      let aggregation = fields["aggregation"],
      ["Average", "Minimum", "Maximum", "Total", "Count"].contains(aggregation),
      let names = fields["metricnames"]?.split(separator: ",").map(String.init),
      (1...20).contains(names.count)
    else { return refuse("a parameter is missing or unknown") }
    let state = state.withLock { $0 }
    let own = state.series.filter { $0.server == server }
    if own.isEmpty {
      return LoopbackServer.answer(404, Self.error("ResourceNotFound", "The Resource was not found."))
    }
    for name in names where !state.series.contains(where: { $0.name == name }) {
      return refuse("Failed to find metric configuration for metric: \(name)")
    }
    // Without a number Azure gives ten series back, and says nothing of the others.
    let top = fields["top"].flatMap { Int($0) } ?? 10
    if fields["top"] != nil, fields["$filter"] == nil { return refuse("top needs a filter") }
    let values = names.map { name in
      let series = own.filter { $0.name == name }
      let shown = series.prefix(top).map { one in
        let data = one.points.filter { $0.time >= span[0] && $0.time < span[1] }.sorted { $0.time < $1.time }
          .map { point in
            let value = point.value.map { #","\#(aggregation.lowercased())":\#($0)"# } ?? ""
            return #"{"timeStamp":"\#(point.time.rfc3339)"\#(value)}"#
          }
        let metadata =
          fields["$filter"] == nil
          ? []
          : one.dimensions.map {
            #"{"name":{"value":"\#($0.key.lowercased())","localizedValue":"x"},"value":"\#($0.value)"}"#
          }
        return
          #"{"metadatavalues":[\#(metadata.joined(separator: ","))],"data":[\#(data.joined(separator: ","))]}"#
      }
      return
        #"{"id":"x","type":"Microsoft.Insights/metrics","name":{"value":"\#(name)","localizedValue":"x"},"#
        + #""unit":"\#(series.first?.unit ?? "Count")","timeseries":[\#(shown.joined(separator: ","))],"#
        + #""errorCode":"\#(state.errorCode)"}"#
    }
    return LoopbackServer.answer(
      200,
      #"{"cost":0,"timespan":"\#(fields["timespan"] ?? "")","interval":"PT1M","value":[\#(values.joined(separator: ","))],"#
        + #""namespace":"x","resourceregion":"westeurope"}"#)
  }
}
