import FarwatchTesting
import Foundation
import Testing

/// Collectors of several kinds in the daemon that a user runs, with real parts.
@Suite(.serialized) struct CollectorTests {
  /// A region's web server, a Redis with its replica, a program, a job that reports, and a page of another program.
  private final class Bench {
    let fleet: Fleet
    let master: RedisProcess
    let replica: RedisProcess
    let other: LoopbackServer

    init() async throws {
      fleet = try Fleet(regions: ["taiwan", "japan"])
      master = try await RedisProcess()
      replica = try await RedisProcess()
      other = try LoopbackServer { _ in
        LoopbackServer.answer(200, "# TYPE depth gauge\ndepth{queue=\"a\"} 7\n")
      }
      try await replica.follow(master)
      try fleet.directory.write("state.txt", "0")
      try fleet.writeConfiguration(
        more: """
            - {name: cache, region: japan, zone: jp-1, tier: cache, redis: {host: 127.0.0.1, port: \(master.port), role: master}}
            - {name: port, region: japan, tcp: {address: "127.0.0.1:\(master.port)", conversation: [{send_raw: "PING\\r\\n"}, {expect_bytes: "PONG"}]}}
            - {name: plugin, region: japan, exec: {command: [/bin/sh, -c, "read c < \(fleet.directory.file("state.txt")); echo CRITICAL x; exit $c"]}}
            - {name: nightly, region: taiwan, counts: false, push: {id: job-1, period: 1h}}
            - {name: drill, region: taiwan, counts: false, push: {slug: restore-drill, ping_key_file: ping-key, period: 90d}}
          """)
      try fleet.directory.write("ping-key", "fqOOd6-F4MMNuCEnzTU01w\n")
      try fleet.directory.write(
        "farwatch.yml",
        fleet.configuration(more: try checks()) + """
          replication:
            - link: sessions
              engine: redis
              source: {region: japan, host: 127.0.0.1, port: \(master.port)}
              targets: [{region: taiwan, host: 127.0.0.1, port: \(replica.port)}]
              rpo: 30s
          backups:
            - job: dump
              region: taiwan
              every: 1d
              interval: 1s
              directory: {path: ., match: "*.sql", retention: 30d, restore_test_every: 90d, restore_test: {push: drill}}
          collect:
            - {name: app, interval: 1s, scrape: {url: "http://127.0.0.1:\(other.port)/metrics"}}

          """)
    }

    private func checks() throws -> String {
      let text = try String(contentsOfFile: fleet.configurationFile, encoding: .utf8)
      return text.split(separator: "\n").filter { $0.contains("- {name:") && !$0.contains("name: api") }
        .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
    }

    deinit {
      master.stop()
      replica.stop()
      other.stop()
    }
  }

  @Test(.timeLimit(.minutes(4))) func everyKindReportsAndARestartForgetsNothing() async throws {
    let bench = try await Bench()
    var daemon = try await bench.fleet.run()
    defer { Task { [daemon] in try? await daemon.kill() } }
    try await waitUntil(timeout: .seconds(60), "all are up; \(bench.fleet.log)") {
      let page = await daemon.page()
      return ["cache", "port", "plugin"].allSatisfy {
        page?.value("farwatch_check_state", ["check": $0, "state": "up"]) == 1
      } && page?.value("depth", ["queue": "a", "job": "app"]) == 7
        && page?.value("farwatch_replication_up", ["link": "sessions"]) == 1
        && page?.value("backup_retention_objective_seconds", ["job": "dump"]) != nil
    }
    let page = try #require(await daemon.page())
    #expect(page.value("farwatch_tier_state", ["tier": "cache", "zone": "jp-1", "state": "up"]) == 1)
    #expect(page.value("farwatch_checkin_state", ["check": "nightly", "state": "new"]) == 1)
    let point = page.value("farwatch_replication_recovery_point_timestamp_seconds", ["link": "sessions"]) ?? 0
    #expect(abs(Date().timeIntervalSince1970 - point) < 30)

    // A job reports, and what it said outlives the process.
    #expect(await daemon.get("/ping/job-1")?.status == 200)
    #expect(await daemon.get("/ping/stranger")?.status == 404)
    // So does a restore test, told by a visit under a key and a slug, of a run that said when it began.
    #expect(page.value("backup_retention_objective_seconds", ["job": "dump"]) == 2_592_000)
    #expect(page.value("backup_restore_tested_timestamp_seconds", ["job": "dump"]) == nil)
    let drill = "/ping/fqOOd6-F4MMNuCEnzTU01w/restore-drill"
    let run = "?rid=0d5bd0c3-f2f8-4a3f-a3d8-d2c0b3f0aaaa"
    #expect(await daemon.get(drill + "/start" + run)?.status == 200)
    #expect(await daemon.get(drill + run)?.status == 200)
    #expect(await daemon.get("/ping/another-key/restore-drill")?.status == 404)
    try await daemon.kill()
    daemon = try await bench.fleet.run()
    try await waitUntil(timeout: .seconds(30), "the job's visit is known") {
      let page = await daemon.page()
      return page?.value("farwatch_checkin_state", ["check": "nightly", "state": "up"]) == 1
        && page?.value("backup_restore_tested_timestamp_seconds", ["job": "dump"]) != nil
    }
    let tested = await daemon.series("backup_restore_tested_timestamp_seconds", ["job": "dump"]) ?? 0
    #expect(abs(Date().timeIntervalSince1970 - tested) < 90)
    #expect(await daemon.series("farwatch_checkin_last_duration_seconds", ["check": "drill"]) != nil)

    // The program turns, and with it the region.
    try bench.fleet.directory.write("state.txt", "2")
    try await waitUntil(timeout: .seconds(30), "the plugin is critical") {
      await daemon.series("farwatch_check_state", ["check": "plugin", "state": "down"]) == 1
    }
    #expect(await daemon.series("farwatch_region_state", ["region": "japan", "state": "down"]) == 0)
    #expect(await daemon.series("probe_exec_exit_code", ["check": "plugin"]) == 2)
  }

  @Test(.timeLimit(.minutes(2))) func oneIsProbedFromTheCommandLine() async throws {
    let bench = try await Bench()
    func probe(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
      let child = try ChildProcess(
        [FarwatchProcess.binary, "probe", "--config", bench.fleet.configurationFile] + arguments)
      return (try await child.wait(timeout: .seconds(60)), child.output)
    }
    let cache = try await probe("japan/cache")
    #expect(cache.exit == .code(0), "\(cache.output)")
    #expect(cache.output.hasPrefix("# redis_check japan/cache: good, in "), "\(cache.output)")
    #expect(cache.output.contains("# TYPE probe_success gauge") && cache.output.contains("tier=\"cache\""))
    let link = try await probe("sessions", "--passes", "2")
    #expect(
      link.exit == .code(0) && link.output.contains("farwatch_replication_recovery_point_timestamp_seconds{"))
    bench.fleet.regions[0].down()
    let down = try await probe("taiwan/api")
    #expect(down.exit == .code(1), "\(down.output)")
    #expect(down.output.contains("FAILED in") && down.output.contains("connection_refused"))
    let unknown = try await probe("nothing")
    #expect(unknown.exit == .code(1) && unknown.output.contains("redis/sessions"), "\(unknown.output)")
    #expect(try await probe().exit == .code(2))
  }
}
