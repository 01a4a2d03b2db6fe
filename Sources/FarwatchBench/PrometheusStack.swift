import FarwatchTesting
import Foundation

/// Prometheus with blackbox_exporter, and Alertmanager where pages are wanted.
final class PrometheusStack: Sendable {
  private let prometheus: ChildProcess
  private let exporter: ChildProcess
  private let alertmanager: ChildProcess?

  /// Of those that do the work of watching.
  var pids: [pid_t] { [prometheus.pid, exporter.pid] + (alertmanager.map { [$0.pid] } ?? []) }

  /// One group of probed addresses with the labels they get.
  struct Target {
    var url: String
    var check: String
    var region: String
  }

  /// - Parameters:
  ///   - interval: of scrapes and of rule evaluation, such as `5s`.
  ///   - webhook: where Alertmanager sends to; nil: no Alertmanager.
  init(
    _ targets: [Target], interval: String, rules: String, webhook: String?, in directory: TemporaryDirectory
  ) async throws {
    let ports = (try freeLoopbackPort(), try freeLoopbackPort(), try freeLoopbackPort())
    let modules = try directory.write("blackbox.yml", "modules: {http_2xx: {prober: http, timeout: 2s}}\n")
    exporter = try ChildProcess(
      [
        "prometheus-blackbox-exporter", "--config.file=\(modules)",
        "--web.listen-address=127.0.0.1:\(ports.0)",
      ], output: .file(directory.file("blackbox.log")))
    alertmanager = try webhook.map { try Self.startAlertmanager(port: ports.1, webhook: $0, in: directory) }
    try directory.write("peer-rules.yml", rules)
    let alerting =
      webhook == nil
      ? "" : "alerting: {alertmanagers: [{static_configs: [{targets: [\"127.0.0.1:\(ports.1)\"]}]}]}"
    let file = try directory.write(
      "prometheus.yml",
      """
      global: {scrape_interval: \(interval), scrape_timeout: \(interval), evaluation_interval: \(interval)}
      rule_files: [peer-rules.yml]
      \(alerting)
      scrape_configs:
        - job_name: checks
          metrics_path: /probe
          params: {module: [http_2xx]}
          relabel_configs:
            - {source_labels: [__address__], target_label: __param_target}
            - {target_label: __address__, replacement: "127.0.0.1:\(ports.0)"}
          static_configs:
      \(targets.map { "      - {targets: [\"\($0.url)\"], labels: {check: \($0.check), region: \($0.region)}}" }
        .joined(separator: "\n"))

      """)
    prometheus = try ChildProcess(
      [
        "prometheus", "--config.file=\(file)", "--storage.tsdb.path=\(directory.file("tsdb"))",
        "--web.listen-address=127.0.0.1:\(ports.2)",
      ], output: .file(directory.file("prometheus.log")))
    let log = directory.file("prometheus.log")
    try await waitUntil(timeout: .seconds(30), "Prometheus and blackbox_exporter are ready; log: \(log)") {
      fetch(ports.0, "/-/healthy")?.status == 200 && fetch(ports.2, "/-/ready")?.status == 200
        && (webhook == nil || fetch(ports.1, "/-/ready")?.status == 200)
    }
  }

  private static func startAlertmanager(
    port: Int, webhook: String, in directory: TemporaryDirectory
  ) throws -> ChildProcess {
    let file = try directory.write(
      "alertmanager.yml",
      """
      route: {receiver: bench, group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
      receivers: [{name: bench, webhook_configs: [{url: "\(webhook)", send_resolved: true}]}]

      """)
    return try ChildProcess(
      [
        "prometheus-alertmanager", "--config.file=\(file)",
        "--storage.path=\(directory.file("alertmanager"))",
        "--web.listen-address=127.0.0.1:\(port)", "--cluster.listen-address=",
      ], output: .file(directory.file("alertmanager.log")))
  }

  func stop() {
    for child in [prometheus, exporter, alertmanager] { child?.stop() }
  }
}
