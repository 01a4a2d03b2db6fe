package import Model

extension Dispatcher {
  /// A row of the database as it was read.
  package typealias StoredRow = (table: StateChange.Table, key: String, value: [UInt8])

  /// A dispatcher that goes on where `rows` left off.
  ///
  /// - Parameters:
  ///   - externalURL: where receivers reach this Farwatch; begins the links and the certificate's address.
  ///   - rows: of the tables `.outbox` and `.subscriptions`. A row that cannot be read is left alone and reported by
  ///     ``takeNotices()``.
  ///   - random: makes tokens and subscription ARNs; must be unpredictable outside tests.
  /// - Returns: with it, changes to commit: new subscriptions, and what a lowered limit or old age removed. They
  ///   should be durable before the first delivery is taken, so that a confirmation finds its token after a crash.
  package static func start(
    settings: NotifyingSettings, identity: SigningIdentity, externalURL: String,
    acknowledgeLink: AcknowledgeLink? = nil, restoring rows: [StoredRow], now: Timestamp,
    monotonic: MonotonicInstant,
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) -> (dispatcher: Dispatcher, changes: [StateChange]) {
    let dispatcher = Dispatcher(
      settings: settings, identity: identity, externalURL: externalURL, acknowledgeLink: acknowledgeLink,
      random: random)
    dispatcher.restoreSubscriptions(rows)
    var changes = dispatcher.install(now: now)
    changes += dispatcher.restoreOutbox(rows, now, monotonic)
    changes += dispatcher.forgetOldOrphans(now)
    return (dispatcher, changes)
  }

  /// Goes on under new settings. Subscriptions with the same topic, transport and endpoint keep their standing and
  /// their pages; the pages of one that is gone wait for its return up to three days.
  package func replaceSettings(
    _ settings: NotifyingSettings, identity: SigningIdentity, externalURL: String, now: Timestamp
  ) -> [StateChange] {
    self.settings = settings
    self.identity = identity
    self.externalURL = externalURL
    return install(now: now) + forgetOldOrphans(now)
  }

  // MARK: Visits

  /// A visit to a SubscribeURL. The changes should be durable before the visitor is answered.
  package func confirm(
    topicARN: String, token: String, now: Timestamp
  ) -> (ConfirmationAnswer, [StateChange]) {
    var found: String?
    var topicIsKnown = false
    for key in order {
      guard let receiver = receivers[key], receiver.row.topicARN == topicARN else { continue }
      topicIsKnown = true
      if receiver.row.token.matches(token) { found = key }
    }
    guard let found, let receiver = receivers[found] else {
      return (topicIsKnown ? .invalidToken : .unknownTopic, [])
    }
    let answer = ConfirmationAnswer.confirmed(subscriptionARN: receiver.row.subscriptionARN)
    guard receiver.row.state != .confirmed else { return (answer, []) }
    receiver.row.state = .confirmed
    receiver.row.changedAt = now
    receiver.settleHandshake()
    note(.info, "subscription confirmed", describe(receiver))
    return (answer, receiver.row.saved(found).map { [$0] } ?? [])
  }

  /// A visit to an UnsubscribeURL: drops the subscription's pages and sends a notice with a link to take it back.
  package func unsubscribe(
    subscriptionARN: String, now: Timestamp
  ) -> (UnsubscribeAnswer, [StateChange]) {
    guard let key = order.first(where: { receivers[$0]?.row.subscriptionARN == subscriptionARN }),
      let receiver = receivers[key]
    else { return (.unknownSubscription, []) }
    guard receiver.row.state != .unsubscribed else { return (.unsubscribed, []) }
    receiver.unsubscribe(at: now, token: ConfirmationToken(using: &random))
    let gone = receiver.queue.removeAll()
    note(.warning, "receiver unsubscribed itself", describe(receiver))
    return (
      .unsubscribed,
      (receiver.row.saved(key).map { [$0] } ?? []) + dropped(gone.map { ($0, .unsubscribed) }, at: now)
    )
  }

  /// The operator's way back for a subscription that was unsubscribed: it is asked to confirm anew (or, where the
  /// settings ask for no confirmation, hears again at once). false when there is none such.
  package func resubscribe(subscriptionARN: String, now: Timestamp) -> (Bool, [StateChange]) {
    guard let key = order.first(where: { receivers[$0]?.row.subscriptionARN == subscriptionARN }),
      let receiver = receivers[key], receiver.row.state == .unsubscribed
    else { return (false, []) }
    receiver.row.state = .pending
    receiver.row.changedAt = now
    receiver.row.token = ConfirmationToken(using: &random)
    receiver.settleHandshake()
    return (true, receiver.row.saved(key).map { [$0] } ?? [])
  }

  // MARK: Settings

  private func install(now: Timestamp) -> [StateChange] {
    var changes: [StateChange] = []
    for key in order { receivers[key]?.place = nil }
    order = []
    topicReceivers = [:]
    namedReceivers = [:]
    for topic in settings.topics {
      let topicARN = settings.arn(of: topic)
      for subscription in topic.subscriptions {
        let key = SubscriptionKey(topicARN: topicARN, receiver: subscription.receiver).text
        guard receivers[key]?.place == nil else {
          note(
            .error, "subscription is configured twice; the first holds",
            ["topic": topic.name, "endpoint": subscription.receiver.shownEndpoint])
          continue
        }
        let receiver = receivers[key] ?? newReceiver(key, topicARN: topicARN, now: now)
        if receivers[key] == nil, let saved = receiver.row.saved(key) { changes.append(saved) }
        var context = ChannelContext(
          topicName: topic.name, topicARN: topicARN, subscriptionARN: receiver.row.subscriptionARN,
          signatureVersion: topic.signatureVersion, region: settings.region, account: settings.account,
          externalURL: SNSLinks.trimmed(externalURL), attributeLabels: settings.attributeLabels,
          identity: identity)
        if let link = acknowledgeLink {
          context.acknowledgeURL = { [externalURL] in link.url(for: .init($0), externalURL: externalURL) }
        }
        receiver.place = .init(
          topicName: topic.name, settings: subscription, channel: subscription.receiver.channel(context),
          origin: AlarmMessage.Origin(context))
        receiver.queue.limits = limits
        receiver.queue.watchForFallback(subscription.fallback != nil)
        receiver.settleHandshake()
        receivers[key] = receiver
        order.append(key)
        topicReceivers[topic.name, default: []].append(key)
        if let name = subscription.name { namedReceivers[name] = key }
      }
    }
    return changes
  }

  var limits: SubscriptionQueue.Limits {
    .init(
      entries: max(1, settings.maximumEntriesPerSubscription),
      bytes: max(1, settings.maximumBytesPerSubscription),
      givenUp: max(0, settings.maximumGivenUpPerSubscription))
  }

  func newReceiver(_ key: String, topicARN: String, now: Timestamp) -> Receiver {
    let row = SubscriptionRow(
      topicARN: topicARN, subscriptionARN: "\(topicARN):\(MessageID.random(using: &random))",
      token: ConfirmationToken(using: &random), state: .pending, changedAt: now)
    return Receiver(key: key, row: row, limits: limits)
  }
}
