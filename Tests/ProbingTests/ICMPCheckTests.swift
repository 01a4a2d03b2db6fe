import Collecting
import FarwatchTesting
import Glibc
import HTTPClient
import Model
import PingClient
import Probing
import Testing

@Suite struct ICMPCheckTests {
  private let client = PingClient(name: "icmp-test")
  private let resolver = HostResolver()

  private func run(
    _ host: String, client: PingClient? = nil, _ change: (inout ICMPCheckSettings) -> Void = { _ in }
  ) async throws -> Outcome {
    var settings = ICMPCheckSettings(name: "t", host: host)
    settings.spacing = .milliseconds(10)
    settings.basics.timeout = .seconds(3)
    change(&settings)
    let outcome = await StreamBench.collect(
      try ICMPCheck(settings, client: client ?? self.client, resolver: resolver))
    #expect(outcome.hasNoSeriesTwice)
    for reading in outcome.readings {
      #expect(ICMPCheckSettings.families.contains(reading.family), "\(reading.family.name) is not declared")
    }
    return outcome
  }

  @Test(.enabled(if: getuid() == 0)) func aHostThatAnswersIsUp() async throws {
    let outcome = try await run("127.0.0.1")
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamValue("farwatch_probe_icmp_packets_sent") == 3)
    #expect(outcome.streamValue("farwatch_probe_icmp_packets_received") == 3)
    #expect(outcome.streamValue("farwatch_probe_icmp_loss_ratio") == 0)
    #expect(outcome.streamValue("probe_icmp_reply_hop_limit") == 64)
    #expect(outcome.streamValue("probe_ip_protocol") == 4)
    let least = try #require(outcome.streamValue("farwatch_probe_icmp_rtt_min_seconds"))
    let mean = try #require(outcome.streamValue("probe_icmp_duration_seconds", ["phase": "rtt"]))
    let most = try #require(outcome.streamValue("farwatch_probe_icmp_rtt_max_seconds"))
    #expect(0 < least && least <= mean && mean <= most && most < 1)
    let six = try await run("::1")
    #expect(six.succeeded && six.streamValue("probe_ip_protocol") == 6)
    let named = try await run("localhost") { $0.everyAddress = true }
    #expect(named.succeeded)
    #expect(named.streamValue("farwatch_probe_address_success", ["address": "127.0.0.1"]) == 1)
    #expect(named.streamValue("probe_dns_lookup_time_seconds") != nil)
  }

  /// What the network never answers: a multicast group that nobody has joined.
  @Test(.enabled(if: getuid() == 0)) func silenceIsDown() async throws {
    let outcome = try await run("239.255.77.77") { $0.basics.timeout = .milliseconds(200) }
    #expect(!outcome.succeeded)
    if outcome.streamValue("farwatch_probe_icmp_packets_sent") == 3 {
      #expect(outcome.reason == .timeout)
      #expect(outcome.failureText == "3 of 3 packets were not answered")
      #expect(outcome.streamValue("farwatch_probe_icmp_loss_ratio") == 1)
    }
    #expect(outcome.streamValue("probe_icmp_duration_seconds", ["phase": "rtt"]) == nil, "unknown is not 0")
  }

  @Test func withoutPermissionTheRemedyIsTold() async throws {
    let range = readText("/proc/sys/net/ipv4/ping_group_range").split { $0 == "\t" || $0 == "\n" }.compactMap
    { Int($0) }
    let isForbidden = range.count == 2 && !(range[0] <= Int(getgid()) && Int(getgid()) <= range[1])
    let outcome = try await run("127.0.0.1", client: PingClient(name: "icmp-test", mayUseRaw: false))
    if isForbidden {
      #expect(outcome.reason == .permission)
      #expect(outcome.failureText.contains("CAP_NET_RAW"))
      #expect(outcome.streamValue("farwatch_probe_icmp_loss_ratio") == nil)
    } else {
      #expect(outcome.succeeded)
    }
  }

  @Test func settingsThatContradictThemselvesAreRefused() async {
    await #expect(throws: InvalidSettings(field: "max_loss", problem: "must be at least 0 and less than 1")) {
      try await run("h") { $0.maximumLoss = 1 }
    }
    await #expect(
      throws: InvalidSettings(field: "packets", problem: "the last packet would leave after the time-out")
    ) {
      try await run("h") {
        $0.packets = 10
        $0.spacing = .seconds(1)
      }
    }
  }
}
