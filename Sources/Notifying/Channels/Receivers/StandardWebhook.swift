internal import Crypto
internal import FoundationEssentials
internal import HTTPClient
internal import Model

/// A receiver of plain JSON that is signed by the Standard Webhooks specification.
package struct StandardWebhookSettings: ReceiverSettings {
  package static let kinds = ["json"]
  package let kind = "json"

  package var url: String
  /// Where the secret came from: it stays when the secret is changed, and so do the pages that wait.
  package var secretPlace: String?
  /// Each signs, so that a receiver may hold the old or the new one while a secret is changed. May be empty.
  package var secrets: [WebhookSecret]
  package var templates = MessageTemplates()
  package var options = PostOptions()
  /// The signed time is that of the attempt: receivers refuse what is older than minutes.
  var now: @Sendable () -> Timestamp = { SystemTime().now }

  package init(url: String, secrets: [WebhookSecret]) {
    self.url = url
    self.secrets = secrets
  }

  package var shownEndpoint: String { shownURL(url, from: secretPlace) }
  package var keyParts: [String] { [secretPlace ?? url] }
  package func channel(_ context: ChannelContext) -> any Channel {
    StandardWebhookChannel(settings: self, context: context)
  }
}

/// A key for HMAC-SHA256: `whsec_` and base64 of 24 to 64 bytes.
package struct WebhookSecret: Hashable, Sendable {
  let bytes: [UInt8]

  /// nil when `text` is no such secret. What the text is must not be told.
  package init?(_ text: String) {
    let encoded = text.hasPrefix("whsec_") ? String(text.dropFirst(6)) : text
    guard let data = Data(base64Encoded: encoded), (24...64).contains(data.count) else { return nil }
    bytes = Array(data)
  }

  /// `v1,` and the signature in base64.
  func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
    var mac = HMAC<SHA256>(key: SymmetricKey(data: bytes))
    mac.update(data: Array("\(id).\(seconds).".utf8))
    mac.update(data: body)
    return "v1," + Data(mac.finalize()).base64EncodedString()
  }
}

struct StandardWebhookChannel: Channel {
  static let maximumBytes = 1 << 20

  let settings: StandardWebhookSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    let facts = PageFacts(page, context)
    let text = PageText(page, context, settings.templates)
    let json = fitting(Self.maximumBytes) { value, alerts in document(facts, text, value, alerts) }
    let body = Array(json.compact.utf8)
    let moment = settings.now().milliseconds / 1000
    var headers = [
      HTTPHeader("webhook-id", page.messageID), HTTPHeader("webhook-timestamp", String(moment)),
    ]
    if !settings.secrets.isEmpty {
      let signatures = settings.secrets.map {
        $0.signature(id: page.messageID, seconds: moment, body: body)
      }
      headers.append(HTTPHeader("webhook-signature", signatures.joined(separator: " ")))
    }
    return .http(settings.options.post(settings.url, body, headers: headers))
  }

  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    .explained(answer, now: now, hiding: secretParts(ofURL: settings.url))
  }

  /// `type`, `timestamp` and `data`, as the specification advises. The same at every attempt, but for the delay.
  func document(_ facts: PageFacts, _ text: PageText, _ limit: Int, _ alerts: Int) -> OrderedJSON {
    let page = facts.page
    let notification = facts.notification
    let writer = AlertJSON(facts: facts, limit: limit)
    var data: [OrderedJSON.Member] = [
      .init("messageId", .string(page.messageID)), .init("status", .string(facts.status.rawValue)),
      .init("kind", .string(notification.kind.rawValue)), .init("title", .string(text.title)),
      .init("text", .string(cut(text.body, bytes: limit))), .init("topic", .string(context.topicName)),
      .init("thread", .string(notification.thread)), .init("route", .string(notification.route)),
      .init("decidedAt", .string(notification.decidedAt.rfc3339)),
    ]
    if let drill = notification.drill { data.append(.init("drill", drill.document)) }
    if let delay = page.delay { data.append(.init("delayedSeconds", .number(delay.inSeconds))) }
    data += [
      .init("groupLabels", .strings(writer.bounded(notification.groupLabels))),
      .init("commonLabels", .strings(writer.bounded(facts.commonLabels))),
      .init("alerts", .array(notification.alerts.prefix(alerts).map(writer.detailed))),
      .init(
        "truncatedAlerts",
        .integer(max(0, notification.alerts.count - alerts) + notification.truncatedAlerts)),
      .init("links", .object(facts.links.map { .init($0.name, .string($0.url)) })),
      .init("externalURL", .string(context.externalURL)),
    ]
    if let link = facts.acknowledgeURL { data.append(.init("acknowledgeURL", .string(link))) }
    return .object([
      .init("type", .string("alert.\(facts.status.rawValue)")),
      .init("timestamp", .string(page.publishedAt.rfc3339)), .init("data", .object(data)),
    ])
  }
}
