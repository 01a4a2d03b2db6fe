package import CloudAccess
internal import HTTPClient
internal import Model

/// A topic of Amazon SNS itself, to which pages are published (`protocol: sns`).
package struct SNSPublishSettings: ReceiverSettings {
  package static let kinds = ["sns"]

  package var topicARN: String
  /// The topic's region.
  package var region: String
  /// nil: AWS' own endpoint of the region.
  package var endpoint: String?
  package var credentials: AWSCredentials
  package var caFile: String?

  /// - Parameter topicARN: `arn:aws:sns:REGION:ACCOUNT:NAME`; the region is taken from it unless one is given.
  package init(topicARN: String, region: String? = nil, endpoint: String? = nil, credentials: AWSCredentials)
  {
    self.topicARN = topicARN
    self.endpoint = endpoint
    self.credentials = credentials
    let parts = topicARN.split(separator: ":", omittingEmptySubsequences: false)
    self.region = region ?? (parts.count == 6 ? String(parts[3]) : "us-east-1")
  }

  package var kind: String { "sns" }
  package var shownEndpoint: String { topicARN }
  /// Rotated credentials and another way to the same topic make no other receiver.
  package var keyParts: [String] { ["sns", topicARN] }

  package func channel(_ context: ChannelContext) -> any Channel {
    SNSPublishChannel(settings: self, context: context)
  }

  /// Where requests go.
  var url: String {
    if let endpoint { return endpoint.hasSuffix("/") ? endpoint : "\(endpoint)/" }
    return "https://sns.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")/"
  }
}

/// Publishes by SNS' query API, signed with Signature Version 4.
struct SNSPublishChannel: Channel {
  let settings: SNSPublishSettings
  let context: ChannelContext
  var time: any TimeSource = SystemTime()
  /// More are left out.
  private static let attributeLimit = 8

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    var request = HTTPRequest(
      method: "POST", url: settings.url,
      headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
      body: Array(FormBody.text(fields(page)).utf8), timeout: settings.defaultTimeout)
    request.userAgent = "farwatch"
    request.caFile = settings.caFile
    request.bodyLimit = 16_384
    request.failBeyondReadLimit = false
    let signature = AWSSignature(
      credentials: settings.credentials, region: settings.region, service: "sns")
    // Each attempt is signed anew: AWS takes a signature for a quarter of an hour only.
    try signature.sign(&request, at: time.now)
    return .http(request)
  }

  private func fields(_ page: Page) -> [(String, String)] {
    let content = content(page)
    var fields = [("Action", "Publish"), ("Version", "2010-03-31"), ("TopicArn", settings.topicARN)]
    fields.append(("Subject", Self.subject(content.subject)))
    fields.append(("Message", content.message))
    if settings.topicARN.hasSuffix(".fifo") {
      fields.append(("MessageGroupId", Self.token(page.notification.thread)))
      fields.append(("MessageDeduplicationId", Self.token(page.messageID)))
    }
    let attributes = context.attributeLabels.compactMap { name in content.labels[name].map { (name, $0) } }
      .filter { !$0.1.isEmpty }
    // SNS counts them to the message, which is what must arrive.
    let room = AlarmMessage.maximumBytes - content.message.utf8.count
    guard room > Self.attributeLimit * 2048 else { return fields }
    for (place, attribute) in attributes.prefix(Self.attributeLimit).enumerated() {
      let entry = "MessageAttributes.entry.\(place + 1)"
      fields.append(("\(entry).Name", attribute.0))
      fields.append(("\(entry).Value.DataType", "String"))
      fields.append(("\(entry).Value.StringValue", cut(attribute.1, bytes: 1024)))
    }
    return fields
  }

  private func content(_ page: Page) -> SNSContent {
    var own = context
    own.topicARN = settings.topicARN
    own.region = settings.region
    return SNSContent(page, own, AlarmMessage.Origin(own))
  }

  /// SNS refuses a subject that is not printable ASCII, and with it the page.
  static func subject(_ text: String) -> String {
    let plain = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { (0x20...0x7e).contains($0.value) ? $0 : Unicode.Scalar("?") }.prefix(100)))
    // It must begin with a letter, a digit or punctuation.
    let begun = String(plain.drop { $0 == " " })
    return begun.isEmpty ? "Farwatch" : begun
  }

  /// Up to 128 letters, digits and punctuation, as group and deduplication ids must be; others are hashed.
  static func token(_ text: String) -> String {
    let isGood = (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    return isGood ? text : MessageID.uuid([text])
  }

  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    AWSAnswer.judge(answer, now: now)
  }
}

/// Only a bug asks for this: the receiver needs no handshake.
struct UnwantedHandshake: Error, CustomStringConvertible {
  let description = "this kind of receiver is not asked for a confirmation"
}
