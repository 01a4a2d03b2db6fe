import FarwatchTesting

/// Certificates and refused connections beside blackbox_exporter.
struct ProbeComparison {
  let binary: String
  private static let expiry = "probe_ssl_earliest_cert_expiry"
  private static let chain = "probe_ssl_last_chain_expiry_timestamp_seconds"
  private static let phases = "probe_http_duration_seconds"

  func findings() async throws -> [Finding] {
    let directory = try TemporaryDirectory("farwatch-compare", mode: 0o755)
    let certificates = try TestCertificates()
    try certificates.make("old", host: "127.0.0.1", days: -3)
    let server = try TLSServer(certificates, "old")
    let refusing = try RefusingPort()
    let exporter = try await Exporter(
      "prometheus-blackbox-exporter",
      ["--config.file=\(directory.write("blackbox.yml", Self.modules(certificates.path("ca.pem"))))"],
      in: directory)
    let daemon = try await FarwatchDaemon(
      binary: binary,
      configuration: configuration(server.port, refusing.port, certificates.path("ca.pem")),
      rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    try await waitUntil(every: .milliseconds(200), "every check was made") {
      try daemon.page().count("probe_success", of: 0) + daemon.page().count("probe_success", of: 1) == 3
    }
    func theirs(_ module: String, _ target: String) async throws -> MetricsText {
      try await exporter.page("/probe?module=\(module)&target=\(target)")
    }
    let strict = try await theirs("tls", "127.0.0.1:\(server.port)")
    let lax = try await theirs("lax", "127.0.0.1:\(server.port)")
    let refused = try await theirs("http", "127.0.0.1:\(refusing.port)")
    let ours = try daemon.page()
    return [
      finding(
        "certificate expired three days ago", "its expiry is in the past", "earliest_cert_expiry",
        (strict.value(Self.expiry), ours.value(Self.expiry, "check=\"strict\""))
      ) { $0.map { $0 < RequestLog.now && $0 > RequestLog.now - 4 * 86_400 } ?? false },
      finding(
        "certificate not verified", "no chain was verified, so none has an expiry", "last_chain_expiry",
        (lax.value(Self.chain), ours.value(Self.chain, "check=\"lax\""))
      ) { $0 == nil },
      finding(
        "connection refused", "nothing was transferred, so that took no time at all, not 0 s",
        "phase transfer",
        (
          refused.value(Self.phases, "phase=\"transfer\""),
          ours.value(Self.phases, "check=\"refused\"", "phase=\"transfer\"")
        )
      ) { $0 == nil },
    ]
  }

  private func finding(
    _ state: String, _ truth: String, _ what: String, _ values: (theirs: Double?, ours: Double?),
    isRight: (Double?) -> Bool
  ) -> Finding {
    func answer(_ who: String, _ value: Double?) -> Answer {
      Answer(who: "\(who), \(what)", text: Answer.shown(value), isRight: isRight(value))
    }
    return Finding(
      state: "Probe, \(state)", truth: truth, theirs: [answer("blackbox_exporter", values.theirs)],
      ours: answer("Farwatch", values.ours))
  }

  private static func modules(_ authority: String) -> String {
    """
    modules:
      tls: {prober: tcp, timeout: 5s, tcp: {tls: true, tls_config: {ca_file: \(authority)}}}
      lax: {prober: tcp, timeout: 5s, tcp: {tls: true, tls_config: {insecure_skip_verify: true}}}
      http: {prober: http, timeout: 5s}

    """
  }

  private func configuration(_ port: Int, _ refusing: Int, _ authority: String) -> String {
    """
    vantage: bench
    regions: {east: {}}
    health:
      checks:
        - {name: strict, region: east, tls: {address: "127.0.0.1:\(port)", ca_file: \(authority)}}
        - {name: lax, region: east, tls: {address: "127.0.0.1:\(port)", verify: false}}
        - {name: refused, region: east, http: {url: "http://127.0.0.1:\(refusing)/"}}

    """
  }
}
