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
private let lag = "stackdriver_cloudsql_database_cloudsql_googleapis_com_database_replication_replica_lag"

@Suite struct GoogleMonitoringTests {
  private let client = HTTPClient(name: "test")
  private let time = ManualTime(at: start + .seconds(30))

  private func collector(
    _ server: ImitatedGoogle, _ metrics: [GoogleMetric]? = nil,
    _ change: (inout GoogleMonitoringSettings) -> Void = { _ in }
  ) -> any Collector {
    var access = GoogleAccess(.metadata)
    access.endpoint = server.url
    access.metadataHost = server.url
    var settings = GoogleMonitoringSettings(
      MeasurementBasics(name: "test", interval: .seconds(60), timeout: .seconds(5)),
      projects: ["shop-prod"], access: access,
      metrics: metrics ?? GooglePreset.cloudSQL.metrics.filter { $0.type.hasSuffix("replica_lag") })
    change(&settings)
    return settings.collector(CloudTokens(http: client, time: time), time: time)
  }

  private static func replica(
    _ name: String, _ points: [Int: String], _ metric: String = "replication/replica_lag",
    labels: [String: String] = [:]
  ) -> ImitatedGoogle.Series {
    ImitatedGoogle.Series(
      metric: "cloudsql.googleapis.com/database/\(metric)", resource: "cloudsql_database", labels: labels,
      resourceLabels: [
        "project_id": "shop-prod", "database_id": "shop-prod:\(name)", "region": "europe-west1",
      ],
      points: points.map { (start + .seconds($0.key), $0.value) })
  }
  private static func double(_ value: String) -> String { #"{"doubleValue":\#(value)}"# }

  @Test func pagesBecomeOneAnswerAndTheNewestPointCounts() async throws {
    let server = try ImitatedGoogle([
      Self.replica("a", [-100: Self.double("1.5"), -160: Self.double("3"), -220: Self.double("4")]),
      Self.replica("b", [-110: #"{"int64Value":"-1"}"#]), Self.replica("c", [:]),
      Self.replica("d", [-90: #"{"doubleValue":"NaN"}"#, -150: #"{"doubleValue":2e-1}"#]),
      Self.replica("old", [-900: Self.double("7")]),
    ])
    server.state.withLock { $0.pointsPerPage = 2 }
    let collector = collector(server)
    let outcome = await collector.collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    let found = outcome.values(lag, by: "database_id")
    // What has no point has no value, and no number is no value either.
    #expect(found == ["shop-prod:a": 1.5, "shop-prod:b": -1, "shop-prod:d": 0.2])
    #expect(
      outcome.value(
        "farwatch_google_monitoring_datapoint_timestamp_seconds",
        ["database_id": "shop-prod:a", "metric": lag, "project_id": "shop-prod", "region": "europe-west1"])
        == (start - .seconds(100)).seconds)
    #expect(outcome.value("farwatch_google_monitoring_up", ["project_id": "shop-prod"]) == 1)
    #expect(outcome.value("farwatch_google_monitoring_requests_total") == 3, "six points, two a page")
    // Told again from memory.
    time.advance(by: .seconds(20))
    #expect(await collector.collected().value("farwatch_google_monitoring_requests_total") == 3)
    // A point that comes late, and one that is corrected.
    server.state.withLock {
      $0.series[0].points.append((start - .seconds(40), Self.double("9")))
      $0.series[3].points[0] = (start - .seconds(90), Self.double("5"))
      $0.series[3].points[1] = (start - .seconds(150), Self.double("5"))
    }
    time.advance(by: .seconds(40))
    let later = await collector.collected()
    #expect(later.value(lag, ["database_id": "shop-prod:a"]) == 9)
    #expect(later.value(lag, ["database_id": "shop-prod:d"]) == 5)
    // Long after the last point there is no value, and nothing went wrong.
    time.advance(by: .seconds(900))
    let late = await collector.collected()
    #expect(late.verdict == .success && late.values(lag, by: "database_id").isEmpty)
    #expect(server.state.withLock { $0.refused } == [])
    #expect(server.state.withLock { $0.tokensGiven } == 1)
  }

  @Test func aggregationIsAsked() async throws {
    let metric = GooglePreset.loadBalancer.metrics[0]
    let server = try ImitatedGoogle([
      ImitatedGoogle.Series(
        metric: metric.type, resource: "https_lb_rule", labels: ["response_code_class": "500"],
        resourceLabels: ["url_map_name": "shop"], points: [(start - .seconds(240), Self.double("0.5"))])
    ])
    let outcome = await collector(server, [metric]).collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    #expect(
      outcome.value(
        "stackdriver_https_lb_rule_loadbalancing_googleapis_com_https_request_count",
        ["url_map_name": "shop", "response_code_class": "500"]) == 0.5)
    let asked = try #require(server.state.withLock { $0.asked.last })
    #expect(asked["aggregation.alignmentPeriod"] == "60s")
    #expect(asked["aggregation.perSeriesAligner"] == "ALIGN_RATE")
    #expect(asked["aggregation.crossSeriesReducer"] == "REDUCE_SUM")
    #expect(asked["aggregation.groupByFields"]?.split(separator: ",").count == 3)
    // Whole minutes, and four of them left alone.
    #expect(asked["interval.endTime"] == (start - .seconds(240)).rfc3339)
  }

  @Test func refusals() async throws {
    let server = try ImitatedGoogle([Self.replica("a", [-100: Self.double("1")])])
    // An expired token is replaced once.
    let collector = collector(server)
    #expect(await collector.collected().verdict == .success)
    server.state.withLock { $0.token = "google-token-2" }
    time.advance(by: .seconds(60))
    #expect(await collector.collected().verdict == .success)
    #expect(server.state.withLock { $0.tokensGiven } == 2)
    // A token that is refused for ever.
    server.state.withLock {
      $0.refusals = Array(repeating: (401, ImitatedGoogle.error(401, "UNAUTHENTICATED", "no"), []), count: 2)
    }
    time.advance(by: .seconds(60))
    let refused = await collector.collected()
    #expect(refused.reason == .authentication, "\(refused.verdict)")
    #expect(refused.value("farwatch_google_monitoring_up") == 0)
    #expect(refused.value(lag) == 1, "what is known stays until it is stale")
    let wrong = await self.collector(server) { $0.projects = ["other"] }.collected()
    #expect(wrong.reason == .permission)
    #expect(
      wrong.detail.hasPrefix("other: cloudsql.googleapis.com/database/replication/replica_lag: Permission"))
    #expect(wrong.detail.hasSuffix("needs roles/monitoring.viewer in other"), "\(wrong.detail)")
    // Server's trouble is tried again; one that lasts is told.
    server.state.withLock { $0.refusals = [(503, "<html>", [])] }
    #expect(await self.collector(server).collected().verdict == .success)
    server.state.withLock { $0.refusals = Array(repeating: (500, "", []), count: 3) }
    #expect(await self.collector(server).collected().reason == .status)
    server.state.withLock { $0.endless = true }
    let endless = await self.collector(server).collected()
    #expect(endless.reason == .protocolError && endless.detail.contains("do not end"))
    server.state.withLock {
      $0.endless = false
      $0.executionErrors = #"[{"code":4,"message":"a shard did not answer"}]"#
    }
    let partial = await self.collector(server).collected()
    #expect(partial.value(lag) == 1 && partial.detail.contains("a shard did not answer"))
  }

  @Test func serviceAccounts() async throws {
    let server = try ImitatedGoogle([Self.replica("a", [-100: Self.double("1")])])
    let folder = FileManager.default.temporaryDirectory.appending(path: "google-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/openssl")
    openssl.arguments = ["genpkey", "-algorithm", "RSA", "-out", "\(folder)/pem"]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    let pem = try String(contentsOfFile: "\(folder)/pem", encoding: .utf8)
    func write(_ name: String, _ email: String, _ key: String) throws {
      let file = [
        "client_email": email, "private_key": key, "private_key_id": "k1", "token_uri": "\(server.url)/token",
      ]
      try JSONSerialization.data(withJSONObject: file).write(to: URL(filePath: "\(folder)/\(name)"))
    }
    try write("good", "watch@pilot.iam", pem)
    try write("stranger", "other@pilot.iam", pem)
    try write("broken", "watch@pilot.iam", "-----BEGIN PRIVATE KEY-----\nabc\n")
    func outcome(_ file: String) async -> Outcome {
      await collector(server) { $0.access.identity = .serviceAccount(.file("\(folder)/\(file)")) }.collected()
    }
    #expect(await outcome("good").value(lag) == 1)
    let stranger = await outcome("stranger")
    #expect(stranger.reason == .authentication && stranger.detail.contains("invalid_grant"))
    let broken = await outcome("broken")
    #expect(broken.reason == .configuration && !broken.detail.contains("abc"), "\(broken.verdict)")
    #expect(await outcome("none").reason == .configuration)
  }

  /// A quota that is used up: the service is left alone as long as it wants.
  @Test func throttling() async throws {
    let server = try ImitatedGoogle([Self.replica("a", [-100: Self.double("1")])])
    let body = ImitatedGoogle.error(429, "RESOURCE_EXHAUSTED", "Quota exceeded")
    server.state.withLock { $0.refusals = [(429, body, [("Retry-After", "90")])] }
    let collector = collector(server)
    let outcome = await collector.collected()
    #expect(outcome.reason == .limit && outcome.detail.contains("Quota exceeded"), "\(outcome.verdict)")
    time.advance(by: .seconds(60))
    let still = await collector.collected()
    #expect(still.reason == .limit && still.value("farwatch_google_monitoring_requests_total") == 1)
    time.advance(by: .seconds(31))
    #expect(await collector.collected().verdict == .success)
    // A short one is waited for inside the time-out.
    server.state.withLock { $0.refusals = [(429, body, [("Retry-After", "1")])] }
    #expect(await self.collector(server).collected().verdict == .success)
  }

  @Test func unknownMetrics() async throws {
    let server = try ImitatedGoogle([Self.replica("a", [-100: Self.double("1")])])
    server.state.withLock { $0.unknownMetrics = ["redis.googleapis.com/replication/role", "x.example/typo"] }
    let metrics = GooglePreset.cloudSQL.metrics + GooglePreset.memorystore.metrics
    #expect(await collector(server, metrics).collected().verdict == .success, "a project without Redis")
    var own = GoogleMetric("x.example/typo", labels: [])
    own.filter = "resource.labels.database_id = \"shop-prod:a\""
    let outcome = await collector(server, [own] + metrics).collected()
    #expect(outcome.reason == .missing && outcome.detail.contains("x.example/typo: Cannot find metric"))
    #expect(outcome.value(lag) == 1, "the others are asked nevertheless")
  }

  @Test func labelsMustTellSeriesApart() async throws {
    var metric = GoogleMetric("cloudsql.googleapis.com/database/replication/replica_lag", labels: ["region"])
    let series = [
      Self.replica("a", [-100: Self.double("1")]), Self.replica("b", [-100: Self.double("2")]),
    ]
    let server = try ImitatedGoogle(series)
    let outcome = await collector(server, [metric]).collected()
    #expect(
      outcome.reason == .configuration && outcome.detail.hasSuffix("there are also: database_id, project_id"))
    #expect(outcome.value(lag) == nil, "whichever were told would be wrong")
    metric.labels = ["database_id"]
    let good = await collector(server, [metric]).collected()
    #expect(good.values(lag, by: "database_id") == ["shop-prod:a": 1, "shop-prod:b": 2])
    let crowded = await collector(server, [metric]) { $0.maximumSeries = 1 }.collected()
    #expect(crowded.reason == .limit && crowded.detail.contains("max_series"))
    #expect(crowded.value("farwatch_google_monitoring_series_left_out") == 1)
    server.state.withLock { $0.series[0].valueType = "DISTRIBUTION" }
    let spread = await collector(server, [metric]).collected()
    #expect(spread.reason == .query && spread.detail.contains("aligner"))
  }

  @Test func aHungServerCostsItsOwnTime() async throws {
    let hanging = try LoopbackServer { _ in [.hang] }
    var access = GoogleAccess(.metadata)
    access.endpoint = hanging.url("")
    access.metadataHost = hanging.url("")
    let settings = GoogleMonitoringSettings(
      MeasurementBasics(name: "test", timeout: .milliseconds(300)), projects: ["p"], access: access,
      metrics: GooglePreset.spanner.metrics)
    let began = ContinuousClock.now
    let outcome = await settings.collector(CloudTokens(http: client, time: time), time: time).collected()
    #expect(outcome.reason == .timeout && ContinuousClock.now - began < .seconds(3))
    hanging.stop()
  }

  @Test func foreignBytesAreSurvived() async throws {
    let good =
      #"{"timeSeries":[{"metric":{"type":"t","labels":{"a":"b"}},"resource":{"type":"r","labels":{}},"valueType":"INT64","#
      + #""points":[{"interval":{"endTime":"2026-01-01T00:00:00.123456789Z"},"value":{"int64Value":"9223372036854775807"}},"#
      + #"{"interval":{"endTime":"9999-99-99T00:00:00Z"},"value":{"doubleValue":1e308}},{"interval":5}]},7],"#
      + #""nextPageToken":"","executionErrors":[]}"#
    let body = Mutex<[UInt8]>(Array(good.utf8))
    let server = try LoopbackServer { request in
      if request.target.contains("computeMetadata") {
        return LoopbackServer.answer(200, #"{"access_token":"t","expires_in":3599}"#)
      }
      let bytes = body.withLock { $0 }
      return [.text("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n"), .send(bytes)]
    }
    var access = GoogleAccess(.metadata)
    access.endpoint = server.url("")
    access.metadataHost = server.url("")
    let settings = GoogleMonitoringSettings(
      MeasurementBasics(name: "test", timeout: .seconds(5)), projects: ["p"], access: access,
      metrics: [GoogleMetric("t", labels: ["a"])])
    let tokens = CloudTokens(http: client, time: time)
    let whole = await settings.collector(tokens, time: time).collected()
    #expect(whole.value("stackdriver_r_t", ["a": "b"]) == 9_223_372_036_854_775_808, "\(whole)")
    body.withLock {
      $0 = Array(#"{"timeSeries":"#.utf8) + [UInt8](repeating: UInt8(ascii: "["), count: 300_000)
    }
    time.advance(by: .seconds(60))
    let deep = await settings.collector(tokens, time: time).collected()
    #expect(deep.reason == .protocolError, "\(deep.verdict)")
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
}
