package import Model

extension Dispatcher {
  /// How things stand.
  package func snapshot(now: Timestamp) -> NotifyingSnapshot {
    let topics = settings.topics.map {
      NotifyingSnapshot.Topic(name: $0.name, arn: settings.arn(of: $0), displayName: $0.displayName)
    }
    let gone = receivers.values.filter { $0.place == nil && !($0.queue.isEmpty && $0.queue.givenUp.isEmpty) }
      .sorted { $0.key < $1.key }
    let all = order.compactMap { receivers[$0] } + gone
    return NotifyingSnapshot(
      topics: topics, subscriptions: all.map { summary($0, now) }, recent: recent, statistics: statistics)
  }

  private func summary(_ receiver: Receiver, _ now: Timestamp) -> NotifyingSnapshot.Subscription {
    let standing: NotifyingSnapshot.Standing =
      if receiver.place == nil {
        .removed
      } else if receiver.isListening {
        .confirmed
      } else {
        receiver.row.state == .unsubscribed ? .unsubscribed : .pendingConfirmation
      }
    let queue = receiver.queue
    return NotifyingSnapshot.Subscription(
      id: String(receiver.key.prefix(8)), topic: receiver.place?.topicName ?? receiver.row.topicARN,
      receiver: receiver.place?.settings.label ?? "", endpoint: receiver.shownEndpoint,
      subscriptionARN: receiver.row.subscriptionARN, standing: standing, queued: queue.entryCount,
      queuedBytes: queue.bytes, inFlight: queue.inFlight, givenUp: queue.givenUp.count,
      oldestPendingAge: queue.oldestAcceptedAt.map { max(.zero, now - $0) },
      lastSuccess: receiver.row.lastSuccess, consecutiveFailures: queue.consecutiveFailures,
      attempts: receiver.attempts, filtered: receiver.filtered, fellBack: receiver.fellBack,
      fallback: receiver.place?.settings.fallback, isFallenBack: receiver.row.fallenBack != nil)
  }
}
