internal import Model
internal import RowCoding

/// What an earlier process left in the database.
extension Dispatcher {
  func restoreSubscriptions(_ rows: [StoredRow]) {
    for stored in rows where stored.table == .subscriptions {
      guard let row = try? RowCoding.decode(SubscriptionRow.self, stored.value),
        row.version == SubscriptionRow.currentVersion
      else {
        note(.error, "subscription row cannot be read", ["key": stored.key])
        continue
      }
      receivers[stored.key] = Receiver(key: stored.key, row: row, limits: limits)
    }
  }

  func restoreOutbox(
    _ stored: [StoredRow], _ now: Timestamp, _ monotonic: MonotonicInstant
  ) -> [StateChange] {
    var rows: [(row: OutboxRow, bytes: Int)] = []
    for stored in stored where stored.table == .outbox {
      guard let row = try? RowCoding.decode(OutboxRow.self, stored.value),
        row.key == stored.key
      else {
        statistics.unreadableRows += 1
        note(.error, "outbox row cannot be read", ["key": stored.key])
        continue
      }
      rows.append((row, stored.value.count))
    }
    var changes: [StateChange] = []
    for (row, bytes) in rows.sorted(by: { $0.row.sequence < $1.row.sequence }) {
      nextSequence = max(nextSequence, row.sequence &+ 1)
      let key = row.subscription
      let receiver = receivers[key] ?? newReceiver(key, topicARN: row.topicARN, now: now)
      receivers[key] = receiver
      tellingBook.note(.accepted, row, at: now)
      if let givenUp = row.givenUp {
        tellingBook.note(.lost(reason: givenUp.reason), row, at: now)
        let old = receiver.queue.keepGivenUp(row)
        changes += dropped(old.map { [($0, .givenUpOverflow)] } ?? [], at: now)
        continue
      }
      // A clock that was set back must not make a page immortal, one set forward must not kill it untried.
      let age = max(.zero, now - row.acceptedAt)
      let entry = OutboxEntry(
        row, bytes: bytes, state: .ready, since: monotonic - age,
        maxAge: receiver.policy.maxAge(of: row.notification))
      let shed = receiver.queue.append(entry)
      changes += shed.rewritten + dropped(shed.gone, at: now)
    }
    return changes
  }

  /// Drops the old pages of subscriptions that are not configured (any more), and those that a crash left behind
  /// when their receiver unsubscribed itself.
  func forgetOldOrphans(_ now: Timestamp) -> [StateChange] {
    var changes: [StateChange] = []
    for key in order where receivers[key]?.row.state == .unsubscribed {
      changes += dropped(receivers[key]?.queue.removeAll().map { ($0, .unsubscribed) } ?? [], at: now)
    }
    for key in receivers.keys.sorted() {
      guard let receiver = receivers[key], receiver.place == nil else { continue }
      let gone = receiver.queue.removeOlder(than: now - RetryPolicy().maxAge)
      // Nobody waits for the proof of a receiver that is not configured.
      changes += withdrawProofs(of: key, now: now)
      changes += dropped(gone.map { ($0, .removed) }, at: now)
      if !receiver.queue.isEmpty {
        note(
          .warning, "pages wait for a subscription that is not configured",
          ["topic": receiver.row.topicARN, "pages": String(receiver.queue.entryCount)])
      }
    }
    return changes
  }
}
