package import Model

/// Pages that go elsewhere: those given up to their dead-letter topic, those that wait too long also to the fallback.
extension Dispatcher {
  /// What has become due since the last turn; returns what makes it durable. Nearly always nothing.
  ///
  /// - Parameter ticket: of the transaction that these changes are part of.
  package func tend(ticket: CommitTicket, now: Timestamp, monotonic: MonotonicInstant) -> [StateChange] {
    let how = Acceptance(ticket: ticket, now: now, monotonic: monotonic)
    var changes: [StateChange] = []
    let letters = deadLetters
    deadLetters = []
    for row in letters { changes += bury(row, how) }
    for key in order {
      guard let receiver = receivers[key], let due = receiver.fallbackDeadline, due <= monotonic,
        let settings = receiver.place?.settings, let fallback = settings.fallback
      else { continue }
      let listening = keys(of: fallback)
      if listening.isEmpty {
        // The pages stay untold: who listens to it later hears of them.
        if !receiver.fallbackIsDeaf {
          note(.error, "fallback has no subscriber: nobody is told", describe(receiver))
        }
        receiver.fallbackIsDeaf = true
        continue
      }
      receiver.fallbackIsDeaf = false
      changes += fallBack(
        receiver, fallback, listening, acceptedUntil: monotonic - settings.fallbackAfter, how)
    }
    return changes
  }

  /// The subscriptions that `target`, a topic or the name of one subscription, means.
  func keys(of target: String) -> [String] {
    topicReceivers[target] == nil
      ? [namedReceivers[target]].compactMap { $0 }.filter { receivers[$0]?.row.state != .unsubscribed }
      : listeners([target])
  }

  /// A page was given up: its dead-letter topic hears of it, and the fallback if it was not told in time.
  private func bury(_ row: OutboxRow, _ how: Acceptance) -> [StateChange] {
    guard let receiver = receivers[row.subscription], let settings = receiver.place?.settings else {
      return []
    }
    var how = how
    how.cameFrom = receiver.key
    var changes: [StateChange] = []
    if let topic = settings.deadLetterTopic {
      how.reason = ["dead_letter_of": receiver.shownEndpoint]
      statistics.deadLettered += 1
      let keys = keys(of: topic)
      if keys.isEmpty { note(.error, "dead-letter topic has no subscriber: nobody is told", describe(row)) }
      changes += publish(row.notification, to: keys, how)
    }
    if let fallback = settings.fallback, row.toldFallback != true, row.notification.status == .firing {
      let keys = keys(of: fallback)
      guard !keys.isEmpty else {
        note(.error, "fallback has no subscriber: nobody is told", describe(row))
        return changes
      }
      how.reason = ["fallback_of": receiver.shownEndpoint]
      statistics.fellBack += 1
      receiver.fellBack += 1
      // An end that waits behind it was no news to the fallback when it came.
      let ends = receiver.queue.leadingEnds(ofThread: row.notification.thread)
      changes += tell(row, ends, receiver, keys, how)
    }
    return changes
  }

  private func fallBack(
    _ receiver: Receiver, _ fallback: String, _ keys: [String], acceptedUntil limit: MonotonicInstant,
    _ how: Acceptance
  ) -> [StateChange] {
    var how = how
    how.reason = ["fallback_of": receiver.shownEndpoint]
    how.cameFrom = receiver.key
    var changes: [StateChange] = []
    var told = 0
    while let (row, ends) = receiver.queue.takeUntold(acceptedUntil: limit) {
      changes += row.saved().map { [$0] } ?? []
      told += 1
      changes += tell(row, ends, receiver, keys, how)
    }
    guard told > 0 else { return changes }
    receiver.fellBack += UInt64(told)
    statistics.fellBack += UInt64(told)
    note(
      .warning, "receiver fails: its fallback is told",
      describe(receiver).merging(["fallback": fallback, "pages": String(told)]) { $1 })
    return changes
  }

  /// Tells the fallback of a page and of the ends behind it, and remembers what it knows then.
  private func tell(
    _ row: OutboxRow, _ ends: [OutboxRow], _ receiver: Receiver, _ keys: [String], _ how: Acceptance
  ) -> [StateChange] {
    var changes: [StateChange] = []
    for row in [row] + ends { changes += publish(row.notification, to: keys, how) }
    let standing =
      ends.contains { $0.notification.status == .resolved }
      ? receiver.noteOver(row.notification.thread) : receiver.noteFallenBack(row.notification.thread)
    return changes + (standing.map { [$0] } ?? [])
  }

  /// Tells the fallback how something ended that it was told the beginning of, whoever takes pages now.
  func tellEnd(_ page: Notification, _ receiver: Receiver, _ how: Acceptance) -> [StateChange] {
    guard receiver.row.fallenBack != nil, page.status == .resolved,
      let fallback = receiver.place?.settings.fallback,
      let over = receiver.noteOver(page.thread)
    else { return [] }
    var how = how
    how.reason = ["fallback_of": receiver.shownEndpoint]
    how.cameFrom = receiver.key
    var changes = [over]
    let keys = keys(of: fallback)
    guard !keys.isEmpty else { return changes }
    // What still waits to be told would come after the end, as if it fired again.
    for row in receiver.queue.takeUntold(ofThread: page.thread) {
      changes += row.saved().map { [$0] } ?? []
      // It only reminds of what the fallback knows.
      if row.notification.kind == .reminder { continue }
      statistics.fellBack += 1
      receiver.fellBack += 1
      changes += publish(row.notification, to: keys, how)
    }
    return changes + publish(page, to: keys, how)
  }
}
