package import Model

/// What the log, the journal and the status page learn.
extension Dispatcher {
  /// Alerts of a page that the journal has an entry for each; a larger page has one entry with counts.
  static let journalledAlerts = 20

  /// What happened since the last call that belongs in the log, oldest first; bounded, the oldest kept.
  package func takeNotices() -> [NotifyingNotice] {
    defer { notices = [] }
    return notices
  }

  /// What happened to pages since the last call, for the journal, oldest first; at most ``keptJournalEntries``.
  package func takeJournal() -> [JournalEntry] {
    defer { journal = [] }
    return journal
  }

  func enter(
    _ kind: JournalEntry.Kind, _ row: OutboxRow, _ receiver: Receiver?, at now: Timestamp,
    _ more: [String: String]
  ) {
    let page = row.notification
    var detail = more
    detail["topic"] = receiver?.place?.topicName ?? row.topicARN
    detail["message_id"] = row.messageID
    detail["kind"] = page.kind.rawValue
    detail["drill"] = page.drill?.id
    if let receiver {
      detail["receiver"] = receiver.shownEndpoint
      if let name = receiver.place?.settings.name { detail["name"] = name }
    }
    var entries: [JournalEntry]
    if page.alerts.count > Self.journalledAlerts {
      detail["thread"] = page.thread
      detail["firing"] = String(page.firing.count)
      detail["resolved"] = String(page.resolved.count)
      entries = [JournalEntry(at: now, kind: kind, labels: page.groupLabels, detail: detail)]
    } else {
      entries = page.alerts.map { alert in
        var own = detail
        own["status"] = alert.status.rawValue
        return JournalEntry(at: now, kind: kind, of: alert, detail: own)
      }
    }
    let room = Self.keptJournalEntries - journal.count
    if entries.count > room {
      statistics.journalLost += UInt64(entries.count - max(0, room))
      entries = Array(entries.prefix(max(0, room)))
    }
    journal += entries
  }

  func note(_ level: NotifyingNotice.Level, _ message: String, _ metadata: [String: String] = [:]) {
    if notices.count < Self.keptNotices { notices.append(.init(level, message, metadata)) }
  }

  /// Counts and reports pages that will not be sent; returns what removes them.
  func dropped(_ gone: [(row: OutboxRow, loss: SubscriptionQueue.Loss)], at now: Timestamp) -> [StateChange] {
    for (row, loss) in gone {
      if row.notification.kind == .proof {
        tellProof(row.notification, row.subscription, .over, attempts: 0, nil, "dropped: \(loss.rawValue)")
        continue
      }
      statistics.dropped[loss.rawValue, default: 0] += 1
      // What was folded into a newer page goes on with that one; what was given up is lost already.
      if loss != .folded, loss != .givenUpOverflow {
        tellingBook.note(.lost(reason: loss.rawValue), row, at: now)
      }
      enter(.dropped, row, receivers[row.subscription], at: now, ["reason": loss.rawValue])
      note(.error, "page dropped", describe(row).merging(["reason": loss.rawValue]) { $1 })
    }
    return gone.flatMap { $0.row.removed() }
  }

  func describe(_ row: OutboxRow) -> [String: String] {
    var data = [
      "alert": row.notification.subject, "status": row.notification.status.rawValue,
      "messageID": row.messageID,
      "topic": row.topicARN,
    ]
    if let place = receivers[row.subscription]?.place {
      data["endpoint"] = place.settings.receiver.shownEndpoint
    }
    return data
  }

  func describe(_ receiver: Receiver) -> [String: String] {
    var data = ["topic": receiver.row.topicARN]
    if receiver.place != nil { data["endpoint"] = receiver.shownEndpoint }
    return data
  }

  func why(_ failure: DeliveryResult) -> [String: String] {
    ["reason": failure.reason?.rawValue ?? "other", "detail": failure.detail]
  }

  func noteStanding(_ receiver: Receiver, _ before: Int, _ result: DeliveryResult) {
    guard let place = receiver.place else { return }
    let after = receiver.queue.consecutiveFailures
    let data = ["topic": place.topicName, "endpoint": receiver.shownEndpoint]
    if before == 0, after > 0 {
      note(.warning, "receiver does not take pages", data.merging(why(result)) { $1 })
    } else if before > 0, after == 0 {
      note(.info, "receiver takes pages again", data.merging(["failures": String(before)]) { $1 })
    }
  }

  func record(
    _ receiver: Receiver, _ row: OutboxRow?, attempt: Int, _ result: DeliveryResult, _ now: Timestamp
  ) {
    if recent.count >= Self.keptAttempts { recent.removeFirst() }
    recent.append(
      .init(
        at: now, topic: receiver.place?.topicName ?? receiver.row.topicARN, endpoint: receiver.shownEndpoint,
        messageID: row?.messageID ?? "", alert: row?.notification.subject, status: row?.notification.status,
        attempt: attempt, failure: result.reason, detail: result.detail))
  }
}
