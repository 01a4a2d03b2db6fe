import FarwatchTesting
import Model
import StreamClient
import TLSTransport
import Testing

/// What is seen of real servers' certificates, good and bad.
@Suite struct TLSTests {
  private let client = StreamClient(name: "stream-test")
  private let certificates: TestCertificates

  init() throws { certificates = try TestCertificates() }

  private func look(
    _ server: TLSServer, name: String = "127.0.0.1", _ change: (inout TLSOptions) -> Void = { _ in }
  )
    async -> StreamResult
  {
    var request = StreamRequest(addresses: ["127.0.0.1"], port: server.port, timeout: .seconds(10))
    var options = TLSOptions(serverName: name)
    options.caFile = certificates.path("ca.pem")
    change(&options)
    request.tls = options
    return await ask(request, client)
  }

  @Test func aGoodServerIsVerifiedAndDescribed() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let result = await look(try TLSServer(certificates, "good"))
    #expect(result.failure == nil)
    #expect(result.tls != nil)
    let facts = try #require(result.facts)
    #expect(facts.isVerified)
    #expect(facts.version == "TLS 1.3")
    #expect(facts.cipher.hasPrefix("TLS_"))
    #expect(facts.presented.count == 1)
    #expect(facts.trusted.map(\.subject) == ["CN=127.0.0.1", "CN=Test CA"])
    let leaf = try #require(facts.presented.first)
    #expect(leaf.subject == "CN=127.0.0.1" && leaf.issuer == "CN=Test CA")
    #expect(leaf.alternatives == ["127.0.0.1"])
    #expect(leaf.fingerprint.count == 64 && !leaf.serial.isEmpty)
    let days = try #require(leaf.notAfter).seconds - SystemTime().now.seconds
    #expect(abs(days - 30 * 86_400) < 3600)
    #expect(facts.chainExpiry == leaf.notAfter && facts.earliestExpiry == leaf.notAfter)
  }

  @Test func anExpiredCertificateIsDescribedAllTheSame() async throws {
    try certificates.make("old", host: "127.0.0.1", days: -3)
    let server = try TLSServer(certificates, "old")
    let result = await look(server)
    #expect(result.failure?.reason == .certificateExpired)
    #expect(result.facts?.problems == [.expired])
    #expect(result.facts?.chainExpiry == nil)
    let expiry = try #require(result.facts?.earliestExpiry).seconds
    #expect(abs(expiry - (SystemTime().now.seconds - 3 * 86_400)) < 3600)
    // Not insisting, the connection stands and the problem is still told.
    let lax = await look(server) { $0.verify = false }
    #expect(lax.failure == nil && lax.facts?.problems == [.expired])
    // Every problem is told, not the first alone.
    let both = await look(server, name: "elsewhere.example")
    #expect(both.facts?.problems == [.expired, .nameMismatch])
  }

  @Test func otherProblemsHaveTheirNames() async throws {
    try certificates.make("name", host: "other.example", days: 30)
    let named = await look(try TLSServer(certificates, "name"))
    #expect(named.failure?.reason == .certificateName)
    #expect(named.facts?.problems == [.nameMismatch])
    #expect(await look(try TLSServer(certificates, "name"), name: "other.example").failure == nil)

    try certificates.make("self", host: "127.0.0.1", days: 30, selfSigned: true)
    let own = await look(try TLSServer(certificates, "self"))
    #expect(own.failure?.reason == .certificateInvalid)
    #expect(own.facts?.problems == [.selfSigned])

    try certificates.make("good", host: "127.0.0.1", days: 30)
    // Signed by an authority that the system does not know.
    let unknown = await look(try TLSServer(certificates, "good")) { $0.caFile = nil }
    #expect(unknown.failure?.reason == .certificateInvalid)
    #expect(unknown.facts?.problems == [.unknownIssuer])
  }

  @Test func whatIsNotTLSIsToldAsSuch() async throws {
    let server = try LoopbackServer { _ in [.text("no TLS here\r\n"), .close] }
    // It answers when it has read a request; a handshake is none, so its text comes from a banner server.
    let banner = try PythonEnvironment()
    let (process, port) = try await banner.serve(
      """
      import socket, sys
      listener = socket.create_server(("127.0.0.1", 0))
      print("port", listener.getsockname()[1])
      while True:
          connection, _ = listener.accept()
          connection.sendall(b"220 plain text\\r\\n")
      """)
    defer { process.stop() }
    var request = StreamRequest(addresses: ["127.0.0.1"], port: port, timeout: .seconds(5))
    request.tls = TLSOptions(serverName: "127.0.0.1")
    let result = await ask(request, client)
    #expect(result.failure?.reason == .tlsHandshake)
    #expect(result.failure?.detail == "the TLS handshake failed: wrong version number")
    #expect(result.facts == nil && result.tls == nil)
    server.stop()
  }

  @Test func oldVersionsAreRefusedUnlessAllowed() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let server = try TLSServer(certificates, "good", more: ["-tls1_2"])
    #expect(await look(server).facts?.version == "TLS 1.2")
    #expect(await look(server) { $0.minimumVersion = .tls13 }.failure?.reason == .tlsHandshake)
  }

  @Test func aCertificateOfOurOwnIsShown() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let server = try TLSServer(
      certificates, "good", more: ["-Verify", "1", "-CAfile", certificates.path("ca.pem"), "-tls1_2"])
    #expect(await look(server).failure?.reason == .tlsHandshake)
    let shown = await look(server) {
      $0.certificateFile = certificates.path("good.pem")
      $0.keyFile = certificates.path("good.key")
    }
    #expect(shown.failure == nil)
    let absent = await look(server) { $0.certificateFile = "/nowhere" }
    #expect(absent.failure?.reason == .configuration)
    #expect(absent.failure?.detail == "/nowhere and its key cannot be read, or do not belong together")
  }

  /// No byte that a network spoils may crash it, and none may make it trust.
  @Test func corruptedHandshakesFail() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let server = try TLSServer(certificates, "good")
    let proxy = try FaultyProxy(to: server.port)
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    var failed = 0
    for _ in 0..<60 {
      proxy.heal()
      proxy.corrupt(at: [Int.random(in: 0..<700, using: &numbers)])
      var request = StreamRequest(addresses: ["127.0.0.1"], port: proxy.port, timeout: .seconds(1))
      request.tls = TLSOptions(serverName: "127.0.0.1")
      request.tls?.caFile = certificates.path("ca.pem")
      let result = await ask(request, client)
      if result.failure != nil { failed += 1 }
    }
    // Some bytes mean nothing: TLS 1.3 keeps a version in each record's head that nobody reads.
    #expect(failed >= 50, "seed \(seed)")
  }
}
