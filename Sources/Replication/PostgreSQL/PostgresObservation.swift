package import Model
package import PostgresClient

/// What one server said in one pass. A field that it did not answer, or not credibly, is nil.
package struct PostgresObservation: Sendable {
  package struct Sender: Sendable, Equatable {
    package var applicationName: String
    package var clientAddress: String
    package var slot: String?
    package var replay: WALPosition?
  }

  package struct Slot: Sendable, Equatable {
    package var name: String
    package var active: Bool
    /// `reserved`, `extended`, `unreserved` or `lost`; nil before PostgreSQL 13 and for a slot never used.
    package var state: String?
    package var safeBytes: Int64?
    package var restart: WALPosition?
  }

  package struct Receiver: Sendable, Equatable {
    package var status: String
    package var slot: String?
    /// Time since the last message from the source, by the target's own clock.
    package var silence: Duration?
  }

  /// Before the question left and when the answer came, by Farwatch's clock.
  package var askedAt: Timestamp
  package var answeredAt: Timestamp
  /// The server's clock, somewhere between the two.
  package var clock: Timestamp?
  package var inRecovery: Bool
  package var systemIdentifier: String?
  /// What no two servers of one cluster have in common: when it was started, to the microsecond, and its own port. By
  /// whatever address it was asked; nil where it did not tell.
  package var instance: String?
  package var timeline: UInt32?
  /// How far a primary has written.
  package var current: WALPosition?
  package var received: WALPosition?
  package var replayed: WALPosition?
  package var replayPaused: Bool?
  /// Commit time of the newest replayed transaction, by the clock of the primary that wrote it.
  package var lastReplayedCommit: Timestamp?
  /// nil where the server has no WAL receiver running.
  package var receiver: Receiver?
  /// nil when the question failed.
  package var senders: [Sender]?
  package var slots: [Slot]?
  /// What could not be read although the server answered.
  package var problem: PostgresError?
  /// As the table held it; nil where none is asked for, or none can be read, for which there is a reason then.
  package var beat: PostgresHeartbeat.Beat?
  package var beatProblem: PostgresError?

  package init(askedAt: Timestamp, answeredAt: Timestamp, inRecovery: Bool) {
    self.askedAt = askedAt
    self.answeredAt = answeredAt
    self.inRecovery = inRecovery
  }
}

/// The questions, the same for primaries and standbys, and how the answers are read.
///
/// A least-privileged account: `CREATE ROLE farwatch LOGIN PASSWORD '…' IN ROLE pg_monitor;`, with CONNECT on one
/// database. Without `pg_monitor` (more exactly `pg_read_all_stats`) senders and receivers are hidden, which is
/// reported as ``FailureReason/permission``; positions, roles and slots are still measured.
package enum PostgresQueries {
  package static let senderLimit = 64
  package static let slotLimit = 128

  /// Nothing here takes a lock that another session could hold. `CASE` keeps the functions that fail in recovery,
  /// or outside it, from being called.
  package static func all(serverVersion: Int, heartbeat: PostgresHeartbeat? = nil) -> [String] {
    guard serverVersion >= 100_000 else { return ["SELECT 1"] }
    let slotState =
      serverVersion >= 130_000 ? "wal_status, safe_wal_size" : "NULL AS wal_status, NULL AS safe_wal_size"
    return [
      """
      SELECT pg_is_in_recovery() AS in_recovery,
        (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
        extract(epoch FROM clock_timestamp()) AS clock,
        concat_ws('/', extract(epoch FROM pg_postmaster_start_time()), current_setting('port')) AS instance,
        CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END AS current,
        CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS wal_timeline,
        CASE WHEN pg_is_in_recovery() THEN
          (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline)
            FROM pg_control_checkpoint() c, pg_control_recovery() r) END AS control_timeline,
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() END AS received,
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END AS replayed,
        CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS paused,
        CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM pg_last_xact_replay_timestamp()) END AS last_commit,
        pg_has_role('pg_read_all_stats', 'USAGE') AS may_read
      """,
      """
      SELECT r.application_name, host(r.client_addr) AS client_addr, s.slot_name, r.replay_lsn
      FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
      WHERE r.state IS DISTINCT FROM 'backup' ORDER BY 1, 2, 3 LIMIT \(senderLimit + 1)
      """,
      """
      SELECT slot_name, active, restart_lsn, \(slotState)
      FROM pg_replication_slots WHERE NOT temporary ORDER BY 1 LIMIT \(slotLimit + 1)
      """,
      """
      SELECT status, received_tli, slot_name,
        extract(epoch FROM clock_timestamp() - last_msg_receipt_time) AS silence
      FROM pg_stat_wal_receiver
      """,
    ] + [heartbeat?.question].compactMap(\.self)
  }

  package static func read(
    _ reply: PostgresReply, heartbeat: PostgresHeartbeat? = nil
  ) throws(PostgresError) -> PostgresObservation {
    guard reply.serverVersion >= 100_000, reply.results.count == (heartbeat == nil ? 4 : 5) else {
      throw PostgresError(.configuration, "the server is older than PostgreSQL 10")
    }
    let node = try reply.results[0].get()
    guard let inRecovery = node[row: 0, column: "in_recovery"].map({ $0 == "t" }) else {
      throw PostgresError(.protocolError, "the server did not say whether it is in recovery")
    }
    func position(_ column: String) -> WALPosition? {
      node[row: 0, column: column].flatMap { WALPosition($0) }
    }
    var seen = PostgresObservation(
      askedAt: reply.sentAt, answeredAt: reply.receivedAt, inRecovery: inRecovery)
    seen.systemIdentifier = node[row: 0, column: "system_identifier"]
    seen.instance = node[row: 0, column: "instance"]
    seen.clock = timestamp(node[row: 0, column: "clock"])
    seen.current = position("current")
    seen.received = position("received")
    seen.replayed = position("replayed")
    seen.replayPaused = node[row: 0, column: "paused"].map { $0 == "t" }
    seen.lastReplayedCommit = timestamp(node[row: 0, column: "last_commit"])
    seen.timeline =
      inRecovery
      ? node[row: 0, column: "control_timeline"].flatMap { UInt32($0) }
      : node[row: 0, column: "wal_timeline"].flatMap { UInt32($0, radix: 16) }
    if node[row: 0, column: "may_read"] != "t" {
      seen.problem = PostgresError(.permission, "the account is not a member of pg_monitor")
    }
    readRest(reply, into: &seen)
    if let heartbeat {
      do throws(PostgresError) {
        seen.beat = try heartbeat.read(try reply.results[4].get())
      } catch {
        seen.beatProblem = PostgresError(
          error.reason, sqlState: error.sqlState, "heartbeat: \(error.message)")
      }
    }
    return seen
  }

  private static func readRest(_ reply: PostgresReply, into seen: inout PostgresObservation) {
    func rows(_ index: Int) -> PostgresRows? {
      do {
        return try reply.results[index].get()
      } catch {
        seen.problem = seen.problem ?? error
        return nil
      }
    }
    if let rows = rows(1) {
      seen.senders = (0..<min(rows.count, senderLimit)).map { row in
        .init(
          applicationName: rows[row: row, column: "application_name"] ?? "",
          clientAddress: rows[row: row, column: "client_addr"] ?? "",
          slot: rows[row: row, column: "slot_name"],
          replay: rows[row: row, column: "replay_lsn"].flatMap { WALPosition($0) })
      }
      if rows.count > senderLimit {
        seen.problem = PostgresError(.limit, "more than \(senderLimit) WAL senders")
      }
    }
    if let rows = rows(2) {
      seen.slots = (0..<min(rows.count, slotLimit)).compactMap { row in
        guard let name = rows[row: row, column: "slot_name"] else { return nil }
        return .init(
          name: name, active: rows[row: row, column: "active"] == "t",
          state: rows[row: row, column: "wal_status"],
          safeBytes: rows[row: row, column: "safe_wal_size"].flatMap { Int64($0) },
          restart: rows[row: row, column: "restart_lsn"].flatMap { WALPosition($0) })
      }
      if rows.count > slotLimit { seen.problem = PostgresError(.limit, "more than \(slotLimit) slots") }
    }
    if let rows = rows(3), let status = rows[row: 0, column: "status"] {
      let silence = rows[row: 0, column: "silence"].flatMap { Double($0) }.flatMap {
        $0 < 1e9 ? max(0, $0) : nil
      }
      seen.receiver = .init(
        status: status, slot: rows[row: 0, column: "slot_name"],
        silence: silence.map { Duration.milliseconds(Int64($0 * 1000)) })
      if let timeline = rows[row: 0, column: "received_tli"].flatMap({ UInt32($0) }), timeline > 0 {
        seen.timeline = max(seen.timeline ?? 0, timeline)
      }
    }
  }

  /// Seconds since the epoch, of this century.
  package static func timestamp(_ text: String?) -> Timestamp? {
    guard let seconds = text.flatMap({ Double($0) }), seconds > 946_684_800, seconds < 4_102_444_800 else {
      return nil
    }
    return Timestamp(seconds: seconds)
  }
}
