package import Model
package import MySQLClient

/// What one server said in one pass. A field that it did not answer, or not credibly, is nil.
package struct MySQLObservation: Sendable {
  /// A connection to a source, as the replica describes it.
  package struct Channel: Sendable, Equatable {
    package enum IOState: String, Sendable, CaseIterable {
      case running, connecting, stopped
    }

    package var name: String
    package var sourceHost: String
    /// nil until the channel has connected once.
    package var sourceID: UInt32?
    package var sourceUUID: String?
    package var io: IOState
    package var sqlRuns: Bool
    /// As the server says: NULL when it cannot tell, 0 also when nothing arrives.
    package var secondsBehind: Double?
    package var delay = Duration.zero
    package var ioError = 0
    package var sqlError = 0
    /// How far of the source's log is executed and received.
    package var executed: BinlogPosition?
    package var received: BinlogPosition?
    package var receivedGTIDs: LogPosition?
    /// MariaDB counts what the source sends when it has nothing to say, and how often it does.
    package var heartbeats: UInt64?
    package var heartbeatPeriod: Duration?
    /// Some databases or tables are left out.
    package var isFiltered = false
    /// Columns for the exporter's names, as numbers.
    package var numbers: [String: Double] = [:]

    package init(name: String, sourceHost: String, io: IOState, sqlRuns: Bool) {
      self.name = name
      self.sourceHost = sourceHost
      self.io = io
      self.sqlRuns = sqlRuns
    }
  }

  package struct Galera: Sendable, Equatable {
    package var isReady: Bool
    package var isPrimary: Bool
    package var size: Double

    package init(isReady: Bool, isPrimary: Bool, size: Double) {
      self.isReady = isReady
      self.isPrimary = isPrimary
      self.size = size
    }
  }

  /// Before the question left and when the answer came, by Farwatch's clock.
  package var askedAt: Timestamp
  package var answeredAt: Timestamp
  /// The server's clock, somewhere between the two.
  package var clock: Timestamp?
  package var serverID: UInt32
  /// MySQL only.
  package var serverUUID: String?
  /// Where it says that it runs, and since when its process does.
  package var host: String?
  package var port: UInt16?
  package var startedAt: Timestamp?
  package var isReadOnly: Bool
  package var hasBinaryLog: Bool
  /// Everything in the server's own binary log; nil when there is none or it is empty.
  package var written: LogPosition?
  package var writtenFile: BinlogPosition?
  /// Everything executed as a replica by GTID.
  package var executed: LogPosition?
  /// MariaDB: `gtid_binlog_state` and `gtid_slave_pos` in full.
  package var binlogState: MariaDBGTIDs?
  package var slavePosition: MariaDBGTIDs?
  package var channels: [Channel]?
  /// By the server that wrote; nil when the table is not asked for or cannot be read.
  package var heartbeats: [UInt32: Timestamp]?
  package var galera: Galera?
  /// What could not be read although the server answered.
  package var problem: MySQLError?

  package init(askedAt: Timestamp, answeredAt: Timestamp, serverID: UInt32) {
    self.askedAt = askedAt
    self.answeredAt = answeredAt
    self.serverID = serverID
    isReadOnly = false
    hasBinaryLog = true
  }

  /// Whether both are the answers of one process. Ids alone do not say so: a copied data directory takes them along.
  package func isSameServer(as other: MySQLObservation) -> Bool {
    guard serverID == other.serverID, serverUUID == other.serverUUID, let host, host == other.host, let port,
      port == other.port
    else { return false }
    // Told in whole seconds, and asked for a moment apart.
    guard let startedAt, let theirs = other.startedAt else { return true }
    return max(startedAt - theirs, theirs - startedAt) <= .seconds(3)
  }

  /// Whether it accepts writes of ordinary accounts.
  package var isWritable: Bool { !isReadOnly }
}
