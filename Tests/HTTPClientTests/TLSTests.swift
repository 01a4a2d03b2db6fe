import FarwatchTesting
import HTTPClient
import Model
import Testing

@Suite struct TLSTests {
  let client = HTTPClient(name: "test")
  let certificates: TestCertificates

  init() throws { certificates = try TestCertificates() }

  private func request(_ server: TLSServer, trusting: Bool = true) -> HTTPRequest {
    var request = HTTPRequest(url: server.url())
    request.wantCertificates = true
    if trusting { request.caFile = certificates.path("ca.pem") }
    return request
  }

  private func daysLeft(_ moment: Timestamp?) -> Double? {
    moment.map { ($0 - SystemTime().now).inSeconds / 86_400 }
  }

  @Test func goodCertificateIsVerifiedAndRead() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 20)
    let server = try TLSServer(certificates, "good")
    let result = await client.send(request(server))
    #expect(result.failure == nil, "\(String(describing: result.failure))")
    #expect(result.status == 200)
    #expect(result.phases.tls != nil)
    let chain = try #require(result.certificates)
    #expect(chain.verified)
    #expect(chain.certificates.first?.subject.contains("127.0.0.1") == true)
    let days = try #require(daysLeft(chain.leafExpiry))
    #expect(days > 19.9 && days <= 20)
    #expect(chain.earliestExpiry == chain.leafExpiry)

    // Every new connection tells its chain again: no session is resumed.
    var fresh = request(server)
    fresh.keepAlive = false
    for _ in 0..<2 {
      let again = await client.send(fresh)
      #expect(!again.reusedConnection)
      #expect(again.certificates == chain)
    }
  }

  @Test func keptConnectionRemembersItsChain() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 20)
    let script = """
      import http.server, ssl, sys
      class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        def log_message(self, *a): pass
        def do_GET(self):
          self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
      server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(sys.argv[1], sys.argv[2])
      server.socket = context.wrap_socket(server.socket, server_side=True)
      print(server.server_port, flush=True)
      server.serve_forever()
      """
    let log = certificates.path("python.log")
    let arguments = ["python3", "-c", script, certificates.path("good.pem"), certificates.path("good.key")]
    let pid = try #require(startProgram(arguments, output: log))
    defer { stopProgram(pid) }
    let start = ContinuousClock.now
    while !readText(log).hasSuffix("\n"), ContinuousClock.now - start < .seconds(30) {
      try await Task.sleep(for: .milliseconds(10))
    }
    let port = try #require(Int(readText(log).dropLast()))
    var request = HTTPRequest(url: "https://127.0.0.1:\(port)/")
    request.caFile = certificates.path("ca.pem")
    request.wantCertificates = true
    let first = await client.send(request)
    #expect(first.failure == nil)
    #expect(first.certificates != nil)
    for _ in 0..<3 {
      let again = await client.send(request)
      #expect(again.reusedConnection)
      #expect(again.phases.tls == nil)
      #expect(again.certificates == first.certificates)
    }
  }

  @Test func expiredCertificateHasItsReasonAndItsDate() async throws {
    try certificates.make("expired", host: "127.0.0.1", days: -5)
    let server = try TLSServer(certificates, "expired")
    let result = await client.send(request(server))
    #expect(result.failure?.reason == .certificateExpired, "\(String(describing: result.failure))")
    #expect(result.status == nil)
    #expect(result.phases.connect != nil)
    #expect(result.phases.processing == nil)
    let chain = try #require(result.certificates)
    #expect(!chain.verified)
    let days = try #require(daysLeft(chain.leafExpiry))
    #expect(days < -4.9 && days > -5.1)

    var lenient = request(server)
    lenient.verifyPeer = false
    let accepted = await client.send(lenient)
    #expect(accepted.status == 200)
    #expect(accepted.certificates?.verified == false)
    #expect(accepted.certificates?.leafExpiry == chain.leafExpiry)
  }

  @Test func wrongNameSelfSignedAndUnknownAuthorityAreToldApart() async throws {
    try certificates.make("other", host: "region.example", days: 5)
    try certificates.make("self", host: "127.0.0.1", days: 5, selfSigned: true)
    try certificates.make("good", host: "127.0.0.1", days: 5)
    let other = try TLSServer(certificates, "other")
    let wrongName = await client.send(request(other))
    #expect(wrongName.failure?.reason == .certificateName, "\(String(describing: wrongName.failure))")
    #expect(wrongName.certificates?.leafExpiry != nil)

    // The same server is right under its own name: SNI and the check follow the URL, not the address.
    var named = request(other)
    named.url = "https://region.example:\(other.port)/"
    named.connectAddress = "127.0.0.1"
    #expect(await client.send(named).status == 200)

    let own = try TLSServer(certificates, "self")
    let selfSigned = await client.send(request(own))
    #expect(selfSigned.failure?.reason == .certificateInvalid)
    #expect(selfSigned.certificates?.leafExpiry != nil)
    let good = try TLSServer(certificates, "good")
    let unknown = await client.send(request(good, trusting: false))
    #expect(unknown.failure?.reason == .certificateInvalid)
    withExtendedLifetime((other, own, good)) {}
  }

  @Test func failedHandshakeHasItsReason() async throws {
    let plain = try LoopbackServer { _ in LoopbackServer.answer() }
    // A plain server waits for the end of a header block that a TLS hello does not have.
    var waiting = HTTPRequest(url: "https://127.0.0.1:\(plain.port)/")
    waiting.timeout = .seconds(1)
    let hung = await client.send(waiting)
    #expect(hung.failure?.reason == .timeout)
    #expect(hung.phases.connect != nil)
    #expect(hung.phases.tls == nil)

    try certificates.make("good", host: "127.0.0.1", days: 5)
    let old = try TLSServer(certificates, "good", more: ["-tls1_1"])
    #expect(await client.send(request(old)).failure?.reason == .tlsHandshake)

    var missing = request(old)
    missing.caFile = "/nowhere/ca.pem"
    #expect(await client.send(missing).failure?.reason == .configuration)
  }

  @Test func clientCertificateIsShownOnlyToItsOrigin() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 5)
    try certificates.make("client", host: "client.example", days: 5)
    let server = try TLSServer(
      certificates, "good",
      more: ["-Verify", "1", "-verify_return_error", "-CAfile", certificates.path("ca.pem")])
    var request = request(server)
    #expect(await client.send(request).failure != nil)
    request.clientCertificate = .init(
      certificateFile: certificates.path("client.pem"), keyFile: certificates.path("client.key"))
    #expect(await client.send(request).status == 200)

    let entrance = try LoopbackServer { _ in LoopbackServer.answer(302, headers: [("Location", server.url())])
    }
    request.url = entrance.url()
    request.redirects = .upTo(1)
    #expect(await client.send(request).failure != nil)
  }
}
