internal import Collecting
package import Model

/// What a collector of a cloud's metrics tells beside the series that it was asked for.
package struct PolledMetricsFamilies: Hashable, Sendable {
  package let up, time, requests, series, leftOut: MetricFamily

  /// - Parameter name: `google_monitoring`; `service` is for people.
  init(_ name: String, _ service: String) {
    up = .gauge(
      "farwatch_\(name)_up", "Whether the last answers of \(service) brought all that is asked for.")
    time = .gauge(
      "farwatch_\(name)_datapoint_timestamp_seconds", "The time that \(service) gives a series' newest value."
    )
    requests = .counter(
      "farwatch_\(name)_requests_total", "Requests to \(service) that were begun, pages counted, tries not.")
    series = .gauge("farwatch_\(name)_series", "Series that have a value.")
    leftOut = .gauge("farwatch_\(name)_series_left_out", "Series beyond the limit, which are not told.")
  }

  package var all: [MetricFamily] { [up, time, requests, series, leftOut] }
}

/// Asks all places at once and tells what is known of them.
package final class PolledMetricsCollector: Collector {
  package let description: CollectorDescription
  private let families: PolledMetricsFamilies
  private let readers: [MetricReader]
  private let time: any TimeSource

  init(
    _ description: CollectorDescription, _ families: PolledMetricsFamilies, _ readers: [MetricReader],
    time: any TimeSource
  ) {
    self.description = description
    self.families = families
    self.readers = readers
    self.time = time
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<Int, Bool>(expected: readers.count) { [self] _ in
      let now = time.now
      var readings: [Reading] = []
      var failures: [String] = []
      var reason = FailureReason.other
      var told: Set<Labels> = []
      for reader in readers {
        let known = reader.known(now)
        readings += own(reader, known) + series(reader, known, &told)
        guard let problem = known.problem ?? Self.excess(known) else { continue }
        if failures.isEmpty { reason = problem.reason }
        failures.append("\(reader.title): \(problem)")
      }
      let more = failures.count > 1 ? " (and \(failures.count - 1) more)" : ""
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: time.monotonic - began,
          verdict: failures.first.map { .failure(reason, detail: $0 + more) } ?? .success,
          readings: readings))
    }
    for (index, reader) in readers.enumerated() {
      reader.read(timeout: description.timeout) { pass.add(index, true) }
    }
  }

  private static func excess(_ known: MetricReader.Known) -> CloudFailure? {
    guard known.leftOut > 0 else { return nil }
    return CloudFailure(
      .limit, "\(known.leftOut) series beyond `max_series` are not told: ask for fewer, or raise it")
  }

  private func own(_ reader: MetricReader, _ known: MetricReader.Known) -> [Reading] {
    let labels = reader.labels.setting("collector", to: description.name)
    return [
      Reading(families.up, known.problem == nil, labels: labels),
      Reading(families.requests, Double(known.requests), labels: labels),
      Reading(families.series, Double(known.series), labels: labels),
      Reading(families.leftOut, Double(known.leftOut), labels: labels),
    ]
  }

  private func series(
    _ reader: MetricReader, _ known: MetricReader.Known, _ told: inout Set<Labels>
  ) -> [Reading] {
    var readings: [Reading] = []
    for (_, series, points) in known.points {
      guard let point = points.first else { continue }
      let labels = reader.labels.merging(series.labels)
      // A preset and a metric of one's own may ask for the same.
      let name = series.family.name
      guard told.insert(labels.setting(Labels.metricNameLabel, to: name)).inserted else { continue }
      readings.append(Reading(series.family, point.value, labels: labels))
      readings.append(
        Reading(families.time, point.time.seconds, labels: labels.setting("metric", to: name)))
    }
    return readings
  }
}
