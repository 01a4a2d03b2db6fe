internal import HTTPClient
internal import Model

/// What `projects.timeSeries.list` answers.
enum GoogleAnswer {
  private struct Page: Decodable {
    var timeSeries: LenientJSON.List<Series>?
    var nextPageToken: String?
    var executionErrors: LenientJSON.List<Status>?
  }

  private struct Series: Decodable {
    var metric: Described?
    var resource: Described?
    var valueType: String?
    var points: LenientJSON.List<Point>?
  }

  private struct Described: Decodable {
    var type: String?
    var labels: [String: String]?
  }

  private struct Point: Decodable {
    struct Interval: Decodable {
      var endTime: String
    }
    struct Value: Decodable {
      var boolValue: Bool?
      var int64Value: LenientJSON.Number?
      var doubleValue: LenientJSON.Number?
    }
    var interval: Interval
    var value: Value
  }

  private struct Status: Decodable {
    var code: Int?
    var message: String?
    var status: String?
  }

  private struct Refusal: Decodable {
    var error: Status
  }

  static func page(_ body: [UInt8], of metric: GoogleMetric) throws(CloudFailure) -> MetricPage {
    let read = try LenientJSON.read(Page.self, body)
    var page = MetricPage()
    page.next = read.nextPageToken.flatMap { $0.isEmpty ? nil : $0 }
    if let status = read.executionErrors?.all.first {
      page.problem = CloudFailure(
        .status, "a part could not be read: \(CloudFailure.line(status.message ?? "no message"))")
    }
    for series in read.timeSeries?.all ?? [] {
      if let type = series.valueType, ["DISTRIBUTION", "STRING"].contains(type) {
        let remedy = type == "STRING" ? "text is no metric" : "name an `aligner` such as ALIGN_PERCENTILE_99"
        page.problem = page.problem ?? CloudFailure(.query, "its values are a \(type): \(remedy)")
        continue
      }
      var all = series.resource?.labels ?? [:]
      all.merge(series.metric?.labels ?? [:]) { $1 }
      let identity = Labels(all.map { Label($0.key, $0.value) })
      let kept = metric.labels.compactMap { name in
        all[name].map { Label(foreignLabelName(name), $0) }
      }
      let points = (series.points?.all ?? []).compactMap { point -> MetricPoint? in
        guard let time = Timestamp(rfc3339: point.interval.endTime) else { return nil }
        let value =
          point.value.doubleValue?.value ?? point.value.int64Value?.value
          ?? point.value.boolValue.map { $0 ? 1 : 0 }
        return value.map { MetricPoint(time: time, value: $0) }
      }
      page.series.append(
        (MetricSeries(metric.family(series.resource?.type), Labels(kept)), identity, points))
    }
    return page
  }

  static func failure(_ result: HTTPResult, project: String) -> CloudFailure {
    let status = result.status ?? 0
    let kind = failureKind(status: status)
    let said = try? LenientJSON.read(Refusal.self, Array(result.body.prefix(256 << 10))).error
    let message = said?.message.map(CloudFailure.line) ?? "status \(status)"
    let remedy =
      switch kind.reason {
      case .permission: "; the service account needs roles/monitoring.viewer in \(project)"
      case .limit: "; a longer period, or a higher quota of time series queries"
      default: ""
      }
    return CloudFailure(kind.reason, message + remedy, isTransient: kind.isTransient)
  }
}
