/// One line of the journal: something that happened to an alert, a page or Farwatch itself, for those who ask later.
package struct JournalEntry: Hashable, Sendable, Codable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// A rule's expression holds, and its `for` is not over.
    case pending
    /// It was pending and is over without having fired.
    case ended
    case firing, resolved
    case silenced, unsilenced
    case inhibited, uninhibited
    /// A mute time interval or a maintenance window.
    case muted, unmuted
    /// A page went into the outbox.
    case notified
    /// One attempt to deliver a page, with its outcome.
    case attempt
    /// A page is no longer tried, or was never sent.
    case givenUp = "given_up"
    case dropped
    case acknowledged, unacknowledged
    case escalated
    case silenceCreated = "silence_created"
    case silenceUpdated = "silence_updated"
    case silenceExpired = "silence_expired"
    /// A health check's confirmed state: down, and up again.
    case checkDown = "check_down"
    case checkUp = "check_up"
    case started, stopped, reloaded
    /// More happened at once than was written one by one: the detail counts it by kind.
    case omitted
  }

  package var at: Timestamp
  package var kind: Kind
  /// Of the alert; nil when it is about none.
  package var identity: String?
  /// Of the alert, `alertname` among them; of a check, `check` and `region`.
  package var labels: Labels?
  /// When the alert's episode began.
  package var startsAt: Timestamp?
  /// What else is to be said, by name: `receiver`, `topic`, `message_id`, `outcome`, `by`, `comment` … Never a secret.
  package var detail: [String: String]

  package init(
    at: Timestamp, kind: Kind, identity: String? = nil, labels: Labels? = nil, startsAt: Timestamp? = nil,
    detail: [String: String] = [:]
  ) {
    self.at = at
    self.kind = kind
    self.identity = identity
    self.labels = labels
    self.startsAt = startsAt
    self.detail = detail
  }

  package init(at: Timestamp, kind: Kind, of event: AlertEvent, detail: [String: String] = [:]) {
    self.init(
      at: at, kind: kind, identity: event.identity, labels: event.labels, startsAt: event.startsAt,
      detail: detail)
  }
}
