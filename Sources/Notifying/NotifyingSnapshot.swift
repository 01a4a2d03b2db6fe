package import Model

/// Counts since the start.
package struct NotifyingStatistics: Hashable, Sendable {
  /// Events whose topics have nobody to tell.
  package var withoutSubscriber: UInt64 = 0
  /// Pages that entered the outbox.
  package var accepted: UInt64 = 0
  /// Pages that were in the outbox already.
  package var duplicates: UInt64 = 0
  /// Pages whose commit failed and which were sent nonetheless.
  package var undurable: UInt64 = 0
  package var delivered: UInt64 = 0
  /// Attempts that failed, by reason.
  package var failed: [FailureReason: UInt64] = [:]
  /// Attempts beyond a page's first.
  package var retries: UInt64 = 0
  package var gaveUp: UInt64 = 0
  /// Pages that will never be sent, by one of ``dropReasons``.
  package var dropped: [String: UInt64] = [:]
  package var handshakes: UInt64 = 0
  /// Alerts that every subscriber's filter policy refused.
  package var filteredOut: UInt64 = 0
  /// Pages that were told to a fallback.
  package var fellBack: UInt64 = 0
  /// Pages given up that were published to a dead-letter topic.
  package var deadLettered: UInt64 = 0
  /// Requests that told a receiver again what still fires.
  package var refreshes: UInt64 = 0
  /// Entries for the journal that nobody took in time.
  package var journalLost: UInt64 = 0

  /// Rows of the outbox that could not be read at the start; they stay where they are.
  package var unreadableRows: UInt64 = 0

  /// Every value that may be a key of ``dropped``.
  package static let dropReasons = SubscriptionQueue.Loss.allCases.map(\.rawValue)

  package init() {}
}

/// How delivery stands, for the status page and the metrics.
package struct NotifyingSnapshot: Sendable {
  package struct Topic: Hashable, Sendable {
    package let name: String
    package let arn: String
    package let displayName: String?
  }

  package enum Standing: String, Hashable, Sendable, CaseIterable {
    case pendingConfirmation = "pending_confirmation"
    case confirmed
    case unsubscribed
    /// No longer in the configuration, but pages wait for its return.
    case removed
  }

  package struct Subscription: Hashable, Sendable {
    /// Tells subscriptions of one topic and endpoint apart (they may differ in a secret query); no secret.
    package let id: String
    package let topic: String
    /// The subscription's name, or its receiver's kind.
    package let receiver: String
    /// What may be shown of where it leads, such as a URL's scheme, host, port and path; never a secret.
    package let endpoint: String
    /// As in the links that receivers get; knowing it is the right to unsubscribe, so it is not for the page.
    package let subscriptionARN: String
    package let standing: Standing
    package let queued: Int
    package let queuedBytes: Int
    package let inFlight: Int
    package let givenUp: Int
    package let oldestPendingAge: Duration?
    package let lastSuccess: Timestamp?
    package let consecutiveFailures: Int
    /// Attempts by outcome: `taken` or a ``FailureReason``; without those that never were.
    package let attempts: [String: UInt64]
    /// Alerts that its filter policy kept from it.
    package let filtered: UInt64
    /// Pages that were told to its fallback.
    package let fellBack: UInt64
    /// Who is told while it fails; nil: nobody else.
    package let fallback: String?
    /// Whether the fallback was told of something that is not over.
    package let isFallenBack: Bool
  }

  package struct Attempt: Hashable, Sendable {
    package let at: Timestamp
    package let topic: String
    package let endpoint: String
    package let messageID: String
    /// nil: a handshake.
    package let alert: String?
    package let status: AlertEvent.Status?
    package let attempt: Int
    /// nil: taken.
    package let failure: FailureReason?
    package let detail: String
  }

  package let topics: [Topic]
  package let subscriptions: [Subscription]
  /// The newest last; at most ``Dispatcher/keptAttempts``.
  package let recent: [Attempt]
  package let statistics: NotifyingStatistics
}
