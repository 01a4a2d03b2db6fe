import FarwatchTesting
import Foundation
import Testing

/// Other people's databases over our metrics page.
@Suite(.serialized) struct ScraperTests {
  private static let scraped = #"""
    # HELP odd_labels Must be escaped: \\ and so on.
    # TYPE odd_labels gauge
    odd_labels{note="a \"b\" c:\\d\ne, é {f} # g",empty=""} -1.25e-05
    # HELP odd_infinite Beyond.
    # TYPE odd_infinite gauge
    odd_infinite{sign="-"} -Inf
    odd_infinite{sign="+"} +Inf
    # HELP odd_seconds How long.
    # TYPE odd_seconds histogram
    odd_seconds_bucket{le="0.1"} 1
    odd_seconds_bucket{le="2.5"} 3
    odd_seconds_bucket{le="+Inf"} 4
    odd_seconds_sum 7.25
    odd_seconds_count 4
    # HELP odd_bytes How many.
    # TYPE odd_bytes summary
    odd_bytes{quantile="0.5"} 123456789012
    odd_bytes_sum 1e+18
    odd_bytes_count 9007199254740991

    """#

  /// A daemon that has something to show: its own, an alert, and what it scrapes itself.
  private func busyDaemon() async throws -> (
    world: PagingWorld, daemon: FarwatchProcess, page: LoopbackServer
  ) {
    let world = try PagingWorld("taiwan", "japan")
    let page = try LoopbackServer { _ in
      LoopbackServer.answer(200, Self.scraped, headers: [("Content-Type", "text/plain; version=0.0.4")])
    }
    try world.configure(
      """
      routes: [{topic: pager, match: {severity: page}}]
      collect: [{name: odd, interval: 500ms, scrape: {url: "http://127.0.0.1:\(page.port)/metrics"}}]
      """)
    let daemon = try await world.run()
    world.regions[1].down()
    try await waitUntil(timeout: .seconds(60), "an alert is paged; \(world.log)") { !world.pages().isEmpty }
    return (world, daemon, page)
  }

  @Test(.timeLimit(.minutes(5))) func victoriaMetricsHasEverySeriesWithItsValue() async throws {
    let (world, daemon, other) = try await busyDaemon()
    defer {
      daemon.child.stop()
      other.stop()
    }
    let victoria = try await VictoriaMetricsProgram.scraping("127.0.0.1:\(world.port)", in: world.directory)
    defer { victoria.child.stop() }
    func scrapes() async -> Double { await victoria.total("vm_promscrape_scrapes_total") ?? 0 }
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(100), "it scrapes") {
      await scrapes() >= 2
    }

    // What is the same before and behind one of its scrapes was the same while it scraped.
    let before = try ExpositionText(try #require(await daemon.get("/metrics")).body)
    let began = Date().timeIntervalSince1970 * 1000
    let count = await scrapes()
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(50), "a whole scrape was in between") {
      await scrapes() >= count + 2
    }
    let ended = Date().timeIntervalSince1970 * 1000
    let after = try ExpositionText(try #require(await daemon.get("/metrics")).body)
    var stored: [[String: String]: [Double]] = [:]
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "it shows what it has") {
      stored = try await exported(victoria, from: began, to: ended, target: "127.0.0.1:\(world.port)")
      return !stored.isEmpty
    }
    let own = Set(["up"] + stored.keys.compactMap { $0["__name__"] }.filter { $0.hasPrefix("scrape_") })
    let steady = before.values.filter { after.values[$0.key] == $0.value || ($0.value.isNaN) }
    #expect(steady.count > 150, "\(steady.count) of \(before.values.count)")
    #expect(
      steady.keys.contains { $0["__name__"]?.hasSuffix("_bucket") == true }, "a histogram is among them")
    for (labels, value) in steady {
      let found = try #require(stored[labels], "\(labels)")
      // It keeps decimal numbers of about fifteen digits.
      let isSame = found.allSatisfy { $0 == value || abs($0 - value) <= abs(value) * 1e-12 }
      #expect(isSame, "\(labels): \(found), not \(value)")
    }
    let strange = stored.keys.filter {
      before.values[$0] == nil && after.values[$0] == nil && !own.contains($0["__name__"] ?? "")
    }
    #expect(strange == [], "it has what the page has not")
    try await expectNothingOdd(victoria, samples: after.values.count)
  }

  /// Values by labels, without those that the scraper adds.
  private func exported(
    _ victoria: VictoriaMetricsProgram, from: Double, to: Double, target: String
  ) async throws -> [[String: String]: [Double]] {
    let window = "start=\(from / 1000)&end=\(to / 1000)"
    let answer = try #require(
      await Web.get(victoria.url + "/api/v1/export?match[]={__name__!=%22%22}&reduce_mem_usage=1&\(window)"))
    try #require(answer.status == 200, "\(answer.body)")
    var found: [[String: String]: [Double]] = [:]
    for line in answer.body.split(separator: "\n") {
      let parts = line.components(separatedBy: ",\"values\":[")
      let json = try JSONSerialization.jsonObject(with: Data((parts[0] + "}").utf8)) as? [String: Any]
      var labels = try #require(json?["metric"] as? [String: String])
      if labels["job"] == "farwatch" { labels["job"] = nil }
      if labels["instance"] == target { labels["instance"] = nil }
      // Infinity stands there as JSON has it not; the mark of an end is null.
      found[labels, default: []] += try #require(parts.last).prefix { $0 != "]" }.split(separator: ",")
        .compactMap {
          Double($0.filter { $0 != "\"" })
        }
    }
    return found
  }

  private func expectNothingOdd(_ victoria: VictoriaMetricsProgram, samples: Int) async throws {
    let answer = try #require(await Web.get(victoria.url + "/api/v1/targets")).body
    let json = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
    let targets = try #require((json?["data"] as? [String: Any])?["activeTargets"] as? [[String: Any]])
    #expect(targets.count == 1 && targets[0]["health"] as? String == "up", "\(answer)")
    #expect(targets[0]["lastError"] as? String == "", "\(answer)")
    let scraped = try #require(targets[0]["lastSamplesScraped"] as? Int, "\(answer)")
    #expect(abs(scraped - samples) < 10, "\(scraped), the page has \(samples)")
    for family in [
      "vm_promscrape_scrapes_failed_total", "vm_promscrape_scrapes_gunzip_failed_total",
      "vm_promscrape_scrape_retries_total", "vm_promscrape_conn_read_errors_total",
      "vm_promscrape_max_scrape_size_exceeded_errors_total", "vm_rows_invalid_total", "vm_rows_ignored_total",
      "vm_metrics_with_dropped_labels_total", "vm_too_long_label_names_total",
      "vm_too_long_label_values_total",
    ] {
      #expect(await victoria.total(family) == 0, "\(family)")
    }
    #expect(await victoria.total("vm_promscrape_scrapes_gunziped_total") ?? 0 > 0, "it takes gzip")
    #expect(try victoria.complaints() == [])
  }

  /// VictoriaMetrics keeps no types; Prometheus does.
  @Test(.timeLimit(.minutes(5))) func prometheusKnowsTheTypesAndTheWordsToThem() async throws {
    let (world, daemon, other) = try await busyDaemon()
    defer {
      daemon.child.stop()
      other.stop()
    }
    let prometheus = try await PrometheusServer(scraping: "127.0.0.1:\(world.port)", in: world.directory)
    try await waitUntil(timeout: .seconds(60), "it has scraped") { await prometheus.query("up") == 1 }
    let page = try #require(await daemon.get("/metrics")).body
    let types = try ExpositionText(page).types
    #expect(Set(types.values) == ["counter", "gauge", "untyped"], "\(types)")
    let answer = try #require(await Web.get(prometheus.baseURL + "/api/v1/targets/metadata")).body
    let json = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
    let entries = try #require(json?["data"] as? [[String: Any]], "\(answer.prefix(300))")
    var known: [String: (type: String, help: String)] = [:]
    for entry in entries {
      known[try #require(entry["metric"] as? String)] = (
        entry["type"] as? String ?? "", entry["help"] as? String ?? ""
      )
    }
    for (family, type) in types {
      // It asks for OpenMetrics, where a counter's family has no suffix.
      let name = type == "counter" && family.hasSuffix("_total") ? String(family.dropLast(6)) : family
      let found = try #require(known[name] ?? known[family], "\(family)")
      #expect(found.type == (type == "untyped" ? "unknown" : type), "\(family)")
      #expect(!found.help.isEmpty || family.hasPrefix("odd_"), "\(family) has no help")
    }
    #expect(
      await prometheus.query("scrape_samples_scraped == scrape_samples_post_metric_relabeling") != nil,
      "it keeps every sample")
  }
}
