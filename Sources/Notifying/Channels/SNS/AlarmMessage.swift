internal import Model

/// The text inside an SNS notification: a CloudWatch alarm's message, so that what reads those reads these.
///
/// Only what is true is said. A PromQL rule has no statistic, threshold or comparison operator, so `Trigger` lacks
/// them; it has an expression, and everything else that a person at night needs is under `Farwatch`.
struct AlarmMessage {
  /// SNS takes messages up to 256 KiB.
  static let maximumBytes = 256 * 1024
  /// Bytes of one text, unless the whole would be too long.
  static let usualLimit = 16_384

  let event: AlertEvent
  let topicARN: String
  let settings: Origin
  var kind = Notification.Kind.news
  /// The drill that it is part of.
  var drill: DrillMark?
  /// How late the page is, where people should know.
  var delay: Duration?
  /// A link that acknowledges the alert; nil: there is none, or nothing to acknowledge.
  var acknowledgeURL: String?

  /// What a message says about the Farwatch that sends it.
  struct Origin: Hashable, Sendable {
    var region: String?
    var account: String
    var externalURL: String

    init(region: String? = nil, account: String = "000000000000", externalURL: String) {
      self.region = region
      self.account = account
      self.externalURL = externalURL
    }

    init(_ context: ChannelContext) {
      self.init(region: context.region, account: context.account, externalURL: context.externalURL)
    }
  }

  /// `ALARM: "name" in Asia Pacific (Tokyo)`; at most the 100 characters that SNS allows, on one line.
  var subject: String {
    let rest = (
      (drill == nil ? "" : DrillMark.prefix) + (kind == .proof ? "TEST" : state),
      "in \(AWSRegion.displayName(region))"
    )
    let room = max(1, 100 - rest.0.count - rest.1.count - 5)
    let name = oneLine(self.name)
    let shown = name.count > room ? String(name.prefix(max(0, room - 3))) + "..." : name
    let line = String("\(rest.0): \"\(shown)\" \(rest.1)".prefix(100))
    return String(line.map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f } ? " " : $0 })
  }

  /// The JSON text. Labels and annotations that would make it too long for SNS are cut, and say so.
  var text: String {
    for limit in [Self.usualLimit, 1024, 128] {
      let text = json(limit).compact
      if text.utf8.count <= Self.maximumBytes { return text }
    }
    return json(0).compact
  }

  /// In CloudWatch's words: an end of which it is not known that all is well is no `OK`.
  private var state: String {
    if let alarm = event.alarm { return alarm.newState }
    return event.status == .firing ? "ALARM" : event.endedWell ? "OK" : "INSUFFICIENT_DATA"
  }

  var name: String { event.labels["alertname"] ?? event.origin.alertName }
  var region: String { event.labels["region"] ?? settings.region ?? "farwatch" }

  /// Long texts are cut at `limit` bytes.
  func json(_ limit: Int) -> OrderedJSON {
    if let alarm = event.alarm { return json(alarm, limit) }
    let arn =
      "arn:aws:cloudwatch:\(settings.region ?? "farwatch"):\(settings.account):alarm:\(name)/\(fingerprint)"
    return .object([
      .init("AlarmName", .string(name)),
      .init("AlarmDescription", .string(cut(description, limit))),
      .init("AWSAccountId", .string(settings.account)),
      .init("NewStateValue", .string(state)),
      .init("NewStateReason", .string(cut(lateness + reason, limit))),
      .init("StateChangeTime", .string(Self.cloudWatchTime(changedAt))),
      .init("Region", .string(AWSRegion.displayName(region))),
      .init("AlarmArn", .string(arn)),
      .init("OldStateValue", .string(event.status == .firing ? "OK" : "ALARM")),
      .init("OKActions", .array([.string(topicARN)])),
      .init("AlarmActions", .array([.string(topicARN)])),
      .init("InsufficientDataActions", .array([])),
      .init("Trigger", trigger(limit)),
      .init("Farwatch", details(limit)),
    ])
  }

  private func trigger(_ limit: Int) -> OrderedJSON {
    let interval = event.origin.intervalSeconds
    let periods = interval > 0 ? max(1, (event.origin.holdSeconds / interval).rounded(.up)) : 1
    return .object([
      .init("MetricName", .string(name)),
      .init("Namespace", .string("Farwatch")),
      .init("Type", .string("PromQL")),
      .init("Expression", .string(cut(event.origin.expression, limit))),
      .init(
        "Dimensions",
        .array(
          event.labels.entries.filter { $0.name != "alertname" }.map {
            .object([.init("value", .string(cut($0.value, limit))), .init("name", .string($0.name))])
          })),
      .init("Period", .number(interval)),
      .init("EvaluationPeriods", .number(periods)),
    ])
  }

  private func details(_ limit: Int) -> OrderedJSON {
    var members: [OrderedJSON.Member] = [
      .init("status", .string(event.status.rawValue)),
      .init("identity", .string(event.identity)),
      .init("fingerprint", .string(fingerprint)),
      .init("group", .string(event.origin.group)),
      .init("expression", .string(cut(event.origin.expression, limit))),
      .init("forSeconds", .number(event.origin.holdSeconds)),
    ]
    if let value = event.knownValue { members.append(.init("value", .number(value))) }
    members.append(.init("startsAt", .string(event.startsAt.iso8601)))
    if let endsAt = event.endsAt { members.append(.init("endsAt", .string(endsAt.iso8601))) }
    if let ending = event.ending {
      members.append(.init("endedBecause", .string(ending.cause.rawValue)))
      if let ceased = ending.ceasedAt { members.append(.init("ceasedAt", .string(ceased.iso8601))) }
    }
    members.append(.init("labels", .strings(cut(event.labels, limit))))
    members.append(.init("annotations", .strings(cut(event.annotations, limit))))
    if let runbook = event.annotations["runbook_url"] {
      members.append(.init("runbook_url", .string(cut(runbook, limit))))
    }
    members.append(.init("externalURL", .string(settings.externalURL)))
    return .object(members + circumstances + acknowledging)
  }

  var acknowledging: [OrderedJSON.Member] {
    acknowledgeURL.map { [.init("acknowledgeURL", .string($0))] } ?? []
  }

  /// What is to be said beside the alert: why it is told, when it is no news, and that it comes late.
  var circumstances: [OrderedJSON.Member] {
    var members: [OrderedJSON.Member] = []
    if kind != .news { members.append(.init("kind", .string(kind.rawValue))) }
    if let drill { members.append(.init("drill", drill.document)) }
    if let delay { members.append(.init("delayedSeconds", .number(delay.inSeconds))) }
    return members
  }

  private var description: String {
    [event.annotations["summary"], event.annotations["description"]].compactMap { $0 }.joined(separator: "\n")
  }

  /// First, so that whoever is late to read it is not misled, however long the rest is.
  var lateness: String {
    let drill = drill.map { DrillMark.prefix + $0.note + " " } ?? ""
    guard let delay else { return drill }
    let seconds = Duration.milliseconds(delay.milliseconds / 1000 * 1000)
    return drill + "This page is delayed by \(DurationText.format(seconds)). "
  }

  private var reason: String {
    if kind == .proof { return "This is a test: nothing is wrong, nothing is to do." }
    let held = DurationText.format(.milliseconds(Int64(clamping: event.origin.holdSeconds * 1000)))
    let expression = event.origin.expression
    switch event.status {
    case .firing:
      if expression.isEmpty { return "It fires since \(event.startsAt.toTheSecond)." }
      return "Rule fired: \(expression) has held since \(event.startsAt.iso8601) (required: \(held))"
        + (event.knownValue.map { "; value \(NumberText.shortest($0)) at \(event.decidedAt.iso8601)." } ?? ".")
    case .resolved:
      return EndingText(event: event, expression: expression).text
    }
  }

  private var changedAt: Timestamp { event.decidedAt }

  /// Tells alerts of one name apart.
  private var fingerprint: String { event.fingerprint }

  /// `2012-05-02T00:54:06.655+0000`.
  static func cloudWatchTime(_ time: Timestamp) -> String { time.iso8601.dropLast() + "+0000" }

  private func cut(_ labels: Labels, _ limit: Int) -> Labels {
    Labels(labels.entries.map { Label($0.name, cut($0.value, limit)) })
  }

  func cut(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    return String(decoding: text.utf8.prefix(limit), as: UTF8.self) + " [cut]"
  }
}

extension Int64 {
  /// The nearest whole number that fits; NaN is 0.
  fileprivate init(clamping value: Double) {
    self = value.isNaN ? 0 : Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
  }
}
