import Collecting
import DNSClient
import FarwatchTesting
import Model
import Probing
import TLSTransport
import TargetProbing
import Testing

/// Which targets a list lets through. What is not listed is refused, however it is written.
@Suite struct ProbeAllowListTests {
  private let http = HTTPCheckSettings(name: "m", url: "http://target.invalid/")
  private let tcp = TCPCheckSettings(name: "m", endpoint: Endpoint(host: "target.invalid", port: 1))
  private let icmp = ICMPCheckSettings(name: "m", host: "target.invalid")

  private func list(_ entries: String...) throws -> ProbeAllowList {
    var list = ProbeAllowList()
    for entry in entries { #expect(list.add(entry) == nil, "\(entry)") }
    return list
  }

  private func rule(
    _ list: ProbeAllowList, _ check: any AimableCheck, _ target: String
  ) -> ProbeAllowList.Ruling? {
    do throws(InvalidSettings) {
      return list.rule(on: target, at: try check.place(of: target))
    } catch { return nil }
  }

  @Test func namesAreAllowedAsTheyAreListed() throws {
    let list = try list(
      "api.example.com", "*.eu.example.com", "db*.example.com:5432", "https://one.example/a?b=c")
    for target in [
      "api.example.com", "http://API.example.com.:8080/x", "https://a.b.eu.example.com/",
      "https://one.example/a?b=c",
    ] {
      #expect(rule(list, http, target) == .allowed, "\(target)")
    }
    for target in [
      "example.com", "api.example.com.evil.test", "evil.test/api.example.com",
      "http://evil.test/#api.example.com",
      "http://evil.test?api.example.com", "https://one.example/a", "https://one.example/a?b=cd",
      "http://db1.example.com/", "http://eu.example.com/", "http://127.0.0.1/", "http://[::1]/",
    ] {
      #expect(rule(list, http, target) == .refused, "\(target)")
    }
    #expect(rule(list, tcp, "db-7.example.com:5432") == .allowed)
    #expect(rule(list, tcp, "db-7.example.com:22") == .refused)
  }

  @Test func addressesAreAllowedByRangesOnly() throws {
    let list = try list("10.0.0.0/8", "2001:db8::/32", "192.0.2.7", "*.example.com")
    #expect(rule(list, icmp, "10.1.2.3") == .allowed)
    #expect(rule(list, icmp, "192.0.2.7") == .allowed)
    #expect(rule(list, tcp, "[2001:db8::5]:22") == .allowed)
    #expect(rule(list, http, "https://[2001:DB8::5]/") == .allowed)
    for address in ["11.0.0.1", "192.0.2.8", "169.254.169.254", "::1", "::ffff:11.0.0.1"] {
      #expect(rule(list, icmp, address) == .refused, "\(address)")
    }
    #expect(rule(list, icmp, "www.example.com") == .allowedWithinRanges)
    #expect(rule(list, icmp, "www.example.org") == .refused)
    // A pattern of names does not speak of addresses.
    #expect(rule(try self.list("1*.example", "169.*"), icmp, "169.254.169.254") == .refused)
  }

  /// What a resolver may take for an address is none here, so that no pattern of names lets it through.
  @Test func addressesInDisguiseAreNoTargets() throws {
    let list = try list("1*", "0*", "2*", "*7")
    for host in ["127.1", "0x7f000001", "2130706433", "017700000001", "0x7f.1", "127.0.0.0x7", "1.2.3.4.5"] {
      #expect(rule(list, icmp, host) == nil, "\(host)")
      #expect(rule(list, tcp, "\(host):80") == nil, "\(host)")
      #expect(rule(list, http, "http://\(host)/") != .allowed, "\(host)")
    }
    for target in [
      "http://user@127.0.0.1/", "http://127.0.0.1@10.0.0.1/", "ftp://10.0.0.1/", "file:///etc/passwd", "",
    ] {
      #expect(rule(try self.list("10.0.0.0/8"), http, target).map { $0 != .allowed } ?? true, "\(target)")
    }
    #expect(rule(try self.list("fe80::/10"), icmp, "fe80::1%eth0") == nil)
  }

  @Test func entriesThatAllowEverythingOrNothingAreTold() {
    var list = ProbeAllowList()
    for entry in ["*", "*.*", ".", "a b", "10.0.0.0/33", "host:0", "host:x", "exa/mple", "ho$t"] {
      #expect(list.add(entry) != nil, "\(entry)")
    }
    #expect(list.isEmpty)
  }

  @Test func namesStayWhatTheyAreWhenTheAddressIsGiven() throws {
    let aimed = try http.aimed(at: "https://api.example.com/x", address: "10.0.0.1")
    #expect(aimed.url == "https://api.example.com/x" && aimed.connectAddress == "10.0.0.1")
    var tls = TLSCheckSettings(name: "m", endpoint: Endpoint(host: "target.invalid", port: 1))
    let one = try tls.aimed(at: "Api.example.com:443", address: "10.0.0.1")
    #expect(one.endpoint == Endpoint(host: "10.0.0.1", port: 443) && one.tls.serverName == "api.example.com")
    tls.tls.serverName = "other.example"
    #expect(try tls.aimed(at: "api.example.com:443", address: nil).tls.serverName == "other.example")
    let grpc = GRPCCheckSettings(name: "m", endpoint: Endpoint(host: "target.invalid", port: 1))
    let two = try grpc.aimed(at: "api.example.com:443", address: "10.0.0.1")
    #expect(two.serverName == "api.example.com" && two.endpoint.host == "10.0.0.1")
    let question = DNSQuestion(name: "example.com.", type: .a)
    let dns = DNSCheckSettings(basics: CheckBasics(name: "m"), question: question)
    #expect(
      try dns.aimed(at: "ns1.example.com:5353", address: "2001:db8::1").panel.servers.map(\.name) == [
        "[2001:db8::1]:5353"
      ])
  }
}
