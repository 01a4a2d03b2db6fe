package import Model

/// What one turn of the desk decided.
package struct PagingDecisions: Sendable {
  package struct Sending: Sendable {
    package var notification: Notification
    package var topics: [String]
    /// Key of the one subscription that hears of it, whatever its topic: a proof.
    package var subscription: String?
  }

  /// In the order in which they are to be accepted.
  package var sendings: [Sending] = []
  /// To be committed together with the pages made of ``sendings``.
  package var changes: [StateChange] = []
  package var journal: [JournalEntry] = []
  /// Alerts that no route took.
  package var untold: [AlertEvent] = []

  package init() {}
}

/// Counts since the start.
package struct PagingStatistics: Sendable, Equatable {
  package var events: UInt64 = 0
  /// Alerts that no route took.
  package var unrouted: UInt64 = 0
  package var posted: UInt64 = 0
  package var postedRefused: UInt64 = 0
  package var notifications: [Notification.Kind: UInt64] = [:]
  /// Alerts that ended while they were held back, and so were never told.
  package var neverTold: UInt64 = 0
  /// Rows that could not be written: after a restart they are as an earlier row has them, or not known.
  package var rowsRefused: UInt64 = 0

  package init() {}
}
