import Collecting
import FarwatchTesting
import HTTPClient
import Model
import PingClient
import Probing
import StreamClient
import TLSTransport
import Testing

/// The same target asked by blackbox_exporter and by us, where the answers differ and ours is right; and where they
/// must be the same, because dashboards count on it.
@Suite struct BlackboxComparisonTests {
  private let bench = StreamBench()
  private let certificates: TestCertificates
  private let blackbox: BlackboxExporter

  init() throws {
    certificates = try TestCertificates()
    blackbox = try BlackboxExporter(caFile: certificates.path("ca.pem"))
  }

  private func tls(_ port: Int, verify: Bool = true) -> TLSCheckSettings {
    var settings = TLSCheckSettings(name: "t", endpoint: Endpoint(host: "127.0.0.1", port: port))
    settings.tls.caFile = certificates.path("ca.pem")
    settings.tls.verify = verify
    settings.basics.timeout = .seconds(5)
    return settings
  }

  @Test func theyAgreeOnAGoodCertificate() async throws {
    try await blackbox.start()
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let server = try TLSServer(certificates, "good")
    let theirs = try await blackbox.probe("tls", "127.0.0.1:\(server.port)")
    let ours = try await bench.run(tls(server.port))
    #expect(theirs["probe_success"] == 1 && ours.succeeded)
    for name in [
      "probe_ssl_earliest_cert_expiry", "probe_ssl_last_chain_expiry_timestamp_seconds", "probe_ip_protocol",
    ] {
      #expect(ours.streamValue(name) == theirs[name] && theirs[name] != nil, "\(name)")
    }
    let fingerprint = try #require(ours.streamLabel("fingerprint_sha256", of: "probe_ssl_last_chain_info"))
    #expect(theirs.keys.contains { $0.hasPrefix("probe_ssl_last_chain_info") && $0.contains(fingerprint) })
    #expect(theirs[#"probe_tls_version_info{version="TLS 1.3"}"#] == 1)
    #expect(ours.streamValue("probe_tls_version_info", ["version": "TLS 1.3"]) == 1)
  }

  @Test func onlyWeTellWhenAnExpiredCertificateExpired() async throws {
    try await blackbox.start()
    try certificates.make("old", host: "127.0.0.1", days: -3)
    let server = try TLSServer(certificates, "old")
    let expiry = SystemTime().now.seconds - 3 * 86_400
    let theirs = try await blackbox.probe("tls", "127.0.0.1:\(server.port)")
    #expect(theirs["probe_success"] == 0)
    #expect(theirs["probe_ssl_earliest_cert_expiry"] == nil, "so an alert on expiry ends when it is true")
    let ours = try await bench.run(tls(server.port))
    #expect(abs(try #require(ours.streamValue("probe_ssl_earliest_cert_expiry")) - expiry) < 3600)
    // Told not to verify, it gives the year 1 as the end of a chain that it never checked.
    let lax = try await blackbox.probe("tls_insecure", "127.0.0.1:\(server.port)")
    #expect(lax["probe_ssl_last_chain_expiry_timestamp_seconds"] == -62_135_596_800)
    let ourLax = try await bench.run(tls(server.port, verify: false))
    #expect(ourLax.succeeded && ourLax.streamValue("probe_ssl_last_chain_expiry_timestamp_seconds") == nil)
    #expect(ourLax.streamValue("farwatch_probe_tls_verified") == 0)
  }

  /// A server that talks, says something else and falls silent: a mismatch by our count, nothing in particular by theirs.
  @Test func onlyWeTellAMismatchFromSilence() async throws {
    try await blackbox.start()
    let (server, port) = try await PythonEnvironment().serve(
      """
      import socket
      listener = socket.create_server(("127.0.0.1", 0))
      print("port", listener.getsockname()[1])
      kept = []
      while True:
          connection, _ = listener.accept()
          kept.append(connection)
          connection.sendall(b"554 go away\\r\\n")
      """)
    defer { server.stop() }
    let theirs = try await blackbox.probe("smtp", "127.0.0.1:\(port)")
    #expect(theirs["probe_success"] == 0 && theirs["probe_failed_due_to_regex"] == 0)
    var settings = TCPCheckSettings(name: "t", endpoint: Endpoint(host: "127.0.0.1", port: port))
    settings.conversation = [.init(expect: .line("^220 "))]
    settings.basics.timeout = .milliseconds(500)
    let ours = try await bench.run(settings)
    #expect(ours.reason == .body && ours.streamValue("probe_failed_due_to_regex") == 1)
    #expect(ours.failureText.hasSuffix(#"the last was "554 go away""#))
  }
}

/// A real blackbox_exporter, gone afterwards.
private final class BlackboxExporter: Sendable {
  private let port: Int
  private let process: ChildProcess
  private let directory: TemporaryDirectory
  private let client = HTTPClient(name: "blackbox-test")

  init(caFile: String) throws {
    port = try freeLoopbackPort()
    directory = try TemporaryDirectory("farwatch-blackbox", mode: 0o755)
    try directory.write(
      "blackbox.yml",
      """
      modules:
        tls: {prober: tcp, timeout: 5s, tcp: {tls: true, tls_config: {ca_file: \(caFile)}}}
        tls_insecure: {prober: tcp, timeout: 5s, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}
        smtp: {prober: tcp, timeout: 500ms, tcp: {query_response: [{expect: "^220 "}]}}
      """)
    process = try ChildProcess([
      "prometheus-blackbox-exporter", "--config.file=\(directory.file("blackbox.yml"))",
      "--web.listen-address=127.0.0.1:\(port)",
    ])
  }

  func start() async throws {
    try await waitUntil("blackbox_exporter listens") {
      if let end = process.poll() {
        throw BenchError("blackbox_exporter ended with \(end): \(process.output)")
      }
      return (try? await get("/-/healthy")) != nil
    }
  }

  /// Series (name and labels as written) and values of one probe.
  func probe(_ module: String, _ target: String) async throws -> [String: Double] {
    var series: [String: Double] = [:]
    for line in try await get("/probe?module=\(module)&target=\(target)").split(separator: "\n")
    where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      series[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    return series
  }

  private func get(_ path: String) async throws -> String {
    let request = HTTPRequest(url: "http://127.0.0.1:\(port)\(path)")
    let result = await withCheckedContinuation { continuation in
      client.start(request) { continuation.resume(returning: $0) }
    }
    if let failure = result.failure { throw failure }
    return String(decoding: result.body, as: UTF8.self)
  }
}
