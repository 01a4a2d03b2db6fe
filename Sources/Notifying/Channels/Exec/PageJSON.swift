internal import Model

/// A page as JSON with all that is known of it, for programs.
struct PageJSON {
  let document: OrderedJSON

  init(_ page: Page, _ context: ChannelContext, _ text: PageText) {
    let notification = page.notification
    let facts = PageFacts(page, context)
    let writer = AlertJSON(facts: facts)
    var members: [OrderedJSON.Member] = [
      .init("version", .string("1")),
      .init("messageId", .string(page.messageID)),
      .init("thread", .string(notification.thread)),
      .init("kind", .string(notification.kind.rawValue)),
      .init("status", .string(notification.status.rawValue)),
      .init("title", .string(text.title)),
      .init("body", .string(text.body)),
      .init("topic", .string(context.topicName)),
      .init("route", .string(notification.route)),
      .init("publishedAt", .string(page.publishedAt.iso8601)),
    ]
    if let drill = notification.drill { members.append(.init("drill", drill.document)) }
    if let delay = page.delay { members.append(.init("delaySeconds", .number(delay.inSeconds))) }
    members += [
      .init("externalURL", .string(context.externalURL)),
      .init("groupLabels", .strings(notification.groupLabels)),
      .init("commonLabels", .strings(notification.commonLabels)),
      .init("commonAnnotations", .strings(notification.commonAnnotations)),
      .init("truncatedAlerts", .integer(notification.truncatedAlerts)),
      .init("alerts", .array(notification.alerts.map(writer.detailed))),
    ]
    if let link = facts.acknowledgeURL { members.append(.init("acknowledgeURL", .string(link))) }
    if let runbook = facts.runbook { members.append(.init("runbookURL", .string(runbook))) }
    document = .object(members)
  }
}
