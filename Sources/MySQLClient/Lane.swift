internal import Model

/// One server in the loop: its connection, the run under way and those that wait. Confined to the loop's thread.
final class Lane {
  enum Link {
    case none
    /// A thread reads files and looks up names; the run that started it may have given up since.
    case preparing
    case active(ServerConnection, events: Int16)
    case idle(ServerConnection)
  }

  struct Run {
    let request: Request
    let deadline: MonotonicInstant
    var overKeptConnection = false
    var startedAt = MonotonicInstant(nanoseconds: 0)
    /// nil unless connecting.
    var connectingSince: MonotonicInstant?
    var askingSince = MonotonicInstant(nanoseconds: 0)
    var sentAt = Timestamp(milliseconds: 0)
    var identity: MySQLIdentity?
    var phases = MySQLPhases()
    /// Leading answers that are the loop's own business.
    var preamble = 0
  }

  let session: MySQLSession
  var link = Link.none
  var current: Run?
  var waiting: [Run] = []
  var closing = false
  var options: ConnectionOptions?
  /// Not tried yet by the connection that is being made.
  var addresses: ArraySlice<String> = []
  /// What this connection was set up with.
  var setUp: [String]?

  init(_ session: MySQLSession) { self.session = session }

  var id: ObjectIdentifier { ObjectIdentifier(session) }
}

/// The statements that a connection begins with. Each must succeed.
enum SessionSetUp {
  static func statements(
    _ identity: MySQLIdentity, access: MySQLSession.Access, timeout: Duration
  ) -> [String] {
    let milliseconds = max(1, timeout.milliseconds)
    let seconds = max(1, (milliseconds + 999) / 1000)
    var settings = [
      "time_zone = '+00:00'", "sql_mode = 'STRICT_ALL_TABLES'", "lock_wait_timeout = \(seconds)",
    ]
    if identity.isMariaDB, identity.version >= 100_101 {
      settings.append("max_statement_time = \(Double(milliseconds) / 1000)")
    } else if !identity.isMariaDB, identity.version >= 50_708 {
      settings.append("max_execution_time = \(milliseconds)")
    }
    let set = "SET SESSION " + settings.joined(separator: ", ")
    return access == .write ? [set] : [set, "SET SESSION TRANSACTION READ ONLY"]
  }
}
