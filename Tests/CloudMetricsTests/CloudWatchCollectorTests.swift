import CloudAccess
import CloudMetrics
import Collecting
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Synchronization
import Testing

private let start = Timestamp(year: 2026, month: 1, day: 1)

@Suite struct CloudWatchCollectorTests {
  private let client = HTTPClient(name: "test")
  private let time = ManualTime(at: start + .seconds(30))

  private func collector(
    _ server: ImitatedCloudWatch, _ change: (inout CloudWatchSettings) -> Void
  ) -> CloudWatchCollector {
    var settings = CloudWatchSettings(
      MeasurementBasics(name: "test", interval: .seconds(60), timeout: .seconds(5)), regions: ["eu-west-1"],
      metrics: CloudWatchPreset.rds.metrics)
    settings.endpoint = server.url
    settings.accounts = [.init(identity: AWSIdentitySettings(source: .environment))]
    change(&settings)
    let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
    return CloudWatchCollector(
      settings, identities: AWSIdentities(http: client, time: time, environment: environment), time: time)
  }

  private static func replica(_ name: String, _ points: [Int: Double]) -> ImitatedCloudWatch.Series {
    var series = ImitatedCloudWatch.Series(
      namespace: "AWS/RDS", name: "ReplicaLag", dimensions: ["DBInstanceIdentifier": name])
    for (minute, value) in points { series.points[start + .seconds(minute * 60)] = value }
    return series
  }

  @Test func pagesAndPartialDataBecomeOneAnswer() async throws {
    let server = try ImitatedCloudWatch([
      Self.replica("a", [-1: 1.5, -2: 3, -3: 4]), Self.replica("b", [-2: -1]), Self.replica("c", [:]),
    ])
    server.state.withLock {
      $0.pointsPerPage = 2
      $0.seriesPerPage = 1
    }
    let collector = collector(server) { _ in }
    let outcome = await collector.collected()
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    let lag = outcome.values("aws_rds_replica_lag_average", by: "dbinstance_identifier")
    // What has no point has no value; -1 is what RDS says of one that does not replicate.
    #expect(lag == ["a": 1.5, "b": -1])
    #expect(
      outcome.value(
        "farwatch_cloudwatch_datapoint_timestamp_seconds",
        ["dbinstance_identifier": "b", "metric": "aws_rds_replica_lag_average", "region": "eu-west-1"])
        == (start - .seconds(120)).seconds)
    #expect(outcome.value("farwatch_cloudwatch_requests_total", ["action": "ListMetrics"]) == 3)
    #expect(outcome.value("farwatch_cloudwatch_metrics_requested_total") == 3)
    let calls = outcome.value("farwatch_cloudwatch_requests_total", ["action": "GetMetricData"])
    #expect(calls == 6, "12 points, two a page")
    // Told again from memory, free of charge.
    time.advance(by: .seconds(20))
    let again = await collector.collected()
    #expect(again.values("aws_rds_replica_lag_average", by: "dbinstance_identifier") == lag)
    #expect(again.value("farwatch_cloudwatch_requests_total", ["action": "GetMetricData"]) == 6)
    // Long after the last point there is no value, and nothing went wrong.
    time.advance(by: .seconds(900))
    let late = await collector.collected()
    #expect(late.verdict == .success && late.values("aws_rds_replica_lag_average", by: "x").isEmpty)
    #expect(server.state.withLock { $0.refused } == [])
  }

  @Test func valuesThatComeLateAreTakenUp() async throws {
    let server = try ImitatedCloudWatch([Self.replica("a", [-3: 1])])
    let collector = collector(server) { _ in }
    _ = await collector.collected()
    time.advance(by: .seconds(60))
    server.state.withLock {
      $0.series[0].points[start - .seconds(180)] = 2
      $0.series[0].points[start - .seconds(120)] = 5
    }
    #expect(await collector.collected().value("aws_rds_replica_lag_average") == 5)
  }

  @Test func trouble() async throws {
    let server = try ImitatedCloudWatch([Self.replica("a", [-1: 1])])
    server.state.withLock { $0.throttled = 1 }
    let throttled = collector(server) { _ in }
    #expect(await throttled.collected().verdict == .success)
    server.state.withLock { $0.throttled = 1000 }
    time.advance(by: .seconds(60))
    let kept = collector(server) { $0.basics.timeout = .seconds(1) }
    let outcome = await kept.collected()
    #expect(
      outcome.reason == .limit && outcome.detail.hasPrefix("eu-west-1: Throttling"), "\(outcome.verdict)")
    #expect(outcome.value("farwatch_cloudwatch_up") == 0)
    server.state.withLock {
      $0.throttled = 0
      $0.endless = true
    }
    let endless = await collector(server) { _ in }.collected()
    #expect(endless.reason == .protocolError && endless.detail.contains("do not end"), "\(endless.verdict)")
    server.state.withLock {
      $0.endless = false
      $0.status = "InternalError"
    }
    let partial = await collector(server) { _ in }.collected()
    #expect(partial.value("farwatch_cloudwatch_partial_results_total") == 3)
    let crowded = await collector(server) { $0.maximumSeries = 2 }.collected()
    #expect(crowded.reason == .limit && crowded.detail.contains("max_series"), "\(crowded.verdict)")
    #expect(crowded.value("farwatch_cloudwatch_up") == 1)
    #expect(crowded.value("farwatch_cloudwatch_series_left_out") == 3, "a set's statistics stay together")
    let twice = await collector(server) { $0.metrics += $0.metrics }.collected()
    #expect(twice.readings.count { $0.family.name == "aws_rds_replica_lag_average" } == 1)
    // One region's trouble is not the others'.
    let hanging = try LoopbackServer { _ in [.hang] }
    let half = await collector(server) {
      $0.regions = ["\(server.port)", "\(hanging.port)"]
      $0.endpoint = "http://127.0.0.1:{region}"
      $0.basics.timeout = .seconds(2)
    }.collected()
    #expect(half.reason == .timeout && half.detail.hasPrefix("\(hanging.port): "), "\(half.verdict)")
    #expect(half.value("aws_rds_replica_lag_average", ["region": "\(server.port)"]) == 1)
  }

  @Test func worldWideMetricsAreAskedWhereTheyAre() {
    var settings = CloudWatchSettings(
      MeasurementBasics(name: "x"), regions: ["eu-west-1"],
      metrics: CloudWatchPreset.route53.metrics + CloudWatchPreset.rds.metrics)
    #expect(settings.places.map(\.place.region) == ["eu-west-1", "us-east-1"])
    #expect(
      settings.places.map { $0.metrics.map(\.namespace) } == [["AWS/RDS"], ["AWS/Route53", "AWS/Route53"]])
    settings.metrics = CloudWatchPreset.route53.metrics
    #expect(settings.places.map(\.place.region) == ["us-east-1"])
  }

  /// moto enforces signatures and policies, and pages as AWS does.
  @Test func agreesWithMoto() async throws {
    let server = try await MotoServer(
      """
      import datetime
      now = datetime.datetime.now(datetime.timezone.utc)
      for region, base in (('eu-west-1', 1), ('us-east-1', 2)):
        for number in range(3):
          for age in range(1, 5):
            client('cloudwatch', region).put_metric_data(Namespace='AWS/RDS', MetricData=[{
              'MetricName': 'ReplicaLag', 'Value': base * 100 + number * 10 + age,
              'Dimensions': [{'Name': 'DBInstanceIdentifier', 'Value': f'r{number}'}],
              'Timestamp': now.replace(second=0, microsecond=0) - datetime.timedelta(minutes=age)}])
      # moto names actions after the service that a signature is for.
      facts = {'reader': user('reader', ['monitoring:ListMetrics', 'monitoring:GetMetricData']),
        'half': user('half', ['monitoring:ListMetrics']), 'nobody': user('nobody', None)}
      """)
    let facts = try JSONDecoder().decode([String: [String]].self, from: Data(server.facts.utf8))
    let folder = try TemporaryDirectory()
    func collect(_ user: String) async throws -> Outcome {
      let pair = try #require(facts[user])
      let file = try folder.write(
        user, "[default]\naws_access_key_id=\(pair[0])\naws_secret_access_key=\(pair[1])\n")
      var settings = CloudWatchSettings(
        MeasurementBasics(name: "test", timeout: .seconds(10)), regions: ["eu-west-1", "us-east-1"],
        metrics: CloudWatchPreset.rds.metrics)
      settings.endpoint = server.url
      settings.accounts = [
        .init(identity: AWSIdentitySettings(source: .file(path: file, profile: "default")))
      ]
      return await CloudWatchCollector(settings, identities: AWSIdentities(http: client)).collected()
    }
    let outcome = try await collect("reader")
    #expect(outcome.verdict == .success, "\(outcome.verdict)")
    for (region, base) in [("eu-west-1", 100.0), ("us-east-1", 200.0)] {
      for number in 0..<3 {
        let value = outcome.value(
          "aws_rds_replica_lag_maximum", ["region": region, "dbinstance_identifier": "r\(number)"])
        #expect(value == base + Double(number * 10) + 1, "\(region) \(number)")
      }
    }
    let half = try await collect("half")
    #expect(
      half.reason == .permission && half.detail.contains("allow cloudwatch:GetMetricData"), "\(half.verdict)")
    let nobody = try await collect("nobody")
    #expect(nobody.reason == .permission && nobody.detail.contains("allow cloudwatch:ListMetrics"))
    #expect(nobody.detail.contains("(and 1 more)"))
  }

  /// Any bytes as an answer are a failure or nothing, never a crash.
  @Test func survivesAnyAnswer() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    let pieces = [
      "<GetMetricDataResponse>", "<GetMetricDataResult>", "<MetricDataResults>", "<member>", "<Id>q0</Id>",
      "<Id>q99999999999999999999</Id>", "<Timestamps>", "<member>2026-01-01T00:00:00Z</member>",
      "</Timestamps>",
      "<Values>", "<member>1e999</member>", "<member>NaN</member>", "</Values>", "</member>",
      "</MetricDataResults>", "</GetMetricDataResult>", "</GetMetricDataResponse>",
      "<NextToken>x</NextToken>",
      "<ListMetricsResponse><ListMetricsResult><Metrics/></ListMetricsResult></ListMetricsResponse>",
    ]
    var random = SeededNumbers(seed: seed)
    for _ in 0..<100 {
      var body = pieces[..<17].joined()
      if random.chance(30) { body = (0..<6).map { _ in random.pick(pieces) }.joined() }
      if random.chance(50) { body = String(body.dropLast(Int.random(in: 0...body.count, using: &random))) }
      let answer = body
      let server = try LoopbackServer { _ in LoopbackServer.answer(200, answer) }
      var settings = CloudWatchSettings(
        MeasurementBasics(name: "x", timeout: .seconds(2)), regions: ["r"],
        metrics: CloudWatchPreset.rds.metrics)
      settings.endpoint = "http://127.0.0.1:\(server.port)"
      settings.accounts = [.init(identity: AWSIdentitySettings(source: .environment))]
      settings.metrics[0].dimensions = [.init("D", ["v"])]
      let environment = AWSEnvironment(["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"])
      let collector = CloudWatchCollector(
        settings, identities: AWSIdentities(http: client, environment: environment))
      let outcome = await collector.collected()
      #expect(
        outcome.succeeded || outcome.reason == .protocolError, "seed \(seed): \(outcome.verdict) \(answer)")
    }
  }
}
