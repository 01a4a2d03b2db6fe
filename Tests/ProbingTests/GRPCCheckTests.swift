import Collecting
import FarwatchTesting
import HTTPClient
import Model
import Testing

@testable import Probing

@Suite struct GRPCCheckTests {
  private let client = HTTPClient(name: "grpc-test")
  private let resolver = HostResolver()

  /// grpcio's own health service: "" and `good` serve, `bad` does not, `odd` is unknown.
  private static let server = """
    import sys, grpc
    from concurrent import futures
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc
    server = grpc.server(futures.ThreadPoolExecutor(4))
    if sys.argv[1] != 'bare':
        service = health.HealthServicer()
        service.set('', health_pb2.HealthCheckResponse.SERVING)
        service.set('good', health_pb2.HealthCheckResponse.SERVING)
        service.set('bad', health_pb2.HealthCheckResponse.NOT_SERVING)
        service.set('odd', health_pb2.HealthCheckResponse.UNKNOWN)
        service.set('lost', health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
        health_pb2_grpc.add_HealthServicer_to_server(service, server)
    if len(sys.argv) > 2:
        read = lambda path: open(path, 'rb').read()
        credentials = grpc.ssl_server_credentials([(read(sys.argv[3]), read(sys.argv[2]))])
        port = server.add_secure_port('127.0.0.1:0', credentials)
    else:
        port = server.add_insecure_port('127.0.0.1:0')
    server.start()
    print('port', port)
    server.wait_for_termination()
    """

  private func run(
    _ port: Int, _ service: String = "", _ change: (inout GRPCCheckSettings) -> Void = { _ in }
  ) async throws -> Outcome {
    var settings = GRPCCheckSettings(name: "t", endpoint: Endpoint(host: "127.0.0.1", port: port))
    settings.service = service
    settings.basics.timeout = .seconds(5)
    change(&settings)
    let outcome = await StreamBench.collect(try GRPCCheck(settings, client: client, resolver: resolver))
    #expect(outcome.hasNoSeriesTwice)
    for reading in outcome.readings {
      #expect(GRPCCheckSettings.families.contains(reading.family), "\(reading.family.name) is not declared")
    }
    return outcome
  }

  @Test func asksARealHealthServiceInTheClear() async throws {
    let (server, port) = try await PythonEnvironment().serve(Self.server, ["health"])
    defer { server.stop() }
    for service in ["", "good"] {
      let outcome = try await run(port, service)
      #expect(outcome.succeeded, "\(outcome.failureText)")
      #expect(outcome.streamValue("probe_grpc_status_code") == 0)
      #expect(outcome.streamValue("probe_grpc_healthcheck_response", ["serving_status": "SERVING"]) == 1)
      #expect(outcome.streamValue("probe_grpc_healthcheck_response", ["serving_status": "NOT_SERVING"]) == 0)
      #expect(outcome.streamValue("probe_grpc_ssl") == 0)
      #expect(outcome.streamValue("probe_grpc_duration_seconds", ["phase": "check"]) != nil)
    }
    let bad = try await run(port, "bad")
    #expect(bad.reason == .status && bad.failureText == #"service "bad" is NOT_SERVING"#)
    #expect(bad.streamValue("probe_grpc_healthcheck_response", ["serving_status": "NOT_SERVING"]) == 1)
    #expect(try await run(port, "odd").failureText == #"service "odd" is UNKNOWN"#)
    #expect(try await run(port, "lost").reason == .missing)
    let unheard = try await run(port, "never")
    #expect(unheard.reason == .missing)
    #expect(
      unheard.failureText == #"service "never" is not known to the health service (gRPC status 5 NOT_FOUND)"#)
    #expect(unheard.streamValue("probe_grpc_status_code") == 5)
    #expect(unheard.streamValue("probe_grpc_healthcheck_response") == nil)
    let every = try await run(port) { $0.endpoint.everyAddress = true }
    #expect(
      every.succeeded && every.streamValue("farwatch_probe_address_success", ["address": "127.0.0.1"]) == 1)
    // TLS is not spoken there.
    #expect(try await run(port) { $0.isSecure = true }.reason == .tlsHandshake)
    let proxy = try FaultyProxy(to: port)
    proxy.freeze([.toClient])
    #expect(try await run(proxy.port) { $0.basics.timeout = .milliseconds(200) }.reason == .timeout)
    proxy.heal()
    #expect(try await run(proxy.port).succeeded, "the next probe is not tied to the connection that froze")
    proxy.cut(after: 30)
    #expect(try await !run(proxy.port).succeeded)
  }

  @Test func asksOverTLSAndHoldsTheCertificateAgainstTheName() async throws {
    let certificates = try TestCertificates()
    try certificates.make("grpc", host: "api.example", days: 20)
    let (server, port) = try await PythonEnvironment().serve(
      Self.server, ["health", certificates.path("grpc.pem"), certificates.path("grpc.key")])
    defer { server.stop() }
    let secure = { (settings: inout GRPCCheckSettings) in
      settings.isSecure = true
      settings.caFile = certificates.path("ca.pem")
      settings.serverName = "api.example"
    }
    let outcome = try await run(port, "good", secure)
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamValue("probe_grpc_ssl") == 1)
    let expiry = try #require(outcome.streamValue("probe_ssl_earliest_cert_expiry"))
    #expect(abs(expiry - SystemTime().now.seconds - 20 * 86_400) < 3600)
    let misnamed = try await run(port) {
      secure(&$0)
      $0.serverName = nil
    }
    #expect(misnamed.reason == .certificateName)
    #expect(misnamed.streamValue("probe_ssl_earliest_cert_expiry") == expiry)
    #expect(
      try await run(port) {
        secure(&$0)
        $0.verifyPeer = false
        $0.serverName = nil
      }.succeeded)
  }

  @Test func serversWithoutHealthServiceOrGRPCAreToldApart() async throws {
    let (server, port) = try await PythonEnvironment().serve(Self.server, ["bare"])
    defer { server.stop() }
    let bare = try await run(port)
    #expect(bare.reason == .missing)
    #expect(
      bare.failureText.hasPrefix(
        "the server has no grpc.health.v1.Health service (gRPC status 12 UNIMPLEMENTED"))
    #expect(bare.streamValue("probe_grpc_status_code") == 12)
    let web = try LoopbackServer { _ in LoopbackServer.answer(200, "hello") }
    let http = try await run(web.port)
    #expect(!http.succeeded && http.streamValue("probe_grpc_status_code") == nil)
    #expect(try await run(try RefusingPort().port).reason == .refused)
  }

  @Test func messagesAreWrittenAndRead() {
    #expect(GRPCHealthMessage.request(service: "") == [0, 0, 0, 0, 0])
    #expect(GRPCHealthMessage.request(service: "ab") == [0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62])
    #expect(GRPCHealthMessage.request(service: String(repeating: "x", count: 200)).count == 5 + 3 + 200)
    #expect(GRPCHealthMessage.response([0, 0, 0, 0, 0]) == .unknown, "a default is not sent")
    #expect(GRPCHealthMessage.response([0, 0, 0, 0, 2, 8, 1]) == .serving)
    // A field that a later version added is passed over.
    #expect(GRPCHealthMessage.response([0, 0, 0, 0, 6, 0x12, 2, 9, 9, 8, 2]) == .notServing)
    for wrong: [UInt8] in [
      [], [0, 0, 0, 0], [1, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 3, 8, 1], [0, 0, 0, 0, 2, 8, 9],
      [0, 0, 0, 0, 1, 8],
    ] {
      #expect(GRPCHealthMessage.response(wrong) == nil)
    }
  }

  @Test func foreignBytesNeverCrash() {
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<5000 {
      let message = (0..<Int.random(in: 0..<30, using: &numbers)).map { _ in
        numbers.pick([UInt8.random(in: 0...255, using: &numbers), 0xff, 0x0a, 8])
      }
      _ = GRPCHealthMessage.response([0, 0, 0, 0, UInt8(message.count)] + message)
    }
  }
}
