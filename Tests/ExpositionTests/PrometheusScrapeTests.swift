import FarwatchTesting
import Foundation
import HTTPServer
import Model
import Synchronization
import Testing

@testable import Exposition

/// Real Prometheus servers read the page in every format they know, and find nothing odd.
@Suite struct PrometheusScrapeTests {
  private final class Asked: Sendable {
    let types = Mutex<Set<String>>([])
  }

  private static let families: [ScriptedFamilies.Content] = {
    typealias Series = [(Labels, Double)]
    let jobs: Series = [(["queue": "a\"b\\c\nd"], 3), (["queue": "ü"], 1e15)]
    let lags: Series = [(.empty, 0.1 + 0.2), (["a": "1"], .infinity)]
    let buckets: Series = [
      (["__name__": "latency_seconds_bucket", "le": "0.5"], 1),
      (["__name__": "latency_seconds_bucket", "le": "2.5"], 3),
      (["__name__": "latency_seconds_bucket", "le": "+Inf"], 4),
      (["__name__": "latency_seconds_sum"], 7.5), (["__name__": "latency_seconds_count"], 4),
    ]
    let sizes: Series = [
      (["quantile": "0.5"], 1), (["__name__": "size_sum"], 3), (["__name__": "size_count"], 3),
    ]
    let odd: Series = [(.empty, 7)]
    let families: [(MetricFamily, Series)] = [
      (.counter("jobs_done_total", "Jobs \"done\".\n"), jobs), (.gauge("lag_seconds", "Lag."), lags),
      (.init("latency_seconds", .histogram, help: "Latency."), buckets),
      (.init("odd", .untyped, help: ""), odd), (.init("size", .summary, help: "Size."), sizes),
      (.gauge("with.dots", "Dots."), odd),
    ]
    return families.enumerated().map {
      ScriptedFamilies.family($0.element.0, firstID: UInt32(1 + 10 * $0.offset), $0.element.1)
    }
  }()

  @Test func everyFormatIsScrapedWithoutAWord() async throws {
    let renderer = PageRenderer(ScriptedFamilies(Self.families))
    let asked = Asked()
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { request in
      let format = ExpositionFormat.negotiate(
        accept: request.path == "/text" ? nil : request.header("Accept"))
      let page = renderer.render(format)
      let body = page.body(.negotiate(accepted: request.header("Accept-Encoding")))
      asked.types.withLock { _ = $0.insert("\(request.path) \(format.syntax) \(body.coding)") }
      return HTTPServerResponse(
        status: 200, contentType: page.contentType,
        headers: body.coding == .identity ? [] : [HTTPServerField("Content-Encoding", body.coding.rawValue)],
        body: .segments(body.segments))
    }
    defer { server.stop() }
    let directory = try TemporaryDirectory("scrapes", mode: 0o755)
    let open = try await Scraper(
      "open", ["/metrics", "/text"], port: Int(server.port), features: nil, in: directory)
    defer { open.stop() }
    let proto = try await Scraper(
      "proto", ["/metrics"], port: Int(server.port), features: "native-histograms", in: directory)
    defer { proto.stop() }
    var readings: Set<[String]> = []
    for (scraper, path) in [(open, "/metrics"), (open, "/text"), (proto, "/metrics")] {
      try await waitUntil("\(scraper.name) has \(path): \(scraper.log)") {
        try await scraper.values("up{job=\"\(path)\"}") == ["1"]
      }
      readings.insert(try await scraper.values("{job=\"\(path)\",__name__!~\"up|scrape_.*\",le=\"\"}"))
      // A bound is written by the format's own rules, which Prometheus 2 takes as they are.
      #expect(try await scraper.values("{job=\"\(path)\",le!=\"\"}") == ["1", "3", "4"], "\(path)")
    }
    #expect(readings.count == 1, "\(readings)")
    #expect(readings.first?.count == 11)
    #expect(readings.first?.contains("0.30000000000000004") == true)
    asked.types.withLock {
      #expect($0 == ["/metrics openMetrics gzip", "/metrics protobuf gzip", "/text text gzip"])
    }
    for scraper in [open, proto] {
      let odd = scraper.log.split(separator: "\n").filter {
        $0.contains("level=warn") || $0.contains("level=error")
      }
      #expect(odd.isEmpty)
    }
  }
}

/// A Prometheus that scrapes paths of one port every second.
private final class Scraper: Sendable {
  let name: String
  private let port: Int
  private let logFile: String
  private let child: ChildProcess

  init(
    _ name: String, _ paths: [String], port target: Int, features: String?, in directory: TemporaryDirectory
  )
    async throws
  {
    self.name = name
    port = try freeLoopbackPort()
    logFile = directory.file("\(name).log")
    let jobs = paths.map {
      "  - {job_name: \($0), metrics_path: \($0), static_configs: [{targets: [\"127.0.0.1:\(target)\"]}]}"
    }
    let file = try directory.write(
      "\(name).yml",
      "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n\(jobs.joined(separator: "\n"))\n")
    child = try ChildProcess(
      [
        "prometheus", "--config.file=\(file)", "--storage.tsdb.path=\(directory.file("\(name)-tsdb"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ] + (features.map { ["--enable-feature=\($0)"] } ?? []), output: .file(logFile))
  }

  var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }
  func stop() { child.stop() }

  /// The values of a query's series, sorted; none while Prometheus does not answer.
  func values(_ query: String) async throws -> [String] {
    let said = try? await ChildProcess.run([
      "curl", "-sfG", "--data-urlencode", "query=\(query)", "http://127.0.0.1:\(port)/api/v1/query",
    ])
    guard let said, let document = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any],
      let data = document["data"] as? [String: Any], let rows = data["result"] as? [[String: Any]]
    else { return [] }
    return rows.compactMap { ($0["value"] as? [Any])?.last as? String }.sorted()
  }
}
