internal import Collecting
package import HTTPClient
package import Model
package import StreamClient
internal import TLSTransport

/// A TLS check: the certificate, version and cipher of any port that speaks TLS, at once or after a STARTTLS.
///
/// The certificate's readings are there whenever the handshake went through, also of a certificate that nobody trusts:
/// an alert on expiry fires after the expiry, too. Of several addresses those of the worst are told: of the first that
/// fails, else of the one whose certificate expires first.
package final class TLSCheck: Collector {
  static let families =
    CheckFamilies.all + [CheckFamilies.ipProtocol, StreamMetrics.lookup, StreamMetrics.phases]
    + StreamMetrics.tls
    + StreamMetrics.addresses

  package let description: CollectorDescription
  private let probe: StreamProbe
  private let verdict: TLSVerdict
  private let time: any TimeSource

  /// - Throws: `InvalidSettings`.
  package init(
    _ settings: TLSCheckSettings, client: StreamClient, resolver: HostResolver,
    time: any TimeSource = SystemTime()
  ) throws {
    try settings.validate()
    description = settings.description
    verdict = TLSVerdict(verify: settings.tls.verify, minimumLeft: settings.minimumLeft)
    self.time = time
    let port = settings.endpoint.port
    var tls = settings.tls
    // The verdict judges, when all facts are there.
    tls.verify = false
    let options = tls
    let startTLS = settings.startTLS
    probe = StreamProbe(
      endpoint: settings.endpoint, timeout: settings.basics.timeout, client: client, resolver: resolver,
      time: time
    ) { addresses, timeout in
      var request = StreamRequest(addresses: addresses, port: port, timeout: timeout)
      request.tls = options
      request.tlsFromStart = startTLS == nil
      request.dialogue = startTLS.map { StartTLSDialogue($0) }
      return request
    }
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    probe.run { [time, verdict] answers in
      let now = time.now
      let judged = JudgedAddresses(answers.results, resolved: answers.resolved, total: \.total) {
        verdict.decide($0, now: now)
      }
      var worst = judged.worst
      if judged.verdict == .success {
        // All are well, so each has an expiry.
        let soonest = answers.results.indices.min { a, b in
          let first = answers.results[a].result.facts?.earliestExpiry?.milliseconds ?? .max
          return first < answers.results[b].result.facts?.earliestExpiry?.milliseconds ?? .max
        }
        worst = soonest ?? worst
      }
      let readings = StreamMetrics.readings(answers.results[worst].result, resolve: answers.resolve)
      completion(
        CheckFamilies.outcome(
          judged.verdict, startedAt: startedAt, start: start, time: time, readings + judged.addresses))
    }
  }
}

/// Decides whether what a TLS server showed is healthy. Pure.
struct TLSVerdict: Sendable {
  var verify: Bool
  var minimumLeft: Duration?

  func decide(_ result: StreamResult, now: Timestamp) -> Outcome.Verdict {
    if let failure = result.failure { return .failure(failure.reason, detail: failure.detail) }
    guard let facts = result.facts else {
      return .failure(.tlsHandshake, detail: "the server ended the conversation before TLS")
    }
    if verify, let failure = facts.failure { return .failure(failure.reason, detail: failure.detail) }
    if let minimumLeft, let expiry = facts.earliestExpiry, expiry - now < minimumLeft {
      let left = expiry - now
      let words =
        left < .zero
        ? "expired \(DurationText.format(.seconds(-Int64(left.inSeconds)))) ago"
        : "expires in \(DurationText.format(.seconds(Int64(left.inSeconds))))"
      return .failure(
        .certificateExpired,
        detail: "a certificate \(words), less than the wanted \(DurationText.format(minimumLeft))")
    }
    return .success
  }
}
