internal import Collecting
internal import KafkaClient
package import Model

/// Probes one cluster over kept connections.
package final class KafkaCheckCollector: Collector {
  package let description: CollectorDescription
  private let settings: KafkaCheckSettings
  private let time: any TimeSource
  private let session: KafkaSession

  package init(_ settings: KafkaCheckSettings, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.time = time
    session = KafkaSession(settings.cluster, time: time)
    description = settings.description
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, start) = (time.now, time.monotonic)
    let (settings, time) = (settings, time)
    session.run(timeout: settings.basics.timeout) { (connection) throws(KafkaError) in
      let seen = KafkaVerdict(settings, try connection.overview(settings.topics))
      // A cluster that is not well is not written to: one reason is enough, and the first is the better one.
      guard let topic = settings.canaryTopic, seen.verdict == .success else { return seen }
      try connection.produce(topic, key: "farwatch", value: "\(startedAt.milliseconds)")
      return seen
    } completion: { result in
      let (verdict, readings): (Outcome.Verdict, [Reading])
      switch result {
      case .success(let seen): (verdict, readings) = (seen.verdict, seen.readings)
      case .failure(let error):
        (verdict, readings) = (.failure(error.reason, detail: naming(settings.cluster.name, "\(error)")), [])
      }
      completion(CheckFamilies.outcome(verdict, startedAt: startedAt, start: start, time: time, readings))
    }
  }
}
