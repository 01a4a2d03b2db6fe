internal import HTTPClient
internal import Model

/// What the metrics API answers.
enum AzureAnswer {
  private struct Page: Decodable {
    var value: LenientJSON.List<Metric>
    var resourceregion: String?
  }

  private struct Metric: Decodable {
    struct Name: Decodable {
      var value: String
    }
    var name: Name
    var unit: String?
    var errorCode: String?
    var errorMessage: String?
    var timeseries: LenientJSON.List<Series>?
  }

  private struct Series: Decodable {
    struct Dimension: Decodable {
      var name: Metric.Name
      var value: String
    }
    var metadatavalues: LenientJSON.List<Dimension>?
    var data: LenientJSON.List<Point>?
  }

  private struct Point: Decodable {
    var timeStamp: String
    var average: LenientJSON.Number?
    var minimum: LenientJSON.Number?
    var maximum: LenientJSON.Number?
    var total: LenientJSON.Number?
    var count: LenientJSON.Number?

    func value(_ aggregation: AzureMetric.Aggregation) -> Double? {
      switch aggregation {
      case .average: average?.value
      case .minimum: minimum?.value
      case .maximum: maximum?.value
      case .total: total?.value
      case .count: count?.value
      }
    }
  }

  private struct Refusal: Decodable {
    struct Word: Decodable {
      var code: String?
      var message: String?
    }
    var error: Word?
    var code: String?
    var message: String?
  }

  static func page(_ body: [UInt8], of query: AzureQuery) throws(CloudFailure) -> MetricPage {
    let read = try LenientJSON.read(Page.self, body)
    var page = MetricPage()
    let wanted = query.metric.names
    for metric in read.value.all {
      guard let name = wanted.first(where: { $0.lowercased() == metric.name.value.lowercased() }) else {
        continue
      }
      if let code = metric.errorCode, code != "Success" {
        let message = metric.errorMessage.map { ": \($0)" } ?? ""
        page.problem = page.problem ?? CloudFailure(.query, CloudFailure.line("\(name): \(code)\(message)"))
      }
      let family = query.metric.family(
        name, type: query.resource.type, unit: metric.unit ?? query.metric.unit)
      let series = metric.timeseries?.all ?? []
      if !query.metric.dimensions.isEmpty, series.count >= query.top {
        page.problem =
          page.problem
          ?? CloudFailure(
            .limit, "\(name) has \(query.top) series or more: name dimensions, or raise `max_series`")
      }
      for one in series {
        var labels = (one.metadatavalues?.all ?? []).map { dimension in
          // Azure gives their names back in small letters.
          let known = query.metric.dimensions.first {
            $0.name.lowercased() == dimension.name.value.lowercased()
          }
          return Label("dimension_\(metricNamePart(known?.name ?? dimension.name.value))", dimension.value)
        }
        if let region = read.resourceregion, !region.isEmpty { labels.append(Label("region", region)) }
        let points = (one.data?.all ?? []).compactMap { point -> MetricPoint? in
          // A minute without a value is not one with 0.
          guard let value = point.value(query.metric.aggregation),
            let time = Timestamp(rfc3339: point.timeStamp)
          else { return nil }
          return MetricPoint(time: time, value: value)
        }
        let all = Labels(labels)
        page.series.append((MetricSeries(family, all), all, points))
      }
    }
    return page
  }

  static func failure(_ result: HTTPResult) -> CloudFailure {
    let status = result.status ?? 0
    let kind = failureKind(status: status)
    let said = try? LenientJSON.read(Refusal.self, Array(result.body.prefix(256 << 10)))
    let parts = [said?.error?.code ?? said?.code, said?.error?.message ?? said?.message]
    let words = parts.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    let remedy =
      switch kind.reason {
      case .permission: "; the identity needs the role Monitoring Reader on it"
      case .missing: "; look at `resources`"
      default: ""
      }
    return CloudFailure(
      kind.reason, (words.isEmpty ? "status \(status)" : CloudFailure.line(words)) + remedy,
      isTransient: kind.isTransient)
  }
}
