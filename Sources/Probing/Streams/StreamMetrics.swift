internal import Collecting
internal import Model
internal import StreamClient
internal import TLSTransport

/// The families that checks of TCP and TLS have in common, named as blackbox_exporter names them where it has them.
enum StreamMetrics {
  static let lookup = MetricFamily.gauge(
    "probe_dns_lookup_time_seconds",
    "How long the look-up of the host took; absent when the host is an address.")
  static let phases = MetricFamily.gauge(
    "probe_tcp_duration_seconds",
    "Duration of each phase: resolve, connect, tls, conversation; phases not reached are absent.")
  static let version = MetricFamily.gauge("probe_tls_version_info", "1 for the TLS version that was spoken.")
  static let cipher = MetricFamily.gauge("probe_tls_cipher_info", "1 for the cipher suite that was spoken.")
  static let leaf = MetricFamily.gauge(
    "probe_ssl_last_chain_info",
    "1 for the certificate of the server; present also when verification failed, unlike blackbox_exporter's.")
  static let verified = MetricFamily.gauge(
    "farwatch_probe_tls_verified",
    "Whether the server's certificate was found good, also where health does not ask.")
  static let problem = MetricFamily.gauge(
    "farwatch_probe_tls_problem",
    "1 for each thing that is wrong with the server's certificate, 0 for the others.")

  static let tls = [
    CheckFamilies.earliestExpiry, CheckFamilies.lastChainExpiry, version, cipher, leaf, verified, problem,
  ]
  static let addresses = [
    HTTPCheckMetrics.addresses, HTTPCheckMetrics.addressSuccess, HTTPCheckMetrics.addressDuration,
  ]

  /// The readings of the connection itself.
  static func readings(_ result: StreamResult, resolve: Double?) -> [Reading] {
    var readings: [Reading] = []
    func add(_ phase: String, _ seconds: Double?) {
      if let seconds { readings.append(Reading(phases, seconds, labels: ["phase": phase])) }
    }
    if let resolve { readings.append(Reading(lookup, resolve)) }
    add("resolve", resolve)
    add("connect", result.connect)
    add("tls", result.tls)
    add("conversation", result.conversation)
    if let address = result.address {
      readings.append(Reading(CheckFamilies.ipProtocol, address.utf8.contains(UInt8(ascii: ":")) ? 6 : 4))
    }
    if let facts = result.facts { readings += self.readings(facts) }
    return readings
  }

  private static func readings(_ facts: TLSFacts) -> [Reading] {
    var readings = [
      Reading(version, 1, labels: ["version": facts.version]),
      Reading(cipher, 1, labels: ["cipher": facts.cipher]),
      Reading(verified, facts.isVerified),
    ]
    for one in TLSFacts.Problem.allCases {
      readings.append(Reading(problem, facts.problems.contains(one), labels: ["problem": one.rawValue]))
    }
    if let expiry = facts.earliestExpiry {
      readings.append(Reading(CheckFamilies.earliestExpiry, expiry.seconds))
    }
    if let expiry = facts.chainExpiry {
      readings.append(Reading(CheckFamilies.lastChainExpiry, expiry.seconds))
    }
    if let certificate = facts.presented.first {
      let labels: Labels = [
        "fingerprint_sha256": certificate.fingerprint, "issuer": certificate.issuer,
        "subject": certificate.subject,
        "serialnumber": certificate.serial,
        "subjectalternative": String(certificate.alternatives.joined(separator: ",").prefix(512)),
      ]
      readings.append(Reading(leaf, 1, labels: labels))
    }
    return readings
  }
}
