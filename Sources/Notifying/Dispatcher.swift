package import Model

/// Decides who is told what, and when: routes alert events into the outbox and hands out deliveries.
///
/// Confined to the application's core thread. It does nothing by itself: every call is a function of its arguments
/// and what came before. What it returns as ``StateChange``s is to be committed; the promise to receivers rests on
/// this order:
///
/// 1. ``accept(_:ticket:now:monotonic:)``; its changes are committed in one transaction with the alert states.
/// 2. ``committed(_:durable:)``. Before it nothing of that ticket is sent. If the commit failed the pages go out all
///    the same, and are counted.
/// 3. ``takeDeliveries(now:monotonic:)``, whenever something was put in and when ``nextDeadline`` has come.
/// 4. ``deliveryFinished(_:result:now:monotonic:)`` once for each; its changes may be committed at leisure. A crash
///    before that repeats the message under the same MessageId.
package final class Dispatcher {
  /// Attempts that ``snapshot(now:)`` shows.
  package static let keptAttempts = 200
  private static let keptNotices = 1000

  struct Attempt {
    var receiver: String
    /// nil: a handshake.
    var alert: String?
  }

  var settings: NotifyingSettings
  var identity: SigningIdentity
  var externalURL: String
  var random: any RandomNumberGenerator
  /// By ``SubscriptionKey/text``, those that left the configuration among them.
  var receivers: [String: Receiver] = [:]
  /// Keys in the order of the configuration.
  var order: [String] = []
  var topicReceivers: [String: [String]] = [:]
  var statistics = NotifyingStatistics()
  var recent: [NotifyingSnapshot.Attempt] = []
  var nextSequence: UInt64 = 1
  private var attempts: [DeliveryID: Attempt] = [:]
  private var nextDelivery: UInt64 = 1
  private var uncommitted: [CommitTicket: [(receiver: String, alert: String)]] = [:]
  private var notices: [NotifyingNotice] = []

  init(
    settings: NotifyingSettings, identity: SigningIdentity, externalURL: String,
    random: any RandomNumberGenerator
  ) {
    self.settings = settings
    self.identity = identity
    self.externalURL = externalURL
    self.random = random
  }

  // MARK: Coming in

  /// Routes `events` and puts a page for each subscription into the outbox; returns what makes that durable.
  ///
  /// - Parameter ticket: names the transaction; a ticket is used once.
  package func accept(
    _ notifications: [(notification: Notification, topics: [String])], ticket: CommitTicket, now: Timestamp,
    monotonic: MonotonicInstant
  ) -> [StateChange] {
    var changes: [StateChange] = []
    for (notification, topics) in notifications {
      guard let event = notification.alerts.first else { continue }
      let alert = ["alert": event.labels.description, "status": event.status.rawValue]
      let keys = topics.flatMap { topicReceivers[$0] ?? [] }
        .filter { receivers[$0].map { $0.row.state != .unsubscribed } ?? false }
      if keys.isEmpty {
        statistics.withoutSubscriber += 1
        note(
          .error, "alert has no subscriber: nobody is told",
          alert.merging(["topics": topics.joined(separator: ",")]) { $1 })
      }
      for key in keys { changes += enqueue(event, key, ticket, now, monotonic) }
    }
    return changes
  }

  private func enqueue(
    _ event: AlertEvent, _ key: String, _ ticket: CommitTicket, _ now: Timestamp,
    _ monotonic: MonotonicInstant
  ) -> [StateChange] {
    guard var receiver = receivers[key] else { return [] }
    let topicARN = receiver.row.topicARN
    let row = OutboxRow(
      sequence: nextSequence, subscription: key, topicARN: topicARN,
      messageID: MessageID.of(event, topicARN: topicARN), acceptedAt: now, event: event)
    guard !receiver.queue.contains(row) else {
      statistics.duplicates += 1
      return []
    }
    nextSequence += 1
    statistics.accepted += 1
    let saved = row.saved()
    if saved == nil { note(.error, "page cannot be written down; it is sent all the same", describe(row)) }
    let entry = OutboxEntry(
      row, bytes: saved?.value?.count ?? 0, state: .awaitingCommit(ticket),
      expiresAt: monotonic + receiver.policy.maxAge)
    uncommitted[ticket, default: []].append((key, event.identity))
    receivers[key] = nil  // the queue is changed in place, not copied
    let gone = receiver.queue.append(entry)
    receivers[key] = receiver
    return (saved.map { [$0] } ?? []) + dropped(gone)
  }

  /// The transaction of `ticket` has ended: what was accepted under it may be sent.
  package func committed(_ ticket: CommitTicket, durable: Bool) {
    guard let accepted = uncommitted.removeValue(forKey: ticket) else { return }
    for (key, alert) in accepted { receivers[key]?.queue.commitEnded(ticket, alert: alert) }
    if !durable {
      statistics.undurable += UInt64(accepted.count)
      note(.error, "pages are sent without being stored", ["pages": String(accepted.count)])
    }
  }

  // MARK: Going out

  /// What is to be sent now. Each delivery must be reported back, whatever happens.
  package func takeDeliveries(now: Timestamp, monotonic: MonotonicInstant) -> [Delivery] {
    var deliveries: [Delivery] = []
    for key in order {
      // Out and in again, so that the queue inside is not copied when it changes.
      guard var receiver = receivers.removeValue(forKey: key) else { continue }
      defer { receivers[key] = receiver }
      guard let place = receiver.place else { continue }
      func deliver(_ id: DeliveryID, _ alert: String?, _ message: OutgoingMessage) {
        attempts[id] = Attempt(receiver: key, alert: alert)
        deliveries.append(
          Delivery(
            id: id, topicARN: receiver.row.topicARN, subscriptionARN: receiver.row.subscriptionARN,
            message: message, channel: place.channel))
      }
      if let kind = receiver.handshake.kind, receiver.handshake.isDue(monotonic) {
        let id = newDeliveryID()
        receiver.handshake.sent(id)
        statistics.handshakes += 1
        deliver(id, nil, .handshake(receiver.handshakeMessage(kind)))
      }
      guard receiver.isListening else { continue }
      while true {
        let id = newDeliveryID()
        guard
          let entry = receiver.queue.takeNext(
            id, now: monotonic, maximumInFlight: place.settings.maximumInFlight)
        else { break }
        if entry.attempts > 1 { statistics.retries += 1 }
        let row = entry.row
        deliver(
          id, row.event.identity,
          .page(Page(messageID: row.messageID, event: row.event, publishedAt: row.acceptedAt)))
      }
    }
    return deliveries
  }

  /// When ``takeDeliveries(now:monotonic:)`` has work again that no call announces; a past moment: now; nil: never.
  package var nextDeadline: MonotonicInstant? {
    order.compactMap { key -> MonotonicInstant? in
      guard let receiver = receivers[key], let place = receiver.place else { return nil }
      let page =
        receiver.isListening
        ? receiver.queue.nextDeadline(maximumInFlight: place.settings.maximumInFlight) : nil
      return [page, receiver.handshake.nextDeadline].compactMap { $0 }.min()
    }.min()
  }

  /// Takes the result of a delivery; returns what makes it durable. An unknown `id` is ignored.
  package func deliveryFinished(
    _ id: DeliveryID, result: DeliveryResult, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    guard let attempt = attempts.removeValue(forKey: id),
      var receiver = receivers.removeValue(forKey: attempt.receiver)
    else { return [] }
    if let reason = result.reason, !result.isCancelled { statistics.failed[reason, default: 0] += 1 }
    guard let alert = attempt.alert else {
      if receiver.handshake.inFlight == id {
        receiver.handshake.finished(result, now: monotonic, policy: receiver.policy)
        record(receiver, nil, attempt: receiver.handshake.taken + receiver.handshake.failures, result, now)
      }
      receivers[attempt.receiver] = receiver
      return []
    }
    let failuresBefore = receiver.queue.consecutiveFailures
    let finish = receiver.queue.finish(
      id, alert: alert, result: result, now: monotonic, at: now, policy: receiver.policy)
    var standing: StateChange?
    if case .delivered = finish { standing = receiver.tookPage(at: now) }
    receivers[attempt.receiver] = receiver
    noteStanding(receiver, failuresBefore, result)
    switch finish {
    case .delivered(let row, let attempts):
      statistics.delivered += 1
      record(receiver, row, attempt: attempts, result, now)
      note(.info, "page delivered", describe(row).merging(["attempt": String(attempts)]) { $1 })
      return row.removed() + (standing.map { [$0] } ?? [])
    case .retry(let row, let attempts, _):
      record(receiver, row, attempt: attempts, result, now)
      if attempts == 1, !result.isCancelled {
        note(
          .info, "page not taken at first; it stays in the outbox", describe(row).merging(why(result)) { $1 })
      }
      return []
    case .gaveUp(let row, let attempts, let old):
      statistics.gaveUp += 1
      record(receiver, row, attempt: attempts, result, now)
      note(.error, "page given up", describe(row).merging(["reason": result.detail]) { $1 })
      return (row.saved().map { [$0] } ?? []) + dropped(old.map { [($0, .givenUpOverflow)] } ?? [])
    case .unknown: return []
    }
  }

  // MARK: Telling

  /// What happened since the last call that belongs in the log, oldest first; bounded, the oldest kept.
  package func takeNotices() -> [NotifyingNotice] {
    defer { notices = [] }
    return notices
  }

  func note(_ level: NotifyingNotice.Level, _ message: String, _ metadata: [String: String] = [:]) {
    if notices.count < Self.keptNotices { notices.append(.init(level, message, metadata)) }
  }

  /// Counts and reports pages that will not be sent; returns what removes them.
  func dropped(_ gone: [(row: OutboxRow, loss: SubscriptionQueue.Loss)]) -> [StateChange] {
    for (row, loss) in gone {
      statistics.dropped[loss.rawValue, default: 0] += 1
      note(.error, "page dropped", describe(row).merging(["reason": loss.rawValue]) { $1 })
    }
    return gone.flatMap { $0.row.removed() }
  }

  func describe(_ row: OutboxRow) -> [String: String] {
    var data = [
      "alert": row.event.labels.description, "status": row.event.status.rawValue, "messageID": row.messageID,
      "topic": row.topicARN,
    ]
    if let place = receivers[row.subscription]?.place { data["endpoint"] = redacted(place.settings.endpoint) }
    return data
  }

  private func why(_ failure: DeliveryResult) -> [String: String] {
    ["reason": failure.reason?.rawValue ?? "other", "detail": failure.detail]
  }

  private func noteStanding(_ receiver: Receiver, _ before: Int, _ result: DeliveryResult) {
    guard let place = receiver.place else { return }
    let after = receiver.queue.consecutiveFailures
    let data = ["topic": place.topicName, "endpoint": redacted(place.settings.endpoint)]
    if before == 0, after > 0 {
      note(.warning, "receiver does not take pages", data.merging(why(result)) { $1 })
    } else if before > 0, after == 0 {
      note(.info, "receiver takes pages again", data.merging(["failures": String(before)]) { $1 })
    }
  }

  private func record(
    _ receiver: Receiver, _ row: OutboxRow?, attempt: Int, _ result: DeliveryResult, _ now: Timestamp
  ) {
    if recent.count >= Self.keptAttempts { recent.removeFirst() }
    recent.append(
      .init(
        at: now, topic: receiver.place?.topicName ?? receiver.row.topicARN,
        endpoint: receiver.place.map { redacted($0.settings.endpoint) } ?? "",
        messageID: row?.messageID ?? "", alert: row?.event.labels.description, status: row?.event.status,
        attempt: attempt, failure: result.reason, detail: result.detail))
  }

  private func newDeliveryID() -> DeliveryID {
    defer { nextDelivery += 1 }
    return DeliveryID(nextDelivery)
  }
}
