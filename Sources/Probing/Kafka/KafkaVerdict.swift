internal import Collecting
package import KafkaClient
package import Model

/// What a cluster's description of itself is worth. Pure.
package struct KafkaVerdict: Sendable {
  package let verdict: Outcome.Verdict
  package let readings: [Reading]

  package init(_ settings: KafkaCheckSettings, _ overview: KafkaOverview) {
    var problems: [(FailureReason, String)] = []
    var readings = [
      Reading(KafkaCheckSettings.brokers, Double(overview.brokers.count)),
      Reading(KafkaCheckSettings.controller, overview.controller != nil),
    ]
    if overview.brokers.count < settings.minimumBrokers {
      let count = overview.brokers.count
      problems.append((.status, "\(count) brokers, expected at least \(settings.minimumBrokers)"))
    }
    if overview.controller == nil { problems.append((.status, "the cluster names no controller")) }
    for topic in settings.topics {
      switch overview.topics[topic] {
      case .success(let partitions):
        let offline = partitions.count { $0.leader == nil }
        let under = partitions.count { $0.inSync < $0.replicas }
        readings.append(Reading(KafkaCheckSettings.offline, Double(offline), labels: ["topic": topic]))
        readings.append(Reading(KafkaCheckSettings.underReplicated, Double(under), labels: ["topic": topic]))
        if offline > 0 { problems.append((.status, "topic \(topic): nobody leads \(offline) partitions")) }
        if under > 0, settings.requireFullReplication {
          problems.append((.status, "topic \(topic): \(under) partitions have replicas out of sync"))
        }
      case .failure(let error): problems.append((error.reason, error.message))
      case nil: problems.append((.missing, "the cluster says nothing of the topic \(topic)"))
      }
    }
    self.readings = readings
    guard let first = problems.first else {
      verdict = .success
      return
    }
    let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
    verdict = .failure(first.0, detail: naming(settings.cluster.name, "\(first.1)\(more)"))
  }
}
