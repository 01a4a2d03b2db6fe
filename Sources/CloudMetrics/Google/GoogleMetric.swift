internal import HTTPClient
package import Model

/// One metric of Cloud Monitoring, and how to ask for it.
package struct GoogleMetric: Hashable, Sendable {
  /// `cloudsql.googleapis.com/database/replication/replica_lag`.
  package var type: String
  /// `cloudsql_database`; nil: any.
  package var resourceType: String?
  /// More of Cloud Monitoring's filter language, joined with `AND`.
  package var filter: String?
  /// `ALIGN_MEAN`; nil: points as they were written, which only gauges have.
  package var aligner: String?
  package var reducer: String?
  package var groupBy: [String] = []
  /// Labels of metric and resource that are kept.
  package var labels: [String]
  package var period: Duration = .seconds(60)
  /// How long after its end an aligned period is left alone.
  package var delay: Duration = .zero
  /// A project that does not know it lacks nothing.
  package var isOptional = false

  package init(_ type: String, resourceType: String? = nil, labels: [String]) {
    self.type = type
    self.resourceType = resourceType
    self.labels = labels
  }

  /// As stackdriver_exporter names it.
  package func family(_ resource: String?) -> MetricFamily {
    let parts = ["stackdriver", resource ?? resourceType, type].compactMap { $0 }
    return .gauge(
      metricNamePart(parts.joined(separator: "_")),
      "Newest value of Cloud Monitoring's \(type)" + (aligner.map { ", by \($0)." } ?? "."))
  }
}

/// A metric of a project.
struct GoogleQuery: MetricQuery {
  var project: String
  var metric: GoogleMetric
  /// Without a slash at its end.
  var endpoint: String
  var caFile: String?

  var period: Duration { metric.period }
  var delay: Duration { metric.delay }
  /// Points as they were written are asked for up to now; aligned ones lie on whole periods.
  var isAligned: Bool { metric.aligner != nil }
  var title: String { metric.type }
  var isOptional: Bool { metric.isOptional }

  /// Points of one page.
  private static let pageSize = 10_000

  private var filter: String {
    var parts = ["metric.type = \"\(metric.type)\""]
    if let type = metric.resourceType { parts.append("resource.type = \"\(type)\"") }
    if let more = metric.filter { parts.append("(\(more))") }
    return parts.joined(separator: " AND ")
  }

  func request(_ window: MetricWindow, page: String?) -> HTTPRequest {
    var fields = [
      ("filter", filter), ("interval.startTime", window.start.rfc3339),
      ("interval.endTime", window.end.rfc3339), ("view", "FULL"), ("pageSize", "\(Self.pageSize)"),
    ]
    if let aligner = metric.aligner {
      fields.append(("aggregation.alignmentPeriod", "\(period.milliseconds / 1000)s"))
      fields.append(("aggregation.perSeriesAligner", aligner))
      if let reducer = metric.reducer {
        fields.append(("aggregation.crossSeriesReducer", reducer))
        fields += metric.groupBy.map { ("aggregation.groupByFields", $0) }
      }
    }
    if let page { fields.append(("pageToken", page)) }
    let query = fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
    var request = HTTPRequest(url: "\(endpoint)/v3/projects/\(percentEncoded(project))/timeSeries?\(query)")
    request.bodyLimit = 16 << 20
    request.acceptCompressed = true
    request.caFile = caFile
    return request
  }

  func read(_ body: [UInt8]) throws(CloudFailure) -> MetricPage {
    try GoogleAnswer.page(body, of: metric)
  }

  func failure(_ result: HTTPResult) -> CloudFailure { GoogleAnswer.failure(result, project: project) }
}
