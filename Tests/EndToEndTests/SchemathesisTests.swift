import FarwatchTesting
import Foundation
import Testing

/// A program that knows nothing but the OpenAPI document asks everything that it describes: without logins, as a user
/// who may do all, and with a token that may read. FARWATCH_SCHEMATHESIS_EXAMPLES makes it ask more.
@Suite(.serialized) struct SchemathesisTests {
  /// Of "hunter2", at the least cost.
  private static let hunter2 = "$2b$04$uXIDDfZd1vZaArBQpD8aeeHPfOZTWMfQChFvVmNCaZLIf/XPFPUPy"

  private func world(_ access: String = "") async throws -> (world: PagingWorld, daemon: FarwatchProcess) {
    let world = try PagingWorld("taiwan", "japan")
    world.regions[1].down()
    try world.directory.write("web.yml", "basic_auth_users: {ada: \(Self.hunter2)}\n")
    try world.directory.write("token", "s3cret-t0ken\n")
    try world.configure("routes: [{match: {severity: page}, topic: pager}]\nremote_write: {}\n\(access)")
    let daemon = try await world.run()
    try await waitUntil(timeout: .seconds(60), "an alert fires; \(world.log)") { !world.pages().isEmpty }
    return (world, daemon)
  }

  /// What it says at its end, whole.
  private func ask(_ world: PagingWorld, _ phases: String, _ login: [String]) async throws -> String {
    let python = try PythonEnvironment()
    let examples =
      ProcessInfo.processInfo.environment["FARWATCH_SCHEMATHESIS_EXAMPLES"].flatMap { Int($0) } ?? 5
    let run = try ChildProcess(
      [
        python.interpreter, "-m", "schemathesis.cli", "run", world.url + "/api/openapi.json",
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        // One is without an end, of the other it cannot write the bodies; both have tests of their own.
        "--exclude-path", "/api/events/stream", "--exclude-path", "/api/v1/write",
        "--phases", phases, "--max-examples", "\(examples)", "--seed", "1",
        "--generation-deterministic", "--continue-on-failure",
        "--request-timeout", "10", "--max-time", examples > 5 ? "900" : "20", "--workers", "1", "--no-color",
        "--warnings", "off",
      ] + login, environment: ["HOME": world.directory.file("home"), "PYTHONDONTWRITEBYTECODE": "1"],
      // Where it keeps what failed.
      directory: world.directory.path)
    let exit = try await run.wait(timeout: .seconds(1100))
    let output = run.output
    #expect(exit == .code(0), "\(output.suffix(6000))")
    #expect(output.contains("Test Phases") || output.contains("test cases"), "\(output.suffix(500))")
    return output
  }

  @Test(.timeLimit(.minutes(20))) func theDescriptionHoldsForWhoeverReadsIt() async throws {
    let (world, daemon) = try await world()
    _ = try await ask(world, "examples,coverage,fuzzing", [])
    #expect(daemon.child.poll() == nil)
    #expect(await daemon.get("/-/healthy")?.status == 200)
    daemon.child.stop()
  }

  /// A right password is remembered, a wrong one is not asked for twice: both would be seen by the time it takes.
  @Test(.timeLimit(.minutes(20))) func itHoldsForAUserToo() async throws {
    let (world, daemon) = try await world("access: {web_config_file: web.yml}")
    #expect(await daemon.get("/api/openapi.json")?.status == 401)
    _ = try await ask(world, "coverage", ["--auth", "ada:hunter2"])
    #expect(await daemon.get("/-/healthy")?.status == 200)
    let metrics = try await metrics(world, ["-u", "ada:hunter2"])
    let refused = metrics.value("farwatch_http_requests_refused_total", ["reason": "role"])
    #expect(refused == 1, "only that one without a login")
    daemon.child.stop()
    try expectNoSecrets(world)
  }

  @Test(.timeLimit(.minutes(20))) func itHoldsForAReaderToo() async throws {
    let (world, daemon) = try await world(
      "access: {tokens: [{name: reader, token_file: token, roles: [read]}]}")
    #expect(await daemon.get("/api/openapi.json")?.status == 401)
    let header = "Authorization: Bearer s3cret-t0ken"
    _ = try await ask(world, "coverage", ["-H", header])
    func get(_ path: String) async throws -> String {
      try await ChildProcess.run(["curl", "-s", "-m", "20", "-H", header, world.url + path])
    }
    let metrics = try await metrics(world, ["-H", header])
    #expect(metrics.value("farwatch_http_requests_refused_total", ["reason": "role"]) ?? 0 > 5)
    #expect(try await get("/api/v2/silences").trimmingCharacters(in: .whitespacesAndNewlines) == "[]")
    #expect(try await get("/api/farwatch/alerts").contains("RegionDown"))
    daemon.child.stop()
    try expectNoSecrets(world)
  }

  /// Its page, when it tells that many were let in.
  private func metrics(_ world: PagingWorld, _ login: [String]) async throws -> MetricsText {
    var metrics = MetricsText(text: "")
    try await waitUntil(timeout: .seconds(60), every: .milliseconds(200), "many are let in; \(world.log)") {
      let page = try await ChildProcess.run(["curl", "-s", "-m", "20"] + login + [world.url + "/metrics"])
      metrics = MetricsText(text: page)
      return metrics.value("farwatch_http_requests_total", ["code": "2xx"]) ?? 0 > 50
    }
    return metrics
  }

  private func expectNoSecrets(_ world: PagingWorld) throws {
    let log = try String(contentsOfFile: world.log, encoding: .utf8)
    for secret in ["hunter2", "s3cret-t0ken", Self.hunter2] { #expect(!log.contains(secret)) }
  }
}
