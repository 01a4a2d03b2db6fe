internal import CPostgres
internal import Glibc
internal import Model

/// One libpq connection, driven step by step and never waited for. Confined to the loop's thread.
///
/// Queries travel in pipeline mode, each with its own sync point: all of a run in one round trip, and an error in
/// one leaves the others standing. Rows are taken one by one, and what comes is counted before libpq has it: see
/// ``InputGate``. So a run holds little more than ``byteLimit`` in memory, whatever the server sends.
final class ServerConnection {
  enum Progress {
    /// Call ``advance()`` again when the socket is ready for one of these `poll` events.
    case waiting(Int16)
    /// Connected, nothing asked.
    case ready
    case answered([Result<PostgresRows, PostgresError>])
    /// There was more than is read: the answers that came whole, and a failure for each of the others. The connection
    /// is of no use any more; closing it also ends the query, once the server writes on.
    case cut([Result<PostgresRows, PostgresError>])
    case failed(PostgresError)
  }

  private enum Phase {
    case connecting(PostgresPollingStatusType)
    case ready
    case running(expected: Int)
  }

  /// Of one query; the rows beyond are left out, and the query has failed.
  static let rowLimit = 10_000
  /// Of one run, as it travels.
  static let byteLimit = 4 << 20
  private static let tooLong = PostgresError(
    .limit, "the answer is longer than \(byteLimit >> 20) MiB: ask for fewer rows, or shorter ones")
  /// What a server may say between runs.
  static let unaskedLimit = 64 << 10
  /// Portions taken in at a time, so that other servers have their turn.
  private static let portionsAtOnce = 8
  /// A query has one result besides its rows, or a failure after it. More is nothing that ends by itself.
  private static let endLimit = 4
  private static let copying = PostgresError(
    .query, "COPY from or to the client is no query: ask for rows with SELECT")

  private let connection: OpaquePointer
  private let parameters: ConnectionParameters
  private var phase = Phase.connecting(PGRES_POLLING_WRITING)
  /// One entry per sync point passed.
  private var answers: [Result<PostgresRows, PostgresError>] = []
  private var current: Result<PostgresRows, PostgresError>?
  /// Of the query whose answer is coming.
  private var rows: [[String?]] = []
  /// Results of that query that were more than one row of several.
  private var ends = 0
  private var mustFlush = false
  /// Something of this run was read: from then on only through a gate.
  private var hasRead = false
  private var gate: InputGate?
  private var unasked = 0

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

  /// The address it is connected to, as in ``ConnectionParameters/places``; nil before it is.
  var place: String? {
    guard case .connecting = phase else {
      let address = PQhostaddr(connection).map { String(cString: $0) } ?? ""
      let host = address.isEmpty ? PQhost(connection).map { String(cString: $0) } ?? "" : address
      return ConnectionParameters.place(host, PQport(connection).map { String(cString: $0) } ?? "")
    }
    return nil
  }

  /// A statement has left a transaction open: whoever asks next would be inside it.
  var isInTransaction: Bool { PQtransactionStatus(connection) != PQTRANS_IDLE }

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
    rows = []
    ends = 0
    hasRead = false
    unasked = 0
    for query in queries {
      guard PQsendQueryParams(connection, query, 0, nil, nil, nil, nil, 0) == 1,
        PQpipelineSync(connection) == 1
      else { return .failed(failure()) }
    }
    // Each query anew, when it is its turn to be answered.
    PQsetSingleRowMode(connection)
    mustFlush = true
    phase = .running(expected: queries.count)
    return collect(queries.count)
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
    unasked += withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { some in
      max(0, recv(socket, some.baseAddress, some.count, Int32(MSG_DONTWAIT | MSG_PEEK)))
    }
    guard unasked <= Self.unaskedLimit else {
      return .failed(PostgresError(.limit, "the server said more than 64 KiB that nobody asked for"))
    }
    guard PQconsumeInput(connection) == 1, PQstatus(connection) == CONNECTION_OK else {
      return .failed(failure())
    }
    return .ready
  }

  private func collect(_ expected: Int) -> Progress {
    if mustFlush {
      let left = PQflush(connection)
      guard left >= 0 else { return .failed(failure()) }
      mustFlush = left > 0
      // What is there already the next turn finds.
      return .waiting(Int16(mustFlush ? POLLOUT : POLLIN))
    }
    // The first reading goes no further than libpq's buffer, which no message of this run has made larger yet.
    guard hasRead else {
      hasRead = true
      return take(expected) ?? .waiting(Int16(POLLIN))
    }
    do throws(PostgresError) {
      if let gate { return try collect(expected, through: gate) }
      return try collect(expected, through: try InputGate(socket))
    } catch {
      return .failed(error)
    }
  }

  private func collect(_ expected: Int, through gate: InputGate) throws(PostgresError) -> Progress {
    self.gate = gate
    for _ in 0..<Self.portionsAtOnce {
      switch gate.admit() {
      case .nothing: return .waiting(Int16(POLLIN))
      case .ended:
        // libpq finds the end by itself, and words for it.
        guard gate.open() else { throw PostgresError(.reset, "the connection ended") }
        self.gate = nil
        return take(expected) ?? .failed(failure())
      case .some: break
      }
      guard gate.admitted <= Self.byteLimit else { return cut(expected, Self.tooLong) }
      // Each reading has room for a quarter of a portion at least.
      for _ in 0..<8 {
        if let end = take(expected) { return try open(gate, end) }
        if gate.isDrained { break }
      }
      guard gate.isDrained, gate.passOut() else {
        throw PostgresError(.protocolError, "a long answer could not be read")
      }
    }
    return .waiting(Int16(POLLIN))
  }

  /// Takes the gate away at the end of a run. What came behind its end, a notice, is taken in first.
  private func open(_ gate: InputGate, _ end: Progress) throws(PostgresError) -> Progress {
    guard case .answered = end else { return end }
    for _ in 0..<8 where !gate.isDrained { PQconsumeInput(connection) }
    guard gate.isDrained, gate.passOut(), gate.open() else {
      throw PostgresError(.protocolError, "a long answer could not be read")
    }
    self.gate = nil
    return end
  }

  /// The answers that came whole, and why there are no others.
  private func cut(_ expected: Int, _ error: PostgresError) -> Progress {
    answers += Array(repeating: .failure(error), count: max(0, expected - answers.count))
    rows = []
    return .cut(answers)
  }

  /// Reads once and takes in what is whole; nil while more must come.
  private func take(_ expected: Int) -> Progress? {
    // Once more for what TLS holds back: one of its records may be twice what libpq makes room for.
    for _ in 0..<(PQsslInUse(connection) == 1 ? 2 : 1) {
      guard PQconsumeInput(connection) == 1 else { return .failed(failure()) }
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
      switch PQresultStatus(result) {
      case PGRES_PIPELINE_SYNC:
        answers.append(current ?? .failure(PostgresError(.protocolError, "no result for a query")))
        current = nil
        rows = []
        ends = 0
        PQsetSingleRowMode(connection)
      // libpq tells of a copy anew at each call, until somebody copies; the server may wait for that, too.
      case PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH: return cut(expected, Self.copying)
      case PGRES_SINGLE_TUPLE: read(result)
      default:
        ends += 1
        guard ends <= Self.endLimit else {
          return cut(expected, PostgresError(.protocolError, "more than one result for a query"))
        }
        read(result)
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
    return nil
  }

  /// Takes in some rows of the query whose answer is coming, or its end.
  private func read(_ result: OpaquePointer) {
    switch PQresultStatus(result) {
    case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK, PGRES_COMMAND_OK: break
    case PGRES_EMPTY_QUERY:
      current = .failure(PostgresError(.query, "the query is empty"))
      return
    default:
      current = .failure(refusal(result))
      return
    }
    let width = PQnfields(result)
    for row in 0..<PQntuples(result) {
      guard rows.count < Self.rowLimit else {
        let error = PostgresError(.limit, "more than \(Self.rowLimit) rows: ask for fewer")
        current = .failure(error)
        return
      }
      rows.append(
        (0..<width).map { column -> String? in
          if PQgetisnull(result, row, column) == 1 { return nil }
          return PQgetvalue(result, row, column).map { String(cString: $0) }
        })
    }
    // Rows that come one by one are a whole only when the end says so.
    guard PQresultStatus(result) != PGRES_SINGLE_TUPLE else { return }
    if case .failure = current { return }
    let columns = (0..<width).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    current = .success(PostgresRows(columns: columns, rows: rows))
  }

  private func refusal(_ result: OpaquePointer) -> PostgresError {
    let code = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
    let text = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
    let message = PostgresError.firstLines(
      text ?? PQresultErrorMessage(result).map { String(cString: $0) } ?? "unknown error")
    let reason = code.map(PostgresError.reason(forSQLState:)) ?? .reset
    return PostgresError(reason, sqlState: code, parameters.redacting(message))
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
