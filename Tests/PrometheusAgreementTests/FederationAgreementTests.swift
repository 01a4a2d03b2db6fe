import FarwatchTesting
import Foundation
import HTTPClient
import Model
import SampleStore
import Testing

/// `/federate` beside a real Prometheus, of samples that are fresh: the same page to the byte.
@Suite(.serialized) struct FederationAgreementTests {
  /// Values and labels that are hard to write; samples that are stale, or too old; a series without a name.
  private static func world(_ now: Timestamp) -> [(labels: Labels, samples: [Sample])] {
    func one(_ labels: Labels, _ value: Double, secondsAgo: Int = 20) -> (labels: Labels, samples: [Sample]) {
      (labels, [Sample(timestamp: now - .seconds(secondsAgo), value: value)])
    }
    func named(_ name: String, _ labels: Labels = .empty) -> Labels {
      labels.setting(Labels.metricNameLabel, to: name)
    }
    let values = [
      0, -0.0, 1, 1e6, 1e21, 1.5e-7, 0.1, -2.75, .infinity, -.infinity, .nan, 123_456_789.125, 1e-5,
    ]
    var all = values.enumerated().map { one(named("values", ["n": padded($0, 2)]), $1) }
    all += [
      one(named("up", ["job": "b", "instance": "x"]), 1), one(named("up", ["job": "a", "instance": "y"]), 0),
      one(named("up", ["job": "a"]), 1), one(named("plain"), 5),
      one(named("quoted", ["text": "a\"b\\c\nd<é>"]), 1), one(named("own", ["cluster": "mine"]), 2),
      one(named("gone"), 1, secondsAgo: 400), one(["nameless": "x"], 1), one(named("a:rule:sum"), 3),
    ]
    all.append(
      (
        named("ended"),
        [
          Sample(timestamp: now - .seconds(30), value: 1),
          Sample(timestamp: now - .seconds(15), value: StaleMarker.value),
        ]
      ))
    return all
  }

  @Test func pagesAreTheSame() async throws {
    let directory = try TemporaryDirectory("farwatch-federation")
    let prometheus = try await PrometheusUnderTest(
      in: directory, global: ", external_labels: {cluster: japan, zone: \"a b\"}")
    defer { prometheus.stop() }
    let world = Self.world(SystemTime().now)
    try await prometheus.writeAtOnce(world)
    let store = SampleStore()
    for one in world {
      guard let name = one.labels.metricName else { continue }
      let series = try #require(store.series(MetricFamily.gauge(name, ""), one.labels.withoutMetricName))
      for sample in one.samples { store.append(sample.value, at: sample.timestamp, to: series) }
    }
    let farwatch = try APIUnderTest(store) { face, _ in
      face.externalLabels = ["cluster": "japan", "zone": "a b"]
    }
    defer { farwatch.stop() }
    let questions: [[String]] = [
      [], ["up"], ["{__name__=~\".+\"}"], ["up", "up{job=\"a\"}", "plain"], ["values"], ["nothing"], ["{"],
      ["up["], ["up", "sum(up)"], ["{job=~\"a|b\"}", "{__name__=~\"a:.*\"}"], ["own"], ["quoted"], ["{}"],
    ]
    var lines = 0
    for selectors in questions {
      let question = APIQuestion(path: "/federate", items: selectors.map { ("match[]", $0) })
      let theirs = try await prometheus.ask(question, of: prometheus.baseURL)
      var ours = try await prometheus.ask(question, of: farwatch.baseURL)
      ours.type = Self.asBefore3(ours.type)
      #expect(ours == theirs, "\(question)")
      lines += theirs.body.split(separator: "\n").count
    }
    #expect(lines > 60)
    // Another Prometheus can read it.
    let page = try await prometheus.ask(
      APIQuestion(path: "/federate", items: [("match[]", "{__name__=~\".+\"}")]), of: farwatch.baseURL)
    #expect(page.type == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
    try await expectTheSameProtobuf(prometheus, farwatch)
    let refused = try await prometheus.ask(
      APIQuestion(path: "/federate", method: "POST"), of: farwatch.baseURL)
    #expect(refused.status == 405)
  }

  /// Prometheus 3 says how it escapes names.
  private static func asBefore3(_ type: String) -> String {
    type.replacing("; escaping=underscores", with: "")
  }

  private func expectTheSameProtobuf(
    _ prometheus: PrometheusUnderTest, _ farwatch: APIUnderTest
  ) async throws {
    let accept = [
      HTTPHeader(
        "Accept",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,*/*;q=0.2"
      )
    ]
    let path = "/federate?match[]=%7B__name__%3D~%22.%2B%22%7D"
    let theirs = await prometheus.ask("GET", path, [], accept)
    let ours = await prometheus.ask("GET", path, [], accept, of: farwatch.baseURL)
    #expect(theirs.body.count > 1000 && ours.body == theirs.body)
    #expect(Self.asBefore3(ours.headers["Content-Type"] ?? "") == theirs.headers["Content-Type"])
  }

  /// A Prometheus that scrapes the page has every series, whichever format it asks for: OpenMetrics, protobuf.
  @Test(arguments: [[], ["--enable-feature=native-histograms"]])
  func prometheusScrapesIt(_ flags: [String]) async throws {
    let store = SampleStore()
    let world = Self.world(SystemTime().now)
    for one in world {
      guard let name = one.labels.metricName else { continue }
      let series = try #require(store.series(MetricFamily.gauge(name, ""), one.labels.withoutMetricName))
      for sample in one.samples { store.append(sample.value, at: sample.timestamp, to: series) }
    }
    let id = try #require(store.series(MetricFamily("native", .histogram, help: ""), ["a": "b"]))
    store.append(Self.histogram, at: SystemTime().now - .seconds(5), to: id)
    let farwatch = try APIUnderTest(store)
    defer { farwatch.stop() }
    let scrape = """
      scrape_configs:
        - job_name: federate
          scrape_interval: 1s
          honor_labels: true
          metrics_path: /federate
          params: {"match[]": ['{__name__=~".+"}']}
          static_configs: [{targets: ["\(farwatch.baseURL.dropFirst(7))"]}]

      """
    let directory = try TemporaryDirectory("farwatch-federation")
    let prometheus = try await PrometheusUnderTest(in: directory, rest: scrape, flags: flags)
    defer { prometheus.stop() }
    // Without what is stale, too old or without a name.
    let expected = world.filter {
      guard let name = $0.labels.metricName else { return false }
      return name != "gone" && name != "ended"
    }
    try await waitUntil(timeout: .seconds(30), "it has scraped") {
      guard case .series(let up) = try await prometheus.instant("up{job=\"federate\"}", at: SystemTime().now)
      else { return false }
      return up.first?.points.first?.value == 1
    }
    if !flags.isEmpty { try await expectTheHistogram(prometheus) }
    let selector = "{__name__=~\"values|plain|quoted|own|a:rule:sum\"} or up{job!=\"federate\"}"
    guard case .series(let found) = try await prometheus.instant(selector, at: SystemTime().now) else {
      throw BenchError("no vector")
    }
    func shown(_ labels: Labels, _ value: Double) -> String {
      "\(labels.entries.filter { $0.name != "job" || $0.value != "federate" }) \(value == 0 ? 0 : value)"
    }
    #expect(
      found.map { shown($0.labels, $0.points.first?.value ?? -1) }.sorted()
        == expected.map { shown($0.labels, $0.samples.last?.value ?? -1) }.sorted())
  }

  private static var histogram: FloatHistogram {
    var histogram = FloatHistogram()
    histogram.schema = -1
    histogram.count = 13.5
    histogram.sum = -4.25
    histogram.zeroThreshold = 0.001
    histogram.zeroCount = 1.5
    histogram.positiveSpans = [.init(offset: -2, length: 2), .init(offset: 3, length: 1)]
    histogram.positiveBuckets = [2, 3, 4]
    histogram.negativeSpans = [.init(offset: 0, length: 1)]
    histogram.negativeBuckets = [3]
    return histogram
  }

  /// Only protobuf brings it.
  private func expectTheHistogram(_ prometheus: PrometheusUnderTest) async throws {
    let expected: [(String, Double)] = [
      ("histogram_count(native{a=\"b\"})", 13.5), ("histogram_sum(native)", -4.25),
      // Buckets: -1 to -1/4 has 3 of schema -1, then zero, 1/64 to 1/16, 1/16 to 1/4, 16 to 64.
      ("histogram_fraction(-1, -0.25, native)", 3 / 13.5),
      ("histogram_fraction(0.015625, 0.0625, native)", 2 / 13.5),
      ("histogram_fraction(0.0625, 0.25, native)", 3 / 13.5),
      ("histogram_fraction(16, 64, native)", 4 / 13.5),
      ("histogram_fraction(-0.001, 0.001, native)", 1.5 / 13.5),
    ]
    for (query, value) in expected {
      guard case .series(let found) = try await prometheus.instant(query, at: SystemTime().now) else {
        throw BenchError("\(query): no vector")
      }
      let got = found.first?.points.first?.value ?? .nan
      #expect(abs(got - value) < 1e-9, "\(query): \(got)")
    }
  }
}
