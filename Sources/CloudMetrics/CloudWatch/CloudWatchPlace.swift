package import CloudAccess
internal import Model

/// One region of one account.
package struct CloudWatchPlace: Hashable, Sendable {
  /// AWS' name: `eu-west-1`.
  package var region: String
  /// The label `account`; "" where only one is asked.
  package var account: String
  package var identity: AWSIdentitySettings
  /// Template in place of AWS' own endpoints.
  package var endpoint: String?
  package var caFile: String?

  package init(
    region: String, account: String = "", identity: AWSIdentitySettings = AWSIdentitySettings(),
    endpoint: String? = nil
  ) {
    self.region = region
    self.account = account
    self.identity = identity
    self.endpoint = endpoint
  }

  /// For people: `eu-west-1`, or with its account.
  package var title: String { account.isEmpty ? region : "\(account)/\(region)" }

  func call(_ action: String, _ fields: [(String, String)]) -> AWSCall {
    var call = AWSCall(
      service: "monitoring", region: region,
      endpoint: AWSEndpoint.url(service: "monitoring", region: region, template: endpoint), action: action,
      form: .query(version: "2010-08-01", fields: fields))
    call.caFile = caFile
    return call
  }

  func listing(_ metric: CloudWatchMetric, nextToken: String?) -> AWSCall {
    var fields = [("Namespace", metric.namespace), ("MetricName", metric.name)]
    for (number, filter) in metric.dimensions.enumerated() {
      fields.append(("Dimensions.member.\(number + 1).Name", filter.name))
      if let values = filter.values, values.count == 1 {
        fields.append(("Dimensions.member.\(number + 1).Value", values[0]))
      }
    }
    // Otherwise what was deleted two weeks ago is found, and paid for, too.
    if metric.period <= .seconds(3600) { fields.append(("RecentlyActive", "PT3H")) }
    if let nextToken { fields.append(("NextToken", nextToken)) }
    return call("ListMetrics", fields)
  }

  func data(_ batch: CloudWatchBatch, _ metrics: [CloudWatchMetric], nextToken: String?) -> AWSCall {
    var fields = [
      ("StartTime", batch.start.rfc3339), ("EndTime", batch.end.rfc3339), ("ScanBy", "TimestampDescending"),
    ]
    for (number, series) in batch.series.enumerated() {
      let path = "MetricDataQueries.member.\(number + 1)"
      let metric = metrics[series.metric]
      fields += [
        ("\(path).Id", "q\(number)"), ("\(path).MetricStat.Metric.Namespace", metric.namespace),
        ("\(path).MetricStat.Metric.MetricName", metric.name),
        ("\(path).MetricStat.Period", "\(batch.period.milliseconds / 1000)"),
        ("\(path).MetricStat.Stat", series.statistic), ("\(path).ReturnData", "true"),
      ]
      for (place, dimension) in series.dimensions.enumerated() {
        let part = "\(path).MetricStat.Metric.Dimensions.member.\(place + 1)"
        fields += [("\(part).Name", dimension.name), ("\(part).Value", dimension.value)]
      }
    }
    if let nextToken { fields.append(("NextToken", nextToken)) }
    return call("GetMetricData", fields)
  }
}
