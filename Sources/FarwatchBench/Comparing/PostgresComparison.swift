import FarwatchTesting

/// Streaming replication of PostgreSQL beside postgres_exporter: with the query that Debian ships as its example, and
/// with the one that later versions have built in.
struct PostgresComparison {
  let binary: String

  private struct Bench {
    let primary: PostgresServer
    let standby: PostgresServer
    let daemon: FarwatchDaemon
    let exporter: Exporter

    func finding(_ state: String, _ truth: String, seconds: Double, isUp: Bool? = nil) async throws -> Finding
    {
      let page = try await exporter.page()
      return Finding(
        state: "PostgreSQL, \(state)", truth: truth,
        theirs: [
          ("the example's pg_replication_lag", "pg_replication_lag"),
          ("pg_replication_lag of 0.12 and later", "pg_newer_lag"),
        ].map { title, name in
          .seconds(
            "postgres_exporter, \(title)", page.value(name), truth: seconds,
            beside: [("pg_up", page.value("pg_up"))])
        }, ours: try daemon.answer(link: "orders", truth: seconds, isUp: isUp))
    }
  }

  func findings() async throws -> [Finding] {
    let directory = try TemporaryDirectory("farwatch-compare", mode: 0o755)
    let primary = try await PostgresServer.primary()
    let standby = try await primary.standby(slot: "west")
    let exporter = try await Exporter(
      "prometheus-postgres-exporter",
      ["--extend.query-path=\(directory.write("queries.yaml", Self.queries))"],
      environment: ["DATA_SOURCE_NAME": "host=127.0.0.1 port=\(standby.port) user=postgres sslmode=disable"],
      in: directory)
    let daemon = try await FarwatchDaemon(
      binary: binary, configuration: try configuration(primary, standby, directory), rules: "groups: []\n",
      in: directory)
    defer { daemon.stop() }
    let bench = Bench(primary: primary, standby: standby, daemon: daemon, exporter: exporter)
    try await primary.write(megabytes: 1)
    try await standby.catchUp(with: primary)
    try await daemon.waitInStep("orders")
    return try await inStepAndSilent(bench) + paused(bench) + goneAndSplit(bench)
  }

  private func inStepAndSilent(_ bench: Bench) async throws -> [Finding] {
    try await Task.sleep(for: .seconds(8))
    let idle = try await bench.finding("nothing written for 8 s", "not behind", seconds: 0, isUp: true)
    let senders = try await bench.primary.freezeSenders()
    defer { bench.primary.thaw(senders) }
    let start = RequestLog.now
    try await bench.primary.write(megabytes: 4)
    try await Task.sleep(for: .seconds(8))
    let frozen = try await bench.finding(
      "WAL sender frozen while the source writes 4 MB", "8 s behind", seconds: RequestLog.now - start)
    bench.primary.thaw(senders)
    try await bench.standby.catchUp(with: bench.primary)
    try await bench.daemon.waitInStep("orders")
    return [
      idle, frozen,
      try await bench.finding("just caught up", "not behind", seconds: 0, isUp: true),
    ]
  }

  private func paused(_ bench: Bench) async throws -> [Finding] {
    try await Task.sleep(for: .seconds(8))
    try await bench.standby.pauseReplay()
    let start = RequestLog.now
    try await bench.primary.write(megabytes: 1)
    try await Task.sleep(for: .seconds(6))
    let paused = try await bench.finding(
      "replay paused for 6 s after 8 s of nothing", "6 s behind", seconds: RequestLog.now - start)
    try await bench.standby.resumeReplay()
    try await bench.standby.catchUp(with: bench.primary)
    try await bench.daemon.waitInStep("orders")
    return [paused]
  }

  private func goneAndSplit(_ bench: Bench) async throws -> [Finding] {
    let start = RequestLog.now
    try await bench.standby.stop()
    try await bench.primary.write(megabytes: 1)
    try await Task.sleep(for: .seconds(6))
    let gone = try await bench.finding(
      "standby down for 6 s", "6 s behind", seconds: RequestLog.now - start, isUp: false)
    try await bench.standby.start()
    try await bench.daemon.waitInStep("orders")
    try await bench.standby.promote()
    try await Task.sleep(for: .seconds(4))
    let lag = try await bench.exporter.page().value("pg_newer_lag")
    let ours = try bench.daemon.page().value("farwatch_replication_split_brain", "link=\"orders\"")
    return [
      gone,
      Finding(
        state: "PostgreSQL, standby promoted while its source goes on", truth: "two primaries",
        theirs: [
          Answer(
            who: "postgres_exporter, pg_replication_lag of 0.12 and later", text: "\(Answer.shown(lag)) s",
            isRight: false)
        ],
        ours: Answer(
          who: "Farwatch, split_brain", text: Answer.shown(ours), isRight: ours == 1)),
    ]
  }

  private func configuration(
    _ primary: PostgresServer, _ standby: PostgresServer, _ directory: TemporaryDirectory
  ) throws -> String {
    let files = (
      try directory.write("east.dsn", primary.dsn() + "\n"),
      try directory.write("west.dsn", standby.dsn() + "\n")
    )
    return """
      vantage: bench
      regions: {east: {}, west: {}}
      health: {checks: [{name: nothing, region: east, push: {id: bench, period: 1d}}]}
      replication:
        - link: orders
          engine: postgres
          source: {region: east, dsn_file: \(files.0)}
          targets: [{region: west, dsn_file: \(files.1)}]
          rpo: 30s

      """
  }

  /// The formulas of Debian's queries.yaml, and of the collector `replication` since 0.12.
  private static let queries = """
    pg_replication:
      query: "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 ELSE GREATEST(0, EXTRACT(EPOCH FROM (now() - \
    pg_last_xact_replay_timestamp()))) END AS lag"
      master: true
      metrics: [{lag: {usage: GAUGE, description: "Replication lag"}}]
    pg_newer:
      query: "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 WHEN pg_last_wal_receive_lsn() = \
    pg_last_wal_replay_lsn() THEN 0 ELSE GREATEST(0, EXTRACT(EPOCH FROM (now() - pg_last_xact_replay_timestamp()))) \
    END AS lag"
      master: true
      metrics: [{lag: {usage: GAUGE, description: "Replication lag"}}]

    """
}
