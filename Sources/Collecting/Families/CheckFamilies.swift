package import Model

/// What every health check brings, named as blackbox_exporter names it.
package enum CheckFamilies {
  package static let success = MetricFamily.gauge("probe_success", "Whether the probe succeeded.")
  package static let duration = MetricFamily.gauge("probe_duration_seconds", "How long the probe took.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_probe_failure_reason", "1 for the reason of the last failure; absent after a success.")
  package static let ipProtocol = MetricFamily.gauge(
    "probe_ip_protocol", "IP version of the connection, 4 or 6.")
  package static let failedDueToRegex = MetricFamily.gauge(
    "probe_failed_due_to_regex", "Whether the probe failed because of a regular expression.")
  package static let earliestExpiry = MetricFamily.gauge(
    "probe_ssl_earliest_cert_expiry",
    "When the first of the presented certificates expires, in Unix seconds; present also when verification failed."
  )
  package static let lastChainExpiry = MetricFamily.gauge(
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "When the verified chain expires, in Unix seconds; absent unless verified.")

  /// The families of ``readings(_:took:)``.
  package static let all = [success, duration, failureReason]

  /// - Parameter took: seconds.
  package static func readings(_ verdict: Outcome.Verdict, took: Double) -> [Reading] {
    let basic = [Reading(success, verdict == .success), Reading(duration, took)]
    guard case .failure(let reason, _) = verdict else { return basic }
    return basic + [Reading(failureReason, 1, labels: ["reason": reason.rawValue])]
  }

  /// The outcome of a check that began at `startedAt`, with ``readings(_:took:)`` before `more`.
  package static func outcome(
    _ verdict: Outcome.Verdict, startedAt: Timestamp, start: MonotonicInstant, time: any TimeSource,
    _ more: [Reading] = []
  ) -> Outcome {
    let took = time.monotonic - start
    return Outcome(
      startedAt: startedAt, finishedAt: time.now, took: took, verdict: verdict,
      readings: readings(verdict, took: took.inSeconds) + more)
  }
}
