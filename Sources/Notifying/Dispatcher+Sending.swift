package import Model

extension Dispatcher {
  /// An attempt later than this after the decision says so.
  static let lateAfter: Duration = .seconds(60)

  /// What is to be sent now. Each delivery must be reported back, whatever happens.
  package func takeDeliveries(now: Timestamp, monotonic: MonotonicInstant) -> [Delivery] {
    var deliveries: [Delivery] = []
    for key in order {
      guard let receiver = receivers[key], let place = receiver.place else { continue }
      func deliver(_ id: DeliveryID, _ subject: Attempt.Subject, _ message: OutgoingMessage) {
        attempts[id] = Attempt(receiver: key, subject: subject, sentAt: monotonic)
        deliveries.append(
          Delivery(
            id: id, topicARN: receiver.row.topicARN, subscriptionARN: receiver.row.subscriptionARN,
            message: message, timeout: place.settings.timeout, channel: place.channel,
            isToHealthy: receiver.queue.consecutiveFailures == 0))
      }
      if let kind = receiver.handshake.kind, receiver.handshake.isDue(monotonic) {
        let id = newDeliveryID()
        receiver.handshake.sent(id)
        statistics.handshakes += 1
        deliver(id, .handshake, .handshake(receiver.handshakeMessage(kind)))
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
        let late = now - row.notification.decidedAt
        deliver(
          id, .page(thread: row.notification.thread),
          .page(
            Page(
              messageID: row.messageID, notification: row.notification, publishedAt: row.acceptedAt,
              delay: late > Self.lateAfter ? late : nil)))
      }
      if let page = refreshPage(receiver, place, now, monotonic) {
        let id = newDeliveryID()
        receiver.refresh.sent(id)
        statistics.refreshes += 1
        deliver(id, .refresh, .page(page))
      }
    }
    return deliveries
  }

  /// All that still fires, for a receiver that forgets; without the alerts that waiting pages tell of, whose news must
  /// not be overtaken. nil: not now.
  private func refreshPage(
    _ receiver: Receiver, _ place: Receiver.Place, _ now: Timestamp, _ monotonic: MonotonicInstant
  ) -> Page? {
    guard let interval = place.settings.receiver.refreshInterval, receiver.refresh.isDue(monotonic) else {
      return nil
    }
    if receiver.refresh.rest.isEmpty {
      receiver.refresh.began(at: monotonic, interval: interval)
      let atHand = receiver.queue.alertsAtHand
      receiver.refresh.rest = standing(place.topicName).filter { !atHand.contains($0.identity) }
    }
    guard !receiver.refresh.rest.isEmpty else { return nil }
    let whole = Notification(
      kind: .refresh, thread: "refresh", serial: String(now.milliseconds), isGrouped: true,
      alerts: receiver.refresh.rest, decidedAt: now)
    var part = PageLimit.bounded(whole)
    receiver.refresh.rest.removeFirst(part.alerts.count)
    part.truncatedAlerts = 0
    guard let heard = receiver.heard(part) else { return nil }
    let id = MessageID.uuid([receiver.row.subscriptionARN, "refresh", String(nextDelivery), heard.serial])
    return Page(messageID: id, notification: heard, publishedAt: now)
  }

  /// When there is work again that no call announces, for ``tend(ticket:now:monotonic:)`` or
  /// ``takeDeliveries(now:monotonic:)``; a past moment: now; nil: never.
  package var nextDeadline: MonotonicInstant? {
    var next: MonotonicInstant?
    func consider(_ deadline: MonotonicInstant?) {
      if let deadline, next.map({ deadline < $0 }) ?? true { next = deadline }
    }
    for key in order {
      guard let receiver = receivers[key], let place = receiver.place else { continue }
      consider(receiver.handshake.nextDeadline)
      // Who begins to listen to it brings about a turn.
      if !receiver.fallbackIsDeaf { consider(receiver.fallbackDeadline) }
      guard receiver.isListening else { continue }
      consider(receiver.queue.nextDeadline(maximumInFlight: place.settings.maximumInFlight))
      if place.settings.receiver.refreshInterval != nil { consider(receiver.refresh.nextDeadline) }
    }
    return next
  }

  /// Takes the result of a delivery; returns what makes it durable. An unknown `id` is ignored.
  package func deliveryFinished(
    _ id: DeliveryID, result: DeliveryResult, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    guard let attempt = attempts.removeValue(forKey: id), let receiver = receivers[attempt.receiver] else {
      return []
    }
    if let reason = result.reason, !result.isCancelled { statistics.failed[reason, default: 0] += 1 }
    receiver.count(result)
    switch attempt.subject {
    case .handshake:
      if receiver.handshake.inFlight == id {
        receiver.handshake.finished(result, now: monotonic, policy: receiver.policy)
        record(receiver, nil, attempt: receiver.handshake.taken + receiver.handshake.failures, result, now)
      }
      return []
    case .refresh:
      receiver.refresh.finished(id, succeeded: result.succeeded)
      return []
    case .page(let thread):
      let took = monotonic - attempt.sentAt
      return pageFinished(id, thread, receiver, result, took: took, now: now, monotonic: monotonic)
    }
  }

  private func pageFinished(
    _ id: DeliveryID, _ thread: String, _ receiver: Receiver, _ result: DeliveryResult, took: Duration,
    now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    let failuresBefore = receiver.queue.consecutiveFailures
    let finish = receiver.queue.finish(
      id, thread: thread, result: result, now: monotonic, at: now, policy: receiver.policy)
    if case .unknown = finish { return [] }
    receiver.noteAttempt(result, at: monotonic)
    noteStanding(receiver, failuresBefore, result)
    func note(_ row: OutboxRow, _ attempts: Int) {
      record(receiver, row, attempt: attempts, result, now)
      if let reason = result.reason, !result.isCancelled {
        let detail = result.detail.isEmpty ? "" : ": \(result.detail)"
        tellingBook.note(.attempted(trouble: reason.rawValue + detail), row, at: now)
      }
      enter(
        .attempt, row, receiver, at: now,
        [
          "outcome": result.isCancelled ? "cancelled" : result.reason?.rawValue ?? "taken",
          "detail": result.detail, "attempt": String(attempts),
          "seconds": NumberText.shortest(took.inSeconds),
        ])
    }
    switch finish {
    case .delivered(let row, let attempts):
      tellingBook.note(.taken, row, at: now)
      let standing = receiver.tookPage(at: now)
      statistics.delivered += 1
      note(row, attempts)
      tellProof(row.notification, receiver.key, .taken, attempts: attempts, nil, result.detail)
      self.note(.info, "page delivered", describe(row).merging(["attempt": String(attempts)]) { $1 })
      return row.removed() + (standing.map { [$0] } ?? [])
    case .retry(let row, let attempts, _):
      note(row, attempts)
      tellProof(
        row.notification, receiver.key, .tryingOn, attempts: attempts, result.reason?.rawValue, result.detail)
      if attempts == 1, result.isOfReceiver {
        self.note(
          .info, "page not taken at first; it stays in the outbox", describe(row).merging(why(result)) { $1 })
      }
      return []
    case .gaveUp(let row, let attempts, let old):
      note(row, attempts)
      enter(.givenUp, row, receiver, at: now, ["reason": result.detail])
      tellingBook.note(.lost(reason: result.detail), row, at: now)
      if row.notification.kind == .proof {
        tellProof(
          row.notification, receiver.key, .over, attempts: attempts, result.reason?.rawValue, result.detail)
        return row.removed()
      }
      if row.isPassing {
        self.note(
          .warning, "acknowledgement given up: the receiver may go on calling people",
          describe(row).merging(why(result)) { $1 })
        return row.removed()
      }
      statistics.gaveUp += 1
      self.note(.error, "page given up", describe(row).merging(["reason": result.detail]) { $1 })
      deadLetters.append(row)
      return (row.saved().map { [$0] } ?? []) + dropped(old.map { [($0, .givenUpOverflow)] } ?? [], at: now)
    case .unknown: return []
    }
  }

  private func newDeliveryID() -> DeliveryID {
    defer { nextDelivery += 1 }
    return DeliveryID(nextDelivery)
  }
}
