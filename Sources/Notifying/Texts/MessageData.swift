internal import Model
internal import Templating

/// What a page's templates see: Alertmanager's data, and under names that it lacks what only Farwatch knows
/// (`.Kind`, `.Delay`, `.Drill`, `.AcknowledgeURL`, `.Route`, `.TruncatedAlerts`, `.DefaultTitle`, `.DefaultBody`).
struct MessageData {
  let text: DefaultText

  init(_ text: DefaultText) { self.text = text }

  private var facts: PageFacts { text.facts }

  var context: TemplateContext {
    let first = facts.notification.alerts.first
    return TemplateContext(
      labels: facts.commonLabels, value: first?.value ?? .nan, externalURL: facts.context.externalURL,
      now: facts.now, data: root)
  }

  private var root: [String: TemplateValue] {
    let notification = facts.notification
    let delay: TemplateValue = facts.page.delay.map { .duration($0) } ?? .duration(.zero)
    return [
      "Status": .string(facts.status.rawValue), "Receiver": .string(facts.context.topicName),
      "GroupLabels": .pairs(notification.groupLabels), "CommonLabels": .pairs(facts.commonLabels),
      "CommonAnnotations": .pairs(facts.commonAnnotations),
      "ExternalURL": .string(facts.context.externalURL), "Alerts": alerts,
      "TruncatedAlerts": .int(notification.truncatedAlerts), "Kind": .string(notification.kind.rawValue),
      "Delay": delay, "Drill": .string(notification.drill?.id ?? ""), "Route": .string(notification.route),
      "GroupKey": .string(notification.thread),
      "AcknowledgeURL": .string(facts.acknowledgeURL ?? ""), "DefaultTitle": .string(text.title),
      "DefaultBody": .string(text.body),
    ]
  }

  private var alerts: TemplateValue {
    .collection(
      TemplateCollection(
        facts.notification.alerts.map(record),
        parts: [
          "Firing": .list(facts.firing.map(record)), "Resolved": .list(facts.resolved.map(record)),
        ]))
  }

  private func record(_ event: AlertEvent) -> TemplateValue {
    .record([
      "Status": .string(event.status.rawValue), "Labels": .pairs(event.labels),
      "Annotations": .pairs(event.annotations), "StartsAt": .time(event.startsAt),
      "EndsAt": .time(event.endsAt ?? AlertJSON.never),
      "GeneratorURL": .string(facts.generatorURL(event) ?? ""), "Fingerprint": .string(event.fingerprint),
      "Value": .float(event.value),
    ])
  }
}
