import FarwatchTesting
import Foundation
import HTTPServer
import Synchronization
import Testing

/// A server's certificate, a client's of the same authority, and a client's of nobody.
private struct Papers {
  let certificates: TestCertificates

  init() throws {
    certificates = try TestCertificates()
    try certificates.make("server", host: "127.0.0.1", days: 30)
    try certificates.make("other", host: "127.0.0.1", days: 30)
    try certificates.make("client", host: "prometheus.example", days: 30)
    try certificates.make("stranger", host: "prometheus.example", days: 30, selfSigned: true)
    try make("website", host: "prometheus.example", purpose: "serverAuth")
    try make("caller", host: "prometheus.example", purpose: "clientAuth")
  }

  /// A certificate that names what it is for.
  private func make(_ name: String, host: String, purpose: String) throws {
    let certificates = certificates
    let made = runProgram([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-days",
      "30", "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-addext",
      "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=\(purpose)", "-CA",
      certificates.path("ca.pem"), "-CAkey", certificates.path("ca.key"), "-keyout",
      certificates.path("\(name).key"), "-out", certificates.path("\(name).pem"),
    ])
    try #require(made == 0)
  }

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: certificates.path(file), encoding: .utf8)
  }

  func tls(_ name: String = "server", _ change: (inout HTTPServerTLS) -> Void = { _ in }) throws
    -> HTTPServerTLS
  {
    var tls = HTTPServerTLS(certificatePEM: try text("\(name).pem"), privateKeyPEM: try text("\(name).key"))
    change(&tls)
    return tls
  }

  func start(_ tls: HTTPServerTLS?) throws -> HTTPServer {
    try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0"), tls: tls) { request in
      .text(200, "\(request.method) \(request.path)\n")
    }
  }

  /// The page and curl's exit code: 35 and 56 are handshakes that failed, 60 a certificate that is not trusted.
  func get(_ server: HTTPServer, as client: String? = nil, _ more: String...) throws -> (
    output: String, code: Int32
  ) {
    var arguments = ["--cacert", certificates.path("ca.pem")]
    if let client {
      arguments += [
        "--cert", certificates.path("\(client).pem"), "--key", certificates.path("\(client).key"),
      ]
    }
    return try curl(arguments + more + ["https://\(server.boundAddress)/page"])
  }
}

/// Made once: each takes half a second.
private let sharedPapers = Result { try Papers() }

@Suite struct TLSTests {
  @Test func aPageIsServed() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(papers.tls())
    #expect(try papers.get(server) == ("GET /page\n", 0))
    #expect(try papers.get(server, as: nil, "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0").code == 35)
    #expect(try papers.get(server, as: nil, "--tls-max", "1.2").code == 0)
    #expect(try papers.get(server, as: nil, "--tlsv1.3").code == 0)
    #expect(try curl(["https://\(server.boundAddress)/"]).code == 60)
    #expect(try curl(["http://\(server.boundAddress)/"]).code != 0)
    #expect(server.statistics.requestsByStatusClass[2] == 3)
  }

  @Test func aHeaderThatIsTooLongIsAnswered() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(papers.tls())
    for length in [40_000, 60_000] {
      let header = "X-Long: \(String(repeating: "a", count: length))"
      let (output, code) = try papers.get(server, as: nil, "-w", "%{http_code}", "-H", header)
      #expect(output == "the request's headers are too long: 32768 bytes are allowed\n431")
      #expect(code == 0)
    }
    #expect(try papers.get(server) == ("GET /page\n", 0))
  }

  @Test func largeBodiesAndManyRequestsPass() throws {
    let papers = try sharedPapers.get()
    let bytes = TestBytes((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0) })
    let server = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0"), tls: papers.tls()) { request in
      request.method == "POST"
        ? .text(200, "\(request.body.count)")
        : HTTPServerResponse(status: 200, body: .segments([bytes, bytes]))
    }
    let url = "https://\(server.boundAddress)/"
    let trust = ["--cacert", papers.certificates.path("ca.pem")]
    #expect(
      try curl(trust + ["-o", "/dev/null", "-o", "/dev/null", "-w", "%{size_download} ", url, url]).output
        == "6000000 6000000 ")
    let sent = try curl(trust + ["--data-binary", "@-", url], input: [UInt8](repeating: 7, count: 900_000))
    #expect(sent.output == "900000")
  }

  @Test func aVerifiedClientIsDemanded() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(
      papers.tls {
        $0.clientCertificates = .verified
        $0.clientAuthoritiesPEM = try? papers.text("ca.pem")
      })
    #expect(try papers.get(server, as: "client") == ("GET /page\n", 0))
    #expect(try papers.get(server).code != 0)
    #expect(try papers.get(server, as: "stranger").code != 0)
    #expect(server.statistics.requestsByStatusClass[2] == 1)
    #expect(server.statistics.clientCertificatesRefused == 1)
  }

  @Test func aServersCertificateIsNoClients() throws {
    let papers = try sharedPapers.get()
    for kind in [HTTPServerTLS.ClientCertificates.verified, .verifiedIfGiven] {
      let server = try papers.start(
        papers.tls {
          $0.clientCertificates = kind
          $0.clientAuthoritiesPEM = try? papers.text("ca.pem")
        })
      #expect(try papers.get(server, as: "caller").code == 0)
      #expect(try papers.get(server, as: "website").code != 0)
      #expect(server.statistics.clientCertificatesRefused == 1)
    }
  }

  @Test func aCertificateIsCheckedWhereThereIsOne() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(
      papers.tls {
        $0.clientCertificates = .verifiedIfGiven
        $0.clientAuthoritiesPEM = try? papers.text("ca.pem")
      })
    #expect(try papers.get(server).code == 0)
    #expect(try papers.get(server, as: "client").code == 0)
    #expect(try papers.get(server, as: "stranger").code != 0)
  }

  @Test func anyCertificateMayBeEnough() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(papers.tls { $0.clientCertificates = .any })
    #expect(try papers.get(server).code != 0)
    #expect(try papers.get(server, as: "stranger").code == 0)
    let asking = try papers.start(papers.tls { $0.clientCertificates = .requested })
    #expect(try papers.get(asking).code == 0)
    #expect(try papers.get(asking, as: "stranger").code == 0)
  }

  @Test func namesOfClientsAreCompared() throws {
    let papers = try sharedPapers.get()
    func server(_ names: Set<String>) throws -> HTTPServer {
      try papers.start(
        papers.tls {
          $0.clientCertificates = .verified
          $0.clientAuthoritiesPEM = try? papers.text("ca.pem")
          $0.clientNames = names
        })
    }
    let right = try server(["grafana.example", "prometheus.example"])
    #expect(try papers.get(right, as: "client").code == 0)
    #expect(try papers.get(right, as: "other").code != 0)
    let byAddress = try server(["127.0.0.1"])
    #expect(try papers.get(byAddress, as: "other").code == 0)
    let wrong = try server(["rometheus.example"])
    #expect(try papers.get(wrong, as: "client").code != 0)
  }

  @Test func versionsSuitesAndCurvesAreObeyed() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(
      papers.tls {
        $0.maximumVersion = .tls12
        $0.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]
        $0.curves = ["CurveP256"]
      })
    #expect(try papers.get(server, as: nil, "--tlsv1.3").code == 35)
    #expect(try papers.get(server, as: nil, "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384").code == 0)
    #expect(
      try papers.get(server, as: nil, "--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256").code
        == 35)
    #expect(try papers.get(server, as: nil, "--curves", "X25519").code == 35)
    let newest = try papers.start(papers.tls { $0.minimumVersion = .tls13 })
    #expect(try papers.get(newest, as: nil, "--tls-max", "1.2").code == 35)
    #expect(try papers.get(newest).code == 0)
  }

  @Test func whatCannotBeUsedIsSaid() throws {
    let papers = try sharedPapers.get()
    func problem(_ change: (inout HTTPServerTLS) -> Void) throws -> String {
      let tls = try papers.tls("server", change)
      do throws(HTTPServerError) {
        _ = try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0"), tls: tls) { _ in .text(200, "") }
        return ""
      } catch {
        return error.description
      }
    }
    #expect(
      try problem { $0.privateKeyPEM = "nonsense" }.hasPrefix(
        "TLS: the certificate and its key cannot be used: "))
    let other = try papers.text("other.key")
    #expect(try problem { $0.privateKeyPEM = other }.contains("certificate and the given key do not match"))
    #expect(try problem { $0.certificatePEM = "" }.hasPrefix("TLS: the certificate and its key cannot"))
    #expect(try problem { $0.clientAuthoritiesPEM = "x" }.hasPrefix("TLS: "))
    #expect(
      try problem { $0.cipherSuites = ["TLS_FANCY"] } == "TLS: the cipher suite \"TLS_FANCY\" is unknown")
    #expect(
      try problem { $0.curves = ["P9"] }
        == "TLS: the curve \"P9\" is unknown; there are CurveP256, CurveP384, CurveP521, X25519")
    #expect(
      try problem {
        $0.minimumVersion = .tls13; $0.maximumVersion = .tls12
      }
        == "TLS: the minimum TLS version is above the maximum")
  }

  @Test func everySuiteOfGoIsKnown() throws {
    let papers = try sharedPapers.get()
    for suite in [
      "TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA",
      "TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
      "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
    ] {
      let tls = try papers.tls("server") { $0.cipherSuites = [suite] }
      _ = try papers.start(tls)
    }
  }

  @Test func newPapersCountFromTheNextConnectionOn() throws {
    let papers = try sharedPapers.get()
    let server = try papers.start(papers.tls())
    let failures = Mutex<[Int32]>([])
    let isOver = Mutex(false)
    let requests = Mutex(0)
    let thread = Thread {
      while !isOver.withLock({ $0 }) {
        let code = (try? papers.get(server).code) ?? -1
        if code != 0 { failures.withLock { $0.append(code) } }
        requests.withLock { $0 += 1 }
      }
    }
    thread.start()
    for name in ["other", "server", "other"] {
      let before = requests.withLock { $0 }
      try server.replaceTLS(papers.tls(name))
      #expect(eventually { requests.withLock { $0 } > before + 1 })
    }
    // A mistake changes nothing.
    #expect(throws: HTTPServerError.self) {
      try server.replaceTLS(papers.tls { $0.privateKeyPEM = "" })
    }
    let before = requests.withLock { $0 }
    #expect(eventually { requests.withLock { $0 } > before + 1 })
    isOver.withLock { $0 = true }
    #expect(failures.withLock { $0 } == [])
    let seen = try curl([
      "--cacert", papers.certificates.path("ca.pem"), "-o", "/dev/null", "-w", "%{certs}",
      "https://\(server.boundAddress)/",
    ]).output
    let other = try papers.text("other.pem").split(separator: "\n")[1]
    #expect(seen.contains(other))
    try server.replaceTLS(nil)
    #expect(eventually { (try? curl(["http://\(server.boundAddress)/x"]).output) == "GET /x\n" })
    server.stop()
    #expect(server.statistics.connectionsOpen == 0)
  }

  @Test func aHandshakeThatNeverEndsIsCut() throws {
    let papers = try sharedPapers.get()
    var settings = HTTPServerSettings(address: "127.0.0.1:0")
    settings.headerTimeout = .milliseconds(200)
    let server = try HTTPServer(settings, tls: papers.tls()) { _ in .text(200, "") }
    let client = try RawConnection(port: server.port)
    client.send("\u{16}\u{3}\u{1}")
    #expect(eventually { server.statistics.headersOverdue == 1 })
    #expect(try client.isClosedByServer())
    let garbage = try RawConnection(port: server.port)
    garbage.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    _ = try? garbage.isClosedByServer()
    #expect(eventually { server.statistics.connectionsOpen == 0 })
  }
}
