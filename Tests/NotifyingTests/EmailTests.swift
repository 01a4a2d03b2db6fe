import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@testable import Notifying

/// Mails, read by Python's e-mail package.
@Suite struct EmailTests {
  private static let script = """
    import email, email.policy, json, sys
    for path in sys.argv[1:]:
      raw = open(path, 'rb').read()
      assert all(b < 128 for b in raw) and raw.count(b'\\n') == raw.count(b'\\r\\n') == raw.count(b'\\r')
      assert max(len(line) for line in raw.split(b'\\r\\n')) <= 100
      m = email.message_from_bytes(raw, policy=email.policy.default)
      def text(kind): return m.get_body((kind,)).get_content().replace('\\r\\n', '\\n')
      print(json.dumps({'headers': [[k, str(v)] for k, v in m.items()], 'type': m.get_content_type(),
        'defects': [repr(d) for part in m.walk() for d in part.defects], 'plain': text('plain'),
        'html': text('html'), 'parts': len(list(m.iter_parts()))}))
    """

  private struct Mail: Decodable {
    var headers: [[String]]
    var type: String
    var defects: [String]
    var plain: String
    var html: String
    var parts: Int
    subscript(name: String) -> [String] { headers.filter { $0[0] == name }.map { $0[1] } }
  }

  private func read(_ mails: [[UInt8]]) async throws -> [Mail] {
    let folder = try TemporaryDirectory()
    let files = try mails.enumerated().map {
      try folder.write("\($0.0)", String(decoding: $0.1, as: UTF8.self))
    }
    let python = try PythonEnvironment()
    let text = try await ChildProcess.run([python.interpreter, "-c", Self.script] + files)
    return try text.split(separator: "\n").map { try JSONDecoder().decode(Mail.self, from: Data($0.utf8)) }
  }

  private func mail(_ page: Page, _ change: (inout EmailSettings) -> Void = { _ in }) throws -> MailRequest {
    var settings = EmailSettings(
      host: "mail.example.org", from: "farwatch@example.org", to: ["a@example.org", "b@example.org"])
    change(&settings)
    let context = ChannelContext(
      topicName: "pager", topicARN: "arn:aws:sns:r:1:pager", subscriptionARN: "s", signatureVersion: .sha256,
      region: nil, account: "000000000000", externalURL: "https://watch.example", attributeLabels: [],
      identity: testIdentity)
    let request = try settings.channel(context).request(for: .page(page))
    guard case .mail(let mail) = request else { throw FarwatchTesting.BenchError("no mail") }
    return mail
  }

  private func page(_ id: String, _ event: AlertEvent) -> Page {
    Page(messageID: id, event: event, publishedAt: start)
  }

  @Test func aMailHasItsHeadersAndBothBodies() async throws {
    let summary = "Lag is 日本 high: a < b & \"c\"; see https://x.example/?a=1&b=<2>"
    let firing = try mail(page("id-1", event(.firing, annotations: ["summary": summary]))) {
      $0.fromName = "Färwatch"
      $0.username = "u"
      $0.password = "p"
    }
    let resolved = try mail(page("id-2", event(.resolved, annotations: ["summary": summary])))
    #expect(firing.recipients == ["a@example.org", "b@example.org"])
    #expect(firing.username == "u" && firing.password == "p" && firing.encryption == .startTLS)
    let mails = try await read([firing.message, resolved.message])
    let first = try #require(mails.first)
    #expect(mails.allSatisfy { $0.defects.isEmpty && $0.type == "multipart/alternative" && $0.parts == 2 })
    #expect(first["From"] == ["Färwatch <farwatch@example.org>"])
    #expect(first["To"] == ["a@example.org, b@example.org"])
    #expect(first["Date"] == ["Thu, 01 Jan 2026 00:00:00 +0000"])
    #expect(first["Message-ID"] == ["<id-1@example.org>"])
    #expect(first["Auto-Submitted"] == ["auto-generated"])
    #expect(first["X-Farwatch-Status"] == ["firing"])
    #expect(first["Subject"].first?.contains("LagHigh") == true)
    #expect(first.plain.contains(summary))
    #expect(first.html.contains("a &lt; b &amp; &quot;c&quot;"))
    #expect(first.html.contains("<a href=\"https://x.example/?a=1&amp;b=&lt;2&gt;\">"))
    // Mail programs put firing and resolved together.
    #expect(first["References"] == mails[1]["References"] && first["In-Reply-To"] == first["References"])
    #expect(first["Message-ID"] != mails[1]["Message-ID"])
  }

  /// Labels are foreign text: they end no header, no part and no mail.
  @Test func foreignTextCannotBreakOut() async throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    var texts = [
      "x\r\nBcc: evil@example.org\r\n\r\nbody", "\n.\nQUIT", "=?utf-8?B?eA==?=",
      String(repeating: "漢", count: 600),
      "--=_farwatch_id--", " ", "\u{2028}\u{85}\u{0}", String(repeating: "x", count: 5000), "a=20 \t \nb \n",
    ]
    let alphabet = Array("ab =?_-:;,<>\"@.\r\n\t\u{0}\u{7f}é漢🜁\u{301}")
    for _ in 0..<30 {
      texts.append(String((0..<Int.random(in: 0...300, using: &random)).map { _ in random.pick(alphabet) }))
    }
    let requests = try texts.map { text in
      var page = page("id", event(.firing, text, annotations: ["summary": text]))
      page.notification.thread = text
      return try mail(page) { $0.fromName = text }
    }
    for (place, mail) in try await read(requests.map(\.message)).enumerated() {
      let names = mail.headers.map { $0[0] }
      #expect(
        names == [
          "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
          "X-Auto-Response-Suppress", "MIME-Version", "X-Farwatch-Status", "X-Farwatch-Topic", "Content-Type",
        ], "seed \(seed), text \(place)")
      #expect(mail["From"][0].hasSuffix("farwatch@example.org>") || mail["From"][0] == "farwatch@example.org")
      #expect(mail.parts == 2 && mail.defects.isEmpty, "seed \(seed), text \(place): \(mail.defects)")
    }
  }

  @Test func quotedPrintableKeepsEveryCharacter() {
    #expect(QuotedPrintable.lines("a=b \nc\t\r\nä") == ["a=3Db=20", "c=09", "=C3=A4"])
    let long = QuotedPrintable.lines(String(repeating: "x", count: 200))
    #expect(long.map(\.count) == [76, 76, 50])
    #expect(
      MailMessage.dateText(Timestamp(year: 2024, month: 2, day: 29)) == "Thu, 29 Feb 2024 00:00:00 +0000")
    #expect(
      MailMessage.dateText(Timestamp(year: 1969, month: 12, day: 31)) == "Wed, 31 Dec 1969 00:00:00 +0000")
  }

  @Test func whatMailServersAnswerIsJudged() {
    func judged(_ status: Int?, _ reason: FailureReason?) -> DeliveryResult {
      var result = MailResult()
      result.status = status
      result.failure = reason.map { HTTPFailure($0, "words") }
      return DeliveryResult(result)
    }
    #expect(judged(250, nil).succeeded)
    #expect(judged(550, .status).isRefusal && !judged(550, .status).succeeded)
    #expect(!judged(450, .status).isRefusal && !judged(450, .status).succeeded)
    #expect(judged(535, .authentication).isRefusal)
    #expect(!judged(nil, .timeout).isRefusal)
    var cancelled = MailResult()
    cancelled.failure = .cancelled
    #expect(DeliveryResult(cancelled).isCancelled)
  }
}
