import Collecting
import FarwatchTesting
import HTTPClient
import Model
import Probing
import StreamClient
import TLSTransport
import Testing

@Suite struct TLSCheckTests {
  private let bench = StreamBench()
  private let certificates: TestCertificates

  init() throws { certificates = try TestCertificates() }

  private func settings(
    _ port: Int, _ startTLS: TLSCheckSettings.StartTLS? = nil,
    _ change: (inout TLSCheckSettings) -> Void = { _ in }
  ) -> TLSCheckSettings {
    var settings = TLSCheckSettings(name: "t", endpoint: Endpoint(host: "127.0.0.1", port: port))
    settings.tls.caFile = certificates.path("ca.pem")
    settings.startTLS = startTLS
    settings.basics.timeout = .seconds(5)
    change(&settings)
    return settings
  }

  @Test func aGoodCertificateIsDescribed() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let server = try TLSServer(certificates, "good")
    let outcome = try await bench.run(settings(server.port))
    #expect(outcome.succeeded && outcome.hasNoSeriesTwice, "\(outcome.failureText)")
    let expiry = try #require(outcome.streamValue("probe_ssl_earliest_cert_expiry"))
    #expect(abs(expiry - SystemTime().now.seconds - 30 * 86_400) < 3600)
    #expect(outcome.streamValue("probe_ssl_last_chain_expiry_timestamp_seconds") == expiry)
    #expect(outcome.streamValue("farwatch_probe_tls_verified") == 1)
    #expect(outcome.streamLabel("subject", of: "probe_ssl_last_chain_info") == "CN=127.0.0.1")
    #expect(outcome.streamLabel("issuer", of: "probe_ssl_last_chain_info") == "CN=Test CA")
    #expect(outcome.streamLabel("subjectalternative", of: "probe_ssl_last_chain_info") == "127.0.0.1")
    #expect(outcome.streamValue("probe_tls_cipher_info") == 1)
    for reading in outcome.readings {
      #expect(TLSCheckSettings.families.contains(reading.family), "\(reading.family.name) is not declared")
    }
    // What is left may be too little.
    let soon = try await bench.run(settings(server.port) { $0.minimumLeft = .seconds(40 * 86_400) })
    #expect(soon.reason == .certificateExpired)
    #expect(soon.failureText.hasPrefix("a certificate expires in "))
    #expect(soon.streamValue("farwatch_probe_tls_verified") == 1)
  }

  /// blackbox_exporter tells nothing of a certificate that it refuses, and a negative year when told to accept it.
  @Test func anExpiredCertificateStillTellsWhenItExpired() async throws {
    try certificates.make("old", host: "127.0.0.1", days: -3)
    let server = try TLSServer(certificates, "old")
    let outcome = try await bench.run(settings(server.port))
    #expect(outcome.reason == .certificateExpired)
    let expiry = try #require(outcome.streamValue("probe_ssl_earliest_cert_expiry"))
    #expect(abs(expiry - SystemTime().now.seconds + 3 * 86_400) < 3600)
    #expect(outcome.streamValue("probe_ssl_last_chain_expiry_timestamp_seconds") == nil)
    #expect(outcome.streamValue("farwatch_probe_tls_problem", ["problem": "expired"]) == 1)
    #expect(outcome.streamValue("farwatch_probe_tls_problem", ["problem": "name_mismatch"]) == 0)
    // Apart from health, where that is wanted.
    let lax = try await bench.run(settings(server.port) { $0.tls.verify = false })
    #expect(lax.succeeded)
    #expect(lax.streamValue("farwatch_probe_tls_verified") == 0)
    #expect(lax.streamValue("probe_ssl_last_chain_expiry_timestamp_seconds") == nil)
  }

  @Test func aMissingIntermediateIsNoticed() async throws {
    let server = try chainServer(certificates)
    let incomplete = try await bench.run(settings(server.incomplete.port))
    #expect(incomplete.reason == .certificateInvalid)
    #expect(incomplete.streamValue("farwatch_probe_tls_problem", ["problem": "unknown_issuer"]) == 1)
    let whole = try await bench.run(settings(server.whole.port))
    #expect(whole.succeeded, "\(whole.failureText)")
    // The chain ends with its shortest-lived member, which is the intermediate.
    let expiry = try #require(whole.streamValue("probe_ssl_last_chain_expiry_timestamp_seconds"))
    #expect(abs(expiry - SystemTime().now.seconds - 10 * 86_400) < 3600)
  }

  /// The same leaf, with and without the intermediate that signed it.
  private func chainServer(_ certificates: TestCertificates) throws -> (
    whole: TLSServer, incomplete: TLSServer
  ) {
    func openssl(_ arguments: String...) throws {
      guard runProgram(["openssl"] + arguments) == 0 else { throw BenchError("openssl \(arguments)") }
    }
    let path = certificates.path
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    func request(_ name: String, _ subject: String, _ extensions: [String]) throws {
      let more = extensions.flatMap { ["-addext", $0] }
      guard
        runProgram(
          ["openssl", "req", "-new"] + curve + ["-subj", subject, "-keyout", path("\(name).key")] + more
            + ["-out", path("\(name).csr")]) == 0
      else { throw BenchError("openssl req") }
    }
    func sign(_ name: String, by authority: String, days: Int) throws {
      try openssl(
        "x509", "-req", "-in", path("\(name).csr"), "-CA", path("\(authority).pem"), "-CAkey",
        path("\(authority).key"), "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)", "-out",
        path("\(name).pem"))
    }
    try request("middle", "/CN=Middle", ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign"])
    try sign("middle", by: "ca", days: 10)
    try request("leaf", "/CN=127.0.0.1", ["subjectAltName=IP:127.0.0.1"])
    try sign("leaf", by: "middle", days: 20)
    return (
      try TLSServer(certificates, "leaf", more: ["-cert_chain", path("middle.pem")]),
      try TLSServer(certificates, "leaf")
    )
  }

  @Test func aFrozenHandshakeTimesOut() async throws {
    try certificates.make("good", host: "127.0.0.1", days: 30)
    let server = try TLSServer(certificates, "good")
    let proxy = try FaultyProxy(to: server.port)
    proxy.freeze([.toClient])
    let outcome = try await bench.run(settings(proxy.port) { $0.basics.timeout = .milliseconds(250) })
    #expect(outcome.reason == .timeout)
    #expect(outcome.failureText == "no answer within the time-out: waited for the TLS handshake")
    #expect(outcome.streamValue("probe_tcp_duration_seconds", ["phase": "connect"]) != nil)
    #expect(outcome.streamValue("probe_ssl_earliest_cert_expiry") == nil)
    proxy.heal()
    #expect(try await bench.run(settings(proxy.port)).succeeded)
    _ = server
  }
}

/// Protocols that begin without TLS.
@Suite struct StartTLSTests {
  private let bench = StreamBench()
  private let certificates: TestCertificates

  init() throws {
    certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 30)
  }

  private func run(
    _ kind: TLSCheckSettings.StartTLS, _ port: Int, timeout: Duration = .seconds(5)
  ) async throws -> Outcome {
    var settings = TLSCheckSettings(name: "t", endpoint: Endpoint(host: "127.0.0.1", port: port))
    settings.tls.caFile = certificates.path("ca.pem")
    settings.startTLS = kind
    settings.basics.timeout = timeout
    return try await bench.run(settings)
  }

  @Test func smtpAsARealServerSpeaksIt() async throws {
    let (server, port) = try await MailServer.start(certificates, "good")
    defer { server.stop() }
    let outcome = try await run(.smtp, port)
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamValue("farwatch_probe_tls_verified") == 1)
    let wrong = try await run(.imap, port)
    #expect(wrong.reason == .protocolError)
    #expect(wrong.failureText.hasPrefix("the server does not start TLS for imap: it said \"220 "))
  }

  @Test func postgresAsARealServerSpeaksIt() async throws {
    let plain = try await PostgresServer.primary()
    let refused = try await run(.postgres, plain.port)
    #expect(refused.reason == .protocolError)
    #expect(
      refused.failureText
        == "the server does not start TLS for postgres: it said \"N (it is built or set up without TLS)\"")
    try await plain.enableTLS(certificates, "good")
    let outcome = try await run(.postgres, plain.port)
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamLabel("subject", of: "probe_ssl_last_chain_info") == "CN=127.0.0.1")
  }

  @Test func mysqlAsARealServerSpeaksIt() async throws {
    let server = try MariaDBOnLoopback(certificates, "good")
    try await server.start()
    let outcome = try await run(.mysql, server.port)
    #expect(outcome.succeeded, "\(outcome.failureText)\n\(server.log)")
    #expect(outcome.streamValue("farwatch_probe_tls_verified") == 1)
    server.stop()
  }

  /// No real server of these in the test bench: a strict script with Python's TLS.
  @Test(arguments: [
    (
      TLSCheckSettings.StartTLS.imap, "* OK ready\r\n", "a1 STARTTLS\r\n",
      "* CAPABILITY IMAP4\r\na1 OK begin\r\n"
    ),
    (.pop3, "+OK ready\r\n", "STLS\r\n", "+OK begin\r\n"),
    (.ftp, "220-welcome\r\n220 ready\r\n", "AUTH TLS\r\n", "234 begin\r\n"),
    (.ldap, "", "ldap", "ldap"),
  ])
  func protocolsOfLines(
    _ kind: TLSCheckSettings.StartTLS, _ greeting: String, _ question: String, _ answer: String
  ) async throws {
    let script = """
      import socket, ssl, sys, threading
      greeting, question, answer = (text.encode() for text in sys.argv[3:6])
      if question == b"ldap":
          question = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
          answer = bytes.fromhex("300c02010178070a010004000400")
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(sys.argv[1], sys.argv[2])
      listener = socket.create_server(("127.0.0.1", 0))
      print("port", listener.getsockname()[1])
      while True:
          connection, _ = listener.accept()
          try:
              connection.sendall(greeting)
              heard = b""
              while len(heard) < len(question): heard += connection.recv(1) or exit(1)
              if heard == question:
                  # Piecemeal, as a network may bring it.
                  for i in range(len(answer)): connection.sendall(answer[i:i+1])
                  with context.wrap_socket(connection, server_side=True) as secure: secure.recv(1)
          except OSError: pass
          connection.close()
      """
    let (server, port) = try await PythonEnvironment().serve(
      script, [certificates.path("good.pem"), certificates.path("good.key"), greeting, question, answer])
    defer { server.stop() }
    let outcome = try await run(kind, port)
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamValue("farwatch_probe_tls_verified") == 1)
  }

  /// Bytes sent with the consent to TLS, before it: somebody between could have put them there (CVE-2011-0411).
  @Test func injectedBytesAreRefused() async throws {
    let script = """
      import socket, time
      listener = socket.create_server(("127.0.0.1", 0))
      print("port", listener.getsockname()[1])
      while True:
          connection, _ = listener.accept()
          connection.sendall(b"+OK ready\\r\\n")
          connection.recv(100)
          connection.sendall(b"+OK begin\\r\\n+OK injected\\r\\n")
          connection.recv(100)
      """
    let (server, port) = try await PythonEnvironment().serve(script)
    defer { server.stop() }
    let outcome = try await run(.pop3, port)
    #expect(outcome.reason == .protocolError)
    #expect(outcome.failureText == "the server sent bytes before TLS that belong to nothing")
  }

  @Test func foreignBytesNeverCrash() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    let starts: [[UInt8]] = [
      [], Array("220 ".utf8), Array("* OK\r\n".utf8), Array("+OK\r\n".utf8),
      [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
      [0x30, 0x0c, 0x02, 0x01, 0x01, 0x78], [5, 0, 0, 0, 10], [3, 0, 0, 0, 0xff], [0x53], [0, 0, 0, 0],
    ]
    for round in 0..<300 {
      var dialogue = StartTLSDialogue(numbers.pick(TLSCheckSettings.StartTLS.allCases))
      var input: [UInt8] = []
      var steps = 0
      for _ in 0..<4 {
        input += numbers.pick(starts)
        input += (0..<numbers.pick([0, 5, 60])).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        while steps < 100 {
          steps += 1
          guard case .send = dialogue.proceed(&input, ended: false) else { break }
        }
      }
      #expect(steps < 100, "round \(round) of seed \(seed)")
    }
  }
}

extension PostgresServer {
  /// Through the server itself, so that the key belongs to its account.
  fileprivate func enableTLS(_ certificates: TestCertificates, _ name: String) async throws {
    for end in ["pem", "key"] {
      let text = readText(certificates.path("\(name).\(end)")).split(separator: "\n").joined(separator: "@")
      try await sql(
        """
        COPY (SELECT '\(text)@') TO PROGRAM 'tr @ "\\n" > tls.\(end) && chmod 600 tls.\(end)'
        """)
    }
    for setting in ["ssl_cert_file = 'tls.pem'", "ssl_key_file = 'tls.key'", "ssl = on"] {
      try await sql("ALTER SYSTEM SET \(setting)")
    }
    try await sql("SELECT pg_reload_conf()")
    try await waitUntil("TLS is on") { try await self.sql("SHOW ssl") == "on" }
  }
}

/// A real MariaDB without accounts, gone afterwards.
private final class MariaDBOnLoopback: Sendable {
  let port: Int
  private let directory: TemporaryDirectory
  private let process: ChildProcess

  init(_ certificates: TestCertificates, _ name: String) throws {
    port = try freeLoopbackPort()
    directory = try TemporaryDirectory("farwatch-mariadb", mode: 0o755)
    process = try ChildProcess([
      "mariadbd", "--no-defaults", "--user=root", "--datadir=\(directory.path)", "--port=\(port)",
      "--bind-address=127.0.0.1", "--socket=\(directory.file("s"))", "--skip-grant-tables",
      "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M",
      "--ssl-cert=\(certificates.path("\(name).pem"))",
      "--ssl-key=\(certificates.path("\(name).key"))",
    ])
  }

  var log: String { process.output }

  func start() async throws {
    try await waitUntil("MariaDB listens: \(log)") {
      if let end = process.poll() { throw BenchError("MariaDB ended with \(end): \(log)") }
      return log.contains("ready for connections")
    }
  }

  func stop() { process.stop() }
}
