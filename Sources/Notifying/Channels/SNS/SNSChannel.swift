internal import HTTPClient
internal import Model

/// Speaks to one subscription as Amazon SNS does over HTTP and HTTPS.
struct SNSChannel: Channel {
  let settings: SNSHTTPReceiver
  let context: ChannelContext

  private var topicARN: String { context.topicARN }
  private var subscriptionARN: String { context.subscriptionARN }
  private var origin: AlarmMessage.Origin { AlarmMessage.Origin(context) }

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    switch message {
    case .page(let page): .http(try notification(page))
    case .handshake(let handshake): .http(try confirmation(handshake))
    }
  }

  private func notification(_ page: Page) throws -> HTTPRequest {
    guard page.notification.kind != .acknowledgement else { throw UnwantedAcknowledgement() }
    let content = SNSContent(page, context, origin)
    let text = content.message
    let envelope = SNSEnvelope(
      messageID: page.messageID, topicARN: topicARN, publishedAt: page.publishedAt,
      content: .notification(
        subject: content.subject, message: text,
        unsubscribeURL: SNSLinks.unsubscribe(origin.externalURL, subscriptionARN: subscriptionARN),
        attributes: context.attributeLabels.compactMap { name in content.labels[name].map { Label(name, $0) }
        }))
    var request = post(envelope, try settings.raw ? text : signed(envelope))
    request.headers.append(HTTPHeader("x-amz-sns-subscription-arn", subscriptionARN))
    if settings.raw { request.headers.append(HTTPHeader("x-amz-sns-rawdelivery", "true")) }
    return request
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
      signatureVersion: context.signatureVersion.rawValue,
      signature: try context.identity.sign(envelope.stringToSign, context.signatureVersion),
      certificateURL: SNSLinks.trimmed(origin.externalURL) + context.identity.path)
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
      body: Array(body.utf8), timeout: .seconds(15))
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
    percentEncoded(text, alsoPlain: [UInt8(ascii: ":")])
  }
}
