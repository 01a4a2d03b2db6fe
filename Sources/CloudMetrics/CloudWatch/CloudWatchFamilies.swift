package import Model

/// What every CloudWatch collector tells beside the series that it was asked for.
package enum CloudWatchFamilies {
  package static let up = MetricFamily.gauge(
    "farwatch_cloudwatch_up", "Whether the last pass over this region and account brought all it asked for.")
  package static let time = MetricFamily.gauge(
    "farwatch_cloudwatch_datapoint_timestamp_seconds",
    "Beginning of the period that a CloudWatch series' value is of.")
  package static let requests = MetricFamily.counter(
    "farwatch_cloudwatch_requests_total", "Calls of CloudWatch that were begun, pages counted, by action.")
  package static let metricsRequested = MetricFamily.counter(
    "farwatch_cloudwatch_metrics_requested_total",
    "Metrics asked for by GetMetricData, as AWS charges them: up to five statistics of one are one.")
  package static let partial = MetricFamily.counter(
    "farwatch_cloudwatch_partial_results_total",
    "Results that AWS did not mark as complete after their last page.")
  package static let series = MetricFamily.gauge(
    "farwatch_cloudwatch_series", "Series that are asked for.")
  package static let leftOut = MetricFamily.gauge(
    "farwatch_cloudwatch_series_left_out", "Series that were found beyond the limit and are not asked for.")

  package static let all = [up, time, requests, metricsRequested, partial, series, leftOut]

  static func readings(_ known: CloudWatchReader.Known, _ labels: Labels) -> [Reading] {
    func calls(_ action: String, _ count: Int) -> Reading {
      Reading(requests, Double(count), labels: labels.setting("action", to: action))
    }
    return [
      calls("ListMetrics", known.costs.listCalls), calls("GetMetricData", known.costs.dataCalls),
      Reading(metricsRequested, Double(known.costs.metrics), labels: labels),
      Reading(partial, Double(known.costs.partial), labels: labels),
      Reading(series, Double(known.series), labels: labels),
      Reading(leftOut, Double(known.leftOut), labels: labels),
    ]
  }
}
