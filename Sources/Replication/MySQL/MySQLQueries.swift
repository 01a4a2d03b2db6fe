package import Model
package import MySQLClient

/// The questions, the same for sources and replicas, and how the answers are read.
///
/// A least-privileged account: on MariaDB 10.5 and newer
/// `GRANT SLAVE MONITOR, BINLOG MONITOR ON *.* TO farwatch;`, on MySQL and older MariaDB
/// `GRANT REPLICATION CLIENT ON *.* TO farwatch;`, and SELECT on the heartbeat table where there is one.
package enum MySQLQueries {
  package static let channelLimit = 16
  package static let heartbeatLimit = 256

  package static func all(_ server: MySQLIdentity, heartbeat: MySQLTable?) -> [String] {
    var queries = [identity(server), replicaStatus(server), logStatus(server)]
    let names = ["Uptime", "wsrep_ready", "wsrep_cluster_status", "wsrep_cluster_size", "wsrep_connected"]
    // MySQL has a server_uuid to know a server by, and no Galera.
    queries.append(
      server.isMariaDB
        ? "SHOW GLOBAL STATUS WHERE Variable_name IN ('\(names.joined(separator: "', '"))')" : "DO 0")
    if let heartbeat {
      queries.append("SELECT server_id, ts FROM \(heartbeat.quoted) LIMIT \(heartbeatLimit + 1)")
    }
    return queries
  }

  private static func identity(_ server: MySQLIdentity) -> String {
    var columns = [
      "@@server_id AS server_id", "@@read_only AS read_only", "@@log_bin AS log_bin",
      "UTC_TIMESTAMP(6) AS clock", "@@hostname AS hostname", "@@port AS port",
    ]
    if server.isMariaDB {
      columns += [
        "@@gtid_binlog_pos AS binlog_pos", "@@gtid_slave_pos AS slave_pos",
        "@@gtid_binlog_state AS binlog_state",
      ]
    } else {
      columns += ["@@server_uuid AS server_uuid", "@@global.gtid_executed AS gtid_executed"]
      if server.version >= 50_708 { columns.append("@@super_read_only AS super_read_only") }
    }
    return "SELECT " + columns.joined(separator: ", ")
  }

  private static func replicaStatus(_ server: MySQLIdentity) -> String {
    if server.isMariaDB { return "SHOW ALL SLAVES STATUS" }
    return server.version >= 80_022 ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS"
  }

  private static func logStatus(_ server: MySQLIdentity) -> String {
    !server.isMariaDB && server.version >= 80_200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"
  }

  package static func read(_ reply: MySQLReply) throws(MySQLError) -> MySQLObservation {
    guard reply.results.count >= 4 else { throw MySQLError(.protocolError, "half an answer") }
    let node: MySQLRows
    do throws(MySQLError) {
      node = try reply.results[0].get()
    } catch  where error.serverCode == 1193 {
      throw MySQLError(
        .configuration, serverCode: 1193, "the server is older than MySQL 5.6 and MariaDB 10.0")
    }
    guard let id = node[row: 0, column: "server_id"].flatMap({ UInt32($0) }) else {
      throw MySQLError(.protocolError, "the server did not say its server_id")
    }
    var seen = MySQLObservation(askedAt: reply.sentAt, answeredAt: reply.receivedAt, serverID: id)
    seen.clock = node[row: 0, column: "clock"].flatMap(utcTimestamp)
    seen.serverUUID = node[row: 0, column: "server_uuid"]?.lowercased()
    seen.host = node[row: 0, column: "hostname"]
    seen.port = node[row: 0, column: "port"].flatMap { UInt16($0) }
    seen.isReadOnly = isOn(node[row: 0, column: "read_only"]) || isOn(node[row: 0, column: "super_read_only"])
    seen.hasBinaryLog = isOn(node[row: 0, column: "log_bin"])
    readPositions(node, into: &seen)
    readRest(reply, into: &seen)
    return seen
  }

  /// `0` and `OFF` are off; newer MariaDB knows several words for on.
  private static func isOn(_ text: String?) -> Bool {
    text.map { !["0", "OFF", ""].contains($0.uppercased()) } ?? false
  }

  private static func readPositions(_ node: MySQLRows, into seen: inout MySQLObservation) {
    if let text = node[row: 0, column: "binlog_pos"], let found = MariaDBGTIDs(text), !found.isEmpty {
      seen.written = .domains(found.domains)
    }
    if let text = node[row: 0, column: "slave_pos"], let found = MariaDBGTIDs(text) {
      seen.slavePosition = found
      if !found.isEmpty { seen.executed = .domains(found.domains) }
    }
    seen.binlogState = node[row: 0, column: "binlog_state"].flatMap { MariaDBGTIDs($0) }
    if let text = node[row: 0, column: "gtid_executed"] {
      guard let found = GTIDSet(text) else {
        seen.problem = MySQLError(
          .limit, "gtid_executed has more than \(GTIDSet.intervalLimit) intervals, or is not understood")
        return
      }
      if !found.isEmpty {
        seen.written = .transactions(found)
        seen.executed = .transactions(found)
      }
    }
  }

  private static func readRest(_ reply: MySQLReply, into seen: inout MySQLObservation) {
    let grant =
      reply.identity.isMariaDB && reply.identity.version >= 100_502
      ? "SLAVE MONITOR, BINLOG MONITOR" : "REPLICATION CLIENT"
    func rows(_ index: Int, _ remedy: String) -> MySQLRows? {
      do throws(MySQLError) {
        return try reply.results[index].get()
      } catch {
        let more = error.reason == .permission ? "; \(remedy)" : ""
        seen.problem =
          seen.problem
          ?? MySQLError(
            error.reason, serverCode: error.serverCode, error.message + more)
        return nil
      }
    }
    if let status = rows(1, "GRANT \(grant) ON *.* to this account") {
      seen.channels = (0..<min(status.count, channelLimit)).map { ChannelReader(status, $0).channel }
      if status.count > channelLimit {
        seen.problem = MySQLError(.limit, "more than \(channelLimit) replication channels")
      }
    }
    if let log = rows(2, "GRANT \(grant) ON *.* to this account") {
      seen.writtenFile = BinlogPosition(
        file: log[row: 0, column: "File"], offset: log[row: 0, column: "Position"])
      if seen.written == nil { seen.written = seen.writtenFile.map { .file($0) } }
    }
    if let status = rows(3, "") { readStatus(status, isMariaDB: reply.identity.isMariaDB, into: &seen) }
    guard reply.results.count > 4, let beats = rows(4, "GRANT SELECT on the heartbeat table to this account")
    else {
      return
    }
    guard beats.count <= heartbeatLimit else {
      return seen.problem = MySQLError(.limit, "the heartbeat table has more than \(heartbeatLimit) rows")
    }
    seen.heartbeats = [:]
    for row in 0..<beats.count {
      guard let id = beats[row: row, column: "server_id"].flatMap({ UInt32($0) }),
        let time = beats[row: row, column: "ts"].flatMap(utcTimestamp)
      else { continue }
      seen.heartbeats?[id] = time
    }
  }

  private static func readStatus(
    _ status: MySQLRows, isMariaDB: Bool, into seen: inout MySQLObservation
  ) {
    let values = Dictionary(
      status.rows.compactMap { row in
        row.count == 2 ? (row[0] ?? "", row[1] ?? "") : nil
      }
    ) { first, _ in first }
    if let clock = seen.clock, let uptime = values["Uptime"].flatMap({ Int64($0) }),
      (0..<3_153_600_000).contains(uptime)
    {
      seen.startedAt = clock - .seconds(uptime)
    }
    if isMariaDB { seen.galera = readGalera(values) }
  }

  private static func readGalera(_ values: [String: String]) -> MySQLObservation.Galera? {
    guard let size = values["wsrep_cluster_size"].flatMap({ Double($0) }),
      isOn(values["wsrep_connected"]) || size > 0
    else { return nil }
    return .init(
      isReady: isOn(values["wsrep_ready"]), isPrimary: values["wsrep_cluster_status"] == "Primary", size: size
    )
  }

  /// `2026-11-21 19:42:00.123456` in UTC, with any number of digits behind the point, `T` for the blank as
  /// pt-heartbeat writes; of this century.
  package static func utcTimestamp(_ text: String) -> Timestamp? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes.count <= 40 else { return nil }
    func number(_ from: Int, _ count: Int) -> Int? {
      var value = 0
      for byte in bytes[from..<from + count] {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      return value
    }
    let marks: [(Int, [UInt8])] = [
      (4, [45]), (7, [45]), (10, [32, 84]), (13, [58]), (16, [58]),
    ]
    guard marks.allSatisfy({ $1.contains(bytes[$0]) }), let year = number(0, 4), (2000...2099).contains(year),
      let month = number(5, 2), (1...12).contains(month), let day = number(8, 2), (1...31).contains(day),
      let hour = number(11, 2), hour < 24, let minute = number(14, 2), minute < 60,
      let second = number(17, 2),
      second < 61
    else { return nil }
    var milliseconds = 0
    if bytes.count > 20, bytes[19] == 46 {
      for index in 20..<23 {
        let digit = index < bytes.count ? Int(bytes[index]) - 48 : 0
        guard (0...9).contains(digit) else { return nil }
        milliseconds = milliseconds * 10 + digit
      }
    } else if bytes.count != 19 {
      return nil
    }
    return Timestamp(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second,
      millisecond: milliseconds)
  }
}

/// Reads one row of a replica's status, in the words of any server: `Slave_IO_Running` or `Replica_IO_Running`.
private struct ChannelReader {
  private let status: MySQLRows
  private let row: Int

  init(_ status: MySQLRows, _ row: Int) {
    self.status = status
    self.row = row
  }

  private static let filters = [
    "Replicate_Do_DB", "Replicate_Ignore_DB", "Replicate_Do_Table", "Replicate_Ignore_Table",
    "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table", "Replicate_Do_Domain_Ids",
    "Replicate_Ignore_Domain_Ids",
  ]

  var channel: MySQLObservation.Channel {
    let io: MySQLObservation.Channel.IOState =
      switch text("Slave_IO_Running") {
      case "Yes": .running
      case "Connecting", "Preparing": .connecting
      default: .stopped
      }
    let id = text("Master_Server_Id").flatMap { UInt32($0) }
    let delay = number("SQL_Delay") ?? 0
    let period = number("Slave_heartbeat_period") ?? 0
    let received = text("Gtid_IO_Pos").flatMap { MariaDBGTIDs($0) }.flatMap { found -> LogPosition? in
      found.isEmpty ? nil : .domains(found.domains)
    }
    let retrieved = text("Retrieved_Gtid_Set").flatMap { GTIDSet($0) }.flatMap { found -> LogPosition? in
      found.isEmpty ? nil : .transactions(found)
    }
    var channel = MySQLObservation.Channel(
      name: label("Connection_name") ?? label("Channel_Name") ?? "", sourceHost: label("Master_Host") ?? "",
      io: io, sqlRuns: text("Slave_SQL_Running") == "Yes")
    channel.sourceID = id == 0 ? nil : id
    channel.sourceUUID = text("Master_UUID")?.lowercased()
    channel.secondsBehind = number("Seconds_Behind_Master")
    channel.delay = .seconds(Int64(min(delay, 1e9)))
    channel.ioError = Int(clamping: Int64(number("Last_IO_Errno") ?? 0))
    channel.sqlError = Int(clamping: Int64(number("Last_SQL_Errno") ?? 0))
    channel.executed = BinlogPosition(
      file: text("Relay_Master_Log_File"), offset: text("Exec_Master_Log_Pos"))
    channel.received = BinlogPosition(file: text("Master_Log_File"), offset: text("Read_Master_Log_Pos"))
    channel.receivedGTIDs = received ?? retrieved
    channel.heartbeats = text("Slave_received_heartbeats").flatMap { UInt64($0) }
    channel.heartbeatPeriod = period > 0 ? .milliseconds(Int64(min(period, 1e6) * 1000)) : nil
    channel.isFiltered = Self.filters.contains { text($0)?.isEmpty == false }
    for column in MySQLMetrics.statusColumns {
      if let value = number(column) { channel.numbers[column] = value }
    }
    return channel
  }

  private func text(_ column: String) -> String? {
    status[row: row, column: column] ?? status[row: row, column: Self.newName(column)]
  }

  /// MySQL 8.0.22 renamed them.
  private static func newName(_ column: String) -> String {
    column.replacing("Relay_Master_Log_File", with: "Relay_Source_Log_File").replacing(
      "Master", with: "Source"
    )
    .replacing("Slave", with: "Replica")
  }

  /// Finite and not negative.
  private func number(_ column: String) -> Double? {
    text(column).flatMap { Double($0) }.flatMap { $0 >= 0 && $0 < 1e18 ? $0 : nil }
  }

  private func label(_ column: String) -> String? { text(column).map { String($0.prefix(255)) } }
}
