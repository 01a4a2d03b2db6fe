package import Model
internal import RowCoding

/// Decides which receivers are told, and when: puts notifications into the outbox and hands out deliveries.
///
/// Confined to the application's core thread. It does nothing by itself: every call is a function of its arguments
/// and what came before. What it returns as ``StateChange``s is to be committed; the promise to receivers rests on
/// this order:
///
/// 1. ``accept(_:ticket:now:monotonic:)``; its changes are committed in one transaction with the alert states.
/// 2. ``tend(ticket:now:monotonic:)`` at the end of a turn, under the same ticket: dead letters and fallbacks.
/// 3. ``committed(_:durable:)``. Before it nothing of that ticket is sent. If the commit failed the pages go out all
///    the same, and are counted.
/// 4. ``takeDeliveries(now:monotonic:)``, whenever something was put in and when ``nextDeadline`` has come.
/// 5. ``deliveryFinished(_:result:now:monotonic:)`` once for each; its changes may be committed at leisure. A crash
///    before that repeats the message under the same MessageId.
package final class Dispatcher {
  /// Attempts that ``snapshot(now:)`` shows.
  package static let keptAttempts = 200
  static let keptNotices = 1000
  /// Entries of the journal between two calls of ``takeJournal()``; more are counted.
  package static let keptJournalEntries = 100_000

  struct Attempt {
    enum Subject {
      case handshake, refresh
      case page(thread: String)
    }
    var receiver: String
    var subject: Subject
    var sentAt: MonotonicInstant
  }

  /// The alerts that still fire of those that a topic was told of: for receivers that forget.
  package var standing: (_ topic: String) -> [AlertEvent] = { _ in [] }

  /// Makes the links by which who reads a page acknowledges; nil: pages have none.
  let acknowledgeLink: AcknowledgeLink?

  var settings: NotifyingSettings
  var identity: SigningIdentity
  var externalURL: String
  var random: any RandomNumberGenerator
  /// By ``SubscriptionKey/text``, those that left the configuration among them.
  var receivers: [String: Receiver] = [:]
  /// Keys in the order of the configuration.
  var order: [String] = []
  var topicReceivers: [String: [String]] = [:]
  /// By ``SubscriptionSettings/name``.
  var namedReceivers: [String: String] = [:]
  var statistics = NotifyingStatistics()
  var recent: [NotifyingSnapshot.Attempt] = []
  var tellingBook = TellingBook()
  var nextSequence: UInt64 = 1
  var attempts: [DeliveryID: Attempt] = [:]
  var nextDelivery: UInt64 = 1
  /// What became of proofs, until it is taken: at most one for each attempt and row of a turn.
  var proofNews: [ProofNews] = []
  /// Pages given up in this turn, for their dead-letter topics.
  var deadLetters: [OutboxRow] = []
  private var uncommitted: [CommitTicket: [(receiver: String, thread: String)]] = [:]
  var notices: [NotifyingNotice] = []
  var journal: [JournalEntry] = []

  init(
    settings: NotifyingSettings, identity: SigningIdentity, externalURL: String,
    acknowledgeLink: AcknowledgeLink?, random: any RandomNumberGenerator
  ) {
    self.acknowledgeLink = acknowledgeLink
    self.settings = settings
    self.identity = identity
    self.externalURL = externalURL
    self.random = random
  }

  // MARK: Coming in

  /// Puts a page of each notification for each subscription of its topics into the outbox; returns what makes that
  /// durable.
  ///
  /// - Parameters:
  ///   - notifications: each with the names of its topics; one without a topic reaches nobody, which is counted and
  ///     logged.
  ///   - ticket: names the transaction; a ticket is used for one.
  package func accept(
    _ notifications: [(notification: Notification, topics: [String])], ticket: CommitTicket, now: Timestamp,
    monotonic: MonotonicInstant
  ) -> [StateChange] {
    var changes: [StateChange] = []
    for (notification, topics) in notifications where !notification.alerts.isEmpty {
      let alerts = UInt64(notification.alerts.count)
      let data = ["alert": notification.subject, "status": notification.status.rawValue]
      let keys = listeners(topics)
      if keys.isEmpty, notification.kind != .acknowledgement {
        statistics.withoutSubscriber += alerts
        note(
          .error, "alert has no subscriber: nobody is told",
          data.merging(["topics": topics.joined(separator: ",")]) { $1 })
      }
      changes += publish(notification, to: keys, .init(ticket: ticket, now: now, monotonic: monotonic))
    }
    return changes
  }

  /// Whether anybody listens to the topic.
  package func isHeard(_ topic: String) -> Bool { !listeners([topic]).isEmpty }

  /// Subscriptions of topics, each once; without those that unsubscribed themselves.
  func listeners(_ topics: [String]) -> [String] {
    var keys: [String] = []
    for key in topics.flatMap({ topicReceivers[$0] ?? [] })
    where receivers[key].map({ $0.row.state != .unsubscribed }) ?? false && !keys.contains(key) {
      keys.append(key)
    }
    return keys
  }

  /// The transaction and the moment that pages are accepted in.
  struct Acceptance {
    var ticket: CommitTicket
    var now: Timestamp
    var monotonic: MonotonicInstant
    /// Why: ``JournalEntry`` detail, `fallback_of` or `dead_letter_of`, with the receiver it was meant for.
    var reason: [String: String] = [:]
    var cameFrom: String?
  }

  func publish(_ notification: Notification, to keys: [String], _ how: Acceptance) -> [StateChange] {
    if notification.kind == .acknowledgement { return publish(acknowledgement: notification, to: keys, how) }
    var changes: [StateChange] = []
    var heard: Set<String> = []
    var isFiltered = false
    // Bounded after filtering: what one subscription does not hear must not take the place of what it does.
    let whole = PageLimit.bounded(notification, alerts: settings.alertsPerPage)
    let encoded = keys.count > 1 ? try? RowCoding.encode(whole) : nil
    for key in keys {
      guard let receiver = receivers[key] else { continue }
      guard let page = receiver.heard(notification) else {
        isFiltered = true
        tellingBook.noteFiltered(notification.alerts, receiver: key)
        continue
      }
      let isWhole = page.alerts.count == notification.alerts.count
      if !isWhole {
        isFiltered = true
        let hears = Set(page.alerts.map(\.identity))
        heard.formUnion(hears)
        tellingBook.noteFiltered(
          notification.alerts.lazy.filter { !hears.contains($0.identity) }, receiver: key)
      } else {
        heard = Set(notification.alerts.map(\.identity))
      }
      let bounded = isWhole ? whole : PageLimit.bounded(page, alerts: settings.alertsPerPage)
      changes += enqueue(bounded, isWhole ? encoded : nil, receiver, how)
      changes += tellEnd(page, receiver, how)
    }
    if isFiltered {
      let unheard = notification.alerts.count { !heard.contains($0.identity) }
      statistics.filteredOut += UInt64(unheard)
      if unheard > 0 {
        note(
          .info, "alert is filtered out by every subscriber",
          ["alert": notification.subject, "alerts": String(unheard)])
      }
    }
    return changes
  }

  /// - Parameter encoded: `page`, where it is at hand.
  func enqueue(
    _ page: Notification, _ encoded: [UInt8]?, _ receiver: Receiver, _ how: Acceptance
  ) -> [StateChange] {
    let topicARN = receiver.row.topicARN
    var row = OutboxRow(
      sequence: nextSequence, subscription: receiver.key, topicARN: topicARN,
      messageID: MessageID.of(page, topicARN: topicARN), acceptedAt: how.now, notification: page)
    row.cameFrom = how.cameFrom
    guard !receiver.queue.contains(row) else {
      statistics.duplicates += 1
      return []
    }
    nextSequence += 1
    statistics.accepted += 1
    let saved = encoded.map { row.saved(sharing: $0) } ?? row.saved()
    if saved == nil { note(.error, "page cannot be written down; it is sent all the same", describe(row)) }
    // Without a row there may be no commit to wait for.
    let entry = OutboxEntry(
      row, bytes: saved?.value?.count ?? 0, state: saved == nil ? .ready : .awaitingCommit(how.ticket),
      since: how.monotonic, maxAge: receiver.policy.maxAge(of: page))
    if saved != nil { uncommitted[how.ticket, default: []].append((receiver.key, page.thread)) }
    enter(.notified, row, receiver, at: how.now, how.reason)
    tellingBook.note(.accepted, row, at: how.now)
    let shed = receiver.queue.append(entry)
    return (saved.map { [$0] } ?? []) + shed.rewritten + dropped(shed.gone, at: how.now)
  }

  /// The transaction of `ticket` has ended: what was accepted under it may be sent.
  package func committed(_ ticket: CommitTicket, durable: Bool) {
    guard let accepted = uncommitted.removeValue(forKey: ticket) else { return }
    for (key, thread) in accepted { receivers[key]?.queue.commitEnded(ticket, thread: thread) }
    if !durable {
      statistics.undurable += UInt64(accepted.count)
      note(.error, "pages are sent without being stored", ["pages": String(accepted.count)])
    }
  }
}
