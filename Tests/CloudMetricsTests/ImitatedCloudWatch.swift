import FarwatchTesting
import Foundation
import Model
import Synchronization

/// A strict imitation of CloudWatch's query protocol: refuses what the service refuses, and does what moto does not:
/// partial data, pages, delays, throttling.
final class ImitatedCloudWatch: Sendable {
  struct Series: Sendable {
    var namespace: String
    var name: String
    var dimensions: [String: String]
    /// By the beginning of their periods.
    var points: [Timestamp: Double] = [:]
  }
  struct State: Sendable {
    var series: [Series] = []
    /// Points that one page of data holds.
    var pointsPerPage = 1000
    var seriesPerPage = 500
    /// Calls that are throttled from now on.
    var throttled = 0
    var status = "Complete"
    var endless = false
    var refused: [String] = []
    /// Queries, start and end of each call of GetMetricData.
    var asked: [(queries: Int, start: Timestamp, end: Timestamp)] = []
    var actions: [String] = []
  }

  let state = Mutex(State())
  private let server = Mutex<LoopbackServer?>(nil)
  let port: Int

  init(_ series: [Series] = []) throws {
    let own = Weak()
    let server = try LoopbackServer { request in
      guard let imitation = own.value.withLock({ $0 }) else { return [.close] }
      return imitation.answer(request)
    }
    port = server.port
    self.server.withLock { $0 = server }
    state.withLock { $0.series = series }
    own.value.withLock { $0 = self }
  }

  private final class Weak: Sendable {
    let value = Mutex<ImitatedCloudWatch?>(nil)
  }

  var url: String { "http://127.0.0.1:\(port)" }

  private func answer(_ request: LoopbackServer.Request) -> [LoopbackServer.Step] {
    var fields: [String: String] = [:]
    for pair in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? parts[1].replacing("+", with: " ") : ""
      fields[String(parts[0]).removingPercentEncoding ?? ""] = value.removingPercentEncoding ?? ""
    }
    guard request.header("Authorization")?.contains("/monitoring/aws4_request") == true else {
      return Self.error(403, "MissingAuthenticationToken")
    }
    return state.withLock { state in
      state.actions.append(fields["Action"] ?? "")
      if state.throttled > 0 {
        state.throttled -= 1
        return Self.error(400, "Throttling")
      }
      switch fields["Action"] {
      case "ListMetrics": return Self.list(fields, &state)
      case "GetMetricData": return Self.data(fields, &state)
      default: return Self.error(400, "InvalidAction")
      }
    }
  }

  private static func error(_ status: Int, _ code: String) -> [LoopbackServer.Step] {
    LoopbackServer.answer(
      status,
      "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>told</Message></Error></ErrorResponse>"
    )
  }

  private static func members(_ fields: [String: String], _ path: String) -> [(name: String, value: String?)]
  {
    (1...50).prefix { fields["\(path).member.\($0).Name"] != nil }.map {
      (fields["\(path).member.\($0).Name"] ?? "", fields["\(path).member.\($0).Value"])
    }
  }

  private static func list(_ fields: [String: String], _ state: inout State) -> [LoopbackServer.Step] {
    let wanted = members(fields, "Dimensions")
    let found = state.series.filter { series in
      series.namespace == fields["Namespace"] && series.name == fields["MetricName"]
        && wanted.allSatisfy { filter in
          series.dimensions[filter.name].map { filter.value == nil || filter.value == $0 } ?? false
        }
    }
    let start = fields["NextToken"].flatMap { Int($0) } ?? 0
    let page = found.dropFirst(start).prefix(state.seriesPerPage)
    let metrics = page.map { series in
      let dimensions = series.dimensions.sorted { $0.key < $1.key }.map {
        "<member><Name>\($0.key)</Name><Value>\($0.value)</Value></member>"
      }.joined()
      return "<member><Namespace>\(series.namespace)</Namespace><MetricName>\(series.name)</MetricName>"
        + "<Dimensions>\(dimensions)</Dimensions></member>"
    }.joined()
    let next = start + page.count < found.count ? "<NextToken>\(start + page.count)</NextToken>" : ""
    return LoopbackServer.answer(
      200,
      "<ListMetricsResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ListMetricsResult>"
        + "<Metrics>\(metrics)</Metrics>\(next)</ListMetricsResult></ListMetricsResponse>")
  }

  private static func data(_ fields: [String: String], _ state: inout State) -> [LoopbackServer.Step] {
    guard let start = fields["StartTime"].flatMap({ Timestamp(rfc3339: $0) }),
      let end = fields["EndTime"].flatMap({ Timestamp(rfc3339: $0) }), start < end
    else { return error(400, "InvalidParameterValue") }
    let numbers = (1...1000).prefix { fields["MetricDataQueries.member.\($0).Id"] != nil }
    var points: [(id: String, time: Timestamp, value: Double)] = []
    var ids: [String] = []
    var total = 0
    for number in numbers {
      let path = "MetricDataQueries.member.\(number)"
      guard let id = fields["\(path).Id"], id.first?.isLowercase == true, !ids.contains(id),
        let period = fields["\(path).MetricStat.Period"].flatMap({ Int64($0) }), period > 0,
        period % 60 == 0 || [1, 5, 10, 30].contains(period), fields["\(path).MetricStat.Stat"] != nil,
        start.milliseconds % (period * 1000) == 0, end.milliseconds % (period * 1000) == 0
      else {
        state.refused.append("\(path) \(start.rfc3339) \(end.rfc3339)")
        return error(400, "ValidationError")
      }
      ids.append(id)
      total += Int((end - start).milliseconds / (period * 1000))
      let dimensions = Dictionary(
        uniqueKeysWithValues: members(fields, "\(path).MetricStat.Metric.Dimensions").map {
          ($0.name, $0.value)
        })
      let series = state.series.first {
        $0.namespace == fields["\(path).MetricStat.Metric.Namespace"]
          && $0.name == fields["\(path).MetricStat.Metric.MetricName"] && $0.dimensions == dimensions
      }
      for (time, value) in (series?.points ?? [:]).sorted(by: { $0.key > $1.key })
      where start <= time && time < end {
        points.append((id, time, value))
      }
    }
    guard ids.count <= 500, total <= 100_800 else {
      state.refused.append("\(ids.count) queries, \(total) points")
      return error(400, "ValidationError")
    }
    let from = fields["NextToken"].flatMap { Int($0) } ?? 0
    if from == 0 { state.asked.append((ids.count, start, end)) }
    let page = points.dropFirst(from).prefix(state.pointsPerPage)
    let hasMore = from + page.count < points.count || state.endless
    let results = ids.map { id in
      let own = page.filter { $0.id == id }
      let isOpen = hasMore && points.dropFirst(from + page.count).contains { $0.id == id }
      return "<member><Id>\(id)</Id><Label>x</Label><Timestamps>"
        + own.map { "<member>\($0.time.rfc3339)</member>" }.joined() + "</Timestamps><Values>"
        + own.map { "<member>\($0.value)</member>" }.joined()
        + "</Values><StatusCode>\(isOpen ? "PartialData" : state.status)</StatusCode></member>"
    }.joined()
    let next = hasMore ? "<NextToken>\(state.endless ? 0 : from + page.count)</NextToken>" : ""
    return LoopbackServer.answer(
      200,
      "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><GetMetricDataResult>"
        + "<MetricDataResults>\(results)</MetricDataResults>\(next)</GetMetricDataResult></GetMetricDataResponse>"
    )
  }
}

extension Outcome {
  /// The values of a family by one label.
  func values(_ family: String, by label: String) -> [String: Double] {
    var found: [String: Double] = [:]
    for reading in readings where reading.family.name == family {
      found[reading.labels[label] ?? ""] = reading.value
    }
    return found
  }

  func value(_ family: String, _ labels: [String: String] = [:]) -> Double? {
    readings.first { reading in
      reading.family.name == family && labels.allSatisfy { reading.labels[$0.key] == $0.value }
    }?.value
  }

  var detail: String { if case .failure(_, let detail) = verdict { detail } else { "" } }
}

extension Collector {
  func collected() async -> Outcome {
    await withCheckedContinuation { continuation in collect { continuation.resume(returning: $0) } }
  }
}
