import Collecting
import FarwatchTesting
import Model
import PostgresClient
import Testing

@testable import Replication

/// Functions and statements of databases that cannot run here, with the names and shapes that their manuals give, in
/// real PostgreSQL servers; some four seconds.
@Suite struct ManagedLinkTests {
  @Test func whatTheyTellInSQL() async throws {
    let server = try await PostgresServer.primary()
    let client = try PostgresClient()
    try await aurora(server, client)
    try await cockroach(server, client)
    try await yugabyte(server, client)
  }

  private func once(_ collector: ManagedLinkCollector) async -> Outcome {
    await withCheckedContinuation { done in collector.collect { done.resume(returning: $0) } }
  }

  private func near(_ value: Double?, _ goal: Double, _ tolerance: Double = 1.5) -> Bool {
    value.map { abs($0 - goal) < tolerance } ?? false
  }

  // MARK: - Aurora

  private func aurora(_ server: PostgresServer, _ client: PostgresClient) async throws {
    func node(_ region: String, _ name: String, asked: Bool = true) -> ManagedLinkSettings.Node {
      .init(
        region: region, dsn: asked ? .text(server.dsn(user: "plain", password: "plainword")) : nil,
        foreignName: name)
    }
    let settings = try ManagedLinkSettings(
      link: "orders", engine: .aurora, source: node("east", "us-east-1"),
      targets: [node("west", "eu-west-1", asked: false), node("south", "sa-east-1", asked: false)],
      rpo: .seconds(1), timeout: .seconds(10))
    let collector = ManagedLinkCollector(settings, client: client)
    let none = await once(collector)
    #expect(none.reason == .wrongCluster && none.detail.contains("is no Aurora"), "\(none.verdict)")
    #expect(none.recoveryPoint == nil && none.isReplicating == 0)

    try await server.sql(
      """
      CREATE TABLE status (aws_region text, highest_lsn_written bigint, durability_lag_in_msec bigint,
        rpo_lag_in_msec bigint, last_lag_calculation_time timestamptz, feedback_epoch bigint, feedback_xmin bigint);
      CREATE TABLE instances (server_id text, session_id text, aws_region text, durable_lsn bigint,
        highest_lsn_rcvd bigint, feedback_epoch bigint, feedback_xmin bigint, oldest_read_view_lsn bigint,
        visibility_lag_in_msec bigint);
      CREATE FUNCTION aurora_global_db_status() RETURNS SETOF status LANGUAGE sql SECURITY DEFINER
        AS 'SELECT * FROM public.status';
      CREATE FUNCTION aurora_global_db_instance_status() RETURNS SETOF instances LANGUAGE sql SECURITY DEFINER
        AS 'SELECT * FROM public.instances';
      INSERT INTO status VALUES ('us-east-1', 93763984222, -1, -1, '1970-01-01 00:00:00+00', 0, 0),
        ('eu-west-1', 93763984222, 900, 1090, now(), 2, 3315479243),
        ('sa-east-1', 93763984222, NULL, NULL, NULL, 0, 0);
      INSERT INTO instances VALUES
        ('a', 'MASTER_SESSION_ID', 'us-east-1', 93763985102, NULL, NULL, NULL, NULL, NULL),
        ('b', '3bf5', 'eu-west-1', 93763985102, 93763985099, 2, 3315479243, 93763985095, 10),
        ('c', '5eb2', 'eu-west-1', 93763985102, 93763985099, 2, 3315479243, 93763985095, 1017);
      """)
    // Half an answer is better than none.
    try await server.sql("ALTER FUNCTION aurora_global_db_instance_status() RENAME TO elsewhere")
    let half = await once(collector)
    #expect(half.reason == .missing && half.isReplicating == 1 && half.recoveryPoint != nil)
    try await server.sql("ALTER FUNCTION elsewhere() RENAME TO aurora_global_db_instance_status")
    let good = await once(collector)
    let calculated = good.value(ManagedLinkMetrics.calculated) ?? 0
    #expect(near(calculated, good.finishedAt.seconds, 5))
    #expect(near(good.recoveryPoint, calculated - 1.09, 0.05), "the greater of the two lags")
    #expect(good.isReplicating == 1)
    #expect(good.value(ManagedLinkMetrics.durabilityLag) == 0.9)
    #expect(good.value(ManagedLinkMetrics.rpoLag) == 1.09)
    #expect(good.value(ManagedLinkMetrics.visibilityLag) == 1.017)
    #expect(good.value(ManagedLinkMetrics.up, ["region": "east"]) == 1)
    #expect(good.value(ManagedLinkMetrics.up, ["region": "west"]) == nil, "it is not asked")
    #expect(good.value(ReplicationFamilies.splitBrain) == 0)
    // NULL is not 0.
    #expect(good.value(ReplicationFamilies.recoveryPoint, ["target_region": "south"]) == nil)
    #expect(good.value(ReplicationFamilies.up, ["target_region": "south"]) == 0)
    #expect(good.reason == .protocolError)

    // Calculated no more: the lags read well, and the age grows.
    try await server.sql(
      "UPDATE status SET last_lag_calculation_time = now() - interval '5 minutes' WHERE aws_region = 'eu-west-1'"
    )
    let frozen = await once(collector)
    #expect(frozen.isReplicating == 0 && frozen.recoveryPoint == good.recoveryPoint, "an older bound")
    #expect(frozen.value(ManagedLinkMetrics.durabilityLag) == 0.9)
    // Failed over: what was the target says that it is the primary, and its −1 is no lag.
    try await server.sql(
      """
      UPDATE status SET durability_lag_in_msec = -1, rpo_lag_in_msec = -1,
        last_lag_calculation_time = 'epoch' WHERE aws_region = 'eu-west-1';
      UPDATE status SET durability_lag_in_msec = 10, rpo_lag_in_msec = 10,
        last_lag_calculation_time = now() WHERE aws_region = 'us-east-1';
      """)
    let turned = await once(collector)
    #expect(turned.recoveryPoint == good.recoveryPoint && turned.isReplicating == 0)
    #expect(
      turned.verdict
        == .failure(
          .status,
          detail:
            "east: us-east-1 is a secondary, expected the primary; west: eu-west-1 is the primary, expected a "
            + "secondary; south: the lag of sa-east-1 is not told"))
    #expect(turned.value(ManagedLinkMetrics.durabilityLag) == nil)
  }

  @Test func twoRegionsThatCallThemselvesPrimaryAreASplit() throws {
    let settings = try ManagedLinkSettings(
      link: "orders", engine: .aurora,
      source: .init(region: "east", dsn: .text(""), foreignName: "us-east-1"),
      targets: [.init(region: "west", dsn: .text(""), foreignName: "eu-west-1")], rpo: .seconds(1))
    func answer(primary: String, secondary: String) -> Result<ManagedAnswer, PostgresError> {
      let now = Timestamp(seconds: 1_800_000_000)
      let columns = ["aws_region", "durability_lag_in_msec", "rpo_lag_in_msec", "calculated"]
      return .success(
        ManagedAnswer(
          askedAt: now, answeredAt: now, clockError: .zero,
          results: [
            .success(
              PostgresRows(
                columns: columns,
                rows: [[primary, "-1", "-1", "0"], [secondary, "20", "20", "1799999999.5"]])),
            .success(PostgresRows(columns: ["aws_region", "visibility_lag"], rows: [])),
          ]))
    }
    var state = ManagedLinkState(settings)
    let now = Timestamp(seconds: 1_800_000_000)
    func split(_ pass: LinkPass) -> Double? {
      pass.readings.first { $0.family == ReplicationFamilies.splitBrain }?.value
    }
    let east = answer(primary: "us-east-1", secondary: "eu-west-1")
    #expect(split(state.observe(["east": east, "west": east], at: now)) == 0)
    let silence = Result<ManagedAnswer, PostgresError>.failure(PostgresError(.timeout, "silent"))
    #expect(split(state.observe(["east": east, "west": silence], at: now)) == nil, "nobody knows")
    let west = answer(primary: "eu-west-1", secondary: "us-east-1")
    #expect(split(state.observe(["east": east, "west": west], at: now)) == 1)
  }

  // MARK: - CockroachDB

  /// Lets a PostgreSQL pass for another database, for those that look there first.
  private func disguise(_ server: PostgresServer, as product: String) async throws {
    try await server.sql(
      "CREATE FUNCTION public.version() RETURNS text LANGUAGE sql AS $$SELECT '\(product)'$$")
    for account in ["watch", "plain"] {
      try await server.sql("ALTER ROLE \(account) SET search_path = public, pg_catalog")
    }
  }

  private func cockroach(_ server: PostgresServer, _ client: PostgresClient) async throws {
    try await server.sql(
      """
      CREATE TABLE virtual_clusters (id bigint, name text, source_tenant_name text, source_cluster_uri text,
        retained_time timestamptz, replicated_time timestamptz, replication_lag interval, failover_time numeric,
        status text);
      INSERT INTO virtual_clusters VALUES (3, 'main', 'main', 'postgresql://host:26257?redacted',
        now() - interval '4 hours', now() - interval '20 seconds', '00:00:20', NULL, 'replicating');
      GRANT SELECT ON virtual_clusters TO plain;
      """)
    let rewriter = try await StatementRewriter(
      server: server.port,
      ["SHOW VIRTUAL CLUSTER \"main\" WITH REPLICATION STATUS": "SELECT * FROM virtual_clusters"])
    let standby = server.dsn(user: "plain", password: "plainword")
      .replacing("port=\(server.port)", with: "port=\(rewriter.port) sslmode=disable")
    func link(_ name: String) throws -> ManagedLinkCollector {
      ManagedLinkCollector(
        try ManagedLinkSettings(
          link: "orders", engine: .cockroachdb, source: .init(region: "east", dsn: .text(server.dsn())),
          targets: [.init(region: "west", dsn: .text(standby), foreignName: name)], rpo: .seconds(60),
          timeout: .seconds(10)), client: client)
    }
    let plain = await once(try link("main"))
    #expect(plain.reason == .wrongCluster && plain.isReplicating == 0 && plain.recoveryPoint == nil)
    #expect(plain.detail.hasPrefix("east: is no CockroachDB but PostgreSQL 1"), "\(plain.detail)")
    #expect(plain.detail.contains("; west: is no CockroachDB but PostgreSQL 1"), "both are told")
    try await disguise(server, as: "CockroachDB CCL v24.1.2 (x86_64-pc-linux-gnu, built 2024/07/10)")
    let collector = try link("main")
    let good = await once(collector)
    #expect(good.verdict == .success && good.isReplicating == 1)
    #expect(near(good.recoveryPoint, good.finishedAt.seconds - 20, 3))
    try await server.sql("UPDATE virtual_clusters SET status = 'replication paused', replicated_time = NULL")
    let paused = await once(collector)
    #expect(paused.recoveryPoint == good.recoveryPoint && paused.isReplicating == 0)
    #expect(
      paused.verdict
        == .failure(.status, detail: "west: virtual cluster main is not replicating: replication paused"))
    try await server.sql(
      "UPDATE virtual_clusters SET status = 'replication error: postgresql://u:secret@h: refused'")
    #expect(!"\(await once(collector).verdict)".contains("secret"))
    // Of a version whose columns are others.
    try await server.sql(
      """
      ALTER TABLE virtual_clusters DROP COLUMN status, ADD COLUMN data_state text DEFAULT 'replicating';
      UPDATE virtual_clusters SET replicated_time = now();
      """)
    #expect(await once(collector).isReplicating == 1)
    // Another name is another statement, which this server does not know.
    #expect(await once(try link("other")).reason == .query)
  }

  @Test func timesOfTheServerAreReadOrRefused() {
    func read(_ text: String?) -> Double? { PostgresTimeText.timestamp(text)?.seconds }
    #expect(read("2027-01-15 08:00:00+00") == 1_800_000_000)
    #expect(read("2027-01-15 08:00:00.25+00") == 1_800_000_000.25)
    #expect(read("2027-01-15 13:30:00.123456+05:30") == 1_800_000_000.123)
    #expect(read("2027-01-15 03:00:00-05") == 1_800_000_000)
    for text in [
      nil, "", "NULL", "infinity", "1970-01-01 00:00:00+00", "2027-01-15", "2027-01-15 08:00:00",
      "9999-01-01 00:00:00+00",
      "27-01-15 08:00:00+00", "-+-+-+", "2027-01-15 08:00:00+0", "ü027-01-15 08:00:00+00",
    ] { #expect(read(text) == nil, "\(text ?? "nil")") }
    var numbers = SeededNumbers(seed: 15_18)
    let letters = Array("0123456789-+:. TZé".unicodeScalars)
    for _ in 0..<5000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...32, using: &numbers) {
        text.append(letters[Int.random(in: letters.indices, using: &numbers)])
      }
      if let time = read(String(text)) { #expect(time > 946_684_800, "\(text), seed 1518") }
    }
  }

  // MARK: - YugabyteDB

  private func yugabyte(_ server: PostgresServer, _ client: PostgresClient) async throws {
    let heartbeat = PostgresHeartbeat(
      table: try #require(PostgresTable("beats")), link: "orders", region: "east")
    let other = try await PostgresServer.primary()
    let settings = try ManagedLinkSettings(
      link: "orders", engine: .yugabytedb(heartbeat), source: .init(region: "east", dsn: .text(server.dsn())),
      targets: [.init(region: "west", dsn: .text(other.dsn()))], rpo: .seconds(60), timeout: .seconds(10))
    let plain = await once(ManagedLinkCollector(settings, client: try PostgresClient()))
    #expect(plain.reason == .wrongCluster && plain.detail.contains("west: is no YugabyteDB but PostgreSQL 1"))
    try await server.sql("DROP FUNCTION public.version()")
    for side in [server, other] { try await disguise(side, as: "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64") }
    let collector = ManagedLinkCollector(settings, client: try PostgresClient())
    #expect(await once(collector).reason == .missing)
    for side in [server, other] {
      try await side.sql("\(heartbeat.creation); GRANT SELECT ON beats TO watch")
    }
    func beat(_ side: PostgresServer, ago seconds: Int) async throws {
      try await side.sql(
        """
        INSERT INTO beats VALUES ('orders', 'east', now() - interval '\(seconds) s', now() - interval '\(seconds) s')
        ON CONFLICT (link, region) DO UPDATE SET beat_at = excluded.beat_at, writer_at = excluded.writer_at
        """)
    }
    try await beat(server, ago: 0)
    try await beat(other, ago: 7)
    let good = await once(collector)
    #expect(good.verdict == .success && good.isReplicating == 1)
    #expect(near(good.recoveryPoint, good.finishedAt.seconds - 7))
    #expect(good.value(HeartbeatFamilies.seen) == good.recoveryPoint)
    try await beat(other, ago: 300)
    let late = await once(collector)
    #expect(late.isReplicating == 0)
    #expect(
      near(late.recoveryPoint, late.finishedAt.seconds - 300), "the target was restored from an older copy")
    #expect(late.verdict == .failure(.status, detail: "west: heartbeats do not come through any more"))
    try await beat(server, ago: 300)
    let unwritten = await once(collector)
    #expect(unwritten.isReplicating == 0)
    #expect(unwritten.verdict == .failure(.status, detail: "east: the heartbeat is no longer written"))
  }
}
