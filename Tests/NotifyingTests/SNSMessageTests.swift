import HTTPClient
import Model
import Testing

@testable import Notifying

@Suite struct SNSMessageTests {
  private static func request(
    _ event: AlertEvent, adjust: (inout NotifyingSettings) -> Void = { _ in }
  ) throws -> HTTPRequest {
    var settings = pager("https://receiver.example/hook?key=secret")
    settings.region = "ap-northeast-1"
    adjust(&settings)
    var world = World(settings)
    world.page(event)
    return try #require(world.take().first?.makeRequest().http)
  }

  /// The JSON members in their order, as python3 reads them: `name=value` lines, values as python prints them.
  private static func members(_ body: [UInt8], _ path: String = "") throws -> [String] {
    let code =
      "import json; d=json.load(open('body'))\(path); print('\\n'.join(k+'='+repr(v) for k,v in d.items()))"
    return try run("python3 -c \"\(code)\"", files: ["body": body]).split(separator: "\n").map(String.init)
  }

  @Test func aNotificationHasSNSHeadersAndFields() throws {
    let request = try Self.request(
      event(.firing, labels: ["severity": "critical", "note": "a\"b\\c\n\u{1}é"]))
    #expect(request.method == "POST")
    #expect(request.url == "https://receiver.example/hook?key=secret")
    #expect(request.userAgent == "Amazon Simple Notification Service Agent")
    #expect(request.timeout == .seconds(15))
    #expect(request.redirects == .none)
    let arn = "arn:aws:sns:ap-northeast-1:000000000000:pager"
    func header(_ name: String) -> String? { request.headers.first { $0.name == name }?.value }
    #expect(header("x-amz-sns-message-type") == "Notification")
    #expect(header("x-amz-sns-topic-arn") == arn)
    #expect(header("x-amz-sns-subscription-arn")?.hasPrefix(arn + ":") == true)
    #expect(header("Content-Type") == "text/plain; charset=UTF-8")
    #expect(header("x-amz-sns-rawdelivery") == nil)
    let fields = try Self.members(request.body)
    #expect(
      fields.map { $0.prefix { $0 != "=" } } == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
        "SigningCertURL", "UnsubscribeURL", "MessageAttributes",
      ])
    let id = try #require(header("x-amz-sns-message-id"))
    #expect(fields[1] == "MessageId='\(id)'")
    #expect(fields[3] == "Subject='ALARM: \"LagHigh\" in Asia Pacific (Tokyo)'")
    #expect(fields[5] == "Timestamp='2026-01-01T00:00:00.000Z'")
    #expect(fields[6] == "SignatureVersion='2'")
    #expect(fields[8] == "SigningCertURL='https://watch.example/base\(testIdentity.path)'")
    #expect(
      fields[9].hasPrefix(
        "UnsubscribeURL='https://watch.example/base/sns?Action=Unsubscribe&SubscriptionArn=\(arn):"))
    #expect(fields[10] == "MessageAttributes={'severity': {'Type': 'String', 'Value': 'critical'}}")
  }

  private func padded(_ digits: String) -> String {
    String(repeating: "0", count: 16 - digits.count) + digits
  }

  @Test func theMessageIsACloudWatchAlarm() throws {
    let labels: Labels = ["region": "eu-west-1", "severity": "critical"]
    let annotations: Labels = ["summary": "Lag", "description": "73 s", "runbook_url": "https://r.example/1"]
    let request = try Self.request(event(.resolved, labels: labels, annotations: annotations)) {
      $0.topics[0].subscriptions[0].raw = true
    }
    #expect(request.headers.contains { $0.name == "x-amz-sns-rawdelivery" && $0.value == "true" })
    let fields = try Self.members(request.body)
    let fingerprint = labels.setting("alertname", to: "LagHigh").fingerprint
    let digits = padded(String(fingerprint, radix: 16))
    let arn = "arn:aws:sns:ap-northeast-1:000000000000:pager"
    let reason =
      "Rule no longer holds: lag_seconds > 60 held from 2026-01-01T00:00:00Z to "
      + "2026-01-01T00:08:20Z; last value 73.25."
    #expect(
      fields.prefix(12) == [
        "AlarmName='LagHigh'", "AlarmDescription='Lag\\n73 s'", "AWSAccountId='000000000000'",
        "NewStateValue='OK'",
        "NewStateReason='\(reason)'",
        "StateChangeTime='2026-01-01T00:08:20.000+0000'", "Region='EU (Ireland)'",
        "AlarmArn='arn:aws:cloudwatch:ap-northeast-1:000000000000:alarm:LagHigh/\(digits)'",
        "OldStateValue='ALARM'", "OKActions=['\(arn)']", "AlarmActions=['\(arn)']",
        "InsufficientDataActions=[]",
      ])
    let trigger = try Self.members(request.body, "['Trigger']")
    #expect(
      trigger == [
        "MetricName='LagHigh'", "Namespace='Farwatch'", "Type='PromQL'", "Expression='lag_seconds > 60'",
        "Dimensions=[{'value': 'eu-west-1', 'name': 'region'}, {'value': 'critical', 'name': 'severity'}]",
        "Period=30", "EvaluationPeriods=10",
      ])
    let details = try Self.members(request.body, "['Farwatch']")
    #expect(details.contains("startsAt='2026-01-01T00:00:00.000Z'"))
    #expect(details.contains("endsAt='2026-01-01T00:08:20.000Z'"))
    #expect(details.contains("value=73.25"))
    #expect(details.contains("runbook_url='https://r.example/1'"))
    #expect(details.contains("status='resolved'"))
  }

  /// Posted by another program, which gives neither a value nor an expression.
  @Test func aPostedAlertHasNoValueAndALinkToAcknowledge() throws {
    var posted = event(.firing, value: .nan)
    posted.origin.expression = ""
    let facts = SNSContent(page(posted), context(), .init(context()))
    #expect(facts.message.contains("\"NewStateReason\":\"It fires since 2026-01-01T00:00:00Z.\""))
    #expect(!facts.message.contains("NaN") && !facts.message.contains("\"value\":"))
    #expect(facts.message.contains("\"acknowledgeURL\":\"https://watch.example/ack?thread=LagHigh\""))
    let over = SNSContent(page(event(.resolved)), context(), .init(context()))
    #expect(!over.message.contains("acknowledgeURL") && over.message.contains("\"value\":73.25"))
  }

  @Test func extremeAlertsStayValid() throws {
    for value in [Double.nan, .infinity, -.infinity, 1e300, -0.0, .leastNonzeroMagnitude, 123_456_789] {
      _ = try Self.members(try Self.request(event(.firing, value: value)).body)
    }
    let long = String(repeating: "é\"", count: 200_000)
    let request = try Self.request(
      event(
        .firing, String(repeating: "N\n", count: 200),
        labels: Labels((0..<60).map { Label("l\($0)", String(long.prefix(9000))) }),
        annotations: ["summary": long]))
    let alarm = AlarmMessage(
      event: event(.firing, annotations: ["summary": long]), topicARN: "t", settings: .init(externalURL: "u"))
    #expect(alarm.text.utf8.count <= AlarmMessage.maximumBytes)
    #expect(alarm.text.contains("[cut]"))
    #expect(try Self.members(request.body).contains { $0.hasPrefix("Subject='ALARM: \"N N ") })
  }

  @Test func aSubjectFitsSNS() {
    func subject(_ name: String, _ region: String) -> String {
      AlarmMessage(
        event: event(.firing, name, labels: ["region": region]), topicARN: "",
        settings: .init(externalURL: "")
      ).subject
    }
    #expect(subject("A", "us-east-1") == "ALARM: \"A\" in US East (N. Virginia)")
    #expect(subject("A", "dc-7") == "ALARM: \"A\" in dc-7")
    let long = subject(String(repeating: "x", count: 200), "dc-7")
    #expect(long.count == 100)
    #expect(long.hasSuffix("...\" in dc-7"))
    #expect(subject("A", String(repeating: "r", count: 200)).count == 100)
  }

  /// The text to sign is built by python from the body alone, the check made by openssl with the served certificate.
  @Test(arguments: [TopicSettings.SignatureVersion.sha1, .sha256], [true, false])
  func opensslAcceptsTheSignature(version: TopicSettings.SignatureVersion, handshake: Bool) throws {
    let code = """
      import json, base64
      m = json.load(open('body'))
      keys = ['Message','MessageId','Subject','SubscribeURL','Timestamp','Token','TopicArn','Type']
      if m['Type'] == 'Notification': keys = [k for k in keys if k not in ('SubscribeURL', 'Token')]
      text = ''.join(k + '\\n' + m[k] + '\\n' for k in keys if k in m)
      open('text', 'wb').write(text.encode('utf-8'))
      open('signature', 'wb').write(base64.b64decode(m['Signature'], validate=True))
      """
    let request = try Self.request(event(.firing, annotations: ["summary": "quote \" back \\ ü\n"])) {
      $0.topics[0].signatureVersion = version
      if handshake { $0.topics[0].subscriptions[0].confirmation = .required }
    }
    let files: [String: [UInt8]] = [
      "body": request.body, "code.py": Array(code.utf8),
      "served.pem": Array(testIdentity.documents[0].pem.utf8),
      "text": [], "signature": [], "key": [],
    ]
    let hash = version == .sha1 ? "-sha1" : "-sha256"
    let output = try run(
      "python3 code.py && openssl x509 -in served.pem -noout -pubkey > key && "
        + "openssl dgst \(hash) -verify key -signature signature text && "
        + "openssl verify -CAfile served.pem -attime \(start.milliseconds / 1000 + 60) served.pem",
      files: files)
    #expect(output == "Verified OK\nserved.pem: OK\n")
    #expect(throws: BenchError.self) {
      try run(
        "python3 code.py && openssl x509 -in served.pem -noout -pubkey > key && echo x >> text && "
          + "openssl dgst \(hash) -verify key -signature signature text", files: files)
    }
  }

  @Test func aRepeatedMessageIsTheSameToTheByte() throws {
    var world = World(pager("https://a.example/"))
    world.page(event(.firing))
    let first = try #require(world.take().first)
    let body = try #require(first.makeRequest().http)
    world.finish(first, .failed(.timeout, "too slow"))
    world.restart()
    world.advance(100)
    let second = try #require(world.take().first)
    #expect(try second.makeRequest().http == body)
  }
}

@Suite struct SigningIdentityTests {
  @Test func whatWasStoredIsTheSameIdentity() throws {
    var stored: SigningIdentity.Files?
    func restart(at now: Timestamp) throws -> SigningIdentity {
      try .loadOrCreate(commonName: "watch", now: now, load: { stored }, store: { stored = $0 })
    }
    let first = try restart(at: start)
    #expect(stored == first.files)
    let again = try restart(at: start + .seconds(86_400))
    #expect(again.documents == first.documents)
    #expect(try again.sign("x", .sha256) == first.sign("x", .sha256))
    let renewed = try restart(at: first.notAfter - .seconds(86_400))
    #expect(renewed.path != first.path)
    #expect(renewed.documents.map(\.path) == [renewed.path, first.path])
    #expect(renewed.document(at: first.path)?.pem == first.documents[0].pem)
    #expect(renewed.document(at: "/other.pem") == nil)
    #expect(try renewed.sign("x", .sha1) == first.sign("x", .sha1), "the key stays")
    #expect(stored == renewed.files)
  }

  @Test func whatCannotBeStoredIsNotUsed() {
    struct DiskFull: Error {}
    #expect(throws: DiskFull.self) {
      try SigningIdentity.loadOrCreate(
        commonName: "watch", now: start, load: { nil }, store: { _ in throw DiskFull() })
    }
  }

  @Test func damagedFilesAreAnError() throws {
    let good = testIdentity.files
    let other = try SigningIdentity.generate(commonName: "other", now: start).files
    #expect(throws: SigningIdentity.Failure.keyMismatch) {
      try SigningIdentity(.init(keyPEM: good.keyPEM, certificatesPEM: other.certificatesPEM))
    }
    #expect(throws: SigningIdentity.Failure.unreadableKey) {
      try SigningIdentity(.init(keyPEM: "rubbish", certificatesPEM: good.certificatesPEM))
    }
    #expect(throws: (any Error).self) { try SigningIdentity(.init(keyPEM: good.keyPEM, certificatesPEM: "")) }
  }
}
