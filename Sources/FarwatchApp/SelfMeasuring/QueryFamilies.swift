internal import Model
internal import PrometheusAPI

/// What is measured of queries.
enum QueryFamilies {
  static let queries = MetricFamily.counter(
    "farwatch_queries_total",
    "Queries of the HTTP API that ended, by result; refused are those that found no place.")
  static let running = MetricFamily.gauge("farwatch_queries_running", "Queries that run now.")
  static let waiting = MetricFamily.gauge("farwatch_queries_waiting", "Queries that wait for their turn now.")
  static let concurrency = MetricFamily.gauge(
    "farwatch_queries_concurrency_limit", "Queries that may run at the same time.")
  static let runSeconds = MetricFamily.counter(
    "farwatch_query_run_seconds_total", "Seconds that queries ran, all of them together.")
  static let waitSeconds = MetricFamily.counter(
    "farwatch_query_wait_seconds_total", "Seconds that queries waited for their turn, all of them together.")
  static let uncompressed = MetricFamily.counter(
    "farwatch_query_answers_uncompressed_total",
    "Long answers sent uncompressed because too many others were being compressed.")
}

extension QueryStatistics {
  var readings: [Reading] {
    Result.allCases.map {
      Reading(QueryFamilies.queries, Double(results[$0] ?? 0), labels: ["result": $0.rawValue])
    } + [
      Reading(QueryFamilies.running, Double(running)), Reading(QueryFamilies.waiting, Double(waiting)),
      Reading(QueryFamilies.concurrency, Double(limit)), Reading(QueryFamilies.runSeconds, runSeconds),
      Reading(QueryFamilies.waitSeconds, waitSeconds),
      Reading(QueryFamilies.uncompressed, Double(uncompressed)),
    ]
  }
}
