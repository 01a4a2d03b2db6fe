import FarwatchTesting
import Foundation
import Synchronization
import Testing

/// A workload on a real PostgreSQL pair under write load: what the daemon measures of a failover, against what the
/// writer itself knows.
@Suite(.serialized) struct FailoverTests {
  @Test(.timeLimit(.minutes(5)))
  func aPromotionUnderLoadIsMeasuredAsTheWriterSawIt() async throws {
    let world = try await FailoverWorld()
    let daemon = try await world.startFarwatch()
    let before = try BatchWriter(world.primary, from: 1, log: world.directory.file("before.log"))
    try await waitUntil(timeout: .seconds(60), "a failover would do: \(world.log)") {
      await daemon.series("farwatch_failover_state", ["region": "japan", "state": "ok"]) == 1
        && before.batches.count >= 3
    }
    #expect(await daemon.series("farwatch_workload_in_charge", ["region": "taiwan"]) == 1)
    #expect(await daemon.series("farwatch_estimated_recovery_seconds") == nil, "never measured is unknown")

    // What is written from now on does not reach the standby; then the primary dies.
    world.replication.freeze()
    try await Task.sleep(for: .seconds(3))
    let died = Date()
    try await world.primary.stop(immediate: true)
    before.stop()
    try await waitUntil(timeout: .seconds(30), "the outage is seen: \(world.log)") {
      await daemon.series("farwatch_failover_in_progress", ["workload": "shop"]) == 1
    }
    try await world.standby.promote()
    world.front.region = "jp-1"
    let after = try BatchWriter(world.standby, from: 1_000_000, log: world.directory.file("after.log"))
    defer { after.stop() }
    try await waitUntil(timeout: .seconds(30), "the other region serves: \(world.log)") {
      await daemon.series("farwatch_failover_recovery_time_seconds") != nil
    }

    // The truth.
    let first = try #require(after.batches.first)
    let recovered = first.at.timeIntervalSince(died)
    let last = try #require(before.batches.last)
    let kept = try #require(
      Int(try await world.standby.sql("SELECT max(id) FROM batches WHERE id < 1000000")))
    let newestKept = try #require(before.batches.first { $0.id == kept })
    let lost = last.at.timeIntervalSince(newestKept.at)
    #expect(last.id - kept >= 2, "batches were lost")
    // What was measured.
    let took = try #require(await daemon.series("farwatch_failover_recovery_time_seconds"))
    let missing = try #require(await daemon.series("farwatch_failover_data_lost_seconds"))
    #expect(abs(took - recovered) < 1, "measured \(took) s, the writer saw \(recovered) s")
    #expect(abs(missing - lost) <= BatchWriter.interval, "measured \(missing) s, the writer lost \(lost) s")
    #expect(await daemon.series("farwatch_estimated_recovery_seconds") == nil, "japan is in charge now")
    for step in ["first_bad", "role_changed", "steering_changed", "serving"] {
      #expect(
        await daemon.series("farwatch_failover_step_timestamp_seconds", ["step": step]) != nil, "\(step)")
    }
    try await world.expectPage("FailoverInProgress", "ALARM")
    let events = try await ChildProcess.run([
      FarwatchProcess.binary, "events", "--url", daemon.baseURL, "--kind", "failover",
    ])
    #expect(events.contains("serving") && events.contains("workload=shop"), "\(events)")
  }

  @Test(.timeLimit(.minutes(5)))
  func aSecondPrimaryPagesWithinAProbeInterval() async throws {
    let world = try await FailoverWorld()
    let daemon = try await world.startFarwatch()
    try await waitUntil(timeout: .seconds(60), "a failover would do: \(world.log)") {
      await daemon.series("farwatch_failover_state", ["region": "japan", "state": "ok"]) == 1
    }
    #expect(world.receiver.pages.isEmpty)
    try await world.standby.promote()
    let promoted = Date()
    try await world.expectPage("SplitBrain", "ALARM")
    let page = try #require(world.receiver.pages.first { $0.alarm == "SplitBrain" })
    #expect(page.labels["workload"] == "shop")
    // One interval of the link, and the machine's own slowness.
    #expect(page.receivedAt.timeIntervalSince(promoted) < 0.2 + 1, "\(page.receivedAt) \(promoted)")
    #expect(await daemon.series("farwatch_failover_in_progress", ["workload": "shop"]) == 0)
    try await world.standby.stop(immediate: true)
  }
}

/// Writes a batch a second, each in a transaction of its own, and remembers when each was confirmed.
final class BatchWriter: Sendable {
  struct Batch: Sendable {
    var id: Int
    var at: Date
  }
  static let interval = 1.0
  private let child: ChildProcess
  private let log: String

  init(_ server: PostgresServer, from first: Int, log: String) throws {
    self.log = log
    let script = """
      n=$1
      while :; do
        echo "INSERT INTO batches VALUES ($n, clock_timestamp()) RETURNING 'batch', id, extract(epoch FROM at);"
        n=$((n + 1)); sleep \(Self.interval)
      done | psql -X -q -A -t -F ' ' -v ON_ERROR_STOP=1 "$2"
      """
    let dsn = "host=127.0.0.1 port=\(server.port) dbname=postgres user=postgres connect_timeout=2"
    child = try ChildProcess(["sh", "-c", script, "writer", "\(first)", dsn], output: .file(log))
  }

  func stop() { child.stop() }

  /// Those that were confirmed.
  var batches: [Batch] {
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      guard parts.count == 3, parts[0] == "batch", let id = Int(parts[1]), let at = Double(parts[2]) else {
        return nil
      }
      return Batch(id: id, at: Date(timeIntervalSince1970: at))
    }
  }
}

/// A front door that says which region answers.
final class FrontDoor: Sendable {
  private final class Shown: Sendable { let region = Mutex("tw-1") }
  private let shown: Shown
  private let server: LoopbackServer
  var port: Int { server.port }

  init() throws {
    let shown = Shown()
    self.shown = shown
    server = try LoopbackServer { _ in
      LoopbackServer.answer(200, "ok", headers: [("X-Region", shown.region.withLock { $0 })])
    }
  }

  var region: String {
    get { shown.region.withLock { $0 } }
    set { shown.region.withLock { $0 = newValue } }
  }
}

/// A primary with a standby behind a line that can be cut, a front door, and a workload on them.
final class FailoverWorld: Sendable {
  let directory: TemporaryDirectory
  let primary: PostgresServer
  let standby: PostgresServer
  /// Between the two servers.
  let replication: FaultyProxy
  let front: FrontDoor
  let receiver: WebhookReceiver
  private let port: Int
  var log: String { directory.file("farwatch.log") }

  init() async throws {
    directory = try TemporaryDirectory("farwatch-failover")
    primary = try await PostgresServer.primary()
    try await primary.sql(
      """
      CREATE TABLE batches (id bigint PRIMARY KEY, at timestamptz);
      CREATE SCHEMA farwatch; GRANT ALL ON SCHEMA farwatch TO watch;
      """)
    standby = try await primary.standby(slot: "japan")
    replication = try FaultyProxy(to: primary.port)
    let line = "host=127.0.0.1 port=\(replication.port) user=postgres application_name=japan"
    try await standby.sql("ALTER SYSTEM SET primary_conninfo = '\(line)'")
    try await standby.sql("SELECT pg_reload_conf()")
    front = try FrontDoor()
    receiver = try WebhookReceiver()
    try receiver.up()
    port = try freeLoopbackPort()
  }

  /// - Parameters:
  ///   - topics: more of them, as YAML that is indented by two.
  ///   - more: of the file, after all else.
  func startFarwatch(topics: String = "", _ more: String = "") async throws -> FarwatchProcess {
    try directory.write("taiwan.dsn", primary.dsn(), mode: 0o600)
    try directory.write("japan.dsn", standby.dsn(), mode: 0o600)
    let rules = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../rules/readiness.yml").standardized.path
    let file = try directory.write(
      "farwatch.yml",
      """
      vantage: third
      listen: 127.0.0.1:\(port)
      state: state
      regions:
        taiwan: {role: primary}
        japan: {role: standby}
      health:
        defaults: {interval: 200ms, timeout: 1s, failures: 2, successes: 1, confirm: 100ms}
        checks:
          - {name: db, region: taiwan, postgres: {dsn_file: taiwan.dsn, write: {table: farwatch.canary, create: true}}}
          - {name: db, region: japan, postgres: {dsn_file: japan.dsn, write: {table: farwatch.canary, create: true}}}
      replication:
        - link: orders
          engine: postgres
          source: {region: taiwan, dsn_file: taiwan.dsn}
          targets: [{region: japan, dsn_file: japan.dsn}]
          rpo: 30s
          interval: 200ms
          timeout: 1s
      collect:
        - name: front
          interval: 200ms
          marker: {url: "http://127.0.0.1:\(front.port)/", from_header: X-Region, requests: 1, regions: {taiwan: "tw-*", japan: "jp-*"}}
      workloads:
        - name: shop
          regions: [taiwan, japan]
          data: [{link: orders}]
          writer: orders
          traffic: front
          check: db
          objectives: {rpo: 30s, rto: 60s}
      topics:
        critical: {subscriptions: [{protocol: http, endpoint: "\(receiver.endpoint)"}]}
      \(topics)
      routes: [{match: {severity: page}, topic: critical}]
      rule_files: [\(rules)]
      \(more)

      """)
    let daemon = try await FarwatchProcess.run(file, port: port, log: log)
    try await daemon.becomeReady()
    try await waitUntil(timeout: .seconds(30), "the receiver is confirmed") { receiver.confirmations > 0 }
    return daemon
  }

  func expectPage(_ alarm: String, _ state: String) async throws {
    try await waitUntil(
      timeout: .seconds(30),
      "the page \(alarm) \(state) arrives; have \(receiver.pages.map(\.subject)); \(log)"
    ) {
      self.receiver.pages.contains { $0.alarm == alarm && $0.state == state }
    }
  }
}
