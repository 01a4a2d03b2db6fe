package import CloudAccess
internal import Collecting
package import Model

/// Asks all regions and accounts at once and tells what is known of them.
package final class CloudWatchCollector: Collector {
  package let description: CollectorDescription
  private let readers: [CloudWatchReader]
  private let time: any TimeSource
  private let timeout: Duration

  package init(_ settings: CloudWatchSettings, identities: AWSIdentities, time: any TimeSource = SystemTime())
  {
    description = settings.description
    timeout = settings.basics.timeout
    self.time = time
    readers = settings.places.map { place, metrics in
      CloudWatchReader(
        place,
        CloudWatchState(
          metrics, staleness: settings.staleness, rediscovery: settings.rediscovery,
          limit: settings.maximumSeries), identities.requester(place.identity), time: time)
    }
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<Int, AWSFailure?>(expected: readers.count) { [self] problems in
      let now = time.now
      var readings: [Reading] = []
      var failures: [(String, AWSFailure)] = []
      for (index, reader) in readers.enumerated() {
        let known = reader.known(now)
        let problem = problems[index] ?? nil
        readings += self.readings(reader, known, isUp: problem == nil)
        if let problem = problem ?? Self.excess(known) { failures.append((reader.place.title, problem)) }
      }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: time.monotonic - began,
          verdict: Self.verdict(failures), readings: readings))
    }
    for (index, reader) in readers.enumerated() {
      reader.read(timeout: timeout) { pass.add(index, $0) }
    }
  }

  private static func excess(_ known: CloudWatchReader.Known) -> AWSFailure? {
    guard known.leftOut > 0 else { return nil }
    return AWSFailure(
      .limit, "\(known.leftOut) series beyond `max_series` are not asked for: name dimensions, or raise it")
  }

  static func verdict(_ failures: [(String, AWSFailure)]) -> Outcome.Verdict {
    guard let (title, failure) = failures.first else { return .success }
    let more = failures.count > 1 ? " (and \(failures.count - 1) more)" : ""
    return .failure(failure.reason, detail: "\(title): \(failure)\(more)")
  }

  private func readings(
    _ reader: CloudWatchReader, _ known: CloudWatchReader.Known, isUp: Bool
  ) -> [Reading] {
    let place: Labels = ["region": reader.place.region, "account": reader.place.account]
    let own = place.setting("collector", to: description.name)
    var readings = [Reading(CloudWatchFamilies.up, isUp, labels: own)]
    readings += CloudWatchFamilies.readings(known, own)
    var told: Set<Labels> = []
    for (series, points) in known.points {
      guard let point = points.first else { continue }
      let family = reader.metrics[series.metric].family(series.statistic)
      let labels = place.merging(Labels(CloudWatchMetric.labels(series.dimensions)))
      // A preset and a metric of one's own may ask for the same.
      guard told.insert(labels.setting(Labels.metricNameLabel, to: family.name)).inserted else { continue }
      readings.append(Reading(family, point.value, labels: labels))
      readings.append(
        Reading(
          CloudWatchFamilies.time, point.time.seconds, labels: labels.setting("metric", to: family.name)))
    }
    return readings
  }
}
