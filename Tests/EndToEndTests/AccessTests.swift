import FarwatchTesting
import Foundation
import Testing

/// The listener's door as an operator uses it: certificates, users, tokens, and both renewed while it runs.
@Suite(.serialized) struct AccessTests {
  /// Of "hunter2" and of "correct horse", at the least cost.
  private static let hunter2 = "$2b$04$uXIDDfZd1vZaArBQpD8aeeHPfOZTWMfQChFvVmNCaZLIf/XPFPUPy"
  private static let correctHorse = "$2b$04$b098wExiUvhlBh3wDoEmHOdRZ.0nCaOJcAnFNaM1sCKaOd9giXqhe"

  @Test(.timeLimit(.minutes(5))) func theDoorOpensForWhoMay() async throws {
    let certificates = try TestCertificates()
    try certificates.make("server", host: "127.0.0.1", days: 30)
    try certificates.make("renewed", host: "127.0.0.1", days: 60)
    let fleet = try Fleet(regions: ["taiwan"])
    let directory = fleet.directory
    for (from, to) in [("server.pem", "web.pem"), ("server.key", "web.key")] {
      try directory.write(to, try String(contentsOfFile: certificates.path(from), encoding: .utf8))
    }
    func writeUsers(_ hash: String) throws {
      try directory.write(
        "web.yml",
        """
        tls_server_config: {cert_file: web.pem, key_file: web.key}
        http_server_config: {headers: {X-Frame-Options: deny}}
        basic_auth_users: {ada: \(hash), grafana: \(Self.hunter2)}
        """)
    }
    try writeUsers(Self.hunter2)
    try directory.write("token", "s3cret-t0ken\n")
    let access = """
      access:
        web_config_file: web.yml
        users: {grafana: [read]}
        tokens: [{name: prometheus, token_file: token, roles: [metrics, ingest]}]

      """
    try directory.write("farwatch.yml", fleet.configuration() + access)
    let daemon = try fleet.start()
    defer { daemon.child.stop() }
    let url = "https://127.0.0.1:\(fleet.port)"
    func ask(_ path: String, _ arguments: String...) async -> (status: Int, body: String)? {
      await Self.curl(["--cacert", certificates.path("ca.pem")] + arguments + [url + path])
    }
    try await waitUntil(timeout: .seconds(60), "it listens; \(fleet.log)") {
      await ask("/-/healthy")?.status == 200
    }
    let ada = ["-u", "ada:hunter2"]
    let grafana = ["-u", "grafana:hunter2"]
    let token = ["-H", "Authorization: Bearer s3cret-t0ken"]
    #expect(await ask("/")?.status == 401)
    #expect(await ask("/metrics")?.status == 401)
    #expect(await ask("/metrics", token[0], token[1])?.status == 200)
    #expect(await ask("/", token[0], token[1])?.status == 403)
    #expect(await ask("/", grafana[0], grafana[1])?.status == 200)
    #expect(await ask("/-/reload", "-X", "POST", grafana[0], grafana[1])?.status == 403)
    #expect(await ask("/-/reload", "-X", "POST", ada[0], ada[1])?.status == 200)
    #expect(await ask("/-/reload", "-X", "POST")?.status == 401, "this machine is no login")
    let alert = #"[{"labels":{"alertname":"Posted"}}]"#
    let json = ["-H", "Content-Type: application/json", "-d", alert]
    #expect(
      await ask("/api/v2/alerts", json[0], json[1], json[2], json[3], token[0], token[1])?.status == 200)
    #expect(
      await ask("/api/v2/alerts", json[0], json[1], json[2], json[3], grafana[0], grafana[1])?.status == 403)
    #expect(await ask("/", "-D", "-", ada[0], ada[1])?.body.contains("X-Frame-Options: deny") == true)
    #expect(await Self.curl(["http://127.0.0.1:\(fleet.port)/"])?.status != 200, "TLS is on")

    // A password and a certificate are renewed: no reload, no restart.
    try writeUsers(Self.correctHorse)
    for (from, to) in [("renewed.pem", "web.pem"), ("renewed.key", "web.key")] {
      try directory.write(to, try String(contentsOfFile: certificates.path(from), encoding: .utf8))
    }
    try await waitUntil(timeout: .seconds(60), "the new password counts; \(fleet.log)") {
      await ask("/", "-u", "ada:correct horse")?.status == 200
    }
    #expect(await ask("/", ada[0], ada[1])?.status == 401)
    // What is broken changes nothing, and shows.
    try directory.write("web.pem", "nonsense")
    try await waitUntil(timeout: .seconds(60), "the damage shows; \(fleet.log)") {
      await ask("/metrics", token[0], token[1])?.body.contains("farwatch_web_config_in_force 0") == true
    }
    #expect(await ask("/", "-u", "ada:correct horse")?.status == 200)
    daemon.child.stop()
    #expect(daemon.child.poll() == .code(0))
    let log = try String(contentsOfFile: fleet.log, encoding: .utf8)
    for secret in ["hunter2", "correct horse", "s3cret-t0ken", Self.hunter2] {
      #expect(!log.contains(secret))
    }
  }

  /// `--cert-file` and `--key-file`, where a client's certificate is demanded.
  @Test(.timeLimit(.minutes(3))) func theCommandsShowWhoTheyAre() async throws {
    let certificates = try TestCertificates()
    try certificates.make("server", host: "127.0.0.1", days: 30)
    try certificates.make("client", host: "ops.example", days: 30)
    let fleet = try Fleet(regions: ["taiwan"])
    try fleet.directory.write(
      "web.yml",
      """
      tls_server_config:
        cert_file: "\(certificates.path("server.pem"))"
        key_file: "\(certificates.path("server.key"))"
        client_ca_file: "\(certificates.path("ca.pem"))"
        client_auth_type: RequireAndVerifyClientCert
      """)
    try fleet.directory.write("farwatch.yml", fleet.configuration() + "access: {web_config_file: web.yml}\n")
    let daemon = try fleet.start()
    defer { daemon.child.stop() }
    func alerts(_ more: [String], environment: [String: String] = [:]) async throws -> ChildProcess.Exit {
      let child = try ChildProcess(
        [FarwatchProcess.binary, "alerts", "--url", "https://127.0.0.1:\(fleet.port)"]
          + ["--ca-file", certificates.path("ca.pem")] + more, environment: environment)
      return try await child.wait(timeout: .seconds(60))
    }
    let (certificate, key) = (certificates.path("client.pem"), certificates.path("client.key"))
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "it is let in; \(fleet.log)") {
      try await alerts(["--cert-file", certificate, "--key-file", key]) == .code(0)
    }
    let named = ["FARWATCH_CERT_FILE": certificate, "FARWATCH_KEY_FILE": key]
    #expect(try await alerts([], environment: named) == .code(0))
    let both =
      try String(contentsOfFile: certificate, encoding: .utf8) + String(contentsOfFile: key, encoding: .utf8)
    try fleet.directory.write("both.pem", both)
    #expect(try await alerts(["--cert-file", fleet.directory.file("both.pem")]) == .code(0))
    #expect(try await alerts([]) == .code(1))
    #expect(try await alerts(["--key-file", key]) == .code(2))
  }

  /// `--ca-file` of every command that asks: the listener's own authority, another one, none, and no file at all.
  @Test(.timeLimit(.minutes(5))) func theCommandsTrustWhomTheyAreTold() async throws {
    let (certificates, others) = (try TestCertificates(), try TestCertificates())
    try certificates.make("server", host: "127.0.0.1", days: 30)
    let fleet = try Fleet(regions: ["taiwan"])
    let directory = fleet.directory
    try directory.write(
      "web.yml",
      """
      tls_server_config: {cert_file: "\(certificates.path("server.pem"))", key_file: "\(certificates.path("server.key"))"}
      basic_auth_users: {ada: \(Self.hunter2)}
      """)
    try directory.write("login", "ada:hunter2\n")
    try directory.write("farwatch.yml", fleet.configuration() + "access: {web_config_file: web.yml}\n")
    let daemon = try fleet.start()
    defer { daemon.child.stop() }
    let url = "https://127.0.0.1:\(fleet.port)"
    let right = ["--ca-file", certificates.path("ca.pem")]
    func ask(
      _ command: [String], _ more: [String], at url: String = url, environment: [String: String] = [:]
    ) async throws -> (exit: ChildProcess.Exit, output: String) {
      let child = try ChildProcess(
        [FarwatchProcess.binary] + command + ["--url", url, "--user-file", directory.file("login")] + more,
        environment: environment)
      return (try await child.wait(timeout: .seconds(60)), child.output)
    }
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "it answers; \(fleet.log)") {
      try await ask(["alerts"], right).exit == .code(0)
    }
    let commands = [
      ["alerts"], ["silence", "query"], ["events"], ["query", "instant", "probe_success"],
    ]
    for command in commands {
      let trusting = try await ask(command, right)
      #expect(trusting.exit == .code(0), "\(command): \(trusting.output)")
      let named = try await ask(command, [], environment: ["FARWATCH_CA_FILE": certificates.path("ca.pem")])
      #expect(named.exit == .code(0), "\(command): \(named.output)")
    }
    for command in [["status"]] + commands {
      let failure: Int32 = command == ["status"] ? 2 : 1
      for (more, words) in [
        (["--ca-file", others.path("ca.pem")], "certificate"), ([], "certificate"),
        (["--ca-file", directory.file("none.pem")], directory.file("none.pem")),
        (["--ca-file", directory.file("login")], directory.file("login")),
      ] {
        let told = try await ask(command, more)
        #expect(told.exit == .code(failure), "\(command) \(more): \(told.output)")
        #expect(
          told.output.contains(words) && told.output.contains(url), "\(command) \(more): \(told.output)")
        #expect(
          told.output.split(separator: "\n").count == 1
            && !told.output.contains("hunter2"), "\(told.output)")
      }
    }
    // The right authority, another name.
    let elsewhere = try await ask(["alerts"], right, at: "https://localhost:\(fleet.port)")
    #expect(elsewhere.exit == .code(1) && elsewhere.output.contains("certificate"), "\(elsewhere.output)")
    let plain = try await ask(["alerts"], [], at: "http://127.0.0.1:\(fleet.port)")
    #expect(plain.exit == .code(1) && plain.output.contains("cannot be asked"), "\(plain.output)")
  }

  private static func curl(_ arguments: [String]) async -> (status: Int, body: String)? {
    let all = ["curl", "-s", "-g", "-m", "10", "-w", "\n%{http_code}"] + arguments
    guard let output = try? await ChildProcess.run(all), let end = output.lastIndex(of: "\n"),
      let status = Int(output[output.index(after: end)...])
    else { return nil }
    return (status, String(output[..<end]))
  }
}
