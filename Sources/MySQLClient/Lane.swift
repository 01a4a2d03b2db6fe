internal import Model

/// One login at one server: the connection that all its sessions share, and the run under way over it. Confined to
/// the loop's thread.
final class Lane {
  enum Link {
    case none
    /// A thread reads files and looks up names; the run that started it may have given up since.
    case preparing
    /// Everything is known that a connection is made with, and the server has another run under way.
    case prepared(ConnectionOptions)
    case active(ServerConnection, events: Int16)
    case idle(ServerConnection)
  }

  let source: MySQLSource
  /// Whose turn it takes. Only the option file may know, so that it may change with every connection.
  var server: ServerName
  var link = Link.none
  var current: Run?
  /// How many sessions use it; without any it goes when it is idle.
  var sessions = 0
  var options: ConnectionOptions?
  /// Not tried yet by the connection that is being made.
  var addresses: ArraySlice<String> = []
  /// What this connection was set up with.
  var setUp: [String] = []

  init(_ source: MySQLSource) {
    self.source = source
    server = ServerName(source)
  }
}

/// A run on its way.
struct Run {
  let request: Request
  let access: MySQLSession.Access
  let lane: Lane
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

/// What counts as one server: a host as it is written with its port, or a socket; before the option file that says so
/// was read, the file.
struct ServerName: Hashable, Sendable {
  private let text: String

  init(_ source: MySQLSource) {
    let knowsAll =
      source.socket != nil || source.host != nil && (source.port != nil || source.optionFile == nil)
    text =
      knowsAll
      ? Self.text(socket: source.socket, host: source.host ?? "", port: source.port ?? 3306)
      : "file \(source.optionFile ?? "")"
  }

  init(_ options: ConnectionOptions) {
    text = Self.text(socket: options.socket, host: options.host, port: options.port)
  }

  private static func text(socket: String?, host: String, port: Int) -> String {
    socket ?? "\(host.lowercased()):\(port)"
  }
}

/// The statements that a connection begins with, and anew where it serves a run of another kind. Each must succeed.
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
    return [set, "SET SESSION TRANSACTION READ \(access == .write ? "WRITE" : "ONLY")"]
  }
}
