import FarwatchTesting
import Foundation
import Model
import Synchronization

/// A strict imitation of Cloud Monitoring's `timeSeries.list` and of the metadata server: what is not asked exactly as
/// documented is refused with Google's form of an error.
final class ImitatedGoogle: Sendable {
  struct Series: Sendable {
    var metric: String
    var resource: String
    var labels: [String: String] = [:]
    var resourceLabels: [String: String] = [:]
    /// JSON of a `TypedValue` by the time of the point.
    var points: [(time: Timestamp, value: String)] = []
    var valueType = "DOUBLE"
  }
  struct State: Sendable {
    var series: [Series] = []
    var token = "google-token-1"
    var tokensGiven = 0
    var pointsPerPage = 10_000
    var endless = false
    /// Answered in place of what was asked, one each.
    var refusals: [(status: Int, body: String, headers: [(String, String)])] = []
    var unknownMetrics: Set<String> = []
    var refused: [String] = []
    var asked: [[String: String]] = []
    var executionErrors = ""
  }

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

  private final class Weak: Sendable { let value = Mutex<ImitatedGoogle?>(nil) }

  var url: String { "http://127.0.0.1:\(port)" }

  static func error(_ code: Int, _ status: String, _ message: String) -> String {
    #"{"error":{"code":\#(code),"message":"\#(message)","status":"\#(status)"}}"#
  }

  private func refuse(_ code: Int, _ status: String, _ message: String) -> [LoopbackServer.Step] {
    state.withLock { $0.refused.append(message) }
    return LoopbackServer.answer(code, Self.error(code, status, message))
  }

  private func answer(_ request: LoopbackServer.Request) -> [LoopbackServer.Step] {
    if request.method == "POST" { return assertion(request) }
    guard let url = URLComponents(string: request.target), request.method == "GET" else {
      return refuse(400, "INVALID_ARGUMENT", "no URL")
    }
    var fields: [String: String] = [:]
    for item in url.queryItems ?? [] {
      fields[item.name, default: ""] += (fields[item.name] == nil ? "" : ",") + (item.value ?? "")
    }
    if url.path.hasPrefix("/computeMetadata/") { return token(request, url.path, fields) }
    let now = state.withLock { state -> (status: Int, body: String, headers: [(String, String)])? in
      state.asked.append(fields)
      return state.refusals.isEmpty ? nil : state.refusals.removeFirst()
    }
    if let now { return LoopbackServer.answer(now.status, now.body, headers: now.headers) }
    let token = state.withLock { $0.token }
    guard request.header("Authorization") == "Bearer \(token)" else {
      return LoopbackServer.answer(
        401, Self.error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."))
    }
    guard url.path == "/v3/projects/shop-prod/timeSeries" else {
      return LoopbackServer.answer(
        403,
        Self.error(
          403, "PERMISSION_DENIED",
          "Permission monitoring.timeSeries.list denied (or the resource may not exist)."))
    }
    return list(fields)
  }

  private func token(
    _ request: LoopbackServer.Request, _ path: String, _ fields: [String: String]
  ) -> [LoopbackServer.Step] {
    guard request.header("Metadata-Flavor") == "Google",
      path == "/computeMetadata/v1/instance/service-accounts/default/token",
      fields["scopes"] == "https://www.googleapis.com/auth/monitoring.read"
    else { return LoopbackServer.answer(403, "no") }
    let token = state.withLock { state in
      state.tokensGiven += 1
      return state.token
    }
    return LoopbackServer.answer(
      200, #"{"access_token":"\#(token)","expires_in":3599,"token_type":"Bearer"}"#)
  }

  /// The token endpoint of service accounts; signatures are checked where tokens are made.
  private func assertion(_ request: LoopbackServer.Request) -> [LoopbackServer.Step] {
    let body = String(decoding: request.body, as: UTF8.self)
    let parts = body.components(separatedBy: "assertion=").last?.components(separatedBy: ".") ?? []
    guard request.target == "/token", parts.count == 3,
      body.hasPrefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"),
      let claims = decoded(parts[1]), claims["iss"] as? String == "watch@pilot.iam",
      claims["scope"] as? String == "https://www.googleapis.com/auth/monitoring.read",
      claims["aud"] as? String == "\(url)/token"
    else { return LoopbackServer.answer(400, #"{"error":"invalid_grant","error_description":"no"}"#) }
    let token = state.withLock { state in
      state.tokensGiven += 1
      return state.token
    }
    return LoopbackServer.answer(
      200, #"{"access_token":"\#(token)","expires_in":3599,"token_type":"Bearer"}"#)
  }

  private func decoded(_ part: String) -> [String: Any]? {
    var text = part.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    return Data(base64Encoded: text).flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
  }

  private static let known: Set<String> = [
    "filter", "interval.startTime", "interval.endTime", "view", "pageSize", "pageToken",
    "aggregation.alignmentPeriod", "aggregation.perSeriesAligner", "aggregation.crossSeriesReducer",
    "aggregation.groupByFields",
  ]

  private func list(_ fields: [String: String]) -> [LoopbackServer.Step] {
    guard Set(fields.keys).isSubset(of: Self.known), fields["view"] == "FULL",
      let size = fields["pageSize"].flatMap({ Int($0) }), (1...100_000).contains(size),
      let start = Timestamp(rfc3339: fields["interval.startTime"] ?? ""),
      let end = Timestamp(rfc3339: fields["interval.endTime"] ?? ""), start < end,
      let filter = fields["filter"]
    else { return refuse(400, "INVALID_ARGUMENT", "a parameter is missing or unknown: \(fields)") }
    if let period = fields["aggregation.alignmentPeriod"] {
      guard let seconds = Int64(period.dropLast()), period.hasSuffix("s"), seconds % 60 == 0,
        end.milliseconds % (seconds * 1000) == 0, fields["aggregation.perSeriesAligner"] != nil
      else { return refuse(400, "INVALID_ARGUMENT", "not aligned: \(fields)") }
    } else if fields.keys.contains(where: { $0.hasPrefix("aggregation.") }) {
      return refuse(400, "INVALID_ARGUMENT", "an aggregation without a period")
    }
    var clauses: [String: String] = [:]
    for clause in filter.components(separatedBy: " AND ") {
      let sides = clause.trimmingCharacters(in: ["(", ")"]).components(separatedBy: " = ")
      guard sides.count == 2, sides[1].hasPrefix("\""), sides[1].hasSuffix("\"") else {
        return refuse(400, "INVALID_ARGUMENT", "Field filter had an invalid value: \(clause)")
      }
      clauses[sides[0]] = String(sides[1].dropFirst().dropLast())
    }
    guard let metric = clauses["metric.type"] else {
      return refuse(400, "INVALID_ARGUMENT", "The filter must restrict to one metric type")
    }
    let state = state.withLock { $0 }
    if state.unknownMetrics.contains(metric) {
      return LoopbackServer.answer(
        404, Self.error(404, "NOT_FOUND", "Cannot find metric(s) that match type = \(metric)."))
    }
    let found = state.series.filter { one in
      one.metric == metric && (clauses["resource.type"].map { $0 == one.resource } ?? true)
        && clauses.allSatisfy { name, value in
          !name.hasPrefix("resource.labels.") || one.resourceLabels[String(name.dropFirst(16))] == value
        }
    }
    // Points of all series, newest first in each; a page ends in the middle of one.
    let all = found.indices.flatMap { index in
      found[index].points.filter { $0.time > start && $0.time <= end }
        .sorted { $0.time > $1.time }.map { (series: index, point: $0) }
    }
    let from = fields["pageToken"].flatMap { Int($0) } ?? 0
    let page = all[min(from, all.count)...].prefix(min(size, state.pointsPerPage))
    let more = from + page.count < all.count || state.endless
    let series = Dictionary(grouping: page, by: \.series).sorted { $0.key < $1.key }.map { index, points in
      let one = found[index]
      let values = points.map { point in
        #"{"interval":{"startTime":"\#(point.point.time.rfc3339)","endTime":"\#(point.point.time.rfc3339)"},"#
          + #""value":\#(point.point.value)}"#
      }
      return
        #"{"metric":{"type":"\#(metric)","labels":\#(json(one.labels))},"resource":{"type":"\#(one.resource)","#
        + #""labels":\#(json(one.resourceLabels))},"metricKind":"GAUGE","valueType":"\#(one.valueType)","#
        + #""points":[\#(values.joined(separator: ","))]}"#
    }
    // Google leaves out what is empty.
    var parts = series.isEmpty ? [] : [#""timeSeries":[\#(series.joined(separator: ","))]"#]
    if more { parts.append(#""nextPageToken":"\#(state.endless ? 0 : from + page.count)""#) }
    if !state.executionErrors.isEmpty { parts.append(#""executionErrors":\#(state.executionErrors)"#) }
    return LoopbackServer.answer(200, "{\(parts.joined(separator: ","))}")
  }

  private func json(_ labels: [String: String]) -> String {
    Labels(labels.map { Label($0.key, $0.value) }).isEmpty
      ? "{}" : OrderedJSON.strings(Labels(labels.map { Label($0.key, $0.value) })).compact
  }
}
