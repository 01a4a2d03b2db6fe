internal import Collecting
package import HTTPClient
package import Model
internal import Secrets

/// An HTTP health check: asks a URL and judges the answer.
///
/// Readings of a check with ``HTTPCheckSettings/everyAddress`` are those of the worst address: the first failing one in
/// the order of the addresses' text, or the slowest when all are well.
package final class HTTPCheck: Collector {
  package let description: CollectorDescription
  private let client: HTTPClient
  private let resolver: HostResolver?
  private let time: any TimeSource
  private let verdict: HTTPVerdict
  private let request: HTTPRequest
  private let host: String
  /// Addresses that are probed at most; the rest is left out, and `farwatch_probe_addresses` shows how many there are.
  package static let addressLimit = 16

  /// - Parameter resolver: needed where the settings want every address.
  /// - Throws: ``HTTPCheckSettings/Invalid``, or `RegularExpressionError` of a bad expression.
  package init(
    _ settings: HTTPCheckSettings, client: HTTPClient, resolver: HostResolver? = nil,
    time: any TimeSource = SystemTime()
  ) throws {
    try settings.validate()
    guard !settings.everyAddress || resolver != nil else {
      throw HTTPCheckSettings.Invalid(field: "every_address", problem: "needs a resolver")
    }
    self.client = client
    self.resolver = settings.everyAddress ? resolver : nil
    self.time = time
    description = settings.description
    verdict = try HTTPVerdict(settings)
    request = try Self.request(settings)
    host = HTTPURL(settings.url)?.host ?? ""
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    guard let resolver else {
      client.start(request) { [self] result in
        completion(outcome(result, startedAt: startedAt, start: start))
      }
      return
    }
    resolver.resolve(
      host, family: request.addressFamily, timeout: description.timeout, mayRemember: true
    ) { [self] answer in
      switch answer {
      case .success(let addresses):
        probe(addresses, left: description.timeout - (time.monotonic - start)) { [self] results in
          completion(outcome(results, resolved: addresses.count, startedAt: startedAt, start: start))
        }
      case .failure(let failure):
        var result = HTTPResult()
        result.failure = failure
        result.total = (time.monotonic - start).inSeconds
        completion(outcome(result, startedAt: startedAt, start: start))
      }
    }
  }

  private func probe(
    _ addresses: [String], left: Duration, _ completion: @escaping @Sendable ([String: HTTPResult]) -> Void
  ) {
    let chosen = addresses.prefix(Self.addressLimit)
    let gathered = Gathering<String, HTTPResult>(expected: chosen.count, completion)
    for address in chosen {
      var request = request
      request.connectAddress = address
      request.timeout = max(left, .milliseconds(1))
      client.start(request) { gathered.add(address, $0) }
    }
  }

  private func outcome(_ result: HTTPResult, startedAt: Timestamp, start: MonotonicInstant) -> Outcome {
    let now = time.now
    let decision = verdict.decide(result)
    return Outcome(
      startedAt: startedAt, finishedAt: now, took: time.monotonic - start, verdict: decision.verdict,
      readings: HTTPCheckMetrics.readings(result, decision, now: now))
  }

  private func outcome(
    _ results: [String: HTTPResult], resolved: Int, startedAt: Timestamp, start: MonotonicInstant
  ) -> Outcome {
    let sorted = results.sorted { byteOrder($0.key, $1.key) }
    let verdicts = sorted.map { verdict.decide($0.value).verdict }
    let failing = verdicts.firstIndex { $0 != .success }
    let slowest = sorted.indices.max { sorted[$0].value.total < sorted[$1].value.total }
    guard let worst = failing ?? slowest else {
      var nothing = HTTPResult()
      nothing.failure = HTTPFailure(.dns, "the host has no address")
      return outcome(nothing, startedAt: startedAt, start: start)
    }
    var outcome = outcome(sorted[worst].value, startedAt: startedAt, start: start)
    if case .failure(let reason, let detail) = outcome.verdict {
      outcome.verdict = .failure(reason, detail: naming(sorted[worst].key, detail))
    }
    outcome.readings.append(Reading(HTTPCheckMetrics.addresses, Double(resolved)))
    for (index, (address, result)) in sorted.enumerated() {
      let labels: Labels = ["address": address]
      let isFine = verdicts[index] == .success
      outcome.readings.append(Reading(HTTPCheckMetrics.addressSuccess, isFine, labels: labels))
      outcome.readings.append(Reading(HTTPCheckMetrics.addressDuration, result.total, labels: labels))
    }
    return outcome
  }

  static func request(_ settings: HTTPCheckSettings) throws(HTTPCheckSettings.Invalid) -> HTTPRequest {
    var request = HTTPRequest(url: settings.url)
    request.method = settings.method
    request.body = settings.body
    for header in settings.headers {
      switch header.value {
      case .text(let text): request.headers.append(HTTPHeader(header.name, text))
      case .file(let path):
        request.headers.append(HTTPHeader(header.name, try secret(path), isSecret: true))
      }
    }
    request.timeout = settings.timeout
    request.connectTimeout = settings.connectTimeout
    request.connectAddress = settings.connectAddress
    request.redirects = settings.redirects
    request.verifyPeer = settings.verifyPeer
    request.caFile = settings.caFile
    request.clientCertificate = settings.clientCertificate
    request.addressFamily = settings.addressFamily
    request.bodyLimit = settings.hasBodyConditions ? settings.bodyLimit : 0
    request.readLimit = max(settings.bodyLimit, settings.bodyMaximum ?? 0)
    // Whether a large body is a failure is the verdict's to say.
    request.failBeyondReadLimit = false
    request.acceptCompressed = settings.acceptCompressed
    request.keepAlive = settings.keepAlive
    request.version = settings.version
    request.userAgent = settings.userAgent
    request.wantCertificates = true
    return request
  }

  private static func secret(_ path: String) throws(HTTPCheckSettings.Invalid) -> String {
    let text: String
    do throws(SecretSource.Failure) {
      text = try SecretSource.file(path).readFirstLine()
    } catch { throw .init(field: "headers", problem: error.description) }
    guard !text.isEmpty, HTTPCheckSettings.isFieldValue(text) else {
      throw .init(field: "headers", problem: "the first line of \(path) is empty or has control characters")
    }
    return text
  }
}
