internal import Collecting
package import HTTPClient
package import Model
package import PingClient

/// An ICMP check: pings a host and judges by the share of packets that come back.
///
/// Of several addresses the readings are those of the worst: the first failing one in the order of the addresses' text,
/// or the slowest.
package final class ICMPCheck: Collector {
  static let duration = MetricFamily.gauge(
    "probe_icmp_duration_seconds",
    "Duration of the phases resolve and rtt, the mean of the packets answered; phases not reached are absent."
  )
  static let hopLimit = MetricFamily.gauge(
    "probe_icmp_reply_hop_limit", "Time to live (IPv4) or hop limit (IPv6) of the last answer.")
  static let least = MetricFamily.gauge(
    "farwatch_probe_icmp_rtt_min_seconds", "The shortest round trip of the probe.")
  static let most = MetricFamily.gauge(
    "farwatch_probe_icmp_rtt_max_seconds", "The longest round trip of the probe.")
  static let sent = MetricFamily.gauge(
    "farwatch_probe_icmp_packets_sent", "Echo requests that left in the probe.")
  static let received = MetricFamily.gauge(
    "farwatch_probe_icmp_packets_received", "Echo requests that were answered.")
  static let loss = MetricFamily.gauge(
    "farwatch_probe_icmp_loss_ratio",
    "Share of the echo requests without an answer; absent when none could be sent.")
  static let families =
    CheckFamilies.all + [CheckFamilies.ipProtocol, StreamMetrics.lookup, duration, hopLimit, least, most]
    + [sent, received, loss] + StreamMetrics.addresses

  package let description: CollectorDescription
  private let settings: ICMPCheckSettings
  private let client: PingClient
  private let resolver: HostResolver
  private let time: any TimeSource

  /// - Throws: `InvalidSettings`.
  package init(
    _ settings: ICMPCheckSettings, client: PingClient, resolver: HostResolver,
    time: any TimeSource = SystemTime()
  ) throws {
    try settings.validate()
    self.settings = settings
    description = settings.description
    self.client = client
    self.resolver = resolver
    self.time = time
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let begun = Begun(startedAt: time.now, start: time.monotonic)
    if IPAddressText.isAddress(settings.host) { return ping([settings.host], nil, begun, completion) }
    resolver.resolve(
      settings.host, family: settings.addressFamily, timeout: description.timeout, mayRemember: true
    ) { [self] answer in
      let took = (time.monotonic - begun.start).inSeconds
      switch answer {
      case .success(let addresses): ping(addresses, took, begun, completion)
      case .failure(let failure):
        completion(
          CheckFamilies.outcome(
            .failure(failure.reason, detail: failure.detail), startedAt: begun.startedAt, start: begun.start,
            time: time))
      }
    }
  }

  private struct Begun {
    var startedAt: Timestamp
    var start: MonotonicInstant
  }

  private func ping(
    _ addresses: [String], _ resolve: Double?, _ begun: Begun,
    _ completion: @escaping @Sendable (Outcome) -> Void
  ) {
    // One alone: IPv4 where there is any, because a host may have an IPv6 address and no way to it.
    let isIPv4 = { (text: String) in !text.utf8.contains(UInt8(ascii: ":")) }
    let one = addresses.first(where: isIPv4).map { [$0] } ?? Array(addresses.prefix(1))
    let chosen = settings.everyAddress ? Array(addresses.prefix(StreamProbe.addressLimit)) : one
    let left = max(description.timeout - (time.monotonic - begun.start), .milliseconds(1))
    let gathered = Gathering<String, PingResult>(expected: chosen.count) { [self] results in
      let sorted = results.sorted { byteOrder($0.key, $1.key) }.map { (address: $0.key, result: $0.value) }
      completion(outcome(sorted, resolve, resolved: addresses.count, begun))
    }
    for address in chosen {
      var request = PingRequest(address: address, timeout: left)
      request.packets = settings.packets
      request.spacing = settings.spacing
      request.payload = settings.payload
      request.dontFragment = settings.dontFragment
      client.start(request) { gathered.add(address, $0) }
    }
  }

  private func outcome(
    _ results: [(address: String, result: PingResult)], _ resolve: Double?, resolved: Int, _ begun: Begun
  ) -> Outcome {
    let verdicts = results.map { judge($0.result) }
    let slowest = results.indices.max {
      Self.mean(results[$0].result) ?? 0 < Self.mean(results[$1].result) ?? 0
    }
    guard let worst = verdicts.firstIndex(where: { $0 != .success }) ?? slowest else {
      return CheckFamilies.outcome(
        .failure(.dns, detail: "the host has no address"), startedAt: begun.startedAt, start: begun.start,
        time: time)
    }
    var verdict = verdicts[worst]
    if settings.everyAddress, case .failure(let reason, let detail) = verdict {
      verdict = .failure(reason, detail: naming(results[worst].address, detail))
    }
    var readings = self.readings(results[worst].result, results[worst].address, resolve)
    if settings.everyAddress {
      readings.append(Reading(HTTPCheckMetrics.addresses, Double(resolved)))
      for (index, answer) in results.enumerated() {
        let labels: Labels = ["address": answer.address]
        readings.append(Reading(HTTPCheckMetrics.addressSuccess, verdicts[index] == .success, labels: labels))
        if let mean = Self.mean(answer.result) {
          readings.append(Reading(HTTPCheckMetrics.addressDuration, mean, labels: labels))
        }
      }
    }
    return CheckFamilies.outcome(
      verdict, startedAt: begun.startedAt, start: begun.start, time: time, readings)
  }

  private static func mean(_ result: PingResult) -> Double? {
    result.times.isEmpty ? nil : result.times.reduce(0, +) / Double(result.times.count)
  }

  private func readings(_ result: PingResult, _ address: String, _ resolve: Double?) -> [Reading] {
    var readings = [Reading(CheckFamilies.ipProtocol, address.utf8.contains(UInt8(ascii: ":")) ? 6 : 4)]
    if let resolve {
      readings.append(Reading(StreamMetrics.lookup, resolve))
      readings.append(Reading(Self.duration, resolve, labels: ["phase": "resolve"]))
    }
    readings.append(Reading(Self.sent, Double(result.sent)))
    readings.append(Reading(Self.received, Double(result.times.count)))
    if result.sent > 0 {
      readings.append(Reading(Self.loss, Double(result.sent - result.times.count) / Double(result.sent)))
    }
    if let mean = Self.mean(result), let least = result.times.min(), let most = result.times.max() {
      readings.append(Reading(Self.duration, mean, labels: ["phase": "rtt"]))
      readings.append(Reading(Self.least, least))
      readings.append(Reading(Self.most, most))
    }
    if let hops = result.timeToLive { readings.append(Reading(Self.hopLimit, Double(hops))) }
    return readings
  }

  private func judge(_ result: PingResult) -> Outcome.Verdict {
    // What the system would not send was asked for and did not come back.
    let wanted = max(settings.packets, result.sent)
    let lost = wanted - result.times.count
    if result.times.isEmpty, let failure = result.failure {
      return .failure(failure.reason, detail: failure.detail)
    }
    guard Double(lost) > settings.maximumLoss * Double(wanted) else { return .success }
    return .failure(.timeout, detail: "\(lost) of \(wanted) packets were not answered")
  }
}
