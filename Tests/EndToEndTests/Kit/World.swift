import FarwatchTesting
import Foundation
import Synchronization

/// Two regions, a replicated database and a folder of dumps, all of them real, and a configuration that watches them.
final class World: Sendable {
  let directory: TemporaryDirectory
  let taiwan: TestRegion
  let japan: TestRegion
  let primary: PostgresServer
  let standby: PostgresServer
  let dumps: DumpJob
  let receiver: WebhookReceiver
  private let port: Int

  init() async throws {
    directory = try TemporaryDirectory("farwatch-world")
    taiwan = try TestRegion("taiwan")
    japan = try TestRegion("japan")
    primary = try await PostgresServer.primary()
    standby = try await primary.standby(slot: "japan")
    dumps = try DumpJob(folder: directory.file("dumps"))
    dumps.start()
    receiver = try WebhookReceiver()
    try receiver.up()
    port = try freeLoopbackPort()
  }

  /// `moreRules`: files beside its own, with an absolute path.
  func startFarwatch(moreRules: [String] = []) async throws -> FarwatchProcess {
    try directory.write("primary.dsn", primary.dsn(), mode: 0o600)
    try directory.write("standby.dsn", standby.dsn(), mode: 0o600)
    try directory.write("rules.yml", rules)
    let file = try directory.write(
      "farwatch.yml", configuration + moreRules.map { "  - \($0)\n" }.joined())
    return try await FarwatchProcess.run(file, port: port, log: directory.file("farwatch.log"))
  }

  private var configuration: String {
    """
    vantage: eu-central-1
    listen: 127.0.0.1:\(port)
    state: state
    regions:
      taiwan: {role: primary, share: 60}
      japan: {role: secondary, share: 40}
    health:
      defaults: {interval: 2s, timeout: 10s, failures: 2, successes: 2, confirm: 200ms}
      checks:
        - {name: api, region: taiwan, zone: tw-1a, tier: web, http: {url: "\(taiwan.url)", json: {status: UP}}}
        - {name: api, region: japan, zone: jp-1a, tier: web, http: {url: "\(japan.url)", json: {status: UP}}}
    replication:
      - link: orders
        engine: postgres
        source: {region: taiwan, dsn_file: primary.dsn}
        targets: [{region: japan, dsn_file: standby.dsn}]
        rpo: 3s
        interval: 500ms
    backups:
      - job: dumps
        region: japan
        directory: {path: dumps, match: "backup_*.sql.gz", settle: 0}
        every: 4s
        interval: 1s
        min_size: 50B
        verify: {gzip: true, trailer: mysqldump}
    topics:
      critical: {subscriptions: [{protocol: http, endpoint: "\(receiver.endpoint)"}]}
    routes: [{match: {severity: page}, topic: critical}]
    rule_files:
      - rules.yml

    """
  }

  private var rules: String {
    """
    groups:
      - name: world
        interval: 1s
        rules:
          - alert: RegionDown
            expr: farwatch_region_state{state="down"} == 1
            labels: {severity: page}
          - alert: ReplicationLag
            expr: |
              time() - farwatch_replication_recovery_point_timestamp_seconds
                > on (link, source_region, target_region, engine)
              farwatch_replication_objective_seconds
            for: 1s
            labels: {severity: page}
          - alert: BackupStale
            expr: |
              time() - backup_last_success_timestamp_seconds
                > on (job, type, repo, region)
              2 * backup_objective_age_seconds
            labels: {severity: page}

    """
  }

  /// Waits for a page about `alarm` in `state`.
  func expectPage(_ alarm: String, _ state: String, within limit: Duration) async throws {
    let log = directory.file("farwatch.log")
    try await waitUntil(
      timeout: limit, "the page \(alarm) \(state) arrives; have \(receiver.pages.map(\.subject)); \(log)"
    ) {
      self.receiver.pages.contains { $0.alarm == alarm && $0.state == state }
    }
  }

  func startPrometheus(
    scraping daemon: FarwatchProcess, rules: [String] = []
  ) async throws -> PrometheusServer {
    try await PrometheusServer(
      scraping: daemon.baseURL.replacingOccurrences(of: "http://", with: ""), rules: rules, in: directory)
  }
}

/// Writes a small gzipped dump every second until it is told to stop.
final class DumpJob: Sendable {
  private let folder: String
  private let child = Mutex<ChildProcess?>(nil)

  init(folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func start() {
    let script = #"""
      cd "$1" || exit 1
      while :; do
        name=backup_$(date -u +%Y%m%d%H%M%S).sql.gz
        { echo '-- MySQL dump'; seq 200; echo '-- Dump completed on 2026-01-01'; } | gzip > .part && mv .part "$name"
        ls -t backup_* | tail -n +8 | xargs -r rm
        sleep 1
      done
      """#
    let started = try? ChildProcess(["sh", "-c", script, "dump", folder], output: .discarded)
    child.withLock { $0 = started }
  }

  func stop() {
    child.withLock { running in
      running?.stop()
      running = nil
    }
  }
}

/// A real Prometheus that scrapes one target every second.
struct PrometheusServer {
  private let child: ChildProcess
  let baseURL: String

  init(scraping target: String, rules: [String] = [], in directory: TemporaryDirectory) async throws {
    let port = try freeLoopbackPort()
    let file = try directory.write(
      "prometheus.yml",
      """
      global: {scrape_interval: 1s, evaluation_interval: 1s}
      rule_files: [\(rules.joined(separator: ", "))]
      scrape_configs:
        - job_name: farwatch
          honor_labels: true
          static_configs: [{targets: ["\(target)"]}]

      """)
    baseURL = "http://127.0.0.1:\(port)"
    child = try ChildProcess(
      [
        "prometheus", "--config.file=\(file)", "--storage.tsdb.path=\(directory.file("prometheus"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ], output: .file(directory.file("prometheus.log")))
    let base = baseURL
    try await waitUntil(timeout: .seconds(90), "Prometheus is ready") {
      await Web.get(base + "/-/ready")?.status == 200
    }
  }

  /// The value of the first sample of an instant query; nil when there is none.
  func query(_ expression: String) async -> Double? {
    let allowed = CharacterSet.alphanumerics
    let encoded = expression.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    guard let answer = await Web.get(baseURL + "/api/v1/query?query=\(encoded)"), answer.status == 200,
      let json = try? JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any],
      let result = (json["data"] as? [String: Any])?["result"] as? [[String: Any]],
      let value = (result.first?["value"] as? [Any])?.last as? String
    else { return nil }
    return Double(value)
  }
}
