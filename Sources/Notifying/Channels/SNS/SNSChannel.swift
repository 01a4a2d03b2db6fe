internal import HTTPClient
internal import Model

/// Speaks to one subscription as Amazon SNS does over HTTP and HTTPS.
struct SNSChannel: Channel {
  let settings: SubscriptionSettings
  let topicARN: String
  let subscriptionARN: String
  let signatureVersion: TopicSettings.SignatureVersion
  let attributeLabels: [String]
  let origin: AlarmMessage.Origin
  let identity: SigningIdentity
  /// As ``ChannelContext/acknowledgeURL``.
  var acknowledgeURL: (@Sendable (Notification) -> String?)?

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    switch message {
    case .page(let page): .http(try notification(page))
    case .handshake(let handshake): .http(try confirmation(handshake))
    }
  }

  private func notification(_ page: Page) throws -> HTTPRequest {
    let content = content(page)
    let text = content.message
    let envelope = SNSEnvelope(
      messageID: page.messageID, topicARN: topicARN, publishedAt: page.publishedAt,
      content: .notification(
        subject: content.subject, message: text,
        unsubscribeURL: SNSLinks.unsubscribe(origin.externalURL, subscriptionARN: subscriptionARN),
        attributes: attributeLabels.compactMap { name in content.labels[name].map { Label(name, $0) } }))
    var request = post(envelope, try settings.raw ? text : signed(envelope))
    request.headers.append(HTTPHeader("x-amz-sns-subscription-arn", subscriptionARN))
    if settings.raw { request.headers.append(HTTPHeader("x-amz-sns-rawdelivery", "true")) }
    return request
  }

  /// A page of one alert is a CloudWatch alarm's message; one of several is like it.
  private func content(_ page: Page) -> (subject: String, message: String, labels: Labels) {
    let facts = PageFacts(page, context)
    guard let event = facts.single else {
      let group = GroupMessage(facts: facts)
      return (group.subject, group.text, facts.commonLabels)
    }
    let alarm = AlarmMessage(
      event: event, topicARN: topicARN, settings: origin, kind: page.notification.kind, delay: page.delay)
    return (alarm.subject, alarm.text, event.labels)
  }

  private var context: ChannelContext {
    var context = ChannelContext(
      topicName: topicARN.split(separator: ":").last.map(String.init) ?? topicARN, topicARN: topicARN,
      subscriptionARN: subscriptionARN, signatureVersion: signatureVersion, region: origin.region,
      account: origin.account, externalURL: SNSLinks.trimmed(origin.externalURL),
      attributeLabels: attributeLabels, identity: identity)
    context.acknowledgeURL = acknowledgeURL
    return context
  }

  private func confirmation(_ handshake: HandshakeMessage) throws -> HTTPRequest {
    let text =
      switch handshake.kind {
      case .subscribe:
        "You have chosen to subscribe to the topic \(topicARN).\n"
          + "To confirm the subscription, visit the SubscribeURL included in this message."
      case .unsubscribe:
        "You have chosen to deactivate subscription \(subscriptionARN).\n"
          + "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
      }
    let envelope = SNSEnvelope(
      messageID: handshake.messageID, topicARN: topicARN, publishedAt: handshake.publishedAt,
      content: .handshake(
        handshake.kind, token: handshake.token.secret, message: text,
        subscribeURL: SNSLinks.subscribe(
          origin.externalURL, topicARN: topicARN, token: handshake.token.secret)))
    var request = post(envelope, try signed(envelope))
    if handshake.kind == .unsubscribe {
      request.headers.append(HTTPHeader("x-amz-sns-subscription-arn", subscriptionARN))
    }
    return request
  }

  private func signed(_ envelope: SNSEnvelope) throws -> String {
    envelope.body(
      signatureVersion: signatureVersion.rawValue,
      signature: try identity.sign(envelope.stringToSign, signatureVersion),
      certificateURL: SNSLinks.trimmed(origin.externalURL) + identity.path)
  }

  private func post(_ envelope: SNSEnvelope, _ body: String) -> HTTPRequest {
    var request = HTTPRequest(
      method: "POST", url: settings.endpoint,
      headers: [
        HTTPHeader("x-amz-sns-message-type", envelope.type),
        HTTPHeader("x-amz-sns-message-id", envelope.messageID),
        HTTPHeader("x-amz-sns-topic-arn", topicARN),
        HTTPHeader("Content-Type", "text/plain; charset=UTF-8"),
      ] + settings.headers,
      body: Array(body.utf8), timeout: settings.timeout)
    request.userAgent = "Amazon Simple Notification Service Agent"
    request.caFile = settings.caFile
    // The answer's body is for logs only; a chatty receiver has taken the message all the same.
    request.bodyLimit = 4096
    request.failBeyondReadLimit = false
    return request
  }
}

/// The addresses that SNS messages carry, below the address under which receivers reach this Farwatch.
enum SNSLinks {
  static func subscribe(_ externalURL: String, topicARN: String, token: String) -> String {
    "\(trimmed(externalURL))/sns?Action=ConfirmSubscription&TopicArn=\(escaped(topicARN))&Token=\(escaped(token))"
  }

  static func unsubscribe(_ externalURL: String, subscriptionARN: String) -> String {
    "\(trimmed(externalURL))/sns?Action=Unsubscribe&SubscriptionArn=\(escaped(subscriptionARN))"
  }

  /// Without slashes at the end.
  static func trimmed(_ url: String) -> String {
    var url = Substring(url)
    while url.hasSuffix("/") { url = url.dropLast() }
    return String(url)
  }

  /// Percent-encoded for a query value; `:` stays, as in SNS' own links.
  private static func escaped(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: ":"):
        out.append(byte)
      default: out += Array(("%" + hexadecimal([byte]).uppercased()).utf8)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
