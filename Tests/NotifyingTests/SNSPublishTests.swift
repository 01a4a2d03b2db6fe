import CloudAccess
import FarwatchTesting
import Foundation
import HTTPClient
import Model
import Testing

@testable import Notifying

/// Publishing to moto's SNS, which checks signatures and policies; what arrives is read from a queue by boto3.
@Suite struct SNSPublishTests {
  private static let script = """
    import os, sys, json, threading, time
    os.environ.update(INITIAL_NO_AUTH_ACTION_COUNT='1000000', AWS_DEFAULT_REGION='eu-central-1',
      AWS_ACCESS_KEY_ID='root', AWS_SECRET_ACCESS_KEY='root', MOTO_CALL_RESET_API='false')
    from moto.server import ThreadedMotoServer
    import boto3, urllib.request
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0)
    server.start()
    port = server.get_host_and_port()[1]
    url = f'http://127.0.0.1:{port}'
    def client(name): return boto3.client(name, endpoint_url=url)
    iam, sns, sqs = client('iam'), client('sns'), client('sqs')
    def user(name, policy):
      iam.create_user(UserName=name)
      if policy: iam.put_user_policy(UserName=name, PolicyName='p', PolicyDocument=json.dumps(
        {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': policy, 'Resource': '*'}]}))
      key = iam.create_access_key(UserName=name)['AccessKey']
      return {'id': key['AccessKeyId'], 'secret': key['SecretAccessKey']}
    facts = {'publisher': user('publisher', 'sns:Publish'), 'nobody': user('nobody', None)}
    for name, more in (('pager', {}), ('pager.fifo', {'FifoTopic': 'true'})):
      topic = sns.create_topic(Name=name, Attributes=more)['TopicArn']
      attributes = {'FifoQueue': 'true'} if more else {}
      queue = sqs.create_queue(QueueName=name, Attributes=attributes)['QueueUrl']
      arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
      sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn)
      facts[name] = {'topic': topic, 'queue': queue}
    def auth(count):
      request = urllib.request.Request(f'{url}/moto-api/reset-auth', data=str(count).encode(), method='POST',
        headers={'Content-Type': 'text/plain'})
      urllib.request.urlopen(request).read()
    auth(0)
    print('facts', json.dumps(facts))
    print('port', port, flush=True)
    # When the file is there, everything that arrived is told.
    while True:
      if os.path.exists(sys.argv[1]):
        auth(1000000)
        for name in ('pager', 'pager.fifo'):
          while True:
            got = sqs.receive_message(QueueUrl=facts[name]['queue'], AttributeNames=['All']).get('Messages', [])
            if not got: break
            for message in got:
              print('message', json.dumps([name, message['Body'], message['Attributes']]), flush=True)
              sqs.delete_message(QueueUrl=facts[name]['queue'], ReceiptHandle=message['ReceiptHandle'])
        print('all', flush=True)
        break
      time.sleep(0.02)
    threading.Event().wait()
    """

  private static func json(_ text: some StringProtocol) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }

  private static func context() -> ChannelContext {
    ChannelContext(
      topicName: "pager", topicARN: "arn:aws:sns:farwatch:000000000000:pager", subscriptionARN: "s",
      signatureVersion: .sha256, region: nil, account: "000000000000", externalURL: "https://watch.example",
      attributeLabels: ["severity", "absent"], identity: testIdentity)
  }

  private static func page(_ id: String) -> Page {
    let event = event(
      .firing, labels: ["severity": "page & more=ä", "region": "eu-central-1"],
      annotations: ["summary": "Lag is 日本 high; <b>\"90 %\"</b>\n+/=~*'"])
    return Page(messageID: id, event: event, publishedAt: start)
  }

  private let client = HTTPClient(name: "test")

  private func publish(_ settings: SNSPublishSettings, _ page: Page) async throws -> DeliveryResult {
    let channel = settings.channel(Self.context())
    let request = try #require(try channel.request(for: .page(page)).http)
    return channel.judge(await client.send(request), now: SystemTime().now)
  }

  @Test func pagesArriveAndRefusalsAreTold() async throws {
    let folder = try TemporaryDirectory()
    let server = try await PythonEnvironment().serve(Self.script, [folder.file("read")])
    let line = try #require(server.process.output.split(separator: "\n").first { $0.hasPrefix("facts ") })
    let facts = try #require(try Self.json(line.dropFirst(6)) as? [String: [String: String]])
    func settings(_ topic: String, as user: String) throws -> SNSPublishSettings {
      let user = try #require(facts[user])
      return SNSPublishSettings(
        topicARN: try #require(facts[topic]?["topic"]), endpoint: "http://127.0.0.1:\(server.port)",
        credentials: AWSCredentials(
          accessKeyID: try #require(user["id"]), secretAccessKey: try #require(user["secret"])))
    }

    let page = Self.page("11111111-2222-5333-8444-555555555555")
    let taken = try await publish(settings("pager", as: "publisher"), page)
    #expect(taken.succeeded, "\(taken.detail)")
    // The same message id twice: a FIFO topic tells it once.
    for _ in 0..<2 {
      let taken = try await publish(settings("pager.fifo", as: "publisher"), page)
      #expect(taken.succeeded, "\(taken.detail)")
    }
    let denied = try await publish(settings("pager", as: "nobody"), page)
    #expect(denied.isRefusal && denied.reason == .permission, "\(denied)")
    var wrong = try settings("pager", as: "publisher")
    wrong.credentials.secretAccessKey = "wrong"
    let mismatch = try await publish(wrong, page)
    #expect(mismatch.isRefusal && mismatch.reason == .authentication, "\(mismatch)")
    wrong.credentials.accessKeyID = "AKIANOBODY"
    let unknown = try await publish(wrong, page)
    #expect(unknown.isRefusal && unknown.reason == .authentication, "\(unknown)")
    #expect(unknown.detail.contains("InvalidClientTokenId"))

    try folder.write("read", "")
    try await waitUntil("all is read") { server.process.output.contains("\nall") }
    let messages = try server.process.output.split(separator: "\n").filter { $0.hasPrefix("message ") }
      .map { try #require(try Self.json($0.dropFirst(8)) as? [Any]) }
    #expect(messages.compactMap { $0[0] as? String } == ["pager", "pager.fifo"])
    for message in messages {
      let envelope = try #require(try Self.json(message[1] as? String ?? "") as? [String: Any])
      let topic = try #require(facts[message[0] as? String ?? ""]?["topic"])
      let expected = AlarmMessage(
        event: page.notification.alerts[0], topicARN: topic,
        settings: .init(region: "eu-central-1", externalURL: "https://watch.example"))
      #expect(envelope["Message"] as? String == expected.text)
      #expect(envelope["Subject"] as? String == expected.subject)
      let attributes = try #require(envelope["MessageAttributes"] as? [String: [String: String]])
      #expect(attributes == ["severity": ["Type": "String", "Value": "page & more=ä"]])
    }
    let fifo = try #require(messages.last?[2] as? [String: String])
    #expect(fifo["MessageGroupId"] == page.notification.thread)
    #expect(fifo["MessageDeduplicationId"] == page.messageID)
  }

  @Test func settingsKnowTheirWay() {
    let credentials = AWSCredentials(accessKeyID: "A", secretAccessKey: "B")
    func url(_ arn: String, region: String? = nil, endpoint: String? = nil) -> String {
      SNSPublishSettings(topicARN: arn, region: region, endpoint: endpoint, credentials: credentials).url
    }
    #expect(url("arn:aws:sns:ap-northeast-1:1:t") == "https://sns.ap-northeast-1.amazonaws.com/")
    #expect(url("arn:aws-cn:sns:cn-north-1:1:t") == "https://sns.cn-north-1.amazonaws.com.cn/")
    #expect(url("arn:aws:sns:r:1:t", region: "eu-west-1") == "https://sns.eu-west-1.amazonaws.com/")
    #expect(url("arn:aws:sns:r:1:t", endpoint: "http://h:1") == "http://h:1/")
  }

  @Test func subjectsAndTokensFitSNS() {
    #expect(SNSPublishChannel.subject(" \n\u{7f}ä x") == "?? x" || SNSPublishChannel.subject(" ä x") == "? x")
    #expect(SNSPublishChannel.subject("   ") == "Farwatch")
    #expect(SNSPublishChannel.subject(String(repeating: "a", count: 200)).count == 100)
    #expect(SNSPublishChannel.token("good-{token}") == "good-{token}")
    for bad in ["", "with space", "ä", String(repeating: "x", count: 129)] {
      #expect(SNSPublishChannel.token(bad).utf8.count == 36)
    }
  }
}

/// Our own SNS messages, verified by somebody else's code.
@Suite struct IndependentVerifierTests {
  private static let script = """
    import json, sys
    import sns_message_validator.sns_message_validator as v
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256
    message = json.load(open(sys.argv[1], encoding='utf-8'))
    version = message['SignatureVersion']
    # The verifier knows the padding and the text to sign; SHA-256 came to SNS after it was written.
    v.SHA1 = {'1': SHA1, '2': SHA256}[version]
    validator = v.SNSMessageValidator(cert_url_regex=r'^http://127\\.0\\.0\\.1:', signature_version=version)
    validator.validate_message(message)
    for field in ('Message', 'Subject', 'TopicArn', 'Timestamp', 'MessageId'):
      changed = dict(message, **{field: message[field] + 'x'})
      try:
        validator.validate_message(changed)
        print('accepted a changed', field)
      except v.SignatureVerificationFailureException: pass
    print('verified', version)
    """

  @Test(arguments: [TopicSettings.SignatureVersion.sha1, .sha256])
  func anIndependentVerifierAcceptsOurMessages(_ version: TopicSettings.SignatureVersion) async throws {
    let identity = testIdentity
    let server = try LoopbackServer { request in
      guard let document = identity.document(at: request.target) else { return [] }
      return LoopbackServer.answer(200, document.pem)
    }
    let channel = SNSChannel(
      settings: SNSHTTPReceiver(.http, "http://127.0.0.1:1/"),
      context: ChannelContext(
        topicName: "t", topicARN: "arn:aws:sns:r:1:t", subscriptionARN: "arn:aws:sns:r:1:t:s",
        signatureVersion: version, region: nil, account: "000000000000", externalURL: server.url(""),
        attributeLabels: [], identity: identity))
    let event = event(.firing, annotations: ["summary": "日本 \"quoted\"\n\u{1} \\ end"])
    let page = Page(messageID: "11111111-2222-5333-8444-555555555555", event: event, publishedAt: start)
    let request = try #require(try channel.request(for: .page(page)).http)
    let folder = try TemporaryDirectory()
    let file = try folder.write("message.json", String(decoding: request.body, as: UTF8.self))
    let said = try await ChildProcess.run([PythonEnvironment().interpreter, "-c", Self.script, file])
    #expect(said == "verified \(version.rawValue)\n")
  }
}

extension HTTPClient {
  fileprivate func send(_ request: HTTPRequest) async -> HTTPResult {
    await withCheckedContinuation { waiting in start(request) { waiting.resume(returning: $0) } }
  }
}
