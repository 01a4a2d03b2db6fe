internal import Model

/// The text inside an SNS notification that tells of several alerts: the members of a CloudWatch alarm's message that
/// a group has, and its alerts under `Farwatch`.
struct GroupMessage {
  let facts: PageFacts

  /// `ALARM: 12 alerts (region="japan")`; at most SNS' 100 characters, on one line.
  var subject: String {
    let line = oneLine("\(facts.prefix)\(state.new): \(facts.name)")
    return line.unicodeScalars.count > 100 ? cut(line, characters: 98).dropLast() + "..." : line
  }

  /// The JSON text, within what SNS takes: first values are cut, then alerts are left out and counted.
  var text: String { fitting(AlarmMessage.maximumBytes, json).compact }

  /// The group as a whole: it is over when nothing in it fires.
  private var state: (new: String, old: String) {
    facts.status == .firing
      ? ("ALARM", "OK") : (facts.resolved.allSatisfy(\.endedWell) ? "OK" : "INSUFFICIENT_DATA", "ALARM")
  }

  private func json(_ limit: Int, _ alerts: Int) -> OrderedJSON {
    let context = facts.context
    let notification = facts.notification
    let name = cut(facts.name, bytes: max(256, limit))
    let region = facts.region ?? context.region ?? "farwatch"
    let place = "\(context.region ?? "farwatch"):\(context.account)"
    let key = MessageID.uuid([notification.thread])
    let told = OrderedJSON.array([.string(context.topicARN)])
    let standard = DefaultText(facts: facts)
    let left = facts.notification.truncatedAlerts
    return .object([
      .init("AlarmName", .string(name)),
      .init("AlarmDescription", .string(cut(standard.body, bytes: min(limit, 16 << 10)))),
      .init("AWSAccountId", .string(context.account)), .init("NewStateValue", .string(state.new)),
      .init(
        "NewStateReason",
        .string(
          facts.prefix + "\(facts.firing.count) alerts fire, \(facts.resolved.count) are over"
            + (left > 0 ? ", \(left) more are not told here." : "."))),
      .init("StateChangeTime", .string(AlarmMessage.cloudWatchTime(notification.decidedAt))),
      .init("Region", .string(AWSRegion.displayName(cut(region, bytes: 256)))),
      .init("AlarmArn", .string("arn:aws:cloudwatch:\(place):alarm:group/\(key)")),
      .init("OldStateValue", .string(state.old)), .init("OKActions", told), .init("AlarmActions", told),
      .init("InsufficientDataActions", .array([])),
      .init("Farwatch", details(limit, alerts, standard)),
    ])
  }

  private func details(_ limit: Int, _ alerts: Int, _ standard: DefaultText) -> OrderedJSON {
    let notification = facts.notification
    let writer = AlertJSON(facts: facts, limit: limit)
    var members: [OrderedJSON.Member] = [
      .init("status", .string(facts.status.rawValue)),
      .init("title", .string(cut(facts.prefix + standard.title, bytes: max(256, limit)))),
      .init("thread", .string(cut(notification.thread, bytes: max(256, limit)))),
    ]
    if notification.kind != .news { members.append(.init("kind", .string(notification.kind.rawValue))) }
    if let drill = notification.drill { members.append(.init("drill", drill.document)) }
    if let delay = facts.page.delay { members.append(.init("delayedSeconds", .number(delay.inSeconds))) }
    members += [
      .init("groupLabels", .strings(writer.bounded(notification.groupLabels))),
      .init("commonLabels", .strings(writer.bounded(facts.commonLabels))),
      .init("firing", .integer(facts.firing.count)), .init("resolved", .integer(facts.resolved.count)),
      .init("alerts", .array(notification.alerts.prefix(alerts).map(writer.detailed))),
      .init(
        "truncatedAlerts",
        .integer(max(0, notification.alerts.count - alerts) + notification.truncatedAlerts)),
    ]
    if let runbook = facts.runbook { members.append(.init("runbook_url", .string(runbook))) }
    members.append(.init("externalURL", .string(facts.context.externalURL)))
    if let link = facts.acknowledgeURL { members.append(.init("acknowledgeURL", .string(link))) }
    return .object(members)
  }
}
