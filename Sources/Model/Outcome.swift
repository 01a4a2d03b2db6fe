/// One measured value: which metric, the labels it has beyond those of its target, and the number.
package struct Reading: Sendable {
  package let family: MetricFamily
  package let labels: Labels
  package let value: Double

  package init(_ family: MetricFamily, _ value: Double, labels: Labels = .empty) {
    self.family = family
    self.labels = labels
    self.value = value
  }

  package init(_ family: MetricFamily, _ value: Bool, labels: Labels = .empty) {
    self.init(family, value ? 1 : 0, labels: labels)
  }
}

/// Why a collection failed: a bounded set, because it becomes a label value.
package enum FailureReason: String, Sendable, CaseIterable, Codable {
  case timeout
  case dns = "dns_failed"
  case refused = "connection_refused"
  case reset = "connection_reset"
  case unreachable = "network_unreachable"
  case tlsHandshake = "tls_handshake"
  case certificateExpired = "certificate_expired"
  case certificateInvalid = "certificate_invalid"
  case certificateName = "certificate_name_mismatch"
  case status = "unexpected_status"
  case body = "body_mismatch"
  case bodyTooLarge = "body_too_large"
  case redirect = "unexpected_redirect"
  case protocolError = "protocol_error"
  case authentication = "authentication_failed"
  case permission = "permission_denied"
  case wrongCluster = "wrong_cluster"
  /// What should be two servers is one: an address, a name or a proxy leads where another does.
  case sameServer = "same_server"
  case query = "query_failed"
  case missing = "not_found"
  case io = "io_error"
  case configuration = "bad_configuration"
  case limit = "limit_reached"
  case overrun
  /// Who was asked says that it does not know.
  case unknown
  case other
}

/// What one collection brought back: everything the core needs to know, and no decision.
package struct Outcome: Sendable {
  package enum Verdict: Sendable, Equatable {
    case success
    /// `detail` is for people and logs: it names the target's answer, never a secret.
    case failure(FailureReason, detail: String)
  }

  package var startedAt: Timestamp
  package var finishedAt: Timestamp
  /// Wall time that the collection took, from a monotonic clock.
  package var took: Duration
  package var verdict: Verdict
  package var readings: [Reading]

  package init(
    startedAt: Timestamp, finishedAt: Timestamp, took: Duration, verdict: Verdict, readings: [Reading]
  ) {
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.took = took
    self.verdict = verdict
    self.readings = readings
  }

  package var succeeded: Bool { verdict == .success }
  package var reason: FailureReason? {
    if case .failure(let reason, _) = verdict { reason } else { nil }
  }
}
