internal import HTTPClient
package import Model

/// The families of HTTP checks, named as blackbox_exporter names them; the doc of each says where they differ.
package enum HTTPCheckMetrics {
  package static let success = MetricFamily.gauge("probe_success", "Whether the probe succeeded.")
  package static let duration = MetricFamily.gauge("probe_duration_seconds", "How long the probe took.")
  package static let phases = MetricFamily.gauge(
    "probe_http_duration_seconds", "Duration of each phase of the request; phases not reached are absent.")
  package static let status = MetricFamily.gauge("probe_http_status_code", "Status code of the last answer.")
  package static let contentLength = MetricFamily.gauge(
    "probe_http_content_length", "Length of the body as the answer declares it.")
  package static let bodyLength = MetricFamily.gauge(
    "probe_http_uncompressed_body_length", "Bytes of the body that were read, decoded.")
  package static let redirects = MetricFamily.gauge("probe_http_redirects", "Redirects that were followed.")
  package static let version = MetricFamily.gauge("probe_http_version", "HTTP version of the last answer.")
  package static let ssl = MetricFamily.gauge("probe_http_ssl", "Whether the last answer came over TLS.")
  package static let earliestExpiry = MetricFamily.gauge(
    "probe_ssl_earliest_cert_expiry",
    "When the first of the presented certificates expires, in Unix seconds; present also when verification failed."
  )
  package static let lastChainExpiry = MetricFamily.gauge(
    "probe_ssl_last_chain_expiry_timestamp_seconds",
    "When the verified chain expires, in Unix seconds; absent unless verified.")
  package static let ipProtocol = MetricFamily.gauge(
    "probe_ip_protocol", "IP version of the connection, 4 or 6.")
  package static let failedDueToRegex = MetricFamily.gauge(
    "probe_failed_due_to_regex", "Whether the probe failed because of a regular expression.")
  package static let failureReason = MetricFamily.gauge(
    "farwatch_probe_failure_reason", "1 for the reason of the last failure; absent after a success.")
  package static let addresses = MetricFamily.gauge(
    "farwatch_probe_addresses", "Addresses that the host of the check resolved to.")
  package static let addressSuccess = MetricFamily.gauge(
    "farwatch_probe_address_success", "Whether the probe of one of the host's addresses succeeded.")
  package static let addressDuration = MetricFamily.gauge(
    "farwatch_probe_address_duration_seconds", "How long the probe of one of the host's addresses took.")

  /// - Parameter now: judges which presented certificates had expired already.
  static func readings(_ result: HTTPResult, _ decision: HTTPVerdict.Decision, now: Timestamp) -> [Reading] {
    var readings = [
      Reading(success, decision.verdict == .success),
      Reading(duration, result.total),
      Reading(failedDueToRegex, decision.failedDueToRegex),
    ]
    if case .failure(let reason, _) = decision.verdict {
      readings.append(Reading(failureReason, 1, labels: ["reason": reason.rawValue]))
    }
    readings.reserveCapacity(16)
    func addPhase(_ labels: Labels, _ seconds: Double?) {
      if let seconds { readings.append(Reading(phases, seconds, labels: labels)) }
    }
    addPhase(PhaseLabels.resolve, result.phases.resolve)
    addPhase(PhaseLabels.connect, result.phases.connect)
    addPhase(PhaseLabels.tls, result.phases.tls)
    addPhase(PhaseLabels.processing, result.phases.processing)
    addPhase(PhaseLabels.transfer, result.phases.transfer)
    if let address = result.primaryAddress {
      readings.append(Reading(ipProtocol, address.utf8.contains(UInt8(ascii: ":")) ? 6 : 4))
    }
    if let value = result.status {
      readings.append(Reading(status, Double(value)))
      readings.append(Reading(redirects, Double(result.redirects)))
      readings.append(Reading(bodyLength, Double(result.bodyBytesTotal)))
      readings.append(Reading(ssl, result.finalURL.lowercased().hasPrefix("https:")))
      if let length = result.contentLength { readings.append(Reading(contentLength, Double(length))) }
    }
    if let value = result.httpVersion { readings.append(Reading(version, value)) }
    if let chain = result.certificates {
      if let expiry = chain.earliestExpiry { readings.append(Reading(earliestExpiry, expiry.seconds)) }
      // A certificate that has expired cannot be part of a chain that has just been verified (servers do send
      // superfluous ones), so the rest tells when the chain ends.
      let alive = chain.certificates.compactMap(\.notAfter).filter { $0 > now }.min()
      if chain.verified, let alive { readings.append(Reading(lastChainExpiry, alive.seconds)) }
    }
    return readings
  }
}

/// Made once: every outcome needs them.
private enum PhaseLabels {
  static let resolve: Labels = ["phase": "resolve"]
  static let connect: Labels = ["phase": "connect"]
  static let tls: Labels = ["phase": "tls"]
  static let processing: Labels = ["phase": "processing"]
  static let transfer: Labels = ["phase": "transfer"]
}
