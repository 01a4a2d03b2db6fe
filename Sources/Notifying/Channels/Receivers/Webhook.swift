internal import HTTPClient
internal import Model

/// A receiver of Alertmanager's webhook, version 4.
package struct WebhookSettings: ReceiverSettings {
  package static let kinds = ["webhook"]
  package let kind = "webhook"

  package var url: String
  /// Where the secret came from: it stays when the secret is changed, and so do the pages that wait.
  package var secretPlace: String?
  /// Alerts that one message lists; 0: all that fit.
  package var maximumAlerts = 0
  package var options = PostOptions()

  package init(url: String) {
    self.url = url
  }

  package var shownEndpoint: String { shownURL(url, from: secretPlace) }
  package var keyParts: [String] { [secretPlace ?? url] }
  package func channel(_ context: ChannelContext) -> any Channel {
    WebhookChannel(settings: self, context: context)
  }
}

/// Speaks as Alertmanager does to its webhooks, byte for byte in names, order and times.
struct WebhookChannel: Channel {
  /// Alerts beyond it are left out and counted, as those beyond `max_alerts`.
  static let maximumBytes = 4 << 20

  let settings: WebhookSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    // The body is Alertmanager's, which has no place for these.
    var headers = [
      HTTPHeader("X-Farwatch-Message-Id", page.messageID),
      HTTPHeader("X-Farwatch-Kind", page.notification.kind.rawValue),
    ]
    if let drill = page.notification.drill { headers.append(HTTPHeader("X-Farwatch-Drill", drill.id)) }
    return .http(
      settings.options.post(settings.url, Array(body(PageFacts(page, context)).utf8), headers: headers))
  }

  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    .explained(answer, now: now, hiding: secretParts(ofURL: settings.url))
  }

  /// Alerts are written one by one, so that as many of them go as fit.
  func body(_ facts: PageFacts) -> String {
    let notification = facts.notification
    let limit = settings.maximumAlerts > 0 ? settings.maximumAlerts : notification.alerts.count
    // A value of a quarter of the whole is no label that anyone reads.
    let writer = AlertJSON(facts: facts, limit: 64 << 10)
    var alerts = ""
    var count = 0
    for alert in notification.alerts.prefix(limit) {
      let text = writer.webhook(alert).compact
      if count > 0, alerts.utf8.count + text.utf8.count > Self.maximumBytes { break }
      alerts += (count > 0 ? "," : "") + text
      count += 1
    }
    func member(_ name: String, _ value: OrderedJSON) -> String {
      OrderedJSON.string(name).compact + ":" + value.compact
    }
    let members = [
      member("receiver", .string(context.topicName)), member("status", .string(facts.status.rawValue)),
      "\"alerts\":[\(alerts)]",
      member("groupLabels", .strings(writer.bounded(notification.groupLabels))),
      member("commonLabels", .strings(writer.bounded(facts.commonLabels))),
      member(
        "commonAnnotations", .strings(writer.bounded(facts.commonAnnotations.toldAsDrill(name: facts.name)))),
      member("externalURL", .string(context.externalURL)), member("version", .string("4")),
      member("groupKey", .string(notification.thread)),
      member("truncatedAlerts", .integer(notification.alerts.count - count + notification.truncatedAlerts)),
    ]
    return "{" + members.joined(separator: ",") + "}"
  }
}
