import Collecting
import DNSClient
import FarwatchTesting
import Model
import Probing
import Synchronization
import Testing

@Suite struct SteeringTests {
  private let clients = CollectorClients(userAgent: "test")

  private static func map() throws -> RegionMap {
    RegionMap([
      .init(
        region: "tw", patterns: [.range(try #require(AddressRange("192.0.2.0/24"))), .text("*.tw.example")]),
      .init(region: "jp", patterns: [.range(try #require(AddressRange("198.51.100.0/24"))), .text("jp-*")]),
    ])
  }

  private func steering(_ name: String, _ type: DNSRecordType = .a, _ ports: [Int]) throws -> SteeringSettings
  {
    var settings = SteeringSettings(
      basics: MeasurementBasics(name: "shop", timeout: .seconds(2)),
      question: DNSQuestion(name: name, type: type),
      servers: try ports.map { try #require(DNSServer("127.0.0.1:\($0)")) }, map: try Self.map())
    settings.basics.timeout = .milliseconds(1500)
    return settings
  }

  private func knot(_ records: String) async throws -> KnotServer { try await KnotServer(serial: 1, records) }

  private func shares(_ outcome: Outcome, _ family: String = "farwatch_steering_share") -> [String: Double] {
    outcome.values(family, by: "region").filter { $0.value > 0 }
  }

  @Test func serversThatAgree() async throws {
    let one = try await knot("www 30 A 192.0.2.1\nwww 30 A 192.0.2.2")
    let settings = try steering("www.example.test", .a, [one.port])
    let outcome = try await settings.makeCollector(clients).outcome()
    #expect(outcome.verdict == .success)
    #expect(settings.description.labels == ["service": "shop"])
    #expect(shares(outcome) == ["tw": 1])
    #expect(outcome.value("farwatch_steering_up") == 1)
    #expect(outcome.value("farwatch_steering_ttl_seconds", ["resolver": "127.0.0.1:\(one.port)"]) == 30)
    #expect(outcome.value("farwatch_steering_unknown_answers") == 0)
    // One server has nobody to disagree with; nothing has changed yet.
    #expect(outcome.value("farwatch_steering_disagreement") == nil)
    #expect(outcome.value("farwatch_steering_changed_timestamp_seconds") == nil)
    #expect(
      outcome.value("farwatch_steering_region", ["resolver": "127.0.0.1:\(one.port)", "region": "jp"]) == 0)
    let known = Set(SteeringSettings.families)
    #expect(outcome.readings.allSatisfy { known.contains($0.family) })
  }

  /// Two servers that have the change and one that has not: what DNS is like until the old answer has run out.
  @Test func serversThatDoNotAgree() async throws {
    let (a, b, c) = (
      try await knot("www A 198.51.100.1"), try await knot("www A 198.51.100.1"),
      try await knot("www A 192.0.2.1\nwww A 203.0.113.9")
    )
    let settings = try steering("www.example.test", .a, [a.port, b.port, c.port])
    let outcome = try await settings.makeCollector(clients).outcome()
    let shares = shares(outcome)
    #expect(shares.keys.sorted() == ["jp", "tw", "unknown"])
    #expect(abs((shares["jp"] ?? 0) - 2 / 3) < 1e-9)
    #expect(abs((shares["unknown"] ?? 0) - 1 / 6) < 1e-9)
    #expect(outcome.value("farwatch_steering_unknown_answers") == 1)
    #expect(outcome.value("farwatch_steering_disagreement") == 1)
  }

  @Test func aliasesTellTheRegionWhereAddressesDoNot() async throws {
    let server = try await ScriptedNameServer()
    // The address is one of tw; as an alias alone the name decides.
    #expect(
      shares(try await steering("alias.test", .a, [server.port]).makeCollector(clients).outcome()) == [
        "tw": 1
      ])
    var settings = try steering("alias.test", .a, [server.port])
    settings.map = RegionMap([.init(region: "jp", patterns: [.text("*.tw.EXAMPLE")])])
    #expect(shares(try await settings.makeCollector(clients).outcome()) == ["jp": 1])
    let knot = try await knot("shop CNAME jp-1.lb.example.")
    let cname = try steering("shop.example.test", .cname, [knot.port])
    #expect(shares(try await cname.makeCollector(clients).outcome()) == ["jp": 1])
  }

  @Test func theClientSubnetSteers() async throws {
    let server = try await ScriptedNameServer()
    var settings = try steering("subnet.test", .a, [server.port, server.port])
    settings.panel.servers[0].clientSubnet = ClientSubnet("77.0.7.0/24")
    settings.map = RegionMap([
      .init(region: "tw", patterns: [.range(try #require(AddressRange("192.0.2.77")))]),
      .init(region: "jp", patterns: [.range(try #require(AddressRange("192.0.2.99")))]),
    ])
    let outcome = try await settings.makeCollector(clients).outcome()
    #expect(shares(outcome) == ["tw": 0.5, "jp": 0.5])
    let labels: Labels = [
      "resolver": "127.0.0.1:\(server.port)", "client_subnet": "77.0.7.0/24", "region": "tw",
    ]
    #expect(outcome.value("farwatch_steering_region", labels) == 1)
    #expect(
      outcome.values("farwatch_steering_client_subnet_bits", by: "client_subnet") == ["77.0.7.0/24": 24])
    // A server that does not look at the subnet says what it says to everybody.
    let plain = try await knot("www A 192.0.2.1")
    settings = try steering("www.example.test", .a, [plain.port])
    settings.panel.servers[0].clientSubnet = ClientSubnet("77.0.7.0/24")
    let deaf = try await settings.makeCollector(clients).outcome()
    #expect(deaf.verdict == .success)
    #expect(deaf.values("farwatch_steering_client_subnet_bits", by: "client_subnet").isEmpty)
  }

  @Test func withoutAQuorumNothingIsKnown() async throws {
    let knot = try await knot("www A 192.0.2.1")
    let scripted = try await ScriptedNameServer()
    var settings = try steering("www.example.test", .a, [knot.port, try freeLoopbackPort()])
    let half = try await settings.makeCollector(clients).outcome()
    #expect(half.reason == .refused)
    #expect(half.value("farwatch_steering_up") == 0)
    #expect(shares(half).isEmpty)
    #expect(half.detail?.hasSuffix("(1 of 2 servers answer, 2 must)") == true)
    settings.quorum = 1
    #expect(try await settings.makeCollector(clients).outcome().value("farwatch_steering_up") == 1)
    for (name, reason) in [
      ("servfail.test", FailureReason.status), ("circle.test", .body), ("silent.test", .timeout),
    ] {
      #expect(try await steering(name, .a, [scripted.port]).makeCollector(clients).outcome().reason == reason)
    }
  }

  @Test func theTimeOfTheLastChangeIsKept() async throws {
    let a = try await knot("www A 192.0.2.1")
    let settings = try steering("www.example.test", .a, [a.port])
    let collector = try settings.makeCollector(clients)
    #expect(await collector.outcome().value("farwatch_steering_changed_timestamp_seconds") == nil)
    a.stop()
    let silent = await collector.outcome()
    #expect(silent.value("farwatch_steering_up") == 0)
    // The same port, another answer.
    let moved = try await KnotServer(serial: 2, "www A 198.51.100.1", port: a.port)
    let outcome = await collector.outcome()
    #expect(shares(outcome) == ["jp": 1])
    #expect(outcome.value("farwatch_steering_changed_timestamp_seconds") == outcome.finishedAt.seconds)
    let changed = outcome.value("farwatch_steering_changed_timestamp_seconds")
    #expect(await collector.outcome().value("farwatch_steering_changed_timestamp_seconds") == changed)
    moved.stop()
    #expect(await collector.outcome().value("farwatch_steering_changed_timestamp_seconds") == changed)
  }
}

@Suite struct RegionRehearsalTests {
  /// A rehearsed world has the series of a real one, and a lost region serves nobody.
  @Test func aLostRegionServesNobody() throws {
    let map = RegionMap([
      .init(region: "tw", patterns: [.text("tw")]), .init(region: "jp", patterns: [.text("jp")]),
    ])
    let basics = MeasurementBasics(name: "shop")
    let steering = SteeringSettings(
      basics: basics, question: DNSQuestion(name: "a", type: .a), servers: [], map: map)
    let marker = MarkerSettings(basics: basics, url: "http://h/", source: .header("X"), map: map)
    var cloudflare = CloudflareSettings(basics: basics, tokenFile: "t")
    cloudflare.pools = ["tw", "jp"]
    cloudflare.map = map
    let all: [any CollectorSettings] = [
      steering, marker, ServingSettings(basics: basics, steering: steering, marker: marker), cloudflare,
    ]
    let start = Timestamp(milliseconds: 0)
    for settings in all {
      var rehearsal = settings.makeRehearsal(start: start)
      let whole = rehearsal.outcome(RehearsedLoss(), at: start)
      #expect(whole.verdict == .success)
      let lost = rehearsal.outcome(RehearsedLoss(regions: ["tw"]), at: start)
      let known = Set(type(of: settings).families)
      #expect((whole.readings + lost.readings).allSatisfy { known.contains($0.family) })
      for reading in lost.readings
      where reading.labels["region"] == "tw" && reading.family.name.hasSuffix("_share") {
        #expect(reading.value == 0)
      }
      #expect(rehearsal.outcome(RehearsedLoss(isTarget: true), at: start).verdict != .success)
    }
    var serving = ServingSettings(basics: basics, steering: steering, marker: marker).makeRehearsal(
      start: start)
    let outcome = serving.outcome(RehearsedLoss(regions: ["tw"]), at: start)
    #expect(outcome.values("farwatch_serving_region", by: "region") == ["tw": 0, "jp": 1])
  }
}

@Suite struct MarkerTests {
  private let clients = CollectorClients(userAgent: "test")

  private func marker(_ url: String, _ source: MarkerSettings.Source) -> MarkerSettings {
    var settings = MarkerSettings(
      basics: MeasurementBasics(name: "shop", timeout: .seconds(3)), url: url, source: source,
      map: RegionMap([
        .init(region: "tw", patterns: [.text("taiwan*")]), .init(region: "jp", patterns: [.text("japan")]),
      ]))
    settings.requests = 10
    return settings
  }

  /// Six of ten connections end in Taiwan.
  @Test func aSplitIsSeen() async throws {
    let server = try LoopbackServer { request in
      let region = (request.connection - 1) % 10 < 6 ? "Taiwan-1" : "japan"
      return LoopbackServer.answer(
        200, #"{"at":{"region":"\#(region)"}}"#, headers: [("X-Region", " \(region) ")])
    }
    for source in [
      MarkerSettings.Source.header("x-region"), .json("at.region"), .body(#""region":"([^"]*)""#),
    ] {
      let collector = try marker(server.url(), source).makeCollector(clients)
      let first = await collector.outcome()
      #expect(first.verdict == .success)
      #expect(first.values("farwatch_marker_share", by: "region") == ["tw": 0.6, "jp": 0.4, "unknown": 0])
      let second = await collector.outcome()
      #expect(
        second.values("farwatch_marker_answers_total", by: "region") == ["tw": 12, "jp": 8, "unknown": 0])
      #expect(second.value("farwatch_marker_failed_requests_total") == 0)
      let known = Set(MarkerSettings.families)
      #expect(second.readings.allSatisfy { known.contains($0.family) })
    }
    // Each request came over a connection of its own.
    #expect(Set(server.requests.map(\.connection)).count == server.requests.count)
  }

  @Test func aLeadingRegionThatChangesIsDated() async throws {
    let region = Mutex("taiwan")
    let server = try LoopbackServer { _ in
      LoopbackServer.answer(200, "", headers: [("X-Region", region.withLock { $0 })])
    }
    let collector = try marker(server.url(), .header("X-Region")).makeCollector(clients)
    #expect(await collector.outcome().value("farwatch_marker_changed_timestamp_seconds") == nil)
    region.withLock { $0 = "nowhere" }
    let outcome = await collector.outcome()
    #expect(outcome.values("farwatch_marker_share", by: "region") == ["tw": 0, "jp": 0, "unknown": 1])
    #expect(outcome.value("farwatch_marker_changed_timestamp_seconds") == outcome.finishedAt.seconds)
  }

  @Test func anErrorPageHasNoSay() async throws {
    let server = try LoopbackServer { request in
      switch request.connection % 3 {
      case 0: LoopbackServer.answer(503, "", headers: [("X-Region", "japan")])
      case 1: LoopbackServer.answer(200, "")
      default: LoopbackServer.answer(200, "", headers: [("X-Region", "taiwan")])
      }
    }
    let outcome = try await marker(server.url(), .header("X-Region")).makeCollector(clients).outcome()
    #expect(outcome.value("farwatch_marker_up") == 0)
    #expect(outcome.values("farwatch_marker_share", by: "region").isEmpty)
    #expect(outcome.values("farwatch_marker_answers_total", by: "region")["jp"] == 0)
    #expect(outcome.value("farwatch_marker_failed_requests_total") == 7)
    #expect(outcome.detail?.hasPrefix("7 of 10 requests failed; the first: ") == true)
    let long = try LoopbackServer { _ in
      LoopbackServer.answer(200, "", headers: [("X-Region", String(repeating: "x", count: 300))])
    }
    #expect(
      try await marker(long.url(), .header("X-Region")).makeCollector(clients).outcome().reason == .body)
    let gone = "http://127.0.0.1:\(try freeLoopbackPort())/"
    #expect(try await marker(gone, .header("X-Region")).makeCollector(clients).outcome().reason == .refused)
    #expect(
      try await marker("http://nothing.invalid/", .header("X-Region")).makeCollector(clients).outcome().reason
        == .dns)
  }

  /// DNS changes at once, the front door a pass later: only when both say so the region has changed.
  @Test func servingIsSeenBothWays() async throws {
    let region = Mutex("taiwan")
    let server = try LoopbackServer { _ in
      LoopbackServer.answer(200, "", headers: [("X-Region", region.withLock { $0 })])
    }
    let taiwan = try await KnotServer(serial: 1, "www A 192.0.2.1")
    let steering = SteeringSettings(
      basics: MeasurementBasics(name: "shop"), question: DNSQuestion(name: "www.example.test", type: .a),
      servers: [try #require(DNSServer("127.0.0.1:\(taiwan.port)"))],
      map: RegionMap([
        .init(region: "tw", patterns: [.range(try #require(AddressRange("192.0.2.0/24")))]),
        .init(region: "jp", patterns: [.range(try #require(AddressRange("198.51.100.0/24")))]),
      ]))
    var settings = ServingSettings(
      basics: MeasurementBasics(name: "shop", timeout: .seconds(2)), steering: steering,
      marker: marker(server.url(), .header("X-Region")))
    settings.confirm = 2
    let collector = try settings.makeCollector(clients)
    func serving(_ outcome: Outcome) -> String? {
      outcome.values("farwatch_serving_region", by: "region").first { $0.value == 1 }?.key
    }
    #expect(serving(await collector.outcome()) == nil)
    #expect(serving(await collector.outcome()) == "tw")
    taiwan.stop()
    let japan = try await KnotServer(serial: 2, "www A 198.51.100.1", port: taiwan.port)
    var outcome = await collector.outcome()
    #expect(serving(outcome) == "tw")
    #expect(outcome.value("farwatch_serving_disagreement") == 1)
    region.withLock { $0 = "japan" }
    #expect(serving(await collector.outcome()) == "tw")
    outcome = await collector.outcome()
    #expect(serving(outcome) == "jp")
    #expect(outcome.value("farwatch_serving_disagreement") == 0)
    #expect(outcome.value("farwatch_serving_changed_timestamp_seconds") == outcome.finishedAt.seconds)
    // Neither side answers: the last agreement stays, and grows old.
    japan.stop()
    server.stop()
    let dark = await collector.outcome()
    #expect(serving(dark) == "jp")
    #expect(dark.value("farwatch_serving_disagreement") == nil)
    #expect(dark.value("farwatch_serving_confirmed_timestamp_seconds") == outcome.finishedAt.seconds)
    let known = Set(ServingSettings.families)
    #expect((dark.readings + outcome.readings).allSatisfy { known.contains($0.family) })
  }
}
