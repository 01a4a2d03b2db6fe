package import Model

/// What Route 53 says of its health checks. Labels: `health_check`, `health_check_id`.
package enum Route53Families {
  package static let healthy = MetricFamily.gauge(
    "farwatch_route53_health_check_healthy",
    "Whether Route 53 holds the health check healthy: more than 18 % of its checkers succeed, or it is disabled; the opposite where it is inverted."
  )
  package static let share = MetricFamily.gauge(
    "farwatch_route53_checkers_success_ratio", "Share of the checkers whose last check succeeded.")
  package static let checkers = MetricFamily.gauge(
    "farwatch_route53_checkers", "Checkers by their own region and what they said last.")
  package static let failing = MetricFamily.gauge(
    "farwatch_route53_failing_checkers", "Checkers that fail, by what keeps them from the endpoint.")
  package static let checked = MetricFamily.gauge(
    "farwatch_route53_checked_timestamp_seconds", "When the newest check of any checker was made.")
  package static let disabled = MetricFamily.gauge(
    "farwatch_route53_health_check_disabled", "Whether the health check is disabled: Route 53 does not look.")
  package static let inverted = MetricFamily.gauge(
    "farwatch_route53_health_check_inverted", "Whether Route 53 takes failure for health.")
  package static let failure = MetricFamily.gauge(
    "farwatch_route53_failure_info",
    "1 with the text of a checker that fails now, or of the last failure; without addresses, 160 characters at most."
  )
  package static let up = MetricFamily.gauge(
    "farwatch_route53_up", "Whether Route 53 could be asked about the health check.")

  package static let all = [healthy, share, checkers, failing, checked, disabled, inverted, failure, up]

  static func readings(
    _ configuration: Route53Configuration, _ checkers: [Route53Checker], lastFailure: String?,
    _ labels: Labels
  ) -> [Reading] {
    let health = Route53Health(configuration, checkers)
    var readings = [
      Reading(up, true, labels: labels), Reading(disabled, configuration.isDisabled, labels: labels),
      Reading(inverted, configuration.isInverted, labels: labels),
    ]
    if let isHealthy = health.isHealthy { readings.append(Reading(healthy, isHealthy, labels: labels)) }
    if let share = health.successShare { readings.append(Reading(Self.share, share, labels: labels)) }
    if let newest = checkers.compactMap(\.checked).max() {
      readings.append(Reading(checked, newest.seconds, labels: labels))
    }
    let byRegion = Dictionary(grouping: checkers, by: \.region).sorted { byteOrder($0.key, $1.key) }
    for (region, all) in byRegion {
      let own = labels.setting("checker_region", to: region)
      let good = all.count { $0.isSuccess }
      readings.append(Reading(Self.checkers, Double(good), labels: own.setting("state", to: "success")))
      readings.append(
        Reading(Self.checkers, Double(all.count - good), labels: own.setting("state", to: "failure")))
    }
    let bad = checkers.filter { !$0.isSuccess }
    for reason in Route53Checker.Reason.allCases {
      let count = bad.count { $0.reason == reason }
      readings.append(
        Reading(failing, Double(count), labels: labels.setting("reason", to: reason.rawValue)))
    }
    if let text = bad.first?.shortText ?? lastFailure {
      readings.append(Reading(failure, 1, labels: labels.setting("text", to: text)))
    }
    return readings
  }
}
