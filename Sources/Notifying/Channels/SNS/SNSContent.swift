internal import Model

/// What a page says through SNS, whichever way it gets there: a page of one alert is a CloudWatch alarm's message,
/// one of several is like it.
struct SNSContent {
  /// At most SNS' 100 characters, on one line.
  let subject: String
  /// JSON within SNS' 256 KiB.
  let message: String
  /// Those that may become message attributes: the alert's, or what all of the group have in common.
  let labels: Labels

  init(_ page: Page, _ context: ChannelContext, _ origin: AlarmMessage.Origin) {
    let facts = PageFacts(page, context)
    if let event = facts.single {
      let alarm = AlarmMessage(
        event: event, topicARN: context.topicARN, settings: origin, kind: page.notification.kind,
        drill: page.notification.drill, delay: page.delay, acknowledgeURL: facts.acknowledgeURL)
      (subject, message, labels) = (alarm.subject, alarm.text, event.labels)
    } else {
      let group = GroupMessage(facts: facts)
      (subject, message, labels) = (group.subject, group.text, facts.commonLabels)
    }
  }
}
