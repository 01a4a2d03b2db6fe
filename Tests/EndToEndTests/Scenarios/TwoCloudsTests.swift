import FarwatchTesting
import Foundation
import Synchronization
import Testing

/// `examples/two-clouds` as it is shipped, over a MariaDB pair, a Redis pair and a strict imitation of Cloudflare. What
/// rules wait for is a sixth of it here: 5 seconds for 30.
@Suite(.serialized) struct TwoCloudsTests {
  @Test(.timeLimit(.minutes(4))) func aCloudIsLostTheReplicaPromotedAndASecondPrimaryIsTold() async throws {
    let world = try await TwoCloudsWorld()
    let daemon = try await world.startFarwatch()
    try await world.becomeNormal(daemon)

    let died = Date()
    try await world.loseAWS()
    let down = try await world.pagers.expect("RegionDown", log: world.log)
    #expect(down.labels["region"] == "aws")
    #expect(down.receivedAt.timeIntervalSince(died) < 1 + 0.5 + 2)
    // The load balancer has not moved, and nobody has promoted: both are told.
    try await world.pagers.expect("PromotionNeeded", log: world.log)
    try await world.pagers.expect("TrafficNotTakenOver", log: world.log)
    world.front.split([("gcp-1", 1)])
    try await world.replica.sql("STOP ALL SLAVES; SET GLOBAL read_only = 0")
    let switched = Date()
    try await waitUntil(timeout: .seconds(30), "GCP serves; \(world.log)") {
      await daemon.series("farwatch_failover_recovery_time_seconds", ["to": "gcp"]) != nil
    }
    let took = try #require(await daemon.series("farwatch_failover_recovery_time_seconds"))
    let truth = switched.timeIntervalSince(died)
    #expect(took > truth - 1 && took < truth + 3, "measured \(took) s, it was \(truth) s")
    #expect(took < 120, "the objective")
    #expect(await daemon.series("farwatch_failover_data_lost_seconds") != nil)
    try await world.pagers.expect("PromotionNeeded", "OK", log: world.log)
    #expect(!world.pagers.told.contains("SplitBrain ALARM"))

    // The old primary comes back as it was: now there are two.
    try await world.primary.start()
    try await world.pagers.expect("SplitBrain", log: world.log)
  }

  /// Every number of the design stands in the files.
  @Test func everyNumberOfTheDesignIsConfigured() throws {
    let scenario = ShippedScenario("two-clouds")
    let farwatch = try scenario.settings("farwatch.yml")
    for (what, form) in [
      ("half and half", #"aws: \{role: active, share: 50\}\n +gcp: \{role: active, share: 50\}"#),
      ("2 min, 99.99 %", #"objectives: \{rpo: 30s, rto: 2m, availability: 99\.99%\}"#),
    ] { #expect(try Regex(form).firstMatch(in: farwatch) != nil, "\(what)") }
    let rules = try scenario.settings("rules.yml")
    #expect(
      try Regex(#"alert: TrafficNotTakenOver\n[^-]*\[30s\]\) > 0[^-]*for: 1m"#).firstMatch(in: rules) != nil)
  }
}

private final class TwoCloudsWorld: Sendable {
  let directory: TemporaryDirectory
  let pagers: ScenarioPagers
  let primary: MariaDBServer
  let replica: MariaDBServer
  let front: SplitDoor
  private let clouds: (aws: TestRegion, gcp: TestRegion)
  private let caches: (aws: RedisProcess, gcp: RedisProcess)
  private let gateways: (aws: LoopbackServer, gcp: LoopbackServer)
  private let edge: FakeEdge
  private let port: Int
  var log: String { directory.file("farwatch.log") }

  init() async throws {
    directory = try TemporaryDirectory("farwatch-two-clouds")
    pagers = try ScenarioPagers()
    primary = try await MariaDBServer.start(id: 1)
    replica = try await MariaDBServer.start(id: 2, ["read-only=1"])
    try await replica.follow(port: primary.port)
    caches = (try await RedisProcess(), try await RedisProcess())
    try await caches.gcp.replicate(caches.aws)
    clouds = (try TestRegion("aws"), try TestRegion("gcp"))
    gateways = (
      try LoopbackServer { _ in LoopbackServer.answer() }, try LoopbackServer { _ in LoopbackServer.answer() }
    )
    front = try SplitDoor([("aws-1", 1), ("gcp-1", 1)], header: "X-Cloud")
    edge = try FakeEdge()
    port = try freeLoopbackPort()
  }

  deinit {
    caches.aws.stop()
    caches.gcp.stop()
  }

  func startFarwatch() async throws -> FarwatchProcess {
    try FileManager.default.createDirectory(
      atPath: directory.file("secrets"), withIntermediateDirectories: true)
    try directory.write("secrets/mysql.password", "watchword\n", mode: 0o600)
    try directory.write("secrets/cloudflare.token", "t0ken\n", mode: 0o600)
    let file = try ShippedScenario("two-clouds").install(
      in: directory,
      [
        ("listen: 127.0.0.1:9797", "listen: 127.0.0.1:\(port)"), ("state: /var/lib/farwatch", "state: state"),
        ("https://aws.shop.example/health", clouds.aws.url),
        ("https://gcp.shop.example/health", clouds.gcp.url),
        ("vpn.aws.shop.example:443", "127.0.0.1:\(gateways.aws.port)"),
        ("vpn.gcp.shop.example:443", "127.0.0.1:\(gateways.gcp.port)"),
        ("1.1.1.1:443", "127.0.0.1:\(gateways.gcp.port)"),
        ("host: db.aws.shop.example, port: 3306", "host: 127.0.0.1, port: \(primary.port)"),
        ("host: db.gcp.shop.example, port: 3306", "host: 127.0.0.1, port: \(replica.port)"),
        ("host: cache.aws.shop.example, port: 6379", "host: 127.0.0.1, port: \(caches.aws.port)"),
        ("host: cache.gcp.shop.example, port: 6379", "host: 127.0.0.1, port: \(caches.gcp.port)"),
        ("https://shop.example/health", "http://127.0.0.1:\(front.port)/"),
        (
          "token_file: secrets/cloudflare.token",
          "token_file: secrets/cloudflare.token\n      url: \(edge.url)/client/v4"
        ),
        ("protocol: https, endpoint: \"https://pager.shop.example/sns\"", endpoint(pagers.critical)),
        ("protocol: https, endpoint: \"https://chat.shop.example/sns\"", endpoint(pagers.warning)),
      ], strangers: ["shop.example", "https://", "/var/"], faster: 6, rules: ["rules.yml"])
    let daemon = try await FarwatchProcess.run(file, port: port, log: log)
    try await daemon.becomeReady()
    try await pagers.confirmed()
    return daemon
  }

  private func endpoint(_ receiver: WebhookReceiver) -> String {
    "protocol: http, endpoint: \"\(receiver.endpoint)\""
  }

  func becomeNormal(_ daemon: FarwatchProcess) async throws {
    var all = [
      Expected("farwatch_failover_state", ["region": "gcp", "state": "ok"]),
      Expected("farwatch_replication_up", ["link": "cache"]),
      Expected("farwatch_marker_share", ["region": "aws"], 0.5),
    ]
    for region in ["aws", "gcp"] {
      all.append(Expected("farwatch_region_state", ["region": region, "state": "up"]))
      all.append(Expected("farwatch_check_state", ["check": "vpn", "region": region, "state": "up"]))
      all.append(Expected("farwatch_workload_in_charge", ["region": region]))
      all.append(Expected("farwatch_cloudflare_pool_healthy", ["pool": "\(region)-pool"]))
    }
    try await Expected.wait(all, of: daemon, within: .seconds(60), log: log)
    guard pagers.told.isEmpty else { throw BenchError("pages in normal operation: \(pagers.told)") }
    guard pagers.warned.isEmpty else { throw BenchError("warnings in normal operation: \(pagers.warned)") }
  }

  func loseAWS() async throws {
    clouds.aws.down()
    caches.aws.stop()
    gateways.aws.stop()
    front.fail("aws-1")
    edge.lose("aws-pool")
    try await primary.kill()
  }
}

/// Cloudflare's answers about two pools, as its API's documentation has them; anything asked otherwise is refused.
private final class FakeEdge: Sendable {
  private final class Shown: Sendable { let lost = Mutex<Set<String>>([]) }
  private let shown = Shown()
  private let server: LoopbackServer
  var url: String { "http://127.0.0.1:\(server.port)" }

  init() throws {
    let shown = shown
    let base = "/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/load_balancers/pools"
    server = try LoopbackServer { request in
      guard request.method == "GET", request.header("Authorization") == "Bearer t0ken" else {
        return LoopbackServer.answer(
          403, #"{"success":false,"errors":[{"code":9109,"message":"Invalid access token"}]}"#)
      }
      let path = request.target.split(separator: "?").first.map(String.init) ?? ""
      if path == base {
        let pools = ["aws-pool", "gcp-pool"].map {
          #"{"id":"\#($0)-id","name":"\#($0)","enabled":true,"origins":[{"name":"a","address":"192.0.2.1","enabled":true}]}"#
        }
        return Self.good(
          "[" + pools.joined(separator: ",") + "]",
          #","result_info":{"page":1,"per_page":50,"count":2,"total_count":2,"total_pages":1}"#)
      }
      for pool in ["aws-pool", "gcp-pool"] where path == "\(base)/\(pool)-id/health" {
        let isUp = shown.lost.withLock { !$0.contains(pool) }
        return Self.good(
          #"{"pool_id":"\#(pool)-id","pop_health":{"Taipei, TW":{"healthy":\#(isUp),"origins":[{"192.0.2.1":"#
            + #"{"healthy":\#(isUp),"rtt":"12.5ms","failure_reason":"No failures","response_code":200}}]}}}"#)
      }
      return LoopbackServer.answer(404, #"{"success":false,"errors":[{"code":1002,"message":"not found"}]}"#)
    }
  }

  private static func good(_ result: String, _ info: String = "") -> [LoopbackServer.Step] {
    LoopbackServer.answer(
      200, #"{"success":true,"errors":[],"messages":[],"result":\#(result)\#(info)}"#,
      headers: [("Content-Type", "application/json")])
  }

  func lose(_ pool: String) { shown.lost.withLock { _ = $0.insert(pool) } }
}
