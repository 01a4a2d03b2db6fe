internal import Glibc
internal import Model

/// One login at one server as the loop sees it: its connection, the run under way and those that wait, whichever
/// sessions they are of.
final class Lane {
  /// Whether it may ask its server now, which it may share with lanes of other logins.
  enum Turn { case none, waiting, held }

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
  let source: DSNSource
  var sessions: [ObjectIdentifier: PostgresSession] = [:]
  var link = Link.none
  var turn = Turn.none
  /// Where its connection string led when it was last read.
  var places: Set<String> = []
  /// Holds a slot.
  var current: Run?
  var waiting: [Run] = []
  /// Its last run ran out of time.
  var isSuspect = false
  /// As set on the server for this connection.
  var statementTimeout: Int64?
  /// Likewise `default_transaction_read_only`; nil: as the account has it.
  var isReadOnly: Bool?
  /// The socket and the events that epoll was last told of; while connecting neither says anything.
  var watched: (descriptor: Int32, events: Int16) = (-1, 0)

  init(_ id: UInt64, _ source: DSNSource) {
    self.id = id
    self.source = source
  }

  /// What no other lane may be asking at the same time.
  var placesNow: Set<String> { link.connection?.place.map { [$0] } ?? places }

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
  let session: PostgresSession
  let request: Request
  let deadline: MonotonicInstant
  /// Whether it already met a kept connection that was broken.
  var retried = false
  var overKeptConnection = false
  var sentAt = Timestamp(milliseconds: 0)
  /// Leading answers that are the loop's own business.
  var preamble = 0
  /// Which of them makes the session read-only.
  var readOnlyAnswer: Int?
  /// It found another run before it, or another lane at its server.
  var hasWaited = false
  /// At least half of its time it waited behind one that ran out of time without an answer.
  var metSilence = false
  var phases = PostgresPhases()
  /// When it got its slot.
  var begunAt = MonotonicInstant(nanoseconds: 0)
  /// When the phase under way began.
  var phaseStart = MonotonicInstant(nanoseconds: 0)

  init(_ session: PostgresSession, _ request: Request, deadline: MonotonicInstant) {
    self.session = session
    self.request = request
    self.deadline = deadline
  }

  /// Takes up that the run in front has had no answer from `begin` until `now`, when its time was over.
  mutating func waited(behindSilenceSince begin: MonotonicInstant, _ now: MonotonicInstant) {
    let since = max(begin, deadline - request.timeout)
    if now - since >= request.timeout / 2 { metSilence = true }
  }

  /// How long the phase took that is over at `now`, when the next one begins.
  mutating func lap(_ now: MonotonicInstant) -> Duration {
    defer { phaseStart = now }
    return now - phaseStart
  }
}
