import FarwatchTesting
import Glibc
import HTTPServer
import Model
import RemoteWrite
import SampleStore
import Synchronization
import Testing

/// Real senders: what they scrape arrives here, and what ends there ends here.
@Suite(.serialized) struct RealSenderTests {
  @Test func prometheusWrites() async throws {
    let bench = try SenderBench()
    let directory = try TemporaryDirectory("farwatch-sender")
    let port = try freeLoopbackPort()
    let config = try directory.write(
      "prometheus.yml",
      """
      global: {scrape_interval: 1s, scrape_timeout: 1s, external_labels: {from: prometheus}}
      remote_write:
      - url: http://127.0.0.1:\(bench.port)/api/v1/write
        queue_config: {batch_send_deadline: 200ms}
      scrape_configs:
      - job_name: page
        static_configs: [{targets: ["127.0.0.1:\(bench.page.port)"]}]
      """)
    let log = directory.file("prometheus.log")
    let child = try ChildProcess(
      [
        "prometheus", "--config.file=\(config)", "--storage.tsdb.path=\(directory.file("tsdb"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ], output: .file(log))
    defer { child.stop() }
    try await bench.watch("from", "prometheus")
  }

  @Test(.enabled(if: SenderBench.vmagent != nil, "vmagent is not installed")) func vmagentWrites()
    async throws
  {
    let bench = try SenderBench()
    let directory = try TemporaryDirectory("farwatch-sender")
    let port = try freeLoopbackPort()
    let config = try directory.write(
      "scrape.yml",
      """
      global: {scrape_interval: 1s, external_labels: {from: vmagent}}
      scrape_configs:
      - job_name: page
        static_configs: [{targets: ["127.0.0.1:\(bench.page.port)"]}]
      """)
    let child = try ChildProcess(
      [
        SenderBench.vmagent ?? "", "-promscrape.config=\(config)", "-httpListenAddr=127.0.0.1:\(port)",
        "-remoteWrite.url=http://127.0.0.1:\(bench.port)/api/v1/write", "-remoteWrite.flushInterval=200ms",
        "-remoteWrite.tmpDataPath=\(directory.file("queue"))",
      ], output: .file(directory.file("vmagent.log")))
    defer { child.stop() }
    try await bench.watch("from", "vmagent")
  }
}

/// A page to scrape, and a server that takes what the scraper writes.
private final class SenderBench: Sendable {
  let store = SampleStore()
  let page: LoopbackServer
  private let server: HTTPServer
  private let endpoint: RemoteWriteEndpoint
  private let text: Text
  private let started = SystemTime().now

  private final class Text: Sendable {
    let value = Mutex(
      """
      # TYPE replication_bytes gauge
      replication_bytes{link="orders",note="é \\"x\\""} 12345.678
      gone 3
      counter_total +Inf

      """)
  }

  static let vmagent: String? = ["/usr/bin/vmagent", "/usr/local/bin/vmagent"].first { (path: String) in
    access(path, X_OK) == 0
  }

  init() throws {
    let (store, text) = (store, Text())
    self.text = text
    page = try LoopbackServer { _ in
      LoopbackServer.answer(
        200, text.value.withLock { $0 }, headers: [("Content-Type", "text/plain; version=0.0.4")])
    }
    let writing = SampleWriting(ownFamilies: [])
    let core = Mutex(())
    endpoint = RemoteWriteEndpoint(RemoteWriteSettings()) { slice in
      core.withLock { _ in writing.write(slice, into: store, now: SystemTime().now) }
    }
    server = try HTTPServer(
      HTTPServerSettings(address: "127.0.0.1:0"), handler: { [endpoint] in endpoint.answer($0) })
  }

  var port: Int { Int(server.port) }

  /// Values and times of a series arrive; when it ends at the sender it ends here.
  func watch(_ label: String, _ value: String) async throws {
    try await waitUntil("samples arrive; statistics \(endpoint.statistics)") {
      newest("replication_bytes") != nil
    }
    let series = try #require(ids("replication_bytes").first)
    #expect(
      store.labels(of: series) == [
        "__name__": "replication_bytes", "link": "orders", "note": "é \"x\"", "job": "page",
        "instance": "127.0.0.1:\(page.port)", label: value,
      ])
    let sample = try #require(newest("replication_bytes"))
    #expect(sample.value == 12345.678)
    #expect(sample.timestamp >= started - .seconds(1) && sample.timestamp <= SystemTime().now)
    #expect(newest("counter_total")?.value == .infinity)
    #expect(newest("up")?.value == 1)
    #expect(newest("gone")?.value == 3)
    text.value.withLock {
      $0 = $0.split(separator: "\n").filter { !$0.hasPrefix("gone") }.joined(separator: "\n") + "\n"
    }
    try await waitUntil("the stale marker arrives") { newest("gone") == nil }
    #expect(newest("replication_bytes")?.value == 12345.678)
    #expect(endpoint.statistics.tally.refused.isEmpty, "\(endpoint.statistics)")
    #expect(endpoint.statistics.requests.keys.allSatisfy { $0 == 204 })
  }

  private func ids(_ name: String) -> [SeriesID] {
    store.select([LabelMatcher(Labels.metricNameLabel, equals: name)])
  }

  private func newest(_ name: String) -> Sample? {
    let now = SystemTime().now
    return ids(name).compactMap {
      store.newestSample(of: $0, at: now + .seconds(5), after: now - .seconds(300))
    }.first
  }
}
