internal import Crypto
internal import HTTPClient
internal import Model

/// A service of PagerDuty, by its Events API version 2.
package struct PagerDutySettings: ReceiverSettings {
  package static let kinds = ["pagerduty"]
  package let kind = "pagerduty"

  package var routingKey: String
  /// Where the secret came from: it stays when the secret is changed, and so do the pages that wait.
  package var secretPlace: String?
  package var url = "https://events.pagerduty.com/v2/enqueue"
  /// PagerDuty's severity by the value of the label `severity`, before our own reading of the word.
  package var severities: [String: String] = [:]
  /// Labels of which the first that all alerts share becomes the field.
  package var componentLabels = ["component", "service", "link", "job"]
  package var groupLabels = ["region", "cluster"]
  package var templates = MessageTemplates()
  package var options = PostOptions()

  package init(routingKey: String) { self.routingKey = routingKey }

  package var hearsAcknowledgements: Bool { true }
  package var shownEndpoint: String { shownURL(url) }
  package var keyParts: [String] { [url, secretPlace ?? routingKey] }
  package func channel(_ context: ChannelContext) -> any Channel {
    PagerDutyChannel(settings: self, context: context)
  }
}

/// One incident a thread: triggered while anything in it fires, resolved when all of it is known to be over,
/// acknowledged when all of it was here. What only ceased to be seen leaves the incident open, and says so in it.
struct PagerDutyChannel: Channel {
  static let maximumBytes = 512_000
  static let severities = ["critical", "error", "warning", "info"]

  let settings: PagerDutySettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.pageOrAcknowledgement()
    if page.notification.kind == .acknowledgement {
      return .http(settings.options.post(settings.url, event("acknowledge", page.notification, [])))
    }
    let facts = PageFacts(page, context)
    guard facts.status == .firing || !facts.resolved.allSatisfy(\.endedWell) else {
      return .http(settings.options.post(settings.url, event("resolve", page.notification, [])))
    }
    let text = PageText(page, context, settings.templates)
    let json = fitting(Self.maximumBytes) { value, alerts in
      event("trigger", page.notification, trigger(facts, text, value, alerts))
    }
    return .http(settings.options.post(settings.url, json))
  }

  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    .explained(answer, now: now, hiding: [settings.routingKey])
  }

  private func event(
    _ action: String, _ notification: Notification, _ more: [OrderedJSON.Member]
  ) -> OrderedJSON {
    .object(
      [
        .init("routing_key", .string(settings.routingKey)), .init("event_action", .string(action)),
        .init("dedup_key", .string(threadKey(notification.thread, bytes: 255))),
      ] + more)
  }

  private func trigger(
    _ facts: PageFacts, _ text: PageText, _ limit: Int, _ alerts: Int
  ) -> [OrderedJSON.Member] {
    var payload: [OrderedJSON.Member] = [
      .init("summary", .string(cut(text.title, characters: 1024))),
      .init("source", .string(cut(source(facts), characters: 255))),
      .init("severity", .string(severity(facts))),
      .init("timestamp", .string(facts.startsAt.iso8601)),
    ]
    for (name, labels) in [("component", settings.componentLabels), ("group", settings.groupLabels)] {
      if let value = labels.lazy.compactMap({ facts.commonLabels[$0] }).first {
        payload.append(.init(name, .string(cut(value, characters: 255))))
      }
    }
    if let name = facts.commonLabels["alertname"] {
      payload.append(.init("class", .string(cut(name, characters: 255))))
    }
    payload.append(.init("custom_details", details(facts, text, limit, alerts)))
    var members: [OrderedJSON.Member] = [
      .init("payload", .object(payload)), .init("client", .string("Farwatch")),
    ]
    if let page = facts.statusPage { members.append(.init("client_url", .string(page))) }
    let acknowledge = facts.acknowledgeURL.map { [(name: "Acknowledge", url: $0)] } ?? []
    let links = (facts.links + acknowledge).map { link in
      OrderedJSON.object([.init("href", .string(link.url)), .init("text", .string(link.name))])
    }
    if !links.isEmpty { members.append(.init("links", .array(links))) }
    return members
  }

  private func details(_ facts: PageFacts, _ text: PageText, _ limit: Int, _ alerts: Int) -> OrderedJSON {
    let writer = AlertJSON(facts: facts, limit: limit)
    let notification = facts.notification
    let listed = min(alerts, 100)
    var members: [OrderedJSON.Member] = [
      .init("text", .string(cut(text.body, bytes: limit))),
      .init("kind", .string(notification.kind.rawValue)),
      .init("topic", .string(context.topicName)), .init("num_firing", .integer(facts.firing.count)),
      .init("num_resolved", .integer(facts.resolved.count)),
      .init("labels", .strings(writer.bounded(facts.commonLabels))),
      .init("alerts", .array(notification.alerts.prefix(listed).map(writer.webhook))),
    ]
    if let drill = notification.drill { members.append(.init("drill", drill.document)) }
    let left = max(0, notification.alerts.count - listed) + notification.truncatedAlerts
    if left > 0 { members.append(.init("num_not_listed", .integer(left))) }
    if let delay = facts.page.delay {
      members.append(.init("delayed_by", .string(DurationText.format(delay))))
    }
    return .object(members)
  }

  private func severity(_ facts: PageFacts) -> String {
    if facts.notification.kind == .proof { return "info" }
    let word = facts.severity ?? ""
    if let chosen = settings.severities[word], Self.severities.contains(chosen) { return chosen }
    return Self.severities[Severity(word).rawValue]
  }

  /// The thing that is unwell, as far as the labels name one; else this Farwatch.
  private func source(_ facts: PageFacts) -> String {
    let named = ["instance", "check", "link", "job", "region"].lazy.compactMap { facts.commonLabels[$0] }
      .first
    return named ?? HTTPURL(context.externalURL)?.host ?? "farwatch"
  }
}

/// The key under which a receiver folds what is told of `thread`: the thread itself, or its hash where it is too long
/// or holds more than visible ASCII characters.
func threadKey(_ thread: String, bytes: Int) -> String {
  if !thread.isEmpty, thread.utf8.count <= bytes, thread.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
    return thread
  }
  return "farwatch-" + hexadecimal(SHA256.hash(data: Array(thread.utf8)))
}
