import FarwatchTesting
import Foundation
import Testing

/// A world that does everything wrong: each fault gets its name, and nothing else is disturbed by it.
@Suite(.serialized) struct BadWorldTests {
  @Test(.timeLimit(.minutes(10))) func everyBadRegionHasItsReason() async throws {
    let world = try BadRegions()
    let healthy = try TestRegion("healthy")
    let directory = try TemporaryDirectory("farwatch-bad-world")
    let port = try freeLoopbackPort()
    let file = try directory.write("farwatch.yml", world.configuration(port: port, healthy: healthy))
    let daemon = try await FarwatchProcess.run(file, port: port, log: directory.file("farwatch.log"))
    for (name, reason) in world.reasons {
      try await waitUntil(
        timeout: .seconds(90), "\(name) fails by \(reason); \(directory.file("farwatch.log"))"
      ) {
        await daemon.series("farwatch_probe_failure_reason", ["check": name, "reason": reason]) == 1
      }
    }
    let page = try #require(await daemon.page())
    let expiry = try #require(page.value("probe_ssl_earliest_cert_expiry", ["check": "expired"]))
    #expect(expiry < Date().timeIntervalSince1970, "an expired certificate still says when it ended")
    #expect(page.value("probe_success", ["check": "expired"]) == 0)

    // Ten more seconds of it: the healthy region is asked as often as it should be and is never found down.
    let log = directory.file("farwatch.log")
    let asked = healthy.requests
    let began = ContinuousClock.now
    var largest = 0.0
    while ContinuousClock.now - began < .seconds(10) {
      let page = try #require(await daemon.page(), "the daemon lives; \(log)")
      #expect(page.value("probe_success", ["check": "api"]) == 1)
      #expect(page.value("farwatch_region_state", ["region": "healthy", "state": "up"]) == 1)
      largest = max(largest, page.value("process_resident_memory_bytes") ?? .infinity)
      try await Task.sleep(for: .milliseconds(250))
    }
    let probes = healthy.requests - asked
    let due = (ContinuousClock.now - began) / .milliseconds(500)
    #expect(
      Double(probes) > due / 2 && Double(probes) < due * 1.2 + 2, "\(probes) probes where \(due) were due")
    #expect(largest < 250e6, "hundreds of megabytes were offered: \(largest)")
    let last = try #require(await daemon.page())
    #expect(last.value("farwatch_collector_overruns_total", ["name": "api"]) ?? 0 == 0)
    print("BadWorldTests: at most \(Int(largest / 1e6)) MB resident, \(probes) healthy probes in 10 s")
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
  }

  @Test(.timeLimit(.minutes(10))) func badBackupsAndConnectionStringsHaveReasonsAndKeepTheirSecrets()
    async throws
  {
    let directory = try TemporaryDirectory("farwatch-bad-backups", mode: 0o755)
    let port = try freeLoopbackPort()
    let secret = "s3cr3t-pa55w0rd"
    try directory.write("refused.dsn", "postgresql://watch:\(secret)@127.0.0.1:1/orders\n")
    try directory.write("garbage.dsn", "postgresql://watch:\(secret)@[::/orders?nonsense=\(secret)\n")
    let manager = FileManager.default
    for folder in ["closed", "truncated", "state"] {
      try manager.createDirectory(atPath: directory.file(folder), withIntermediateDirectories: true)
    }
    try directory.write("file", "no folder\n")
    let dump = try Data(contentsOf: Self.gzippedDump(directory))
    try dump.prefix(dump.count / 2).write(to: URL(filePath: directory.file("truncated/backup_1.sql.gz")))
    let file = try directory.write("farwatch.yml", Self.backupConfiguration(port))
    // Root may read everything: as root the daemon runs as somebody else.
    var user: String?
    if getuid() == 0 {
      user = "daemon"
      try await ChildProcess.run(["chown", "daemon", directory.file("state")])
    }
    chmod(directory.file("closed"), 0)
    let log = directory.file("farwatch.log")
    let daemon = try await FarwatchProcess.run(file, port: port, log: log, user: user)
    try await daemon.becomeReady()
    for job in ["missing", "closed", "file"] {
      try await waitUntil(timeout: .seconds(90), "the folder of \(job) cannot be read; \(log)") {
        await daemon.series("backup_up", ["job": job]) == 0
      }
    }
    try await waitUntil(timeout: .seconds(90), "the truncated dump is rejected; \(log)") {
      await daemon.series("backup_verification_failed_files_total", ["job": "truncated"]) == 1
    }
    let page = try #require(await daemon.page())
    for job in ["missing", "closed", "file", "truncated"] {
      #expect(page.value("backup_last_success_timestamp_seconds", ["job": job]) == nil, "\(job)")
    }
    #expect(page.value("backup_up", ["job": "truncated"]) == 1)
    for link in ["refused", "garbage"] {
      #expect(page.value("farwatch_replication_up", ["link": link]) == 0, "\(link)")
      #expect(page.value("farwatch_replication_recovery_point_timestamp_seconds", ["link": link]) == nil)
    }
    let status = try #require(await daemon.get("/")?.body)
    for reason in ["not_found", "permission_denied", "connection_refused", "bad_configuration"] {
      #expect(status.contains(reason) || status.contains(Self.words(reason)), "\(reason): \(status)")
    }
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
    chmod(directory.file("closed"), 0o755)
    let written = try String(contentsOfFile: log, encoding: .utf8)
    for text in [written, page.text, status] { #expect(!text.contains(secret), "a secret leaked: \(text)") }
  }

  private static func words(_ reason: String) -> String { reason.replacingOccurrences(of: "_", with: " ") }

  private static func gzippedDump(_ directory: TemporaryDirectory) throws -> URL {
    let text =
      "-- MySQL dump\n" + (0..<4000).map { "INSERT \($0 &* 7919);\n" }.joined() + "-- Dump completed\n"
    let path = try directory.write("dump.sql", text)
    #expect(runProgram(["gzip", path]) == 0)
    return URL(filePath: path + ".gz")
  }

  private static func backupConfiguration(_ port: Int) -> String {
    let jobs = ["missing", "closed", "file", "truncated"].map { job in
      """
        - job: \(job)
          region: healthy
          directory: {path: \(job), match: "backup_*.sql.gz", settle: 0}
          every: 1h
          interval: 1s
          verify: {gzip: true, trailer: mysqldump}
      """
    }
    let links = ["refused", "garbage"].map { link in
      """
        - link: \(link)
          engine: postgres
          source: {region: healthy, dsn_file: \(link).dsn}
          targets: [{region: other, dsn_file: \(link).dsn}]
          rpo: 5s
          interval: 500ms
      """
    }
    return """
      vantage: test
      listen: 127.0.0.1:\(port)
      state: state
      regions: {healthy: {}, other: {}}
      backups:
      \(jobs.joined(separator: "\n"))
      replication:
      \(links.joined(separator: "\n"))

      """
  }
}

/// One server for each way of going wrong.
private final class BadRegions {
  private let certificates: TestCertificates
  private let servers: [String: LoopbackServer]
  private let tls: [String: TLSServer]

  /// What each check must fail by.
  let reasons = [
    "huge": "body_too_large", "endless": "body_too_large", "reset": "connection_reset",
    "garbage": "protocol_error", "silent": "timeout", "expired": "certificate_expired",
    "misnamed": "certificate_name_mismatch", "selfsigned": "certificate_invalid",
  ]

  init() throws {
    let megabyte = [UInt8](repeating: 0x20, count: 1 << 20)
    func serve(_ steps: [LoopbackServer.Step]) throws -> LoopbackServer { try LoopbackServer { _ in steps } }
    servers = [
      "huge": try serve([
        .text("HTTP/1.1 200 OK\r\nContent-Length: \(100 << 20)\r\n\r\n"), .repeating(megabyte, times: 100),
      ]),
      "endless": try serve([.text("HTTP/1.1 200 OK\r\n\r\n"), .repeating(megabyte, times: .max)]),
      "reset": try serve([.reset]),
      "garbage": try serve([.send([0, 255, 1, 7, 13, 10, 13, 10] + Array("SSH-2.0-what\r\n".utf8)), .close]),
      "silent": try serve([.hang]),
    ]
    certificates = try TestCertificates()
    try certificates.make("expired", host: "127.0.0.1", days: -3)
    try certificates.make("misnamed", host: "elsewhere.example", days: 30)
    try certificates.make("selfsigned", host: "127.0.0.1", days: 30, selfSigned: true)
    var tls: [String: TLSServer] = [:]
    for name in ["expired", "misnamed", "selfsigned"] { tls[name] = try TLSServer(certificates, name) }
    self.tls = tls
  }

  func configuration(port: Int, healthy: TestRegion) -> String {
    let plain = servers.map { name, server in
      // Only what hangs is cut early: for the others a busy machine may need a while to see what is wrong.
      "- {name: \(name), region: bad, timeout: \(name == "silent" ? "400ms" : "10s"), "
        + "http: {url: \"\(server.url())\", json: {status: UP}}}"
    }
    let secure = tls.map { name, server in
      "- {name: \(name), region: bad, http: {url: \"\(server.url())\", ca_file: \(certificates.path("ca.pem"))}}"
    }
    return """
      vantage: test
      listen: 127.0.0.1:\(port)
      state: state
      regions: {healthy: {}, bad: {}}
      health:
        defaults: {interval: 500ms, timeout: 10s, failures: 2, successes: 2, confirm: 100ms}
        checks:
          - {name: api, region: healthy, http: {url: "\(healthy.url)", json: {status: UP}}}
      \((plain + secure).map { "    \($0)" }.joined(separator: "\n"))

      """
  }
}
