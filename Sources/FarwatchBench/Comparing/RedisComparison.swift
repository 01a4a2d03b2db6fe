import FarwatchTesting

/// Replication of Redis beside redis_exporter, on the master and on the replica.
struct RedisComparison {
  let binary: String
  private static let lag = "redis_connected_slave_lag_seconds"
  private static let link = "redis_master_link_up"

  func findings() async throws -> [Finding] {
    let directory = try TemporaryDirectory("farwatch-compare", mode: 0o755)
    let east = try await RedisProcess(["--repl-ping-replica-period", "1", "--repl-timeout", "9"])
    let west = try await RedisProcess(["--repl-timeout", "60"])
    let proxy = try FaultyProxy(to: east.port)
    defer { proxy.stop() }
    try await west.command("REPLICAOF", "127.0.0.1", "\(proxy.port)")
    // Its snapshots take 16 s.
    let slow = try await RedisProcess(["--repl-diskless-sync", "no", "--rdb-key-save-delay", "400000"])
    try await slow.command("EVAL", "for i = 1, 40 do redis.call('SET', 'k' .. i, 'v') end", "0")
    let empty = try await RedisProcess()
    let exporters = try await (
      Self.exporter(of: east, directory), Self.exporter(of: west, directory),
      Self.exporter(of: slow, directory)
    )
    let daemon = try await FarwatchDaemon(
      binary: binary, configuration: configuration([("sessions", east, west), ("copy", slow, empty)]),
      rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    try await daemon.waitInStep("sessions")
    let full = try await fullSynchronization(slow, empty, daemon, exporters.2)
    return try await silence(east, proxy, daemon, (exporters.0, exporters.1)) + [full]
  }

  private func silence(
    _ east: RedisProcess, _ proxy: FaultyProxy, _ daemon: FarwatchDaemon, _ exporters: (Exporter, Exporter)
  ) async throws -> [Finding] {
    func finding(_ state: String, seconds: Double, isUp: Bool) async throws -> Finding {
      let master = try await exporters.0.page()
      let link = try await exporters.1.page().value(Self.link)
      return Finding(
        state: "Redis, \(state)", truth: isUp ? "not behind" : "\(Int(seconds)) s behind, receives nothing",
        theirs: [
          .seconds(
            "redis_exporter of the master, connected_slave_lag_seconds", master.value(Self.lag),
            truth: seconds, beside: [("connected_slaves", master.value("redis_connected_slaves"))]),
          Answer(
            who: "redis_exporter of the replica, master_link_up", text: Answer.shown(link),
            isRight: link == (isUp ? 1 : 0)),
        ], ours: try daemon.answer(link: "sessions", truth: seconds, isUp: isUp))
    }
    let good = try await finding("in step", seconds: 0, isUp: true)
    let start = RequestLog.now
    proxy.freeze()
    try await east.command("SET", "a", "1")
    try await Task.sleep(for: .seconds(6))
    let silent = try await finding("network silent for 6 s", seconds: RequestLog.now - start, isUp: false)
    try await waitUntil(every: .milliseconds(100), "the master forgets its replica") {
      try await east.info("connected_slaves") == "0"
    }
    try await Task.sleep(for: .seconds(2))
    let gone = try await finding(
      "network silent and repl-timeout over", seconds: RequestLog.now - start, isUp: false)
    return [good, silent, gone]
  }

  private func fullSynchronization(
    _ master: RedisProcess, _ replica: RedisProcess, _ daemon: FarwatchDaemon, _ exporter: Exporter
  ) async throws -> Finding {
    try await replica.follow(master)
    try await waitUntil(every: .milliseconds(50), "the snapshot is made") {
      try await master.info("slave0")?.contains("state=wait_bgsave") == true
    }
    try await Task.sleep(for: .seconds(3))
    let theirs = try await exporter.page().value(Self.lag)
    let page = try daemon.page()
    let up = page.value("farwatch_replication_up", "link=\"copy\"")
    let point = page.value("farwatch_replication_recovery_point_timestamp_seconds", "link=\"copy\"")
    return Finding(
      state: "Redis, first full synchronization", truth: "the replica has nothing yet",
      theirs: [
        Answer(
          who: "redis_exporter of the master, connected_slave_lag_seconds",
          text: theirs.map { Answer.shown($0) + " s" } ?? "no value", isRight: theirs == nil)
      ],
      ours: Answer(
        who: "Farwatch, replication_up and recovery point",
        text: "\(Answer.shown(up)), \(Answer.shown(point))", isRight: up == 0 && point == nil))
  }

  private static func exporter(
    of server: RedisProcess, _ directory: TemporaryDirectory
  ) async throws -> Exporter {
    try await Exporter(
      "prometheus-redis-exporter", ["--redis.addr=redis://127.0.0.1:\(server.port)"], in: directory)
  }

  private func configuration(_ pairs: [(name: String, source: RedisProcess, target: RedisProcess)]) -> String
  {
    let links = pairs.map {
      "  - {link: \($0.name), engine: redis, rpo: 30s, silence: 3s, source: {region: east, host: 127.0.0.1, "
        + "port: \($0.source.port)}, targets: [{region: west, host: 127.0.0.1, port: \($0.target.port)}]}"
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
