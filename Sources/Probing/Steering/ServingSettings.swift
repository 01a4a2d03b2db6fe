package import Collecting
package import Model

/// Who serves, seen both ways before it counts: where DNS sends people, and who answers at the front door.
package struct ServingSettings: CollectorSettings {
  /// The name is the service's.
  package var basics: MeasurementBasics
  package var steering: SteeringSettings
  package var marker: MarkerSettings
  /// Passes in a row in which both sides must show the same regions before these are the serving ones.
  package var confirm = 3
  /// Passes of which each side's regions are put together: more than 1 where traffic is split, so that a region which
  /// happened not to be drawn in one pass has not left.
  package var window = 1

  package init(basics: MeasurementBasics, steering: SteeringSettings, marker: MarkerSettings) {
    self.basics = basics
    self.steering = steering
    self.marker = marker
  }

  package static let region = MetricFamily.gauge(
    "farwatch_serving_region",
    "Whether the region serves, as DNS and the answers agree; the last agreement stays until there is another."
  )
  package static let disagreement = MetricFamily.gauge(
    "farwatch_serving_disagreement",
    "1 when DNS or the answers show other regions than those that serve; absent while that cannot be known.")
  package static let changed = MetricFamily.gauge(
    "farwatch_serving_changed_timestamp_seconds",
    "When the serving regions last changed; absent until they do.")
  package static let confirmed = MetricFamily.gauge(
    "farwatch_serving_confirmed_timestamp_seconds",
    "When DNS and the answers last agreed on the serving regions.")

  package static let families =
    [region, disagreement, changed, confirmed] + SteeringSettings.families + MarkerSettings.families

  package var description: CollectorDescription {
    basics.description(kind: "serving", labels: ["service": basics.name])
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try steering.validate()
    let panel = DNSPanel(
      question: steering.panel, client: try clients.dns, resolver: clients.resolver, time: clients.time)
    let probe = try MarkerProbe(marker, client: clients.http, resolver: clients.resolver, time: clients.time)
    return ServingCollector(self, panel, probe)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { ServingRehearsal(settings: self) }

  /// The regions of either map, in order.
  var regions: [String] {
    steering.map.regions + marker.map.regions.filter { !steering.map.regions.contains($0) }
  }

  func readings(_ decision: ServingState.Decision, changedAt: Timestamp?, confirmedAt: Timestamp?)
    -> [Reading]
  {
    var readings: [Reading] = []
    if let serving = decision.serving {
      for region in regions {
        readings.append(Reading(Self.region, serving.contains(region), labels: ["region": region]))
      }
    }
    if let disagreement = decision.disagreement { readings.append(Reading(Self.disagreement, disagreement)) }
    if let changedAt { readings.append(Reading(Self.changed, changedAt.seconds)) }
    if let confirmedAt { readings.append(Reading(Self.confirmed, confirmedAt.seconds)) }
    return readings
  }
}

/// Every region that is not lost serves at once: how long a failover takes is not rehearsed.
private struct ServingRehearsal: Rehearsal {
  let settings: ServingSettings

  func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    var outcome = settings.steering.makeRehearsal(start: moment).outcomeOnce(loss, at: moment)
    let marker = settings.marker.makeRehearsal(start: moment).outcomeOnce(loss, at: moment)
    outcome.readings += marker.readings
    let alive = Set(settings.regions.filter { !loss.regions.contains($0) })
    if outcome.succeeded {
      let decision = ServingState.Decision(serving: alive, disagreement: false)
      outcome.readings += settings.readings(decision, changedAt: nil, confirmedAt: moment)
    }
    return outcome
  }
}

extension Rehearsal {
  fileprivate func outcomeOnce(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    var copy = self
    return copy.outcome(loss, at: moment)
  }
}
