/// One durable change. Changes that are committed together become durable together or not at all.
package struct StateChange: Hashable, Sendable {
  /// The collections that outlive the process. The raw value is the table's name.
  package enum Table: String, Sendable, CaseIterable, Codable {
    case alerts, checks, outbox, subscriptions, settings, alarms
    /// Of paging: alerts that are told of, groups of them, silences; the journal; proofs of receivers.
    case paged, groups, silences, journal, proofs
    /// What jobs said of themselves.
    case checkIns
    /// Failovers, and who was in charge.
    case readiness
    /// Drills, their calendar, and what was told during them; reports of those that are over.
    case drills, drillReports
  }

  package var table: Table
  package var key: String
  /// UTF-8 JSON; nil removes the key.
  package var value: [UInt8]?

  package init(_ table: Table, _ key: String, _ value: [UInt8]?) {
    self.table = table
    self.key = key
    self.value = value
  }
}
