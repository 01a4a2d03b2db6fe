internal import Collecting
package import HTTPClient
package import Model

/// A gRPC health check: asks grpc.health.v1.Health/Check, over TLS or in the clear.
///
/// Every probe has a connection of its own: one that a network has silently cut would fail every later probe, and one
/// that is kept tells nothing of what new clients meet.
package final class GRPCCheck: Collector {
  static let duration = MetricFamily.gauge(
    "probe_grpc_duration_seconds",
    "Duration of each phase: resolve, connect, tls, check; phases not reached are absent.")
  static let ssl = MetricFamily.gauge("probe_grpc_ssl", "Whether the connection was made over TLS.")
  static let status = MetricFamily.gauge(
    "probe_grpc_status_code", "gRPC's status code of the answer, 0 for OK.")
  static let response = MetricFamily.gauge(
    "probe_grpc_healthcheck_response", "1 for the serving status that was answered, 0 for the others.")
  static let families =
    CheckFamilies.all + [
      CheckFamilies.ipProtocol, CheckFamilies.earliestExpiry, CheckFamilies.lastChainExpiry,
    ]
    + [duration, ssl, status, response] + StreamMetrics.addresses

  package let description: CollectorDescription
  private let settings: GRPCCheckSettings
  private let client: HTTPClient
  private let resolver: HostResolver
  private let time: any TimeSource
  private let request: HTTPRequest

  /// - Throws: `InvalidSettings`.
  package init(
    _ settings: GRPCCheckSettings, client: HTTPClient, resolver: HostResolver,
    time: any TimeSource = SystemTime()
  ) throws {
    try settings.validate()
    self.settings = settings
    description = settings.description
    self.client = client
    self.resolver = resolver
    self.time = time
    request = Self.request(settings)
  }

  private static func request(_ settings: GRPCCheckSettings) -> HTTPRequest {
    var named = settings.endpoint
    named.host = settings.serverName ?? named.host
    let scheme = settings.isSecure ? "https" : "http"
    var request = HTTPRequest(
      method: "POST", url: "\(scheme)://\(named.text)/grpc.health.v1.Health/Check",
      headers: [HTTPHeader("Content-Type", "application/grpc"), HTTPHeader("TE", "trailers")],
      body: GRPCHealthMessage.request(service: settings.service), timeout: settings.basics.timeout)
    // How long the server may take, in milliseconds, of which gRPC takes eight digits.
    let milliseconds = min(99_999_999, max(1, settings.basics.timeout.milliseconds))
    request.headers.append(HTTPHeader("grpc-timeout", "\(milliseconds)m"))
    request.version = .http2Only
    // Under another name the connection still goes to the endpoint.
    if settings.serverName != nil { request.connectAddress = settings.endpoint.host }
    request.keepAlive = false
    request.verifyPeer = settings.verifyPeer
    request.caFile = settings.caFile
    request.clientCertificate = settings.clientCertificate
    request.addressFamily = settings.endpoint.addressFamily
    request.bodyLimit = 64 * 1024
    request.wantCertificates = settings.isSecure
    return request
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    let finish: @Sendable ([(address: String, result: HTTPResult)], Int?) -> Void = {
      [self] results, resolved in
      completion(outcome(results, resolved, startedAt, start))
    }
    if !settings.endpoint.everyAddress {
      return client.start(request) { finish([("", $0)], nil) }
    }
    resolver.resolve(
      settings.endpoint.host, family: request.addressFamily, timeout: description.timeout,
      mayRemember: true
    ) { [self] answer in
      switch answer {
      case .success(let addresses):
        ask(addresses, left: description.timeout - (time.monotonic - start), finish)
      case .failure(let failure):
        var result = HTTPResult()
        result.failure = failure
        result.total = (time.monotonic - start).inSeconds
        finish([("", result)], nil)
      }
    }
  }

  private func ask(
    _ addresses: [String], left: Duration,
    _ finish: @escaping @Sendable ([(address: String, result: HTTPResult)], Int?) -> Void
  ) {
    let chosen = addresses.prefix(StreamProbe.addressLimit)
    let gathered = Gathering<String, HTTPResult>(expected: chosen.count) { results in
      let sorted = results.sorted { byteOrder($0.key, $1.key) }
      finish(sorted.map { ($0.key, $0.value) }, addresses.count)
    }
    for address in chosen {
      var request = request
      request.connectAddress = address
      request.timeout = max(left, .milliseconds(1))
      client.start(request) { gathered.add(address, $0) }
    }
  }

  private func outcome(
    _ results: [(address: String, result: HTTPResult)], _ resolved: Int?, _ startedAt: Timestamp,
    _ start: MonotonicInstant
  ) -> Outcome {
    let judged = JudgedAddresses(results, resolved: resolved, total: \.total) {
      GRPCVerdict($0, service: settings.service).verdict
    }
    let result = results[judged.worst].result
    let readings = readings(result, GRPCVerdict(result, service: settings.service))
    return CheckFamilies.outcome(
      judged.verdict, startedAt: startedAt, start: start, time: time, readings + judged.addresses)
  }

  private func readings(_ result: HTTPResult, _ decision: GRPCVerdict) -> [Reading] {
    var readings: [Reading] = []
    func add(_ phase: String, _ seconds: Double?) {
      if let seconds { readings.append(Reading(Self.duration, seconds, labels: ["phase": phase])) }
    }
    add("resolve", result.phases.resolve)
    add("connect", result.phases.connect)
    add("tls", result.phases.tls)
    add("check", result.phases.processing.map { $0 + (result.phases.transfer ?? 0) })
    if let address = result.primaryAddress {
      readings.append(Reading(CheckFamilies.ipProtocol, address.utf8.contains(UInt8(ascii: ":")) ? 6 : 4))
      readings.append(Reading(Self.ssl, settings.isSecure && result.phases.tls != nil))
    }
    if let status = decision.status { readings.append(Reading(Self.status, Double(status))) }
    if let serving = decision.serving {
      for one in GRPCHealthMessage.Serving.allCases {
        readings.append(Reading(Self.response, one == serving, labels: ["serving_status": one.name]))
      }
    }
    if let chain = result.certificates, let expiry = chain.earliestExpiry {
      readings.append(Reading(CheckFamilies.earliestExpiry, expiry.seconds))
      // Servers send certificates that belong to no chain, perhaps ended ones: a verified chain has none of these.
      let now = time.now
      let alive = chain.certificates.compactMap(\.notAfter).filter { $0 > now }.min()
      if chain.verified, let alive { readings.append(Reading(CheckFamilies.lastChainExpiry, alive.seconds)) }
    }
    return readings
  }
}
