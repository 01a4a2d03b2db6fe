import Collecting
import DNSClient
import FarwatchTesting
import HTTPClient
import Model
import Probing
import Testing

/// Where blackbox_exporter's DNS module, which asks the same server the same questions, says something else.
@Suite struct DNSBlackboxTests {
  /// What the exporter says of one name: its series without labels.
  private func exported(_ names: [String], server port: Int) async throws -> [String: [String: Double]] {
    let directory = try TemporaryDirectory()
    let modules = names.map {
      "  \($0): {prober: dns, timeout: 2s, dns: {query_name: \($0).test, query_type: A, preferred_ip_protocol: ip4}}"
    }
    let configuration = try directory.write(
      "blackbox.yml", "modules:\n" + modules.joined(separator: "\n") + "\n")
    let listen = try freeLoopbackPort()
    let exporter = try ChildProcess(
      [
        "prometheus-blackbox-exporter", "--config.file=\(configuration)",
        "--web.listen-address=127.0.0.1:\(listen)",
      ])
    defer { exporter.stop() }
    let client = HTTPClient(name: "test")
    func page(_ path: String) async -> HTTPResult {
      await withCheckedContinuation { done in
        client.start(HTTPRequest(url: "http://127.0.0.1:\(listen)\(path)")) { done.resume(returning: $0) }
      }
    }
    try await waitUntil("blackbox_exporter answers") { await page("/-/healthy").status == 200 }
    var all: [String: [String: Double]] = [:]
    for name in names {
      let text = String(
        decoding: await page("/probe?module=\(name)&target=127.0.0.1:\(port)").body, as: UTF8.self)
      for line in text.split(separator: "\n") where !line.hasPrefix("#") && !line.contains("{") {
        let parts = line.split(separator: " ")
        if parts.count == 2 { all[name, default: [:]][String(parts[0])] = Double(parts[1]) }
      }
    }
    return all
  }

  @Test func whereTheyDiffer() async throws {
    let server = try await ScriptedNameServer()
    let names = ["plain", "cut", "stranger", "circle", "spoofed", "slow"]
    let theirs = try await exported(names, server: server.port)
    let client = try DNSClient()
    var ours: [String: Outcome] = [:]
    for name in names {
      var basics = CheckBasics(name: name)
      basics.timeout = .seconds(2)
      let settings = DNSCheckSettings(
        basics: basics, question: DNSQuestion(name: "\(name).test", type: .a),
        servers: [try #require(DNSServer("127.0.0.1:\(server.port)"))])
      ours[name] = try await DNSCheck(settings, client: client, resolver: HostResolver()).outcome()
    }
    func compare(_ name: String, _ family: String) -> [Double?] {
      [theirs[name]?[family], ours[name]?.value(family)]
    }
    #expect(compare("plain", "probe_success") == [1, 1])
    #expect(compare("plain", "probe_dns_answer_rrs") == [1, 1])
    // An answer that was cut is taken for an empty one, and that for a success. We ask again over TCP.
    #expect(compare("cut", "probe_dns_answer_rrs") == [0, 100])
    #expect(compare("cut", "probe_success") == [1, 1])
    // Records of another name, and a circle of aliases, are no answer to the question.
    #expect(compare("stranger", "probe_success") == [1, 0])
    #expect(compare("circle", "probe_success") == [1, 0])
    // Anybody who can send a packet can fail its check; for us what does not belong to the question was never there.
    #expect(compare("spoofed", "probe_success") == [0, 1])
    // Its lookup time is that of the server's own name: nothing, for an address. Ours is that of the question (0.3 s).
    #expect(try #require(compare("slow", "probe_dns_lookup_time_seconds")[0]) < 0.2)
    #expect(try #require(compare("slow", "probe_dns_lookup_time_seconds")[1]) >= 0.3)
  }
}
