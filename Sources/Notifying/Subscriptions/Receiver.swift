internal import Model

/// One subscription at work: its settings, its standing and its queue. Confined to the dispatcher's thread.
final class Receiver {
  /// What the configuration says; nil for a subscription that left it: its pages wait for its return.
  struct Place {
    var topicName: String
    var settings: SubscriptionSettings
    var channel: any Channel
    /// What its messages say about this Farwatch.
    var origin: AlarmMessage.Origin
  }

  /// Threads that are remembered to have been told to a fallback; beyond it the oldest is forgotten.
  private static let keptFallenBack = 1000

  let key: String
  var place: Place?
  var row: SubscriptionRow
  var handshake: Handshake
  var queue: SubscriptionQueue
  var refresh = RefreshTimer()
  /// Attempts by outcome: `taken` or a ``FailureReason``.
  private(set) var attempts: [String: UInt64] = [:]
  /// Alerts that its filter policy kept from it.
  var filtered: UInt64 = 0
  /// It was said that nobody listens to its fallback.
  var fallbackIsDeaf = false
  /// Pages that were told to its fallback.
  var fellBack: UInt64 = 0
  /// Since when it has taken nothing; nil: it took the last, or was never asked.
  private(set) var failingSince: MonotonicInstant?
  /// ``SubscriptionRow/lastSuccess`` as the database has it.
  private var storedSuccess: Timestamp?

  init(key: String, row: SubscriptionRow, limits: SubscriptionQueue.Limits) {
    self.key = key
    self.row = row
    handshake = Handshake(nil)
    queue = SubscriptionQueue(limits: limits)
    storedSuccess = row.lastSuccess
  }

  /// Whether pages may be sent.
  var isListening: Bool {
    guard let place else { return false }
    return switch row.state {
    case .confirmed: true
    case .pending: !place.settings.receiver.asksForConfirmation
    case .unsubscribed: false
    }
  }

  var policy: RetryPolicy { place?.settings.retry ?? RetryPolicy() }

  /// Where it leads, for people; empty for one that left the configuration.
  var shownEndpoint: String { place?.settings.receiver.shownEndpoint ?? "" }

  /// When the fallback is to be told of the oldest page that it was not told of; nil: not as things stand.
  var fallbackDeadline: MonotonicInstant? {
    guard let settings = place?.settings, settings.fallback != nil, let oldest = queue.oldestUntold else {
      return nil
    }
    if row.state == .pending, !isListening { return oldest + settings.fallbackAfter }
    return failingSince.map { max($0, oldest) + settings.fallbackAfter }
  }

  /// Remembers that the fallback knows `thread` as firing; returns what makes that durable.
  func noteFallenBack(_ thread: String) -> StateChange? {
    var threads = row.fallenBack ?? []
    guard !threads.contains(thread) else { return nil }
    if threads.count >= Self.keptFallenBack { threads.removeFirst() }
    row.fallenBack = threads + [thread]
    return row.saved(key)
  }

  /// Forgets it again; nil when the fallback was not told of `thread`.
  func noteOver(_ thread: String) -> StateChange? {
    guard let place = row.fallenBack?.firstIndex(of: thread) else { return nil }
    row.fallenBack?.remove(at: place)
    if row.fallenBack?.isEmpty == true { row.fallenBack = nil }
    return row.saved(key)
  }

  /// Puts the handshake into the state that row and settings ask for; keeps its pauses when nothing changed.
  func settleHandshake() {
    let wanted: HandshakeMessage.Kind?
    switch row.state {
    case .pending where place?.settings.receiver.asksForConfirmation == true: wanted = .subscribe
    case .unsubscribed where handshake.kind == .unsubscribe && place != nil: wanted = .unsubscribe
    default: wanted = nil
    }
    if handshake.kind != wanted { handshake = Handshake(wanted) }
  }

  func unsubscribe(at now: Timestamp, token: ConfirmationToken) {
    row.state = .unsubscribed
    row.changedAt = now
    row.token = token
    handshake = Handshake(.unsubscribe)
  }

  /// Counts an attempt of any kind.
  func count(_ result: DeliveryResult) {
    guard !result.isCancelled else { return }
    attempts[result.reason?.rawValue ?? "taken", default: 0] += 1
  }

  /// A page was taken or not.
  func noteAttempt(_ result: DeliveryResult, at now: MonotonicInstant) {
    if result.succeeded {
      failingSince = nil
    } else if result.isOfReceiver, failingSince == nil {
      failingSince = now
    }
  }

  /// The receiver took a page; returns the row once a minute at most, for the commit that removes the page.
  func tookPage(at now: Timestamp) -> StateChange? {
    row.lastSuccess = now
    // A clock that was set back must not silence this until it has caught up.
    if let storedSuccess, now >= storedSuccess, now - storedSuccess < .seconds(60) { return nil }
    storedSuccess = now
    return row.saved(key)
  }

  func handshakeMessage(_ kind: HandshakeMessage.Kind) -> HandshakeMessage {
    HandshakeMessage(
      kind: kind, messageID: MessageID.uuid([kind.rawValue, row.subscriptionARN, row.token.secret]),
      token: row.token, publishedAt: row.changedAt)
  }

  /// What of `notification` this subscription hears; nil: nothing.
  func heard(_ notification: Notification) -> Notification? {
    guard let place, let policy = place.settings.filterPolicy else { return notification }
    var heard = notification
    heard.alerts = notification.alerts.filter { alert in
      switch policy.scope {
      case .attributes: policy.accepts(FilterPolicy.attributes(of: alert, kind: notification.kind))
      case .body:
        policy.accepts(
          AlarmMessage(event: alert, topicARN: row.topicARN, settings: place.origin)
            .json(AlarmMessage.usualLimit))
      }
    }
    if notification.kind != .acknowledgement {
      filtered += UInt64(notification.alerts.count - heard.alerts.count)
    }
    if let news = notification.newsCount {
      let fresh = Set(notification.alerts.prefix(news).map(\.identity))
      heard.newsCount = heard.alerts.prefix { fresh.contains($0.identity) }.count
      // Nothing in it that this receiver has not heard.
      if heard.newsCount == 0, heard.resolved.isEmpty { return nil }
    }
    return heard.alerts.isEmpty ? nil : heard
  }
}

/// When a receiver that forgets is told again of what still fires.
struct RefreshTimer {
  private(set) var next: MonotonicInstant?
  private(set) var inFlight: DeliveryID?
  /// Alerts of this round that did not fit into the request on its way.
  var rest: [AlertEvent] = []

  func isDue(_ now: MonotonicInstant) -> Bool {
    inFlight == nil && (!rest.isEmpty || next.map { $0 <= now } ?? true)
  }

  /// When ``isDue(_:)`` becomes true by itself.
  var nextDeadline: MonotonicInstant? {
    inFlight != nil
      ? nil : rest.isEmpty ? next ?? MonotonicInstant(nanoseconds: 0) : MonotonicInstant(nanoseconds: 0)
  }

  mutating func began(at now: MonotonicInstant, interval: Duration) { next = now + interval }
  mutating func sent(_ id: DeliveryID) { inFlight = id }

  /// A round that fails is over: the next one tells all that still fires.
  mutating func finished(_ id: DeliveryID, succeeded: Bool) {
    guard inFlight == id else { return }
    inFlight = nil
    if !succeeded { rest = [] }
  }
}
