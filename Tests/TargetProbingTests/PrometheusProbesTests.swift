import Collecting
import DNSClient
import FarwatchTesting
import Foundation
import HTTPClient
import HTTPServer
import Model
import Probing
import TargetProbing
import Testing

/// A real Prometheus with the relabelling that blackbox_exporter documents, before us and before a real
/// blackbox_exporter, for the same target.
@Suite struct PrometheusProbesTests {
  /// What only blackbox_exporter brings: a hash of the address, which nothing can be told from.
  private static let left: Set<String> = ["probe_ip_addr_hash"]

  @Test func prometheusFindsWhatBlackboxBrings() async throws {
    let site = try LoopbackServer { _ in LoopbackServer.answer(200, "fine") }
    let clients = CollectorClients(userAgent: "Farwatch/test")
    var settings = ProbeEndpointSettings()
    #expect(settings.targets.add("127.0.0.1") == nil)
    settings.modules = [
      "http_2xx": HTTPCheckSettings(name: "probe", url: "http://target.invalid/"),
      "tcp_connect": TCPCheckSettings(name: "probe", endpoint: Endpoint(host: "target.invalid", port: 1)),
      "icmp": ICMPCheckSettings(name: "probe", host: "target.invalid"),
    ]
    let listening = HTTPServerSettings(address: "127.0.0.1:0")
    let endpoint = ProbeEndpoint(settings, clients: clients)
    let server = try HTTPServer(listening) { endpoint.answer($0) }
    let directory = try TemporaryDirectory("farwatch-probes")
    let blackboxPort = try freeLoopbackPort()
    let blackbox = try ChildProcess(
      [
        "prometheus-blackbox-exporter", "--web.listen-address=127.0.0.1:\(blackboxPort)",
        "--config.file="
          + directory.write(
            "blackbox.yml",
            """
            modules:
              http_2xx: {prober: http}
              tcp_connect: {prober: tcp}
              icmp: {prober: icmp}

            """),
      ])
    defer { blackbox.stop() }
    let modules = ["http_2xx", "tcp_connect", "icmp"]
    let prometheus = try RealPrometheus(
      directory,
      modules.map { module in
        let target = module == "icmp" ? "127.0.0.1" : "127.0.0.1:\(site.port)"
        return Self.job("ours", module, target, Int(server.port))
          + Self.job("theirs", module, target, blackboxPort)
      }.joined())
    defer { prometheus.stop() }
    for module in modules {
      try await waitUntil("\(module) is scraped twice") {
        let fewest = try await prometheus.value("min(count_over_time(up{module='\(module)'}[1m]))")
        let up = try await prometheus.value("min(up{module='\(module)'})")
        return fewest ?? 0 >= 2 && up == 1
      }
      let ours = try await prometheus.names("{module='\(module)',from='ours'}")
      let theirs = try await prometheus.names("{module='\(module)',from='theirs'}")
      #expect(theirs.contains("probe_success"))
      #expect(theirs.subtracting(ours).subtracting(Self.left) == [], "\(module)")
      #expect(
        try await prometheus.value("count(probe_success{module='\(module)'} == 1)") == 2,
        "both say that it is well")
    }
    #expect(
      try await prometheus.value("count(probe_success{from='ours',instance='127.0.0.1:\(site.port)'})") == 2)
  }

  private static func job(_ from: String, _ module: String, _ target: String, _ port: Int) -> String {
    """
    - job_name: \(from)_\(module)
      metrics_path: /probe
      params: {module: [\(module)]}
      static_configs: [{targets: ["\(target)"], labels: {from: \(from), module: \(module)}}]
      relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "127.0.0.1:\(port)"}

    """
  }
}

private final class RealPrometheus: Sendable {
  private let child: ChildProcess
  private let base: String
  private let client = HTTPClient(name: "prometheus-test")

  init(_ directory: TemporaryDirectory, _ jobs: String) throws {
    let port = try freeLoopbackPort()
    base = "http://127.0.0.1:\(port)"
    let config = try directory.write(
      "prometheus.yml", "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n" + jobs)
    child = try ChildProcess(
      [
        "prometheus", "--config.file=\(config)", "--storage.tsdb.path=\(directory.file("tsdb"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ], output: .file(directory.file("prometheus.log")))
  }

  func stop() { child.stop() }

  /// The value of the only series that a query gives; nil: there is none, or no answer yet.
  func value(_ query: String) async throws -> Double? {
    guard let pair = try await result(query).first?["value"] as? [Any] else { return nil }
    return (pair.last as? String).flatMap { Double($0) }
  }

  func names(_ selector: String) async throws -> Set<String> {
    Set(try await result(selector).compactMap { ($0["metric"] as? [String: Any])?["__name__"] as? String })
  }

  private func result(_ query: String) async throws -> [[String: Any]] {
    let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let request = HTTPRequest(url: "\(base)/api/v1/query?query=\(escaped)")
    let answer = await withCheckedContinuation { continuation in
      client.start(request) { continuation.resume(returning: $0) }
    }
    guard answer.failure == nil, answer.status == 200 else { return [] }
    let json = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    return (json?["data"] as? [String: Any])?["result"] as? [[String: Any]] ?? []
  }
}
