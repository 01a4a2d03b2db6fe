import CloudAccess
import CloudMetrics
import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Synchronization
import Secrets
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)
private let lag =
  "azure_microsoft_dbforpostgresql_flexibleservers_physical_replication_delay_in_seconds_maximum_seconds"
private let bytes =
  "azure_microsoft_dbforpostgresql_flexibleservers_physical_replication_delay_in_bytes_maximum_bytes"

@Suite struct AzureMonitorTests {
  private let client = HTTPClient(name: "test")
  private let time = ManualTime(at: start + .seconds(30))

  private func collector(
    _ server: ImitatedAzure, _ names: [String] = ["eu"], _ metrics: [AzureMetric]? = nil,
    identity: AzureIdentity = .managed(client: nil), _ change: (inout AzureMonitorSettings) -> Void = { _ in }
  ) throws -> any Collector {
    var access = AzureAccess(identity)
    access.endpoint = server.url
    access.authority = server.url
    let resources = try names.map { try #require(AzureResource("\(ImitatedAzure.root)/\($0)")) }
    var settings = AzureMonitorSettings(
      MeasurementBasics(name: "test", interval: .seconds(60), timeout: .seconds(5)), access: access,
      wishes: [.init(resources, metrics ?? AzurePreset.postgresFlexible.metrics)])
    change(&settings)
    return settings.collector(CloudTokens(http: client, time: time), time: time)
  }

  private static func series(
    _ server: String, _ points: [Int: String?], _ name: String = "physical_replication_delay_in_seconds"
  ) -> ImitatedAzure.Series {
    ImitatedAzure.Series(
      server: server, name: name, unit: name.hasSuffix("bytes") ? "Bytes" : "Seconds",
      points: points.map { (start + .seconds($0.key * 60), $0.value) })
  }

  @Test func theNewestMinuteWithAValueCounts() async throws {
    let server = try ImitatedAzure([
      Self.series("eu", [-1: nil, -2: .some("2.5"), -3: .some("9")]),
      Self.series("eu", [-1: .some("null")], "physical_replication_delay_in_bytes"),
      Self.series("us", [-1: .some("\"x\""), -4: .some("1e1")]),
    ])
    let collector = try collector(server, ["eu", "us"])
    let outcome = await collector.collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    #expect(outcome.values(lag, by: "resourceName") == ["eu": 2.5, "us": 10])
    #expect(outcome.value(bytes) == nil, "null is not 0")
    let labels = ["resourceGroup": "shop", "resourceName": "eu", "region": "westeurope", "metric": lag]
    #expect(
      outcome.value("farwatch_azure_monitor_datapoint_timestamp_seconds", labels)
        == (start - .seconds(120)).seconds)
    #expect(
      outcome.value("farwatch_azure_monitor_requests_total", ["resourceName": "us", "collector": "test"]) == 2
    )
    let asked = try #require(server.state.withLock { $0.asked.first })
    #expect(asked["timespan"] == "\((start - .seconds(600)).rfc3339)/\(start.rfc3339)")
    #expect(asked["interval"] == "PT1M" && asked["aggregation"] == "Maximum")
    // Once a minute, however often it is looked at; one token for all.
    time.advance(by: .seconds(20))
    #expect(await collector.collected().value("farwatch_azure_monitor_requests_total") == 2)
    #expect(server.state.withLock { $0.tokensGiven } == 1)
    // A value that comes late.
    time.advance(by: .seconds(40))
    server.state.withLock { $0.series[0].points.append((start - .seconds(60), "4")) }
    #expect(await collector.collected().value(lag, ["resourceName": "eu"]) == 4)
    time.advance(by: .seconds(1200))
    let stale = await collector.collected()
    #expect(stale.verdict == .success && stale.value(lag) == nil)
    #expect(server.state.withLock { $0.refused } == [])
  }

  @Test func dimensions() async throws {
    let name = "ProbeAgentCurrentEndpointStateByProfileResourceId"
    let endpoints = (0..<12).map { number in
      ImitatedAzure.Series(
        server: "eu", name: name, unit: "Count", dimensions: ["EndpointName": "e\(number)"],
        points: [(start - .seconds(60), number == 3 ? "0" : "1")])
    }
    let server = try ImitatedAzure(endpoints)
    let metrics = AzurePreset.trafficManager.metrics
    let outcome = try await collector(server, ["eu"], metrics).collected()
    let family =
      "azure_microsoft_dbforpostgresql_flexibleservers_probeagentcurrentendpointstatebyprofileresourceid_maximum_count"
    let found = outcome.values(family, by: "dimension_EndpointName")
    // Azure itself would give ten of them.
    #expect(found.count == 12 && found["e3"] == 0 && found["e4"] == 1, "\(outcome.verdict) \(found)")
    #expect(server.state.withLock { $0.asked.last?["$filter"] } == "EndpointName eq '*'")
    let crowded = try await collector(server, ["eu"], metrics) { $0.maximumSeries = 5 }.collected()
    #expect(crowded.reason == .limit && crowded.detail.contains("max_series"), "\(crowded.verdict)")
    var narrow = metrics[0]
    narrow.dimensions = [.init("EndpointName", ["o'brien", "e4"])]
    _ = try await collector(server, ["eu"], [narrow]).collected()
    #expect(
      server.state.withLock { $0.asked.last?["$filter"] }
        == "EndpointName eq 'o''brien' or EndpointName eq 'e4'")
  }

  @Test func refusals() async throws {
    let server = try ImitatedAzure([
      Self.series("eu", [-1: .some("1")]),
      Self.series("eu", [-1: .some("2")], "physical_replication_delay_in_bytes"),
    ])
    let missing = try await collector(server, ["eu", "gone"]).collected()
    #expect(missing.reason == .missing && missing.detail.hasPrefix("gone: "), "\(missing.verdict)")
    #expect(missing.value(lag, ["resourceName": "eu"]) == 1)
    #expect(missing.values("farwatch_azure_monitor_up", by: "resourceName") == ["eu": 1, "gone": 0])
    let elsewhere = try await collector(server) {
      $0.wishes[0].resources = [
        AzureResource("/subscriptions/1/resourceGroups/g/providers/A.B/c/d") ?? .none
      ]
    }.collected()
    #expect(elsewhere.reason == .missing && elsewhere.detail.hasPrefix("d: physical"), "\(elsewhere.detail)")
    #expect(elsewhere.detail.hasSuffix("ResourceNotFound: The Resource was not found.; look at `resources`"))
    server.state.withLock {
      $0.refusals = [(403, ImitatedAzure.error("AuthorizationFailed", "The client has no authorization"), [])]
    }
    let forbidden = try await collector(server).collected()
    #expect(forbidden.reason == .permission && forbidden.detail.contains("Monitoring Reader"))
    #expect(forbidden.value("farwatch_azure_monitor_up") == 0)
    // A metric that is not there does not hide the others.
    let typo = AzureMetric(["no_such"], .average)
    let half = try await collector(server, ["eu"], [typo] + AzurePreset.postgresFlexible.metrics).collected()
    #expect(half.reason == .query && half.detail.contains("Failed to find metric configuration"))
    #expect(half.value(lag) == 1 && half.value(bytes) == 2)
    server.state.withLock { $0.errorCode = "Throttled" }
    #expect(try await collector(server).collected().detail.contains("Throttled"))
    server.state.withLock {
      $0.errorCode = "Success"
      let busy = ImitatedAzure.error("TooManyRequests", "Slow down")
      $0.refusals = [(429, busy, [("Retry-After", "60")])]
    }
    let throttled = try collector(server)
    let first = await throttled.collected()
    #expect(first.reason == .limit && first.detail.contains("TooManyRequests: Slow down"), "\(first.verdict)")
    time.advance(by: .seconds(30))
    #expect(await throttled.collected().value("farwatch_azure_monitor_requests_total") == 1)
    time.advance(by: .seconds(31))
    #expect(await throttled.collected().verdict == .success)
  }

  @Test func applicationsAndTheirSecrets() async throws {
    let server = try ImitatedAzure([Self.series("eu", [-1: .some("1")])])
    let folder = FileManager.default.temporaryDirectory.appending(path: "azure-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "s&cret\n".write(toFile: "\(folder)/good", atomically: true, encoding: .utf8)
    try "wrong-s&cret".write(toFile: "\(folder)/bad", atomically: true, encoding: .utf8)
    func outcome(_ file: String) async throws -> Outcome {
      try await collector(
        server, ["eu"], [AzureMetric(["physical_replication_delay_in_seconds"], .maximum)],
        identity: .application(tenant: "ten", client: "watcher", secret: .file("\(folder)/\(file)"))
      ).collected()
    }
    #expect(try await outcome("good").value(lag) == 1)
    let bad = try await outcome("bad")
    #expect(bad.reason == .authentication && bad.detail.contains("invalid_client"), "\(bad.verdict)")
    #expect(!bad.detail.contains("s&cret"))
    #expect(try await outcome("none").reason == .configuration)
  }

  @Test func foreignBytesAreSurvived() async throws {
    let good =
      #"{"value":[{"name":{"value":"m"},"unit":"Count","timeseries":[{"metadatavalues":[{"name":{"value":"d"},"value":"v"}],"#
      + #""data":[{"timeStamp":"2026-01-01T00:00:00Z","maximum":-1e308},{"timeStamp":"2025-12-31T23:59:00Z"},5]}],"#
      + #""errorCode":"Success"},null],"resourceregion":"r"}"#
    let body = Mutex<[UInt8]>(Array(good.utf8))
    let server = try LoopbackServer { request in
      if request.target.hasPrefix("/metadata") {
        return LoopbackServer.answer(200, #"{"access_token":"t","expires_in":"3599"}"#)
      }
      let bytes = body.withLock { $0 }
      return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n"), .send(bytes)]
    }
    var access = AzureAccess(.managed(client: nil))
    access.endpoint = server.url("")
    access.authority = server.url("")
    let settings = AzureMonitorSettings(
      MeasurementBasics(name: "test", timeout: .seconds(5)), access: access,
      wishes: [
        .init(
          [try #require(AzureResource("/subscriptions/1/resourceGroups/g/providers/A.B/c/d"))],
          [AzureMetric(["m"], .maximum)])
      ])
    let tokens = CloudTokens(http: client, time: time)
    let whole = await settings.collector(tokens, time: time).collected()
    #expect(whole.value("azure_a_b_c_m_maximum_count", ["dimension_d": "v"]) == -1e308, "\(whole)")
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<150 {
      var bytes = Array(good.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &numbers) {
        let place = Int.random(in: 0..<bytes.count, using: &numbers)
        if numbers.chance(30) {
          bytes.remove(at: place)
        } else {
          bytes[place] = numbers.pick(Array("\"{}[]:,0e-.x".utf8) + [0, 0xff])
        }
      }
      let mutated = bytes
      body.withLock { $0 = mutated }
      let outcome = await settings.collector(tokens, time: time).collected()
      let isKnown = outcome.succeeded || outcome.reason != .other
      #expect(isKnown, "seed \(seed): \(outcome.verdict)")
    }
    server.stop()
  }

  /// Rules and documentation name these.
  @Test func familiesOfPresets() {
    let azure = Set(AzureMonitorSettings.families.map(\.name))
    for name in [
      lag, bytes, "azure_microsoft_cache_redis_georeplicationhealthy_minimum_count",
      "azure_microsoft_dbformysql_flexibleservers_replica_io_running_maximum_count",
      "azure_microsoft_dbformysql_flexibleservers_replica_sql_running_maximum_count",
      "azure_microsoft_cdn_profiles_originhealthpercentage_average_percent",
      "azure_microsoft_network_trafficmanagerprofiles_probeagentcurrentendpointstatebyprofileresourceid_maximum_count",
      "farwatch_azure_monitor_up", "farwatch_azure_monitor_series_left_out",
    ] {
      #expect(azure.contains(name), "\(name)")
    }
    let google = Set(GoogleMonitoringSettings.families.map(\.name))
    for name in ["replica_lag", "network_lag", "state"] {
      #expect(
        google.contains(
          "stackdriver_cloudsql_database_cloudsql_googleapis_com_database_replication_\(name)"))
    }
    #expect(google.contains("farwatch_google_monitoring_up"))
  }

  @Test func identifiersOfResources() {
    let nested = AzureResource(
      "/subscriptions/1/resourceGroups/g/providers/Microsoft.Sql/servers/s/databases/d/")
    #expect(
      nested?.type == "Microsoft.Sql/servers/databases" && nested?.name == "s/d" && nested?.group == "g")
    for wrong in [
      "", "/", "/subscriptions/1", "subscriptions/1/resourceGroups/g/providers/A.B/c/d",
      "/subscriptions/1/resourceGroups/g/providers/A.B/c",
      "/subscriptions//resourceGroups/g/providers/A.B/c/d",
      "/subscriptions/1/resourceGroups/g/providers/A.B/c/d?x=1", "/a/1/b/g/c/A.B/c/d",
    ] {
      #expect(AzureResource(wrong) == nil, "\(wrong)")
    }
  }
}
