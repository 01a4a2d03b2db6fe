import FarwatchTesting

/// Replication of MariaDB beside mysqld_exporter.
struct MariaDBComparison {
  let binary: String
  private static let column = "mysql_slave_status_seconds_behind_master"

  private struct Bench {
    let source: MariaDBServer
    let replica: MariaDBServer
    let proxy: FaultyProxy
    let daemon: FarwatchDaemon
    let exporter: Exporter

    func finding(_ state: String, _ truth: String, seconds: Double, isUp: Bool? = nil) async throws -> Finding
    {
      let page = try await exporter.page()
      let threads = ["io", "sql"].map { thread in
        (name: "\(thread)_running", value: page.value("mysql_slave_status_slave_\(thread)_running"))
      }
      return Finding(
        state: "MariaDB, \(state)", truth: truth,
        theirs: [
          .seconds(
            "mysqld_exporter, seconds_behind_master", page.value(MariaDBComparison.column), truth: seconds,
            beside: threads)
        ],
        ours: try daemon.answer(link: "shop", truth: seconds, isUp: isUp))
    }
  }

  func findings() async throws -> [Finding] {
    let directory = try TemporaryDirectory("farwatch-compare", mode: 0o755)
    let source = try await MariaDBServer.start(id: 1)
    let other = try await MariaDBServer.start(id: 9, ["gtid-domain-id=9"])
    // Sooner than the default it would give up a silent connection, and that would be another state.
    let replica = try await MariaDBServer.start(id: 2, ["slave-net-timeout=60"])
    let stray = try await MariaDBServer.start(id: 3)
    try await source.sql("CREATE TABLE app.t (id INT PRIMARY KEY, x TEXT)")
    try await other.sql("CREATE TABLE app.t9 (id INT PRIMARY KEY)")
    let proxy = try FaultyProxy(to: source.port)
    defer { proxy.stop() }
    try await replica.follow(port: proxy.port)
    try await stray.follow(port: other.port)
    let exporters = (
      try await Self.exporter(of: replica, directory), try await Self.exporter(of: stray, directory)
    )
    try directory.write("password", "watchword\n")
    let daemon = try await FarwatchDaemon(
      binary: binary, configuration: configuration(source, replica, stray, directory), rules: "groups: []\n",
      in: directory)
    defer { daemon.stop() }
    try await daemon.waitInStep("shop")
    let bench = Bench(source: source, replica: replica, proxy: proxy, daemon: daemon, exporter: exporters.0)
    return try await silent(bench) + stopped(bench) + delayed(bench) + foreign(daemon, exporters.1)
  }

  private static func exporter(
    of server: MariaDBServer, _ directory: TemporaryDirectory
  ) async throws -> Exporter {
    try await Exporter(
      "prometheus-mysqld-exporter",
      environment: ["DATA_SOURCE_NAME": "watch:watchword@(127.0.0.1:\(server.port))/"], in: directory)
  }

  private func silent(_ bench: Bench) async throws -> [Finding] {
    try await Task.sleep(for: .seconds(4))
    let idle = try await bench.finding("in step", "not behind", seconds: 0, isUp: true)
    let start = RequestLog.now
    bench.proxy.freeze()
    try await bench.source.sql("INSERT INTO app.t VALUES (1, 'x')")
    try await Task.sleep(for: .seconds(7))
    let silent = try await bench.finding(
      "network between the servers silent for 7 s", "7 s behind", seconds: RequestLog.now - start, isUp: false
    )
    bench.proxy.thaw()
    try await bench.daemon.waitInStep("shop")
    return [idle, silent]
  }

  private func stopped(_ bench: Bench) async throws -> [Finding] {
    var findings: [Finding] = []
    for thread in ["SQL", "IO"] {
      let start = RequestLog.now
      try await bench.replica.sql("STOP SLAVE \(thread)_THREAD")
      try await bench.source.sql("REPLACE INTO app.t VALUES (2, '\(thread)')")
      try await Task.sleep(for: .seconds(6))
      findings.append(
        try await bench.finding(
          "\(thread) thread stopped for 6 s", "6 s behind", seconds: RequestLog.now - start, isUp: false))
      try await bench.replica.sql("START SLAVE")
      try await bench.daemon.waitInStep("shop")
    }
    return findings
  }

  /// What waits in the relay log by intent would not be lost.
  private func delayed(_ bench: Bench) async throws -> [Finding] {
    try await bench.replica.sql("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=30; START SLAVE")
    try await bench.daemon.waitInStep("shop")
    try await bench.source.sql("REPLACE INTO app.t VALUES (3, 'late')")
    try await Task.sleep(for: .seconds(6))
    return [
      try await bench.finding(
        "delayed by 30 s on purpose, a row written 6 s ago", "nothing would be lost", seconds: 0, isUp: true)
    ]
  }

  private func foreign(_ daemon: FarwatchDaemon, _ exporter: Exporter) async throws -> [Finding] {
    let theirs = try await exporter.page().value(Self.column)
    let page = try daemon.page()
    let up = page.value("farwatch_replication_up", "link=\"stray\"")
    let point = page.value("farwatch_replication_recovery_point_timestamp_seconds", "link=\"stray\"")
    let reason = page.value("farwatch_mysql_failure_reason", "link=\"stray\"", "reason=\"wrong_cluster\"")
    return [
      Finding(
        state: "MariaDB, target follows another cluster", truth: "it has nothing of its source",
        theirs: [
          Answer(
            who: "mysqld_exporter, seconds_behind_master", text: "\(Answer.shown(theirs)) s", isRight: false)
        ],
        ours: Answer(
          who: "Farwatch, replication_up and reason",
          text:
            "\(Answer.shown(up)), wrong_cluster \(Answer.shown(reason)), recovery point \(Answer.shown(point))",
          isRight: up == 0 && point == nil && reason == 1))
    ]
  }

  private func configuration(
    _ source: MariaDBServer, _ replica: MariaDBServer, _ stray: MariaDBServer, _ directory: TemporaryDirectory
  ) -> String {
    func server(_ region: String, _ server: MariaDBServer) -> String {
      "{region: \(region), host: 127.0.0.1, port: \(server.port), user: watch, password_file: "
        + "\(directory.file("password"))}"
    }
    let links = [("shop", replica), ("stray", stray)].map { name, target in
      "  - {link: \(name), engine: mysql, rpo: 30s, source: \(server("east", source)), "
        + "targets: [\(server("west", target))]}"
    }
    return """
      vantage: bench
      regions: {east: {}, west: {}}
      health: {checks: [{name: nothing, region: east, push: {id: bench, period: 1d}}]}
      replication:
      \(links.joined(separator: "\n"))

      """
  }
}
