package import CloudAccess
internal import Collecting
package import Model
internal import Synchronization

/// Asks every target's region at once and reads the answers together.
package final class CloudWatchLinkCollector: Collector {
  package let description: CollectorDescription
  private let settings: CloudWatchLinkSettings
  private let readers: [(region: String, reader: CloudWatchReader)]
  private let time: any TimeSource
  private let state: Mutex<CloudWatchLinkState>

  package init(
    _ settings: CloudWatchLinkSettings, identities: AWSIdentities, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.time = time
    description = settings.description
    state = Mutex(CloudWatchLinkState(settings))
    readers = settings.targets.map { target in
      var place = CloudWatchPlace(
        region: target.awsRegion, identity: settings.identity, endpoint: settings.endpoint)
      place.caFile = settings.caFile
      let metrics = settings.preset.metrics(target.dimensions).map { metric in
        var metric = metric
        metric.period = settings.period
        return metric
      }
      let asked = CloudWatchState(
        metrics, staleness: settings.staleness ?? settings.period * 5, limit: 500)
      return (
        target.region, CloudWatchReader(place, asked, identities.requester(place.identity), time: time)
      )
    }
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let pass = Gathering<String, CloudWatchLinkState.Answer>(expected: readers.count) { [self] answers in
      let now = time.now
      let read = state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: time.monotonic - began, verdict: read.verdict,
          readings: read.readings))
    }
    for (region, reader) in readers {
      reader.read(timeout: settings.basics.timeout) { [time] problem in
        let points = reader.known(time.now).points.flatMap { series, points in
          points.map {
            CloudWatchLinkState.Answer.Entry(reader.metrics[series.metric].name, series.dimensions, $0)
          }
        }
        let told = problem.map { (reason: $0.reason, detail: "\(reader.place.title): \($0)") }
        pass.add(region, CloudWatchLinkState.Answer(points: points, problem: told))
      }
    }
  }
}
