import FarwatchTesting
import Foundation
import Synchronization

/// Two regions: a PostgreSQL pair that answers Aurora's functions, a Redis pair, two mock Kafka clusters with a played
/// MirrorMaker 2, readiness endpoints, a front door and name servers that split 60 to 40.
final class TaiwanJapanWorld: Sendable {
  let directory: TemporaryDirectory
  let taiwan: TestRegion
  let japan: TestRegion
  let primary: PostgresServer
  let standby: PostgresServer
  /// Between the databases.
  let replication: FaultyProxy
  let pagers: ScenarioPagers
  private let back = Mutex<PostgresServer?>(nil)
  private let beats: ChildProcess
  private let cache: RedisProcess
  private let copy: RedisProcess
  private let cacheLine: FaultyProxy
  private let queues: (taiwan: KafkaMock, japan: KafkaMock)
  private let mirrors: [PlayedMirrorMaker]
  private let front: SplitDoor
  private let names: SteeredNames
  private let port: Int
  var log: String { directory.file("farwatch.log") }

  /// Aurora's functions with the names and columns of its manual, over streaming replication: a row that is written ten
  /// times a second stands for the storage's own clock.
  private static let aurora = """
    CREATE TABLE beat (at timestamptz); INSERT INTO beat VALUES (clock_timestamp());
    CREATE TABLE home (region text); INSERT INTO home VALUES ('ap-east-2');
    CREATE FUNCTION aurora_global_db_status() RETURNS TABLE (aws_region text, highest_lsn_written bigint,
      durability_lag_in_msec double precision, rpo_lag_in_msec double precision,
      last_lag_calculation_time timestamptz, feedback_epoch bigint, feedback_xmin bigint)
    LANGUAGE sql SECURITY DEFINER AS $$
      WITH lag AS (SELECT 1000 * extract(epoch FROM clock_timestamp() - at) AS lag FROM public.beat)
      SELECT each, 0, CASE WHEN each = region THEN -1 WHEN pg_is_in_recovery() THEN lag END,
        CASE WHEN each = region THEN -1 WHEN pg_is_in_recovery() THEN lag END,
        CASE WHEN each = region THEN 'epoch' ELSE clock_timestamp() END, 0, 0
      FROM lag, public.home, unnest(ARRAY['ap-east-2', 'ap-northeast-1']) AS each $$;
    CREATE FUNCTION aurora_global_db_instance_status() RETURNS TABLE (aws_region text,
      visibility_lag_in_msec double precision) LANGUAGE sql AS 'SELECT NULL::text, NULL::double precision WHERE false';
    """

  init() async throws {
    directory = try TemporaryDirectory("farwatch-taiwan-japan")
    pagers = try ScenarioPagers()
    taiwan = try TestRegion("taiwan")
    japan = try TestRegion("japan")
    primary = try await PostgresServer.primary()
    try await primary.sql(Self.aurora)
    standby = try await primary.standby(slot: "japan")
    replication = try FaultyProxy(to: primary.port)
    let line = "host=127.0.0.1 port=\(replication.port) user=postgres application_name=japan"
    try await standby.sql("ALTER SYSTEM SET primary_conninfo = '\(line)'")
    try await standby.sql("SELECT pg_reload_conf()")
    let dsn = "host=127.0.0.1 port=\(primary.port) dbname=postgres user=postgres connect_timeout=2"
    let script =
      #"while :; do echo "UPDATE beat SET at = clock_timestamp();"; sleep 0.1; done | psql -X -q "$1""#
    beats = try ChildProcess(["sh", "-c", script, "beats", dsn], output: .discarded)
    let login = [
      "--requirepass", "cacheword", "--masterauth", "cacheword", "--repl-ping-replica-period", "1",
    ]
    cache = try await RedisProcess(login, tool: ["-a", "cacheword", "--no-auth-warning"])
    copy = try await RedisProcess(login, tool: ["-a", "cacheword", "--no-auth-warning"])
    cacheLine = try FaultyProxy(to: cache.port)
    try await copy.command("REPLICAOF", "127.0.0.1", "\(cacheLine.port)")
    queues = (try KafkaMock(), try KafkaMock())
    mirrors = [
      PlayedMirrorMaker("taiwan", from: queues.taiwan, to: queues.japan),
      PlayedMirrorMaker("japan", from: queues.japan, to: queues.taiwan),
    ]
    front = try SplitDoor([("tw-1", 6), ("jp-1", 4)])
    names = try await SteeredNames(["203.0.113.7": 60, "198.51.100.7": 40], in: directory)
    port = try freeLoopbackPort()
  }

  deinit {
    mirrors.forEach { $0.stop() }
    beats.stop()
    cache.stop()
    copy.stop()
  }

  func startFarwatch() async throws -> FarwatchProcess {
    try FileManager.default.createDirectory(
      atPath: directory.file("secrets"), withIntermediateDirectories: true)
    try directory.write("secrets/taiwan.dsn", primary.dsn(), mode: 0o600)
    try directory.write("secrets/japan.dsn", standby.dsn(), mode: 0o600)
    try directory.write("secrets/redis.password", "cacheword\n", mode: 0o600)
    try directory.write("secrets/drill.id", "monthly-drill-1\n", mode: 0o600)
    let file = try ShippedScenario("taiwan-japan").install(
      in: directory,
      [
        ("listen: 127.0.0.1:9797", "listen: 127.0.0.1:\(port)"), ("state: /var/lib/farwatch", "state: state"),
        ("https://taiwan.api.genai-demo.com/actuator/health/readiness", taiwan.url),
        ("https://japan.api.genai-demo.com/actuator/health/readiness", japan.url),
        ("https://api.genai-demo.com/actuator/health/readiness", "http://127.0.0.1:\(front.port)/"),
        ("host: cache.taiwan.genai-demo.com, port: 6379", "host: 127.0.0.1, port: \(cache.port)"),
        ("host: cache.japan.genai-demo.com, port: 6379", "host: 127.0.0.1, port: \(copy.port)"),
        ("taiwan-msk-cluster:9092", queues.taiwan.bootstrap[0]),
        ("japan-msk-cluster:9092", queues.japan.bootstrap[0]),
        ("resolvers: [1.1.1.1, 8.8.8.8]", "resolvers: [\"127.0.0.1:\(names.port)\"]"),
        ("protocol: https, endpoint: \"https://pager.genai-demo.com/sns\"", endpoint(pagers.critical)),
        ("protocol: https, endpoint: \"https://chat.genai-demo.com/sns\"", endpoint(pagers.warning)),
      ], strangers: ["genai-demo.com/", "msk-cluster", "https://", "/var/"], faster: 6)
    let daemon = try await FarwatchProcess.run(file, port: port, log: log)
    try await daemon.becomeReady()
    _ = await daemon.get("/ping/monthly-drill-1")
    try await pagers.confirmed()
    return daemon
  }

  private func endpoint(_ receiver: WebhookReceiver) -> String {
    "protocol: http, endpoint: \"\(receiver.endpoint)\""
  }

  /// Everything is measured and well, and nobody was told anything.
  func becomeNormal(_ daemon: FarwatchProcess) async throws {
    var all = [
      "TaiwanRegionUnhealthy", "JapanRegionUnhealthy", "CrossRegionReplicationLag", "MSKReplicationLag",
    ]
    .map { Expected("farwatch_alarm_state", ["alarm": $0, "state": "OK"]) }
    for region in ["taiwan", "japan"] {
      all.append(Expected("farwatch_region_state", ["region": region, "state": "up"]))
      all.append(Expected("farwatch_workload_in_charge", ["region": region]))
    }
    all.append(Expected("farwatch_failover_state", ["region": "japan", "state": "ok"]))
    try await Expected.wait(all, of: daemon, within: .seconds(60), log: log)
    guard pagers.told.isEmpty else { throw BenchError("pages in normal operation: \(pagers.told)") }
    guard pagers.warned.isEmpty else { throw BenchError("warnings in normal operation: \(pagers.warned)") }
  }

  func isInStep(_ daemon: FarwatchProcess) async -> Bool {
    guard let page = await daemon.page() else { return false }
    return ["orders", "sessions", "events-to-japan", "events-to-taiwan"].allSatisfy { link in
      page.value("farwatch_replication_recovery_point_timestamp_seconds", ["link": link]).map {
        Date().timeIntervalSince1970 - $0 < 3
      } == true
    }
  }

  func loseTaiwan() async throws {
    taiwan.down()
    cache.stop()
    queues.taiwan.down(1)
    front.fail("tw-1")
    try await primary.stop(immediate: true)
    beats.stop()
  }

  /// What `aws rds failover-global-cluster` does.
  func promoteJapan() async throws {
    try await standby.promote()
    try await standby.sql("UPDATE home SET region = 'ap-northeast-1'")
  }

  func steer(_ split: [(String, Int)]) throws {
    front.split(split)
    try names.steer(["198.51.100.7": 100])
  }

  /// The regions are well, and cannot reach each other.
  func partition(_ isCut: Bool) {
    for proxy in [replication, cacheLine] { isCut ? proxy.freeze() : proxy.thaw() }
    mirrors.forEach { $0.cut(isCut) }
  }

  /// Taiwan's database comes back as a standby of Japan's; people are split again.
  func bringTaiwanBack() async throws {
    let server = try await standby.standby(slot: "taiwan")
    back.withLock { $0 = server }
    try directory.write("secrets/taiwan.dsn", server.dsn(), mode: 0o600)
    try taiwan.up()
    try await cache.start()
    queues.taiwan.down(1, false)
    front.split([("tw-1", 6), ("jp-1", 4)])
    try names.steer(["203.0.113.7": 60, "198.51.100.7": 40])
  }
}
