internal import Collecting
internal import HTTPClient
package import Model

/// The families of HTTP checks, named as blackbox_exporter names them; the doc of each says where they differ.
package enum HTTPCheckMetrics {
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
  package static let addresses = MetricFamily.gauge(
    "farwatch_probe_addresses", "Addresses that the host of the check resolved to.")
  package static let addressSuccess = MetricFamily.gauge(
    "farwatch_probe_address_success", "Whether the probe of one of the host's addresses succeeded.")
  package static let addressDuration = MetricFamily.gauge(
    "farwatch_probe_address_duration_seconds", "How long the probe of one of the host's addresses took.")

  package static let all =
    CheckFamilies.all + [
      CheckFamilies.ipProtocol, CheckFamilies.failedDueToRegex, CheckFamilies.earliestExpiry,
      CheckFamilies.lastChainExpiry, phases, status, contentLength, bodyLength, redirects, version, ssl,
      addresses, addressSuccess, addressDuration,
    ]

  /// Whether `url` begins with `https:`, in any case.
  private static func isSecure(_ url: String) -> Bool {
    url.utf8.prefix(6).elementsEqual("https:".utf8) { $0 | 0x20 == $1 | 0x20 }
  }

  /// - Parameter now: judges which presented certificates had expired already.
  static func readings(_ result: HTTPResult, _ decision: HTTPVerdict.Decision, now: Timestamp) -> [Reading] {
    var readings = CheckFamilies.readings(decision.verdict, took: result.total)
    readings.append(Reading(CheckFamilies.failedDueToRegex, decision.failedDueToRegex))
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
      readings.append(Reading(CheckFamilies.ipProtocol, address.utf8.contains(UInt8(ascii: ":")) ? 6 : 4))
    }
    if let value = result.status {
      readings.append(Reading(status, Double(value)))
      readings.append(Reading(redirects, Double(result.redirects)))
      readings.append(Reading(bodyLength, Double(result.bodyBytesTotal)))
      readings.append(Reading(ssl, isSecure(result.finalURL)))
      if let length = result.contentLength { readings.append(Reading(contentLength, Double(length))) }
    }
    if let value = result.httpVersion { readings.append(Reading(version, value)) }
    if let chain = result.certificates {
      if let expiry = chain.earliestExpiry {
        readings.append(Reading(CheckFamilies.earliestExpiry, expiry.seconds))
      }
      // A certificate that has expired cannot be part of a chain that has just been verified (servers do send
      // superfluous ones), so the rest tells when the chain ends.
      let alive = chain.certificates.compactMap(\.notAfter).filter { $0 > now }.min()
      if chain.verified, let alive { readings.append(Reading(CheckFamilies.lastChainExpiry, alive.seconds)) }
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
