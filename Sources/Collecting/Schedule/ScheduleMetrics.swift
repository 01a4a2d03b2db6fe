package import Model

/// What the schedule itself has to say: the state of checks, regions and collectors.
package enum ScheduleMetrics {
  package static let checkState = MetricFamily.gauge(
    "farwatch_check_state", "Confirmed state of a check: 1 for the state that holds.")
  package static let checkConsecutiveFailures = MetricFamily.gauge(
    "farwatch_check_consecutive_failures", "Failures of a check since its last success.")
  package static let regionState = MetricFamily.gauge(
    "farwatch_region_state", "State of a region, rolled up from its checks: 1 for the state that holds.")
  package static let zoneState = MetricFamily.gauge(
    "farwatch_zone_state",
    "State of an availability zone, rolled up from its tiers: 1 for the state that holds.")
  package static let tierState = MetricFamily.gauge(
    "farwatch_tier_state", "State of a tier, rolled up from its checks: 1 for the state that holds.")
  package static let tierHealthyRatio = MetricFamily.gauge(
    "farwatch_tier_healthy_ratio", "Part of a tier's weight that is known to be well.")
  package static let vantageOffline = MetricFamily.gauge(
    "farwatch_vantage_offline",
    "1 while too few canaries and other targets answer: our own way out fails, and nobody is blamed.")
  package static let canaryReached = MetricFamily.gauge(
    "farwatch_canary_reached",
    "Whether the canary's newest probe reached it; 0 also when it could not be made.")
  package static let checksWithheld = MetricFamily.counter(
    "farwatch_check_failures_withheld_total", "Failures that were not counted because no canary was reached.")
  package static let collectorUp = MetricFamily.gauge(
    "farwatch_collector_up",
    "Whether the last collection could be made. A health check that finds its target down was made.")
  package static let collectorDuration = MetricFamily.gauge(
    "farwatch_collector_duration_seconds", "How long the last collection took.")
  package static let collectorOverruns = MetricFamily.counter(
    "farwatch_collector_overruns_total", "Collections left out because the one before was still running.")
  package static let collectorLastRun = MetricFamily.gauge(
    "farwatch_collector_last_run_timestamp_seconds", "When the last collection ended.")

  /// Of one check; the labels of its collector are added by whoever stores them.
  package static func readings(of state: CheckState) -> [Reading] {
    stateLabels.map { Reading(checkState, $0.health == state.health, labels: $0.labels) }
      + [Reading(checkConsecutiveFailures, Double(state.consecutiveFailures))]
  }

  private static let stateLabels: [(health: CheckState.Health, labels: Labels)] =
    CheckState.Health.allCases.map { ($0, ["state": $0.rawValue]) }

  package static func readings(of region: String, _ health: RegionHealth) -> [Reading] {
    RegionHealth.allCases.map {
      Reading(regionState, $0 == health, labels: ["region": region, "state": $0.rawValue])
    }
  }

  /// Of a region's zones and tiers.
  package static func readings(of region: String, _ tree: HealthTree) -> [Reading] {
    var readings = readings(of: region, tree.region)
    for zone in tree.zones {
      readings += stateSet(
        zoneState, "state", regionStates, current: zone.health.rawValue,
        labels: ["region": region, "zone": zone.name])
    }
    for tier in tree.tiers {
      let labels: Labels = ["region": region, "zone": tier.zone, "tier": tier.name]
      readings += stateSet(tierState, "state", regionStates, current: tier.health.rawValue, labels: labels)
      readings.append(Reading(tierHealthyRatio, tier.healthyShare, labels: labels))
    }
    return readings
  }

  private static let regionStates = RegionHealth.allCases.map(\.rawValue)

  /// Of one collector after one collection; `overruns`: those since it was made.
  package static func readings(
    of description: CollectorDescription, _ outcome: Outcome, isCheck: Bool, overruns: UInt64
  ) -> [Reading] {
    let labels: Labels = ["kind": description.kind, "name": description.name]
    let wasMade = isCheck ? CheckState.Evidence(outcome) != .none : outcome.succeeded
    return [
      Reading(collectorUp, wasMade, labels: labels),
      Reading(collectorDuration, outcome.took.inSeconds, labels: labels),
      Reading(collectorLastRun, outcome.finishedAt.seconds, labels: labels),
      Reading(collectorOverruns, Double(overruns), labels: labels),
    ]
  }
}
