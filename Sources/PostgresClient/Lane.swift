internal import Glibc
internal import Model

/// One server as the loop sees it: its connection, the run under way and those that wait.
final class Lane {
  enum Link {
    case none
    /// A thread reads the connection string and resolves names; the run that started it may have given up since.
    case preparing
    case connecting(ServerConnection)
    case idle(ServerConnection)
    case running(ServerConnection)

    var connection: ServerConnection? {
      switch self {
      case .none, .preparing: nil
      case .connecting(let connection), .idle(let connection), .running(let connection): connection
      }
    }
  }

  let id: UInt64
  let session: PostgresSession
  var link = Link.none
  /// Holds a slot.
  var current: Run?
  var waiting: [Run] = []
  var closing = false
  /// Its last run ran out of time.
  var isSuspect = false
  /// As set on the server for this connection.
  var statementTimeout: Int64?
  /// The socket and the events that epoll was last told of; while connecting neither says anything.
  var watched: (descriptor: Int32, events: Int16) = (-1, 0)

  init(_ id: UInt64, _ session: PostgresSession) {
    self.id = id
    self.session = session
  }

  var doing: String {
    switch link {
    case .preparing: "resolving the server's name"
    case .connecting: "connecting"
    case .none, .idle, .running: "waiting for an answer"
    }
  }
}

/// One question on its way.
struct Run {
  let request: Request
  let deadline: MonotonicInstant
  /// Whether it already met a kept connection that was broken.
  var retried = false
  var overKeptConnection = false
  var sentAt = Timestamp(milliseconds: 0)
  /// Leading answers that are the loop's own business.
  var preamble = 0
  var phases = PostgresPhases()
  /// When the phase under way began.
  var phaseStart = MonotonicInstant(nanoseconds: 0)

  init(_ request: Request, deadline: MonotonicInstant) {
    self.request = request
    self.deadline = deadline
  }

  /// How long the phase took that is over at `now`, when the next one begins.
  mutating func lap(_ now: MonotonicInstant) -> Duration {
    defer { phaseStart = now }
    return now - phaseStart
  }
}
