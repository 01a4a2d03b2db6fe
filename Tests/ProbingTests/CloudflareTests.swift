import Collecting
import FarwatchTesting
import Foundation
import Model
import Synchronization
import Testing

@testable import Probing

/// Cloudflare's API as its documentation describes it, as far as it is asked here: no such service can be had to run.
/// Anything that is not asked in that way is answered with what the service says to it.
private final class FakeCloudflare: Sendable {
  static let token = "t0ken-of-the-test"
  static let account = "023e105f4ecef8ad9ca31a8372d0c353"
  let server: LoopbackServer
  /// Answers in place of the right ones, by path.
  let faults = Mutex<[String: (status: Int, body: String)]>([:])

  init(pools: Int = 2) throws {
    let me = Mutex(Myself())
    server = try LoopbackServer { request in
      guard let fake = me.withLock({ $0.fake }) else { return LoopbackServer.answer(500) }
      let (status, body) = fake.answer(request, pools)
      return LoopbackServer.answer(status, body, headers: [("Content-Type", "application/json")])
    }
    me.withLock { $0.fake = self }
  }

  private struct Myself { weak var fake: FakeCloudflare? }

  static func envelope(_ result: String, _ info: String = "") -> String {
    #"{"success":true,"errors":[],"messages":[],"result":\#(result)\#(info)}"#
  }

  static func error(_ code: Int, _ message: String) -> String {
    #"{"success":false,"errors":[{"code":\#(code),"message":"\#(message)"}],"messages":[],"result":null}"#
  }

  private func answer(_ request: LoopbackServer.Request, _ pools: Int) -> (Int, String) {
    guard request.method == "GET" else { return (405, Self.error(10405, "Method not allowed")) }
    guard request.header("Authorization") == "Bearer \(Self.token)" else {
      return (403, Self.error(9109, "Invalid access token"))
    }
    let parts = request.target.split(separator: "?", maxSplits: 1).map(String.init)
    if let fault = faults.withLock({ $0[parts[0]] }) { return fault }
    let base = "/client/v4/accounts/\(Self.account)/load_balancers/pools"
    if parts[0] == base {
      let query = Dictionary(
        uniqueKeysWithValues: (parts.count > 1 ? parts[1] : "").split(separator: "&").map {
          let pair = $0.split(separator: "=")
          return (String(pair[0]), Int(pair[1]) ?? -1)
        })
      guard let page = query["page"], page >= 1, let size = query["per_page"], (5...50).contains(size) else {
        return (400, Self.error(1003, "Invalid or missing parameter"))
      }
      let places = Array(0..<pools).dropFirst((page - 1) * size).prefix(size)
      let total = (pools + size - 1) / size
      let info =
        #","result_info":{"page":\#(page),"per_page":\#(size),"count":\#(places.count),"total_count":\#(pools),"total_pages":\#(total)}"#
      return (200, Self.envelope("[" + places.map(Self.pool).joined(separator: ",") + "]", info))
    }
    for place in 0..<pools where parts[0] == "\(base)/pool\(place)/health" {
      return (200, Self.envelope(Self.health(place)))
    }
    if parts[0] == "/client/v4/zones/zone1/load_balancers/lb1" {
      return (
        200,
        Self.envelope(
          #"{"id":"lb1","name":"www.example.com","enabled":true,"default_pools":["pool1","pool0"],"fallback_pool":"pool9"}"#
        )
      )
    }
    return (404, Self.error(1002, "not found"))
  }

  private static func pool(_ place: Int) -> String {
    let name =
      ["taiwan-1", "japan-1"].indices.contains(place) ? ["taiwan-1", "japan-1"][place] : "spare-\(place)"
    return #"{"id":"pool\#(place)","name":"\#(name)","enabled":\#(place != 1),"origins":["#
      + #"{"name":"a","address":"192.0.2.1","enabled":true},{"name":"b","address":"192.0.2.2","enabled":false}]}"#
  }

  private static func health(_ place: Int) -> String {
    guard place == 0 else { return #"{"pool_id":"pool\#(place)","pop_health":{}}"# }
    return #"{"pool_id":"pool0","pop_health":{"#
      + #""Taipei, TW":{"healthy":true,"origins":[{"192.0.2.1":{"healthy":true,"rtt":"12.5ms","failure_reason":"No failures","response_code":200}}]},"#
      + #""Amsterdam, NL":{"healthy":true,"origins":[{"192.0.2.1":{"healthy":true,"rtt":"1.25s","failure_reason":"No failures","response_code":200}}]},"#
      + #""Zürich, CH":{"healthy":false,"origins":[{"192.0.2.1":{"healthy":false,"rtt":"0ms","failure_reason":"TCP connection failed","response_code":0}},"#
      + #"{"192.0.2.9":{"healthy":false,"failure_reason":"HTTP timeout occurred"}}]}}}"#
  }
}

@Suite struct CloudflareTests {
  private let clients = CollectorClients(userAgent: "test")
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func settings(_ fake: FakeCloudflare, token: String = FakeCloudflare.token) throws
    -> CloudflareSettings
  {
    var settings = CloudflareSettings(
      basics: MeasurementBasics(name: "edge", timeout: .seconds(5)),
      tokenFile: try directory.write("token", token + "\n"))
    settings.account = FakeCloudflare.account
    settings.url = fake.server.url("/client/v4/")
    settings.map = RegionMap([
      .init(region: "tw", patterns: [.text("taiwan*")]), .init(region: "jp", patterns: [.text("japan*")]),
    ])
    return settings
  }

  private func outcome(_ settings: CloudflareSettings) async throws -> Outcome {
    let outcome = try await settings.makeCollector(clients).outcome()
    let known = Set(CloudflareSettings.families)
    #expect(outcome.readings.allSatisfy { known.contains($0.family) })
    if let detail = outcome.detail { #expect(!detail.contains("t0ken")) }
    return outcome
  }

  private let taiwan: Labels = ["pool": "taiwan-1", "region": "tw"]

  @Test func poolsOriginsAndBalancers() async throws {
    let fake = try FakeCloudflare()
    var settings = try settings(fake)
    settings.loadBalancers = [.init(zone: "zone1", id: "lb1")]
    let outcome = try await outcome(settings)
    #expect(outcome.verdict == .success)
    #expect(settings.description.labels == ["source": "edge"])
    #expect(outcome.value("farwatch_cloudflare_up") == 1)
    #expect(outcome.values("farwatch_cloudflare_pool_enabled", by: "pool") == ["taiwan-1": 1, "japan-1": 0])
    // Two of three data centers; of the pool that nothing was measured of, nothing is said.
    #expect(outcome.values("farwatch_cloudflare_pool_healthy", by: "region") == ["tw": 1])
    #expect(outcome.value("farwatch_cloudflare_pool_healthy_pops_ratio", taiwan) == 2.0 / 3)
    #expect(
      outcome.values("farwatch_cloudflare_pop_pool_healthy", by: "pop")
        == ["Amsterdam, NL": 1, "Taipei, TW": 1, "Zürich, CH": 0])
    func origin(_ pop: String, _ name: String) -> Labels { taiwan.merging(["pop": pop, "origin": name]) }
    #expect(outcome.value("farwatch_cloudflare_origin_healthy", origin("Taipei, TW", "a")) == 1)
    #expect(outcome.value("farwatch_cloudflare_origin_rtt_seconds", origin("Taipei, TW", "a")) == 0.0125)
    #expect(outcome.value("farwatch_cloudflare_origin_rtt_seconds", origin("Amsterdam, NL", "a")) == 1.25)
    #expect(outcome.value("farwatch_cloudflare_origin_healthy", origin("Zürich, CH", "a")) == 0)
    #expect(
      outcome.value(
        "farwatch_cloudflare_origin_failure_reason",
        origin("Zürich, CH", "a").setting("reason", to: "connection_failed")) == 1)
    #expect(
      outcome.value(
        "farwatch_cloudflare_origin_failure_reason",
        origin("Zürich, CH", "192.0.2.9").setting("reason", to: "timeout")) == 1)
    #expect(outcome.value("farwatch_cloudflare_origin_enabled", taiwan.setting("origin", to: "b")) == 0)
    #expect(
      outcome.value("farwatch_cloudflare_load_balancer_enabled", ["load_balancer": "www.example.com"]) == 1)
    #expect(
      outcome.values("farwatch_cloudflare_load_balancer_pool_priority", by: "pool")
        == ["japan-1": 1, "taiwan-1": 2, "pool9": 0])
  }

  @Test func allPagesAreRead() async throws {
    let fake = try FakeCloudflare(pools: 73)
    let outcome = try await outcome(settings(fake))
    #expect(outcome.values("farwatch_cloudflare_pool_enabled", by: "pool").count == 73)
    #expect(outcome.verdict == .success)
    var named = try settings(fake)
    named.pools = ["spare-72", "pool0"]
    let two = try await self.outcome(named)
    #expect(
      two.values("farwatch_cloudflare_pool_enabled", by: "pool").keys.sorted() == ["spare-72", "taiwan-1"])
    named.pools = ["spare-99"]
    let none = try await self.outcome(named)
    #expect(none.reason == .missing)
    #expect(none.detail == #"there is no pool "spare-99""#)
    let many = try FakeCloudflare(pools: 120)
    let limited = try await self.outcome(settings(many))
    #expect(limited.reason == .limit)
    #expect(limited.values("farwatch_cloudflare_pool_enabled", by: "pool").count == 100)
  }

  @Test func whatTheServiceRefusesHasItsReasonAndRemedy() async throws {
    let fake = try FakeCloudflare()
    let list = "/client/v4/accounts/\(FakeCloudflare.account)/load_balancers/pools"
    let wrong = try await outcome(settings(fake, token: "t0ken-of-another"))
    #expect(wrong.reason == .permission)
    #expect(wrong.detail?.contains(#"error 9109: "Invalid access token""#) == true)
    #expect(wrong.detail?.contains("Monitors And Pools Read") == true)
    #expect(wrong.readings.map(\.value) == [0])
    func reason(_ status: Int, _ body: String) async throws -> FailureReason? {
      fake.faults.withLock { $0[list] = (status, body) }
      let outcome = try await outcome(settings(fake))
      #expect(outcome.value("farwatch_cloudflare_up") == 0)
      return outcome.reason
    }
    #expect(try await reason(401, FakeCloudflare.error(10000, "Authentication error")) == .authentication)
    #expect(try await reason(400, FakeCloudflare.error(6003, "Invalid request headers")) == .authentication)
    #expect(try await reason(429, FakeCloudflare.error(10013, "Rate limited")) == .limit)
    #expect(try await reason(200, FakeCloudflare.error(1001, "unknown")) == .query)
    #expect(try await reason(200, "<html>maintenance</html>") == .protocolError)
    #expect(try await reason(200, #"{"success":true,"errors":[]}"#) == .query)
    #expect(try await reason(200, "[1]") == .query)
    #expect(try await reason(502, "") == .status)
    #expect(try await reason(404, FakeCloudflare.error(1002, "not found")) == .missing)
  }

  /// A list that says that it never ends is read up to where it brings nothing new.
  @Test func anEndlessListEnds() async throws {
    let fake = try FakeCloudflare()
    let list = "/client/v4/accounts/\(FakeCloudflare.account)/load_balancers/pools"
    let page = FakeCloudflare.envelope(
      #"[{"id":"pool0","name":"taiwan-1"},{"id":"../x","name":"no id"}]"#,
      #","result_info":{"total_pages":1e300}"#)
    fake.faults.withLock { $0[list] = (200, page) }
    let outcome = try await outcome(settings(fake))
    #expect(outcome.verdict == .success)
    #expect(outcome.values("farwatch_cloudflare_pool_enabled", by: "pool") == ["taiwan-1": 1])
    #expect(fake.server.requests.count == 3)
  }

  @Test func oneUnansweredQuestionLeavesTheOthers() async throws {
    let fake = try FakeCloudflare()
    let health = "/client/v4/accounts/\(FakeCloudflare.account)/load_balancers/pools/pool0/health"
    fake.faults.withLock { $0[health] = (500, "") }
    var settings = try settings(fake)
    settings.loadBalancers = [.init(zone: "zone1", id: "lb1")]
    let outcome = try await outcome(settings)
    #expect(outcome.reason == .status)
    #expect(outcome.value("farwatch_cloudflare_up") == 0)
    #expect(outcome.values("farwatch_cloudflare_pool_healthy", by: "pool").isEmpty)
    #expect(outcome.values("farwatch_cloudflare_load_balancer_pool_priority", by: "pool").count == 3)
  }

  @Test func theTokenIsReadForEveryCollection() async throws {
    let fake = try FakeCloudflare()
    let settings = try settings(fake, token: "old")
    let collector = try settings.makeCollector(clients)
    #expect(await collector.outcome().reason == .permission)
    try directory.write("token", FakeCloudflare.token)
    #expect(await collector.outcome().verdict == .success)
    try directory.write("token", "two words\n")
    #expect(await collector.outcome().reason == .configuration)
    var missing = settings
    missing.tokenFile = directory.file("none")
    let outcome = try await self.outcome(missing)
    #expect(outcome.detail == "the token file \(directory.file("none")) cannot be read")
  }

  @Test func smallTexts() {
    #expect(CloudflarePoolHealth.seconds("12.1ms") == 0.0121)
    #expect(CloudflarePoolHealth.seconds("125µs") == 125e-6)
    #expect(CloudflarePoolHealth.seconds("2s") == 2)
    for wrong in ["", "s", "ms", "1", "-1s", "1h", "1e9s", "nans", "99999999s"] {
      #expect(CloudflarePoolHealth.seconds(wrong) == nil, "\(wrong)")
    }
    #expect(CloudflarePoolHealth.failure("Response code mismatch error") == "unexpected_status")
    #expect(CloudflarePoolHealth.failure("TLS handshake failed") == "tls_handshake")
    #expect(CloudflarePoolHealth.failure("anything new") == "other")
    // As the documentation shows it: one object in place of one for each data center.
    let documented = JSONDocument(
      Array(#"{"pop_health":{"healthy":true,"origins":[{"ip":{"healthy":true,"rtt":"201.5ms"}}]}}"#.utf8))
    #expect(documented.map { CloudflarePoolHealth($0).pops.map(\.name) } == ["all"])
  }

  /// Whatever the JSON, reading it ends and does not crash.
  @Test func anyJSONIsRead() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var numbers = SeededNumbers(seed: seed)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "null", "true", "1e308", "-1", #""healthy""#, #""pop_health""#,
      #""origins""#,
      #""x""#, #""total_pages""#, #""result""#, #""success""#,
    ]
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 1...30, using: &numbers)).map { _ in numbers.pick(pieces) }.joined()
      for body in [text, #"{"success":true,"result":\#(text),"result_info":{"total_pages":\#(text)}}"#] {
        guard let document = JSONDocument(Array(body.utf8)) else { continue }
        _ = (CloudflarePoolHealth(document), CloudflarePool(document), CloudflareBalancer(document))
      }
    }
  }
}
