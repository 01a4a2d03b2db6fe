import Collecting
import DNSClient
import FarwatchTesting
import HTTPClient
import Model
import Probing
import Testing

extension Collector {
  func outcome() async -> Outcome {
    await withCheckedContinuation { continuation in collect { continuation.resume(returning: $0) } }
  }
}

extension Outcome {
  var detail: String? { if case .failure(_, let detail) = verdict { detail } else { nil } }

  /// The readings of a family, by one of their labels.
  func values(_ family: String, by label: String) -> [String: Double] {
    Dictionary(
      readings.filter { $0.family.name == family }.map { ($0.labels[label] ?? "", $0.value) },
      uniquingKeysWith: { first, _ in first })
  }
}

@Suite struct DNSCheckTests {
  private let client: DNSClient
  private let resolver = HostResolver()

  init() throws { client = try DNSClient() }

  private func settings(
    _ name: String, _ type: DNSRecordType = .a, _ ports: Int...
  ) throws -> DNSCheckSettings {
    var basics = CheckBasics(name: "test", region: "eu")
    basics.timeout = .seconds(2)
    let servers = try ports.map { try #require(DNSServer("127.0.0.1:\($0)")) }
    return DNSCheckSettings(basics: basics, question: DNSQuestion(name: name, type: type), servers: servers)
  }

  private func outcome(
    _ settings: DNSCheckSettings, _ change: (inout DNSExpectation) -> Void = { _ in }
  ) async throws -> Outcome {
    var settings = settings
    change(&settings.expectation)
    let outcome = try await DNSCheck(settings, client: client, resolver: resolver).outcome()
    let known = Set(DNSCheckSettings.families)
    #expect(outcome.readings.allSatisfy { known.contains($0.family) })
    return outcome
  }

  private static let zone = """
    www 30 A 192.0.2.1
    www 30 A 192.0.2.2
    text TXT "hello"
    """

  @Test func aGoodAnswerHasItsReadings() async throws {
    let knot = try await KnotServer(serial: 7, Self.zone)
    let outcome = try await outcome(settings("www.example.test", .a, knot.port)) {
      $0.exactly = ["192.0.2.2", "192.0.2.1"]
      $0.within = [AddressRange("192.0.2.0/24")].compactMap(\.self)
      $0.authoritative = true
    }
    #expect(outcome.verdict == .success)
    #expect(outcome.value("probe_success") == 1)
    #expect(outcome.value("probe_dns_query_succeeded") == 1)
    #expect(outcome.value("probe_dns_answer_rrs") == 2)
    #expect(outcome.value("probe_dns_authority_rrs") == 0)
    #expect(outcome.value("probe_dns_additional_rrs") == 0)
    #expect(outcome.value("probe_dns_serial") == nil)
    #expect(try #require(outcome.value("probe_dns_lookup_time_seconds")) > 0)
    let labels: Labels = ["resolver": "127.0.0.1:\(knot.port)"]
    #expect(outcome.value("farwatch_dns_resolver_success", labels) == 1)
    #expect(outcome.value("farwatch_dns_resolver_response_code", labels) == 0)
    #expect(outcome.value("farwatch_dns_resolver_ttl_seconds", labels) == 30)
    #expect(outcome.value("farwatch_dns_resolver_authoritative", labels) == 1)
    #expect(outcome.value("farwatch_dns_resolver_recursion_available", labels) == 0)
    #expect(outcome.value("farwatch_dns_disagreement") == nil)
  }

  @Test func everyExpectationCanFail() async throws {
    let knot = try await KnotServer(serial: 7, Self.zone)
    let plain = try settings("www.example.test", .a, knot.port)
    func problem(_ change: (inout DNSExpectation) -> Void) async throws -> String? {
      let outcome = try await outcome(plain, change)
      #expect(outcome.reason == .body || outcome.reason == .status)
      #expect(outcome.value("probe_dns_query_succeeded") == 1)
      return outcome.detail.map { String($0.dropFirst("127.0.0.1:\(knot.port): ".count)) }
    }
    #expect(try await problem { $0.codes = [.nameError] } == "answers NOERROR")
    #expect(
      try await problem { $0.exactly = ["192.0.2.1"] }
        == #"answers "192.0.2.1", "192.0.2.2" and not "192.0.2.1""#)
    #expect(
      try await problem { $0.include = ["192.0.2.1", "192.0.2.9"] }
        == #""192.0.2.9" is not among the answers "192.0.2.1", "192.0.2.2""#)
    #expect(try await problem { $0.among = ["192.0.2.1"] } == #"answers "192.0.2.2", which is not expected"#)
    #expect(
      try await problem { $0.within = [AddressRange("192.0.2.0/31")].compactMap(\.self) }
        == #"answers "192.0.2.2", which lies in none of the expected ranges"#)
    #expect(
      try await problem { $0.regex = ["^192[.]0[.]2[.]1$"] }
        == #"the answer "192.0.2.2" matches no expected pattern"#)
    #expect(try await problem { $0.notRegex = ["2$"] } == #"the answer "192.0.2.2" matches "2$""#)
    #expect(
      try await problem { $0.minimumAnswers = 3 }
        == "2 answers for A of www.example.test, at least 3 expected")
    #expect(
      try await problem { $0.minimumTimeToLive = .seconds(31) } == "time to live 30s, at least 31s expected")
    #expect(
      try await problem { $0.maximumTimeToLive = .seconds(29) } == "time to live 30s, at most 29s expected")
    #expect(try await problem { $0.authenticated = true } == "the answer is not authenticated (no AD flag)")
    let regex = try await outcome(plain) { $0.notRegex = ["2$"] }
    #expect(regex.value("probe_failed_due_to_regex") == 1)
    // A name that is not there, and one of another type.
    let missing = try await outcome(settings("none.example.test", .a, knot.port))
    #expect(missing.reason == .status)
    #expect(missing.value("probe_dns_authority_rrs") == 1)
    #expect(
      try await outcome(settings("none.example.test", .a, knot.port)) { $0.codes = [.nameError] }.verdict
        == .success)
    #expect(
      try await outcome(settings("text.example.test", .a, knot.port)).detail?
        .hasSuffix("0 answers for A of text.example.test, at least 1 expected") == true)
  }

  /// Two authoritative servers of one zone, of which one has not taken up the newest version.
  @Test func serversThatDisagreeAreSeen() async throws {
    let (new, old) = (
      try await KnotServer(serial: 2_026_010_105, Self.zone),
      try await KnotServer(serial: 2_026_010_102, Self.zone)
    )
    let plain = try settings("example.test", .soa, new.port, old.port)
    let lenient = try await outcome(plain)
    #expect(lenient.verdict == .success)
    #expect(lenient.value("farwatch_dns_serial_drift") == 3)
    #expect(lenient.value("farwatch_dns_disagreement") == 1)
    #expect(
      lenient.values("farwatch_dns_resolver_serial", by: "resolver") == [
        "127.0.0.1:\(new.port)": 2_026_010_105, "127.0.0.1:\(old.port)": 2_026_010_102,
      ])
    let strict = try await outcome(plain) { $0.serialDrift = 2 }
    #expect(strict.reason == .body)
    #expect(
      strict.detail
        == "127.0.0.1:\(old.port): the serial 2026010102 is 3 behind the newest, 2026010105 "
        + "(1 of 2 servers answer well, 2 must)")
    #expect(strict.value("probe_dns_serial") == 2_026_010_102)
    #expect(try await outcome(plain) { $0.serialDrift = 3 }.verdict == .success)
  }

  /// RFC 1982: after 4294967295 comes 0.
  @Test func serialsBeginAnew() async throws {
    let (new, old) = (try await KnotServer(serial: 1, ""), try await KnotServer(serial: 4_294_967_295, ""))
    let outcome = try await outcome(settings("example.test", .soa, old.port, new.port)) { $0.serialDrift = 1 }
    #expect(outcome.value("farwatch_dns_serial_drift") == 2)
    #expect(outcome.detail?.contains("the serial 4294967295 is 2 behind the newest, 1 ") == true)
  }

  @Test func aQuorumToleratesADeadServer() async throws {
    let knot = try await KnotServer(serial: 7, Self.zone)
    let scripted = try await ScriptedNameServer()
    var plain = try settings("www.example.test", .a, knot.port, try freeLoopbackPort(), scripted.port)
    plain.expectation.exactly = ["192.0.2.1", "192.0.2.2"]
    let all = try await outcome(plain)
    #expect(all.reason == .refused)
    #expect(all.value("probe_dns_query_succeeded") == 0)
    #expect(all.value("probe_dns_answer_rrs") == nil)
    #expect(all.detail?.hasSuffix("(1 of 3 servers answer well, 3 must)") == true)
    plain.quorum = 1
    let one = try await outcome(plain)
    #expect(one.verdict == .success)
    #expect(one.value("probe_dns_answer_rrs") == 2)
    #expect(one.values("farwatch_dns_resolver_success", by: "resolver").values.sorted() == [0, 0, 1])
    plain.quorum = 2
    #expect(try await outcome(plain).verdict != .success)
  }

  @Test func faultsHaveTheirReasons() async throws {
    let server = try await ScriptedNameServer()
    func reason(_ name: String) async throws -> FailureReason? {
      var settings = try settings(name, .a, server.port)
      settings.basics.timeout = .seconds(1)
      return try await outcome(settings).reason
    }
    #expect(try await reason("plain.test") == nil)
    #expect(try await reason("servfail.test") == .status)
    #expect(try await reason("silent.test") == .timeout)
    #expect(try await reason("garbage.test") == .protocolError)
    #expect(try await reason("spoofed.test") == nil)
    #expect(try await reason("circle.test") == .body)
    #expect(try await reason("stranger.test") == .body)
    let cut = try await outcome(settings("cut.test", .a, server.port))
    #expect(cut.value("farwatch_dns_resolver_truncated", ["resolver": "127.0.0.1:\(server.port)"]) == 1)
    #expect(cut.value("probe_dns_answer_rrs") == 100)
  }

  @Test func serversByNameAndTheSystemsOwn() async throws {
    let knot = try await KnotServer(serial: 7, Self.zone)
    var named = try settings("www.example.test")
    named.panel.servers = [try #require(DNSServer("localhost:\(knot.port)"))]
    let outcome = try await outcome(named)
    #expect(outcome.verdict == .success)
    #expect(
      outcome.values("farwatch_dns_resolver_success", by: "resolver").keys.sorted() == [
        "localhost:\(knot.port)"
      ])
    named.panel.servers = [try #require(DNSServer("nothing.invalid"))]
    #expect(try await self.outcome(named).reason == .dns)
    named.panel.servers = []
    let system = try await self.outcome(named)
    #expect(!system.values("farwatch_dns_resolver_success", by: "resolver").isEmpty)
  }

  @Test func serversAsText() {
    func name(_ text: String) -> String? { DNSServer(text)?.name }
    #expect(name("192.0.2.53") == "192.0.2.53")
    #expect(name("192.0.2.53:53") == "192.0.2.53")
    #expect(name("192.0.2.53:5353") == "192.0.2.53:5353")
    #expect(name("2001:db8:0::53") == "2001:db8::53")
    #expect(name("[2001:db8::53]") == "2001:db8::53")
    #expect(name("[2001:db8::53]:5353") == "[2001:db8::53]:5353")
    #expect(name("NS1.example.com.:5353") == "ns1.example.com:5353")
    for wrong in [
      "", ":53", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:x", "192.0.2.300", "192.0.2",
      "[192.0.2.53]:53",
      "[::1", "[::1]53", "a b", ".", "2001:db8::53::1",
    ] {
      #expect(name(wrong) == nil, "\(wrong)")
    }
  }

  @Test func expectedDataIsWrittenAsAnswersAre() {
    #expect(DNSExpectation.canonical("2001:DB8:0::1", .aaaa) == "2001:db8::1")
    #expect(DNSExpectation.canonical("192.0.2.1", .aaaa) == nil)
    #expect(DNSExpectation.canonical("Edge.Example.", .cname) == "edge.example")
    #expect(DNSExpectation.canonical("10 Mail.Example.", .mx) == "10 mail.example")
    #expect(DNSExpectation.canonical("mail.example", .mx) == nil)
    #expect(DNSExpectation.canonical("1 2 80 A.b.", .srv) == "1 2 80 a.b")
    #expect(DNSExpectation.canonical("v=spf1 -ALL", .txt) == "v=spf1 -ALL")
  }
}
