internal import Model

/// One subscription at work: its settings, its standing and its queue.
struct Receiver {
  /// What the configuration says; nil for a subscription that left it: its pages wait for its return.
  struct Place {
    var topicName: String
    var settings: SubscriptionSettings
    var channel: any Channel
  }

  let key: String
  var place: Place?
  var row: SubscriptionRow
  var handshake: Handshake
  var queue: SubscriptionQueue
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
    case .pending: place.settings.confirmation == .skip
    case .unsubscribed: false
    }
  }

  var policy: RetryPolicy { place?.settings.retry ?? RetryPolicy() }

  /// Puts the handshake into the state that row and settings ask for; keeps its pauses when nothing changed.
  mutating func settleHandshake() {
    let wanted: HandshakeMessage.Kind?
    switch row.state {
    case .pending where place?.settings.confirmation == .required: wanted = .subscribe
    case .unsubscribed where handshake.kind == .unsubscribe && place != nil: wanted = .unsubscribe
    default: wanted = nil
    }
    if handshake.kind != wanted { handshake = Handshake(wanted) }
  }

  mutating func unsubscribe(at now: Timestamp, token: ConfirmationToken) {
    row.state = .unsubscribed
    row.changedAt = now
    row.token = token
    handshake = Handshake(.unsubscribe)
  }

  /// The receiver took a page; returns the row once a minute at most, for the commit that removes the page.
  mutating func tookPage(at now: Timestamp) -> StateChange? {
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
}
