import Collecting
import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Scraping

@Suite struct PageReadingsTests {
  private func read(_ text: String, _ change: (inout PageReadings) -> Void = { _ in }) throws -> [String] {
    var pages = PageReadings(own: ["job": "node", "instance": "h:1"])
    change(&pages)
    return try pages.read(Array(text.utf8)).readings.map {
      "\($0.family.name)\($0.labels) \(NumberText.plain($0.value))"
    }
  }

  @Test func theTargetsLabelsWinAndThePagesOwnStayBeside() throws {
    let page = "# TYPE a gauge\na{job=\"x\",z=\"1\"} 5\nb 6\n"
    let own = try read(page)
    #expect(own[0].contains(#"exported_job="x""#) && own[0].contains(#"job="node""#))
    #expect(own[1].hasSuffix(" 6"))
    let theirs = try read(page) { $0.honorsLabels = true }
    #expect(theirs[0].contains(#"job="x""#) && !theirs[0].contains("exported"))
  }

  @Test func whatIsDroppedDoesNotCountToTheLimit() throws {
    let page = (0..<50).map { "go_x{n=\"\($0)\"} 1" }.joined(separator: "\n") + "\nmine 2\n"
    let kept = try read(page) {
      $0.limits.samples = 1
      $0.rules = [try! RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: "go_.*")]
    }
    #expect(kept.count == 1)
    #expect(throws: PageReadings.Refusal.self) { try read(page) { $0.limits.samples = 50 } }
  }

  @Test func aPageNeverStandsInThePlaceOfOurOwn() throws {
    #expect {
      try read("farwatch_region_state{region=\"us\",state=\"down\"} 1\n") {
        $0.rules = [try! RelabelRule(action: .labeldrop, regex: "job|instance")]
      }
    } throws: { ($0 as? PageReadings.Refusal)?.reason == .configuration }
    #expect(try read("farwatch_region_state 1\n").count == 1)
    // What a check's program prints has no instance.
    var printed = PageReadings(own: .empty)
    printed.limits.samples = 10
    #expect(try printed.read(Array("queue_depth 1\n".utf8)).readings.count == 1)
    #expect(throws: PageReadings.Refusal.self) {
      try printed.read(Array("farwatch_vantage_offline 1\n".utf8))
    }
  }

  @Test func limitsOfLabelsFailThePage() {
    for change: (inout PageReadings) -> Void in [
      { $0.limits.labels = 2 }, { $0.limits.labelValueBytes = 3 }, { $0.limits.labelNameBytes = 3 },
    ] {
      #expect { try read("a{long=\"value\"} 1\n", change) } throws: { error in
        (error as? PageReadings.Refusal)?.reason == .limit
      }
    }
    #expect { try read("a{ 1\n") } throws: { ($0 as? PageReadings.Refusal)?.reason == .protocolError }
  }

  @Test func randomPagesNeverCrash() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let alphabet = Array("abc{}=\",\\ \n#TYPE HELP 0123.eE+-NaN'|;\u{e9}".utf8)
    var pages = PageReadings(own: ["job": "n"])
    pages.limits.samples = 20
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? 0
      }
      _ = try? pages.read(bytes)
      _ = PerformanceData(output: String(decoding: bytes, as: UTF8.self))
    }
  }
}

@Suite struct ScrapeCollectorTests {
  @Test func readsAPageOverHTTPAndSaysWhyNot() async throws {
    let server = try LoopbackServer { request in
      request.target == "/metrics"
        ? LoopbackServer.answer(
          200, "# TYPE jobs_total counter\njobs_total 3\n# HELP q text\n# TYPE q gauge\nq{name=\"a\"} NaN\n")
        : LoopbackServer.answer(503, "no")
    }
    defer { server.stop() }
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    func scrape(_ path: String) async -> Outcome {
      var settings = ScrapeSettings(
        MeasurementBasics(name: "app", region: "r", timeout: .seconds(5)),
        url: "http://127.0.0.1:\(server.port)\(path)")
      settings.basics.labels = ["team": "x"]
      let collector = settings.makeCollector(clients)
      return await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
    }
    let good = await scrape("/metrics")
    #expect(good.verdict == .success)
    let counter = try #require(good.readings.first { $0.family.name == "jobs_total" })
    #expect(counter.value == 3 && counter.labels["job"] == "app" && counter.labels["region"] == "r")
    #expect(counter.labels["team"] == "x" && counter.labels["instance"]?.hasPrefix("127.0.0.1:") == true)
    #expect(good.readings.first { $0.family == ScrapeFamilies.up }?.value == 1)
    let bad = await scrape("/other")
    #expect(bad.reason == .status)
    // Nothing of the last page stays: its series end.
    #expect(
      bad.readings.map(\.family.name) == ["up", "scrape_duration_seconds"] && bad.readings[0].value == 0)
  }

  /// What servers of each kind answer to what is asked for, compressed or not.
  @Test func everyFormatIsRead() async throws {
    let family: [UInt8] = [
      0x0a, 1, 0x6d, 0x12, 0, 0x18, 0, 0x22, 0x0b, 0x1a, 9, 9, 0, 0, 0, 0, 0, 0, 8, 0x40,
    ]
    let server = try LoopbackServer { request in
      let (type, body): (String, String) =
        switch request.target {
        case "/open":
          ("application/openmetrics-text; version=1.0.0", "# TYPE m counter\nm_total 3.0\n# EOF\n")
        case "/cut": ("application/openmetrics-text; version=1.0.0", "# TYPE m counter\nm_total 3.0\n")
        case "/proto":
          (
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
            // Every byte of it is below 0x80.
            String(decoding: [UInt8(family.count)] + family, as: UTF8.self)
          )
        case "/wrong": ("text/html", "m 3\n")
        default: ("text/plain; version=1.0.0; escaping=allow-utf-8", "{\"m.x\"} 3\n")
        }
      let fields = request.head.lowercased()
      guard fields.contains("application/vnd.google.protobuf"), fields.contains("gzip") else {
        return LoopbackServer.answer(406, "")
      }
      return LoopbackServer.answer(200, body, headers: [("Content-Type", type)])
    }
    defer { server.stop() }
    let clients = CollectorClients(userAgent: "test")
    defer { clients.shutdown() }
    for (path, name) in [
      ("/open", "m_total"), ("/proto", "m"), ("/wrong", "m"), ("/text", "m.x"), ("/cut", nil),
    ] as [(String, String?)] {
      let settings = ScrapeSettings(
        MeasurementBasics(name: "app", region: "r", timeout: .seconds(5)),
        url: "http://127.0.0.1:\(server.port)\(path)")
      let collector = settings.makeCollector(clients)
      let outcome = await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
      let reading = outcome.readings.first { $0.value == 3 }
      #expect(reading?.family.name == name, "\(path): \(outcome.verdict)")
      if ["/open", "/proto"].contains(path) { #expect(reading?.family.kind == .counter) }
    }
  }
}
