package import Model
package import PostgresClient

/// What a publisher said in one pass.
package struct PublisherObservation: Sendable {
  package struct Slot: Sendable, Equatable {
    package var active = false
    package var state: String?
    package var safeBytes: Int64?
    package var restart: WALPosition?
    package var confirmed: WALPosition?

    package init() {}
  }

  package var askedAt: Timestamp
  package var inRecovery = false
  package var systemIdentifier: String?
  package var timeline: UInt32?
  package var current: WALPosition?
  package var slots: [String: Slot] = [:]

  package init(askedAt: Timestamp) { self.askedAt = askedAt }
}

/// What a subscriber said of its subscription in one pass.
package struct SubscriberObservation: Sendable {
  package var askedAt: Timestamp
  package var answeredAt: Timestamp
  package var enabled = false
  package var slot: String?
  /// Of the apply worker; nil when none runs.
  package var pid: Int64?
  /// The source's position up to which the running worker has told that all is applied.
  package var latestEnd: WALPosition?
  package var silence: Duration?
  package var tablesNotReady: Int64?
  /// nil before PostgreSQL 15.
  package var applyErrors: Int64?
  package var syncErrors: Int64?

  package init(askedAt: Timestamp, answeredAt: Timestamp) {
    self.askedAt = askedAt
    self.answeredAt = answeredAt
  }
}

/// The questions to both sides, and how the answers are read. Any account that may connect can ask them (on
/// subscribers older than PostgreSQL 14 it needs SELECT on pg_subscription).
package enum PostgresLogicalQueries {
  package static func publisher(serverVersion: Int) -> [String] {
    let state =
      serverVersion >= 130_000 ? "wal_status, safe_wal_size" : "NULL AS wal_status, NULL AS safe_wal_size"
    return [
      """
      SELECT pg_is_in_recovery() AS in_recovery,
        (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
        CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END AS current,
        CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline
      """,
      """
      SELECT slot_name, active, restart_lsn, confirmed_flush_lsn, \(state)
      FROM pg_replication_slots WHERE slot_type = 'logical' AND NOT temporary
      ORDER BY 1 LIMIT \(PostgresQueries.slotLimit)
      """,
    ]
  }

  package static func subscriber(_ subscription: String, serverVersion: Int) -> [String] {
    let name = postgresLiteral(subscription)
    let leader = serverVersion >= 160_000 ? "AND w.leader_pid IS NULL" : ""
    let subscription = """
      SELECT s.subenabled AS enabled, s.subslotname AS slot, w.pid, w.latest_end_lsn,
        extract(epoch FROM clock_timestamp() - w.last_msg_receipt_time) AS silence,
        (SELECT count(*) FROM pg_subscription_rel r
          WHERE r.srsubid = s.oid AND r.srsubstate <> 'r') AS not_ready
      FROM pg_subscription s
        LEFT JOIN pg_stat_subscription w ON w.subid = s.oid AND w.relid IS NULL \(leader)
      WHERE s.subname = \(name)
        AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      """
    let errors = """
      SELECT e.apply_error_count, e.sync_error_count
      FROM pg_stat_subscription_stats e JOIN pg_subscription s ON s.oid = e.subid
      WHERE s.subname = \(name)
        AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      """
    return serverVersion >= 150_000 ? [subscription, errors] : [subscription]
  }

  package static func readPublisher(_ reply: PostgresReply) throws(PostgresError) -> PublisherObservation {
    guard reply.results.count == 2 else { throw PostgresError(.protocolError, "half an answer") }
    let node = try reply.results[0].get()
    guard let recovery = node[row: 0, column: "in_recovery"] else {
      throw PostgresError(.protocolError, "the server did not say whether it is in recovery")
    }
    var seen = PublisherObservation(askedAt: reply.sentAt)
    seen.inRecovery = recovery == "t"
    seen.systemIdentifier = node[row: 0, column: "system_identifier"]
    seen.current = node[row: 0, column: "current"].flatMap { WALPosition($0) }
    seen.timeline = node[row: 0, column: "timeline"].flatMap { UInt32($0, radix: 16) }
    let rows = try reply.results[1].get()
    for row in 0..<rows.count {
      guard let name = rows[row: row, column: "slot_name"] else { continue }
      var slot = PublisherObservation.Slot()
      slot.active = rows[row: row, column: "active"] == "t"
      slot.state = rows[row: row, column: "wal_status"]
      slot.safeBytes = rows[row: row, column: "safe_wal_size"].flatMap { Int64($0) }
      slot.restart = rows[row: row, column: "restart_lsn"].flatMap { WALPosition($0) }
      slot.confirmed = rows[row: row, column: "confirmed_flush_lsn"].flatMap { WALPosition($0) }
      seen.slots[name] = slot
    }
    return seen
  }

  package static func readSubscriber(
    _ reply: PostgresReply, _ subscription: String
  ) throws(PostgresError) -> SubscriberObservation {
    guard let first = reply.results.first else { throw PostgresError(.protocolError, "half an answer") }
    let rows = try first.get()
    guard rows.count > 0 else {
      throw PostgresError(.missing, "there is no subscription \(subscription) in this database")
    }
    guard rows.count == 1, let enabled = rows[row: 0, column: "enabled"] else {
      throw PostgresError(.protocolError, "\(rows.count) answers about subscription \(subscription)")
    }
    var seen = SubscriberObservation(askedAt: reply.sentAt, answeredAt: reply.receivedAt)
    seen.enabled = enabled == "t"
    seen.slot = rows[row: 0, column: "slot"]
    seen.pid = rows[row: 0, column: "pid"].flatMap { Int64($0) }
    seen.latestEnd = rows[row: 0, column: "latest_end_lsn"].flatMap { WALPosition($0) }
    seen.tablesNotReady = rows[row: 0, column: "not_ready"].flatMap { Int64($0) }
    let silence = rows[row: 0, column: "silence"].flatMap { Double($0) }
    seen.silence = silence.flatMap { $0 < 1e9 ? .milliseconds(Int64(max(0, $0) * 1000)) : nil }
    if reply.results.count > 1 {
      let errors = try reply.results[1].get()
      seen.applyErrors = errors[row: 0, column: "apply_error_count"].flatMap { Int64($0) }
      seen.syncErrors = errors[row: 0, column: "sync_error_count"].flatMap { Int64($0) }
    }
    return seen
  }
}
