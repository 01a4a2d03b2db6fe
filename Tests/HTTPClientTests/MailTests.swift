import FarwatchTesting
import HTTPClient
import Model
import Testing

/// Mails against aiosmtpd.
@Suite struct MailTests {
  let client = MailClient()
  let python: PythonEnvironment

  init() throws { python = try PythonEnvironment() }

  /// Prints each mail that it takes; refuses who and what says so.
  private static let server = """
    import asyncio, ssl, sys
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
    mode, certificate, key = sys.argv[1], sys.argv[2], sys.argv[3]
    class Handler:
      async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('no'): return '550 5.1.1 no such person'
        if address.startswith('later'): return '450 4.2.1 come back'
        envelope.rcpt_tos.append(address)
        return '250 OK'
      async def handle_DATA(self, server, session, envelope):
        if mode == 'slow': await asyncio.sleep(60)
        if mode == 'full': return '452 4.3.1 disk full'
        if mode == 'spam': return '554 5.7.1 looks like spam'
        print('mail', session.host_name, envelope.mail_from, envelope.rcpt_tos, envelope.content, flush=True)
        return '250 taken'
      async def handle_QUIT(self, server, session, envelope):
        if mode == 'hangquit': await asyncio.sleep(60)
        return '221 Bye'
    def authenticate(server, session, envelope, mechanism, data):
      good = isinstance(data, LoginPassword) and (data.login, data.password) == (b'farwatch', b'pa ss"w')
      return AuthResult(success=good, handled=False)
    async def main():
      context = None
      if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
      starttls = context if mode == 'starttls' or mode == 'auth' else None
      def make():
        return SMTP(Handler(), tls_context=starttls, require_starttls=starttls is not None,
          auth_required=mode == 'auth', authenticator=authenticate if mode == 'auth' else None)
      tls = context if mode == 'tls' else None
      server = await asyncio.get_running_loop().create_server(make, '127.0.0.1', 0, ssl=tls)
      print('port', server.sockets[0].getsockname()[1], flush=True)
      await server.serve_forever()
    asyncio.run(main())
    """

  private func serve(
    _ mode: String, _ certificates: TestCertificates? = nil, _ name: String = "good"
  ) async throws -> (process: ChildProcess, port: Int) {
    try await python.serve(
      Self.server, [mode, certificates?.path("\(name).pem") ?? "", certificates?.path("\(name).key") ?? ""])
  }

  private func mail(
    _ port: Int, _ encryption: MailRequest.Encryption = .none, to: [String] = ["oncall@example.org"]
  ) -> MailRequest {
    var mail = MailRequest(
      host: "127.0.0.1", port: UInt16(port), encryption: encryption, sender: "farwatch@example.org",
      recipients: to, message: Array("Subject: x\r\n\r\nline\r\n.\r\n..dots\r\nend\r\n".utf8))
    mail.helloName = "watch.example.org"
    mail.timeout = .seconds(10)
    return mail
  }

  @Test func aMailArrivesAsItIs() async throws {
    let server = try await serve("plain")
    let result = await client.send(mail(server.port, to: ["a@example.org", "b@example.org"]))
    #expect(result.failure == nil)
    #expect(result.status == 250)
    try await waitUntil("the mail is there") { server.process.output.contains("mail ") }
    let line =
      #"mail watch.example.org farwatch@example.org ['a@example.org', 'b@example.org'] "#
      + #"b'Subject: x\r\n\r\nline\r\n.\r\n..dots\r\nend\r\n'"#
    #expect(server.process.output.contains(line), "\(server.process.output)")
  }

  @Test func startTLSIsUsedOrNothingIsSent() async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 20)
    try certificates.make("other", host: "other.example", days: 20)
    let server = try await serve("starttls", certificates)
    var trusting = mail(server.port, .startTLS)
    trusting.caFile = certificates.path("ca.pem")
    #expect(await client.send(trusting).failure == nil)
    // A server of unknown authority, one with another's certificate, one that has no TLS.
    #expect(await client.send(mail(server.port, .startTLS)).failure?.reason == .certificateInvalid)
    let wrong = try await serve("starttls", certificates, "other")
    trusting.port = UInt16(wrong.port)
    #expect(await client.send(trusting).failure?.reason == .certificateName)
    let plain = try await serve("plain")
    trusting.port = UInt16(plain.port)
    #expect(await client.send(trusting).failure?.reason == .tlsHandshake)
    #expect(!plain.process.output.contains("mail "))
  }

  @Test func tlsFromTheFirstByte() async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 20)
    let server = try await serve("tls", certificates)
    var request = mail(server.port, .tls)
    request.caFile = certificates.path("ca.pem")
    let result = await client.send(request)
    #expect(result.failure == nil, "\(String(describing: result.failure))")
  }

  @Test func passwords() async throws {
    let certificates = try TestCertificates()
    try certificates.make("good", host: "127.0.0.1", days: 20)
    let server = try await serve("auth", certificates)
    var request = mail(server.port, .startTLS)
    request.caFile = certificates.path("ca.pem")
    request.username = "farwatch"
    request.password = "pa ss\"w"
    #expect(await client.send(request).failure == nil)
    request.password = "wr0ng-secret"
    let refused = try #require(await client.send(request).failure)
    #expect(refused.reason == .authentication)
    #expect(!refused.detail.contains("wr0ng-secret"))
    request.username = nil
    request.password = nil
    let unasked = await client.send(request)
    #expect(unasked.failure?.reason == .status)
    #expect(unasked.status == 530)
  }

  @Test func refusalsTellCodeWordsAndRecipient() async throws {
    let server = try await serve("plain")
    let someone = await client.send(
      mail(server.port, to: ["a@example.org", "no@example.org", "b@example.org"]))
    #expect(someone.status == 550)
    #expect(
      someone.failure?.detail
        == "the mail server said \"550 5.1.1 no such person\" to the recipient no@example.org")
    let later = await client.send(mail(server.port, to: ["later@example.org"]))
    #expect(later.status == 450)
    #expect(later.failure?.detail.contains("to the recipient later@example.org") == true)
    // Nobody got a mail that one of them would get again.
    #expect(!server.process.output.contains("mail "))
    for (mode, code) in [("full", 452), ("spam", 554)] {
      let server = try await serve(mode)
      let result = await client.send(mail(server.port))
      #expect(result.status == code)
      #expect(result.failure?.reason == .status)
      #expect(result.failure?.detail.contains("recipient") == false)
    }
  }

  @Test func serversThatHangHoldUpNobody() async throws {
    let slow = try await serve("slow")
    let hangingQuit = try await serve("hangquit")
    let quick = try await serve("plain")
    // Accepts and says nothing.
    let silent = try LoopbackServer { _ in [] }
    async let timedOut = client.send(withTimeout(mail(slow.port)))
    async let unanswered = client.send(withTimeout(mail(silent.port)))
    let begin = SystemTime().monotonic
    // The goodbye is not waited for.
    #expect(await client.send(mail(hangingQuit.port)).failure == nil)
    #expect(await client.send(mail(quick.port)).failure == nil)
    #expect(SystemTime().monotonic - begin < .seconds(1))
    #expect(await timedOut.failure?.reason == .timeout)
    #expect(await unanswered.failure?.reason == .timeout)
  }

  private func withTimeout(_ mail: MailRequest) -> MailRequest {
    var mail = mail
    mail.timeout = .milliseconds(1500)
    return mail
  }

  @Test func nobodyListensAndRubbishAnswers() async throws {
    let refusing = try RefusingPort()
    #expect(await client.send(mail(refusing.port)).failure?.reason == .refused)
    var nowhere = mail(25)
    nowhere.host = "nowhere.invalid"
    #expect(await client.send(nowhere).failure?.reason == .dns)
  }

  @Test func addressesCannotSpeakSMTP() async throws {
    let server = try await serve("plain")
    for to in ["a@b>\r\nRCPT TO:<evil@example.org", "a@b> NOTIFY=", ""] {
      let result = await client.send(mail(server.port, to: to.isEmpty ? [] : [to]))
      #expect(result.failure?.reason == .configuration)
    }
    #expect(!server.process.output.contains("mail "))
  }

  @Test func shutdownCancels() async throws {
    let slow = try await serve("slow")
    let own = MailClient()
    async let result = own.send(mail(slow.port))
    try await Task.sleep(for: .milliseconds(200))
    let begin = SystemTime().monotonic
    own.shutdown()
    #expect(await result.failure?.isCancelled == true)
    #expect(SystemTime().monotonic - begin < .seconds(4))
    #expect(await own.send(mail(slow.port)).failure?.isCancelled == true)
  }

  @Test func atTheLimitAMailIsRefused() async throws {
    let own = MailClient(limit: 0)
    #expect(await own.send(mail(25)).failure?.reason == .limit)
  }
}

extension MailClient {
  func send(_ mail: MailRequest) async -> MailResult {
    await withCheckedContinuation { waiting in start(mail) { waiting.resume(returning: $0) } }
  }
}
