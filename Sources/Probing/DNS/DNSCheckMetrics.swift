internal import Collecting
internal import DNSClient
package import Model

/// The families of DNS checks: blackbox_exporter's names for the worst server, our own for each.
package enum DNSCheckMetrics {
  package static let lookupTime = MetricFamily.gauge(
    "probe_dns_lookup_time_seconds",
    "How long the question took (blackbox_exporter: how long the server's own name took to look up).")
  package static let answers = MetricFamily.gauge("probe_dns_answer_rrs", "Records in the answer section.")
  package static let authorities = MetricFamily.gauge(
    "probe_dns_authority_rrs", "Records in the authority section.")
  package static let additionals = MetricFamily.gauge(
    "probe_dns_additional_rrs", "Records in the additional section, without that of EDNS.")
  package static let serial = MetricFamily.gauge("probe_dns_serial", "Serial of the zone.")
  package static let succeeded = MetricFamily.gauge(
    "probe_dns_query_succeeded", "Whether there was an answer, right or wrong.")

  package static let resolverSuccess = MetricFamily.gauge(
    "farwatch_dns_resolver_success", "Whether this server answers as expected.")
  package static let resolverDuration = MetricFamily.gauge(
    "farwatch_dns_resolver_duration_seconds", "How long this server took to answer; absent without an answer."
  )
  package static let resolverCode = MetricFamily.gauge(
    "farwatch_dns_resolver_response_code", "Code of this server's answer: 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN.")
  package static let resolverTimeToLive = MetricFamily.gauge(
    "farwatch_dns_resolver_ttl_seconds", "How long this server's answer may be remembered.")
  package static let resolverSerial = MetricFamily.gauge(
    "farwatch_dns_resolver_serial", "Serial of the zone as this server knows it.")
  package static let resolverTruncated = MetricFamily.gauge(
    "farwatch_dns_resolver_truncated", "Whether this server's answer did not fit into UDP.")
  package static let resolverResends = MetricFamily.gauge(
    "farwatch_dns_resolver_resends", "How often this server had to be asked again before it answered.")
  package static let resolverAuthoritative = MetricFamily.gauge(
    "farwatch_dns_resolver_authoritative", "Whether this server answers with authority (AA).")
  package static let resolverRecursion = MetricFamily.gauge(
    "farwatch_dns_resolver_recursion_available", "Whether this server asks others (RA).")
  package static let resolverAuthenticated = MetricFamily.gauge(
    "farwatch_dns_resolver_authenticated", "Whether this server says that it verified the signatures (AD).")
  package static let serialDrift = MetricFamily.gauge(
    "farwatch_dns_serial_drift", "How far the oldest serial among the servers is behind the newest.")
  package static let disagreement = MetricFamily.gauge(
    "farwatch_dns_disagreement", "1 when the servers do not all answer the same.")

  package static let all =
    CheckFamilies.all + [
      CheckFamilies.failedDueToRegex, lookupTime, answers, authorities, additionals, serial, succeeded,
      resolverSuccess, resolverDuration, resolverCode, resolverTimeToLive, resolverSerial, resolverTruncated,
      resolverResends, resolverAuthoritative, resolverRecursion, resolverAuthenticated, serialDrift,
      disagreement,
    ]

  static func readings(_ decision: DNSVerdict.Decision, _ question: DNSQuestion, _ verdict: DNSVerdict)
    -> [Reading]
  {
    var readings: [Reading] = []
    let worst =
      decision.servers.first { !$0.isFine && decision.verdict != .success }
      ?? decision.servers.filter(\.isFine).max { ($0.reply?.took ?? 0) < ($1.reply?.took ?? 0) }
    readings.append(Reading(succeeded, worst?.reply != nil))
    readings.append(Reading(CheckFamilies.failedDueToRegex, worst?.failedDueToRegex ?? false))
    if let reply = worst?.reply {
      readings.append(Reading(lookupTime, reply.took))
      readings.append(Reading(answers, Double(reply.message.answers.count)))
      readings.append(Reading(authorities, Double(reply.message.authority.count)))
      readings.append(Reading(additionals, Double(reply.message.additional.count)))
      if let number = verdict.serial(reply.message) { readings.append(Reading(serial, Double(number))) }
    }
    for server in decision.servers {
      readings += self.readings(server, question, serial: server.reply.flatMap { verdict.serial($0.message) })
    }
    if let drift = decision.serialDrift { readings.append(Reading(serialDrift, Double(drift))) }
    if let isDifferent = decision.disagreement { readings.append(Reading(disagreement, isDifferent)) }
    return readings
  }

  private static func readings(_ server: DNSVerdict.Judged, _ question: DNSQuestion, serial: UInt32?)
    -> [Reading]
  {
    let labels = server.answer.server.labels
    var readings = [Reading(resolverSuccess, server.isFine, labels: labels)]
    guard let reply = server.reply else { return readings }
    let message = reply.message
    readings.append(Reading(resolverDuration, reply.took, labels: labels))
    readings.append(Reading(resolverCode, Double(message.code.code), labels: labels))
    readings.append(Reading(resolverTruncated, reply.wasTruncated, labels: labels))
    readings.append(Reading(resolverResends, Double(reply.resends), labels: labels))
    readings.append(Reading(resolverAuthoritative, message.isAuthoritative, labels: labels))
    readings.append(Reading(resolverRecursion, message.recursionAvailable, labels: labels))
    readings.append(Reading(resolverAuthenticated, message.isAuthenticated, labels: labels))
    if let time = message.timeToLive(for: question) {
      readings.append(Reading(resolverTimeToLive, Double(time), labels: labels))
    }
    if let serial { readings.append(Reading(resolverSerial, Double(serial), labels: labels)) }
    return readings
  }
}
