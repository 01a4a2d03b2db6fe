import Collecting
import FarwatchTesting
import HTTPClient
import Model
import Probing
import StreamClient
import TLSTransport
import Testing

@Suite struct TCPCheckTests {
  private let bench = StreamBench()

  private func settings(
    _ port: Int, _ conversation: [TCPCheckSettings.Step] = [], host: String = "127.0.0.1",
    timeout: Duration = .seconds(5)
  ) -> TCPCheckSettings {
    var settings = TCPCheckSettings(name: "t", endpoint: Endpoint(host: host, port: port))
    settings.basics.timeout = timeout
    settings.conversation = conversation
    return settings
  }

  /// Speaks the script's lines to each who comes: `< text` is said, `> text` is read as a line and must be that.
  private static let scripted = """
    import socket, sys, threading, codecs
    listener = socket.create_server(("127.0.0.1", 0))
    print("port", listener.getsockname()[1])
    def serve(connection):
        stream = connection.makefile("rb")
        for line in sys.argv[1:]:
            text = codecs.decode(line[2:], "unicode_escape").encode("latin-1")
            if line[0] == "<": connection.sendall(text)
            elif stream.readline() != text: break
        else:
            stream.readline()
        connection.close()
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    """

  @Test func aPortThatListensIsUp() async throws {
    let server = try LoopbackServer { _ in [.close] }
    let outcome = try await bench.run(settings(server.port))
    #expect(outcome.succeeded && outcome.hasNoSeriesTwice)
    #expect(outcome.streamValue("probe_success") == 1)
    #expect(outcome.streamValue("probe_ip_protocol") == 4)
    #expect(outcome.streamValue("probe_tcp_duration_seconds", ["phase": "connect"]) != nil)
    #expect(
      outcome.streamValue("probe_tcp_duration_seconds", ["phase": "resolve"]) == nil,
      "an address is not looked up")
    #expect(outcome.streamValue("probe_failed_due_to_regex") == nil, "nothing is expected")
    let named = try await bench.run(settings(server.port, host: "localhost"))
    #expect(named.succeeded)
    #expect(named.streamValue("probe_dns_lookup_time_seconds") != nil)
  }

  @Test func aPortThatDoesNotIsDownWithItsReason() async throws {
    let outcome = try await bench.run(settings(try RefusingPort().port))
    #expect(outcome.reason == .refused)
    #expect(outcome.streamValue("farwatch_probe_failure_reason", ["reason": "connection_refused"]) == 1)
    // blackbox_exporter reports zeroes here, which spoil averages.
    #expect(outcome.streamValue("probe_tcp_duration_seconds") == nil)
    let nowhere = try await bench.run(settings(1, host: "no-such-host.invalid", timeout: .seconds(8)))
    #expect(nowhere.reason == .dns)
  }

  @Test func holdsAConversationWithARealServer() async throws {
    let redis = try RedisOnLoopback()
    try await redis.start()
    let outcome = try await bench.run(
      settings(
        redis.port,
        [
          .init(send: "PING\r\n"), .init(expect: .line(#"^\+PONG$"#)), .init(send: "ECHO word\r\n"),
          .init(expect: .bytes(#"^\$4\r\n(w\w+)"#), send: "ECHO ${1}s\r\n"), .init(expect: .line("^words$")),
        ]))
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamValue("probe_failed_due_to_regex") == 0)
    #expect(outcome.streamValue("probe_tcp_duration_seconds", ["phase": "conversation"]) != nil)
    // A frozen Redis accepts and says nothing: only a conversation sees it.
    let proxy = try FaultyProxy(to: redis.port)
    proxy.freeze()
    #expect(try await bench.run(settings(proxy.port)).succeeded)
    let frozen = try await bench.run(
      settings(
        proxy.port, [.init(send: "PING\r\n"), .init(expect: .line("PONG"))], timeout: .milliseconds(200)))
    #expect(frozen.reason == .timeout)
    #expect(
      frozen.failureText == #"no answer within the time-out: waited for "PONG" (step 2 of the conversation)"#)
    #expect(frozen.streamValue("probe_failed_due_to_regex") == 0, "nothing came that could have matched")
    redis.stop()
  }

  @Test func whatDoesNotMatchIsTold() async throws {
    let python = try PythonEnvironment()
    let (server, port) = try await python.serve(
      Self.scripted, [#"< 220-host a\r\n220 host ESMTP Exim\r\n"#, #"> HELO Exim\r\n"#, #"< 250 ok\r\n"#])
    defer { server.stop() }
    let good = try await bench.run(
      settings(
        port,
        [
          .init(expect: .line("^220 .* ESMTP (?P<who>.+)$"), send: "HELO ${who}\r\n"),
          .init(expect: .line("^250 ")),
        ]))
    #expect(good.succeeded, "\(good.failureText)")
    let silent = try await bench.run(
      settings(port, [.init(expect: .line("^330"))], timeout: .milliseconds(300)))
    #expect(silent.reason == .body)
    #expect(
      silent.failureText
        == #"none of 2 lines matches "^330" (step 1 of the conversation); the last was "220 host ESMTP Exim""#
    )
    #expect(silent.streamValue("probe_failed_due_to_regex") == 1)
    // It hangs up: the same.
    let ended = try await bench.run(
      settings(port, [.init(expect: .line("^220-"), send: "QUIT\r\n"), .init(expect: .line("^221"))]))
    #expect(ended.reason == .body && ended.streamValue("probe_failed_due_to_regex") == 1)
  }

  @Test func startsTLSInAConversationAsSMTPDoes() async throws {
    let certificates = try TestCertificates()
    try certificates.make("mail", host: "localhost", days: 10)
    let (server, port) = try await MailServer.start(certificates, "mail")
    defer { server.stop() }
    var check = settings(
      port,
      [
        .init(expect: .line("^220 "), send: "EHLO prober\r\n"), .init(expect: .line("^250-STARTTLS")),
        .init(expect: .line("^250 "), send: "STARTTLS\r\n"), .init(expect: .line("^220"), startTLS: true),
        .init(send: "EHLO prober\r\n"), .init(expect: .line("^250 ")),
      ], host: "localhost")
    var tls = TLSOptions(serverName: "localhost")
    tls.caFile = certificates.path("ca.pem")
    check.tls = tls
    let outcome = try await bench.run(check)
    #expect(outcome.succeeded, "\(outcome.failureText)")
    #expect(outcome.streamValue("farwatch_probe_tls_verified") == 1)
    #expect(outcome.streamValue("probe_tls_version_info", ["version": "TLS 1.3"]) == 1)
    // A server that may not be trusted is told nothing more, and its certificate is shown.
    check.tls?.caFile = nil
    let distrusted = try await bench.run(check)
    #expect(distrusted.reason == .certificateInvalid)
    #expect(distrusted.streamValue("farwatch_probe_tls_problem", ["problem": "unknown_issuer"]) == 1)
    #expect(distrusted.streamValue("probe_ssl_earliest_cert_expiry") != nil)
    #expect(distrusted.streamValue("probe_ssl_last_chain_expiry_timestamp_seconds") == nil)
  }

  @Test func everyAddressIsProbedAndTheWorstDecides() async throws {
    let server = try LoopbackServer { _ in [.close] }
    // localhost has ::1 here, where the server does not listen.
    var check = settings(server.port, host: "localhost")
    check.endpoint.everyAddress = true
    let answer = await withCheckedContinuation { continuation in
      bench.resolver.resolve("localhost", timeout: .seconds(5)) { continuation.resume(returning: $0) }
    }
    let addresses = try answer.get()
    let outcome = try await bench.run(check)
    #expect(outcome.hasNoSeriesTwice)
    #expect(outcome.streamValue("farwatch_probe_addresses") == Double(addresses.count))
    #expect(outcome.streamValue("farwatch_probe_address_success", ["address": "127.0.0.1"]) == 1)
    if addresses.contains("::1") {
      #expect(outcome.reason == .refused)
      #expect(outcome.failureText == "::1: connecting to ::1 port \(server.port): Connection refused")
      check.endpoint.everyAddress = false
      #expect(try await bench.run(check).succeeded, "one living address is enough")
    } else {
      #expect(outcome.succeeded)
    }
  }

  @Test func settingsThatContradictThemselvesAreRefused() {
    func complaint(_ change: (inout TCPCheckSettings) -> Void) -> String? {
      var check = settings(25)
      change(&check)
      do {
        try check.validate()
        return nil
      } catch { return error.description }
    }
    #expect(complaint { _ in } == nil)
    #expect(
      complaint { $0.conversation = [.init(startTLS: true)] }
        == "conversation: TLS is started, but `tls` says not how")
    #expect(
      complaint { $0.conversation = [.init()] } == "conversation: a step must expect, send or start TLS")
    #expect(
      complaint { $0.conversation = [.init(expect: .line("("))] }?.contains("invalid regular expression")
        == true)
    #expect(complaint { $0.endpoint.port = 0 } == "address: the port must be between 1 and 65535")
  }

  @Test func endpointsAreReadFromText() {
    #expect(Endpoint("db:5432") == Endpoint(host: "db", port: 5432))
    #expect(Endpoint("[::1]:25")?.host == "::1")
    for wrong in [
      "db", "db:", ":1", "db:0", "db:65536", "db:+1", "::1:25", "[x]:1", "a b:1", "http://a:1", "[::1]",
    ] {
      #expect(Endpoint(wrong) == nil, "\(wrong)")
    }
  }

  /// Whatever a server says, the conversation ends with a verdict.
  @Test func foreignBytesNeverCrash() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    for _ in 0..<60 {
      let bytes = (0..<Int.random(in: 0..<300, using: &numbers)).map { _ in
        numbers.pick([UInt8.random(in: 0...255, using: &numbers), 10, 13, 0x32, 0x30, 0x20])
      }
      let server = try LoopbackServer { _ in [.send(bytes), .close] }
      let check = settings(
        server.port,
        [
          .init(send: "GET / HTTP/1.1\r\n\r\n"), .init(expect: .line("(2)0"), send: "${1}${9}$\r\n"),
          .init(expect: .bytes("0(.)")), .init(send: "$1\n"),
        ])
      _ = try await bench.run(check)
      server.stop()
    }
  }
}

/// A real Redis, gone afterwards.
final class RedisOnLoopback: Sendable {
  let port: Int
  private let process: ChildProcess

  init() throws {
    port = try freeLoopbackPort()
    process = try ChildProcess([
      "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
    ])
  }

  func start() async throws {
    try await waitUntil("Redis listens") { process.output.contains("Ready to accept") }
  }

  func stop() { process.stop() }
}

/// aiosmtpd with STARTTLS.
enum MailServer {
  private static let script = """
    import asyncio, ssl, sys
    from aiosmtpd.smtp import SMTP
    class Handler: pass
    async def main():
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(sys.argv[1], sys.argv[2])
      loop = asyncio.get_running_loop()
      server = await loop.create_server(lambda: SMTP(Handler(), tls_context=context), '127.0.0.1', 0)
      print('port', server.sockets[0].getsockname()[1], flush=True)
      await server.serve_forever()
    asyncio.run(main())
    """

  static func start(_ certificates: TestCertificates, _ name: String) async throws -> (
    process: ChildProcess, port: Int
  ) {
    try await PythonEnvironment().serve(
      script, [certificates.path("\(name).pem"), certificates.path("\(name).key")])
  }
}
