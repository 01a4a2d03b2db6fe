internal import CPostgres
internal import Glibc
internal import Model

/// One libpq connection, driven step by step and never waited for. Confined to the loop's thread.
///
/// Queries travel in pipeline mode, each with its own sync point: all of a run in one round trip, and an error in
/// one leaves the others standing.
final class ServerConnection {
  enum Progress {
    /// Call ``advance()`` again when the socket is ready for one of these `poll` events.
    case waiting(Int16)
    /// Connected, nothing asked.
    case ready
    case answered([Result<PostgresRows, PostgresError>])
    case failed(PostgresError)
  }

  private enum Phase {
    case connecting(PostgresPollingStatusType)
    case ready
    case running(expected: Int)
  }

  static let rowLimit = 10_000

  private let connection: OpaquePointer
  private let parameters: ConnectionParameters
  private var phase = Phase.connecting(PGRES_POLLING_WRITING)
  /// One entry per sync point passed.
  private var answers: [Result<PostgresRows, PostgresError>] = []
  private var current: Result<PostgresRows, PostgresError>?
  private var mustFlush = false

  init(_ parameters: ConnectionParameters) throws(PostgresError) {
    self.parameters = parameters
    let names = parameters.values.keys.sorted()
    let made = withCStrings(names) { keywords in
      withCStrings(names.map { parameters.values[$0] ?? "" }) { PQconnectStartParams(keywords, $0, 0) }
    }
    guard let made else { throw PostgresError(.limit, "no memory for a connection") }
    connection = made
    // libpq would write notices to standard error.
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
  }

  deinit { PQfinish(connection) }

  var socket: Int32 { PQsocket(connection) }
  var serverVersion: Int { Int(PQserverVersion(connection)) }

  /// Takes whatever steps are possible without waiting.
  func advance() -> Progress {
    switch phase {
    case .connecting: connect()
    case .ready: listen()
    case .running(let expected): collect(expected)
    }
  }

  /// Starts `queries`; only when ``Progress/ready``.
  func send(_ queries: [String]) -> Progress {
    answers = []
    current = nil
    for query in queries {
      guard PQsendQueryParams(connection, query, 0, nil, nil, nil, nil, 0) == 1,
        PQpipelineSync(connection) == 1
      else { return .failed(failure()) }
    }
    mustFlush = true
    phase = .running(expected: queries.count)
    return advance()
  }

  private func connect() -> Progress {
    guard PQstatus(connection) != CONNECTION_BAD else { return .failed(failure()) }
    let state = PQconnectPoll(connection)
    phase = .connecting(state)
    switch state {
    case PGRES_POLLING_READING: return .waiting(Int16(POLLIN))
    case PGRES_POLLING_WRITING: return .waiting(Int16(POLLOUT))
    case PGRES_POLLING_OK:
      guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
        return .failed(failure())
      }
      PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
      phase = .ready
      return .ready
    default: return .failed(failure())
    }
  }

  /// An idle connection says something: a notice, a changed parameter, or that it is over.
  private func listen() -> Progress {
    guard PQconsumeInput(connection) == 1, PQstatus(connection) == CONNECTION_OK else {
      return .failed(failure())
    }
    return .ready
  }

  private func collect(_ expected: Int) -> Progress {
    var events = Int16(POLLIN)
    guard PQconsumeInput(connection) == 1 else { return .failed(failure()) }
    if mustFlush {
      let left = PQflush(connection)
      guard left >= 0 else { return .failed(failure()) }
      mustFlush = left > 0
      if mustFlush { events |= Int16(POLLOUT) }
    }
    // Each query ends with a nil result and a sync point; more than that in a row means nothing is there.
    var empty = 0
    while answers.count < expected, empty < 3, PQisBusy(connection) == 0 {
      guard let result = PQgetResult(connection) else {
        empty += 1
        continue
      }
      empty = 0
      defer { PQclear(result) }
      if PQresultStatus(result) == PGRES_PIPELINE_SYNC {
        answers.append(current ?? .failure(PostgresError(.protocolError, "no result for a query")))
        current = nil
      } else {
        current = read(result)
      }
    }
    if answers.count == expected {
      phase = .ready
      return .answered(answers)
    }
    // A server that ends the connection says why in its last result.
    guard PQstatus(connection) == CONNECTION_OK else {
      if case .failure(let error) = current { return .failed(error) }
      return .failed(failure())
    }
    return .waiting(events)
  }

  private func read(_ result: OpaquePointer) -> Result<PostgresRows, PostgresError> {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
    default:
      let code = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
      let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
      let message = PostgresError.firstLines(
        text ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "unknown error")
      let reason = code.map(PostgresError.reason(forSQLState:)) ?? .reset
      return .failure(PostgresError(reason, sqlState: code, parameters.redacting(message)))
    }
    let height = Int(PQntuples(result))
    let width = Int(PQnfields(result))
    guard height <= Self.rowLimit else {
      return .failure(PostgresError(.limit, "\(height) rows, at most \(Self.rowLimit) are read"))
    }
    let columns = (0..<width).map { PQfname(result, Int32($0)).map { String(cString: $0) } ?? "" }
    let rows = (0..<height).map { row in
      (0..<width).map { column -> String? in
        if PQgetisnull(result, Int32(row), Int32(column)) == 1 { return nil }
        return PQgetvalue(result, Int32(row), Int32(column)).map { String(cString: $0) }
      }
    }
    return .success(PostgresRows(columns: columns, rows: rows))
  }

  private func failure() -> PostgresError {
    let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
    let error = PostgresError.connecting(parameters.redacting(text))
    return error.message.isEmpty ? PostgresError(.reset, "the connection ended without a word") : error
  }
}

/// Calls `body` with a nil-terminated array of C strings that live until it returns.
private func withCStrings<T>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> T?
) -> T? {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  let pointers: [UnsafePointer<CChar>?] = copies.map { $0.map { UnsafePointer($0) } } + [nil]
  return pointers.withUnsafeBufferPointer { $0.baseAddress.flatMap(body) }
}
