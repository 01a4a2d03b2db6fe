internal import CMariaDB
internal import CMariaDBHandshake
internal import Glibc
internal import Model

/// One libmariadb connection, driven step by step and never waited for. Confined to the loop's thread.
///
/// libmariadb runs each call as a coroutine on a stack of its own: a `…_start` that returns events is suspended, and
/// `…_cont` must carry it to its end before anything else is called. ``giveUp()`` does that for a call that nobody
/// waits for any more: with its socket shut down and "timed out" as the event, every wait in it fails at once.
/// Connecting with TLS is a coroutine of ours, for the reason that CMariaDBHandshake gives.
final class ServerConnection {
  enum Progress {
    /// Call ``advance(_:)`` again when the socket is ready for one of these `poll` events.
    case waiting(Int16)
    /// Connected, nothing asked.
    case ready
    case answered([Result<MySQLRows, MySQLError>])
    case failed(MySQLError)
  }

  private enum Call {
    case none
    case connect
    case handshake
    case query
    case fetch
  }

  /// The server's, where TLS is demanded.
  private enum Greeting {
    case unseen
    /// So many bytes of it had come, and more must.
    case awaited(Int)
    case seen
  }

  static let rowLimit = 10_000
  static let byteLimit = 4 << 20
  private static let tooMuch = "at most \(rowLimit) rows and \(byteLimit >> 20) MiB of a result are read"
  /// Room for a TLS handshake; untouched pages cost nothing.
  private static let stackSize = 256 << 10
  /// Ways to authenticate that do not hand the password to who cannot prove who it is. Others that the library knows
  /// talk to third parties or to a terminal, and would block.
  private static let challengeResponse = "mysql_native_password,caching_sha2_password,client_ed25519,parsec"
  private static let overTLS = "\(challengeResponse),sha256_password,mysql_clear_password"
  private static let noTLS = MySQLError(
    .tlsHandshake,
    "the server offers no TLS, so nothing was sent to it; give it a certificate (ssl_cert, ssl_key), or write tls: off"
  )
  private static let notEncrypted = MySQLError(.tlsHandshake, "the connection is not encrypted, and shall be")
  private static let library: Bool = mysql_server_init(0, nil, nil) == 0

  private let mysql: UnsafeMutablePointer<MYSQL>
  private let options: ConnectionOptions
  /// What the connecting call points to until it ends.
  private let texts: ConnectionTexts
  private let port: UInt32
  private var call = Call.none
  private var handshake: OpaquePointer?
  private var greeting = Greeting.unseen
  private var isSuspended = false
  private var result: UnsafeMutablePointer<MYSQL_RES>?
  private var queries: [String] = []
  /// The query under way as bytes that live until it was sent.
  private var statement: UnsafeMutablePointer<CChar>?
  private var answers: [Result<MySQLRows, MySQLError>] = []
  private var columns: [String] = []
  private var rows: [[String?]] = []
  private var bytes = 0

  /// - Parameter address: one of the options' addresses; nil: their socket.
  init(_ options: ConnectionOptions, address: String?) throws(MySQLError) {
    guard Self.library, let made = mysql_init(nil) else {
      throw MySQLError(.limit, "no memory for a connection")
    }
    mysql = made
    self.options = options
    port = UInt32(clamping: options.port)
    texts = ConnectionTexts(options, address: address)
    _ = farwatch_mysql_nonblocking(mysql, Self.stackSize)
    farwatch_handshake_never_wait(mysql)
    _ = farwatch_mysql_option_text(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4")
    // A server may ask for any file that this process can read.
    _ = farwatch_mysql_option_number(mysql, MYSQL_OPT_LOCAL_INFILE, 0)
    _ = farwatch_mysql_option_size(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, UInt(Self.byteLimit))
    _ = farwatch_mysql_attribute(mysql, "program_name", "farwatch")
    _ = farwatch_mysql_option_text(
      mysql, MARIADB_OPT_RESTRICTED_AUTH, options.tls == .off ? Self.challengeResponse : Self.overTLS)
    if options.tls != .off {
      _ = farwatch_mysql_option_flag(mysql, MYSQL_OPT_SSL_ENFORCE, 1)
      _ = farwatch_mysql_option_flag(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, options.tls == .verify ? 1 : 0)
      if options.tls == .verify, let path = options.caFile {
        _ = farwatch_mysql_option_text(mysql, MYSQL_OPT_SSL_CA, path)
      }
      if let path = options.certificateFile {
        _ = farwatch_mysql_option_text(mysql, MYSQL_OPT_SSL_CERT, path)
      }
      if let path = options.keyFile { _ = farwatch_mysql_option_text(mysql, MYSQL_OPT_SSL_KEY, path) }
    }
  }

  deinit {
    giveUp()
    mysql_close(mysql)
    if let handshake { farwatch_handshake_free(handshake) }
    free(statement)
  }

  var socket: Int32 {
    if case .handshake = call, let handshake { return farwatch_handshake_socket(handshake) }
    return mysql_get_socket(mysql)
  }

  var identity: MySQLIdentity {
    let text = mysql_get_server_info(mysql).map { String(cString: $0) } ?? ""
    return MySQLIdentity(
      version: Int(mysql_get_server_version(mysql)), isMariaDB: text.contains("MariaDB"))
  }

  /// Starts to connect; to be called once.
  func connect() -> Progress {
    if options.tls != .off {
      call = .handshake
      handshake = farwatch_handshake_make(mysql, texts.host, texts.user, texts.password, texts.database, port)
      guard let handshake else { return .failed(MySQLError(.limit, "no memory for a connection")) }
      return shaken(farwatch_handshake_resume(handshake, 1))
    }
    call = .connect
    var made: UnsafeMutablePointer<MYSQL>?
    let events = mysql_real_connect_start(
      &made, mysql, texts.host, texts.user, texts.password, texts.database, port, texts.socket, 0)
    return connected(events, made != nil)
  }

  /// Starts `queries`; only when ``Progress/ready``.
  func send(_ queries: [String]) -> Progress {
    self.queries = queries
    answers = []
    return ask()
  }

  /// Goes on after the socket was ready for `events` (of `poll`).
  func advance(_ events: Int16) -> Progress {
    let status = Self.status(events)
    switch call {
    case .none: return .ready
    case .connect:
      var made: UnsafeMutablePointer<MYSQL>?
      let events = mysql_real_connect_cont(&made, mysql, status)
      return connected(events, made != nil)
    case .handshake:
      guard let handshake else { return .failed(failure()) }
      return greet() ?? shaken(farwatch_handshake_resume(handshake, 1))
    case .query:
      var code: Int32 = 0
      let events = mysql_real_query_cont(&code, mysql, status)
      return asked(events, code)
    case .fetch:
      var row: MYSQL_ROW?
      let events = mysql_fetch_row_cont(&row, result, status)
      return fetched(events, row)
    }
  }

  private func connected(_ events: Int32, _ isMade: Bool) -> Progress {
    isSuspended = events != 0
    if isSuspended { return .waiting(Self.pollEvents(events)) }
    call = .none
    return isMade ? .ready : .failed(failure())
  }

  /// Looks at the server's greeting before the library does, which logs in without TLS where none is offered, whatever
  /// it was told (3.3: SSL_ENFORCE alone does nothing). nil: the library may go on.
  private func greet() -> Progress? {
    if case .seen = greeting { return nil }
    // A connection that was not made is the library's to tell of.
    guard ServerGreeting.isConnected(socket) else { return nil }
    let bytes = ServerGreeting.peek(socket)
    if case .awaited(let before) = greeting, bytes.count <= before {
      return .failed(MySQLError(.reset, "the connection ended before the server's greeting"))
    }
    switch ServerGreeting(bytes) {
    case .incomplete(let needs):
      greeting = .awaited(bytes.count)
      ServerGreeting.awaitBytes(needs, socket)
      return .waiting(Int16(POLLIN))
    case .offersNoTLS: return .failed(Self.noTLS)
    case .foreign: return .failed(MySQLError(.protocolError, "no MySQL or MariaDB answers there"))
    case .offersTLS, .refusal:
      greeting = .seen
      ServerGreeting.awaitBytes(1, socket)
      ServerGreeting.setPatience(milliseconds: 1, socket)
      return nil
    }
  }

  private func shaken(_ events: Int32) -> Progress {
    // The call looks its host up first and keeps its text for the certificate later; in between it waits for the
    // server's greeting. It was given an address, so that it asks no resolver; here it gets the name to check.
    texts.nameHost()
    guard let handshake, events == 0 else { return connected(events, false) }
    let progress = connected(0, farwatch_handshake_succeeded(handshake) != 0)
    if case .ready = progress { _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK) }
    // Whatever the library did: nothing is asked in clear.
    if case .ready = progress, mysql_get_ssl_cipher(mysql) == nil { return .failed(Self.notEncrypted) }
    return progress
  }

  private func ask() -> Progress {
    guard answers.count < queries.count else {
      call = .none
      return .answered(answers)
    }
    let text = queries[answers.count]
    free(statement)
    statement = strdup(text)
    guard let statement else { return .failed(MySQLError(.limit, "no memory for a statement")) }
    call = .query
    var code: Int32 = 0
    // A text with a zero byte ends there: its own count would lead beyond the copy.
    let events = mysql_real_query_start(&code, mysql, statement, UInt(strlen(statement)))
    return asked(events, code)
  }

  private func asked(_ events: Int32, _ code: Int32) -> Progress {
    isSuspended = events != 0
    if isSuspended { return .waiting(Self.pollEvents(events)) }
    guard code == 0 else { return queryFailed() }
    guard mysql_field_count(mysql) > 0 else {
      let count = mysql_affected_rows(mysql)
      return next(
        .success(MySQLRows(columns: [], rows: [], affected: Int(clamping: Int64(bitPattern: count)))))
    }
    guard let result = mysql_use_result(mysql) else { return queryFailed() }
    self.result = result
    rows = []
    bytes = 0
    let count = Int(mysql_num_fields(result))
    columns =
      mysql_fetch_fields(result).map { fields in
        (0..<count).map { fields[$0].name.map { String(cString: $0) } ?? "" }
      } ?? []
    guard columns.count == count else {
      return .failed(MySQLError(.protocolError, "a result without columns"))
    }
    return fetch()
  }

  private func fetch() -> Progress {
    call = .fetch
    var row: MYSQL_ROW?
    let events = mysql_fetch_row_start(&row, result)
    return fetched(events, row)
  }

  /// Takes rows for as long as they are there, without recursion.
  private func fetched(_ firstEvents: Int32, _ first: MYSQL_ROW?) -> Progress {
    var (events, row) = (firstEvents, first)
    while true {
      isSuspended = events != 0
      if isSuspended { return .waiting(Self.pollEvents(events)) }
      guard let values = row else { return fetchedAll() }
      guard let lengths = mysql_fetch_lengths(result) else {
        return .failed(MySQLError(.protocolError, "a row without lengths"))
      }
      var copy: [String?] = []
      copy.reserveCapacity(columns.count)
      for index in columns.indices {
        let length = Int(clamping: lengths[index])
        bytes += length
        copy.append(
          values[index].map { value in
            value.withMemoryRebound(to: UInt8.self, capacity: length) {
              String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
            }
          })
      }
      rows.append(copy)
      // What is left is not read: the connection ends here.
      guard rows.count <= Self.rowLimit, bytes <= Self.byteLimit else {
        return .failed(MySQLError(.limit, "\(Self.tooMuch), and more came"))
      }
      row = nil
      events = mysql_fetch_row_start(&row, result)
    }
  }

  private func fetchedAll() -> Progress {
    if mysql_errno(mysql) != 0 { return queryFailed() }
    mysql_free_result(result)
    result = nil
    guard mysql_more_results(mysql) == 0 else {
      return .failed(MySQLError(.query, "a statement with more than one result is not read"))
    }
    let answer = MySQLRows(columns: columns, rows: rows)
    rows = []
    return next(.success(answer))
  }

  private func next(_ answer: Result<MySQLRows, MySQLError>) -> Progress {
    answers.append(answer)
    return ask()
  }

  /// A server's "no" leaves the connection usable, whatever else ends it.
  private func queryFailed() -> Progress {
    let error = failure()
    guard let code = error.serverCode, error.reason != .reset || code == 1317 else { return .failed(error) }
    if let result {
      mysql_free_result(result)
      self.result = nil
    }
    return next(.failure(error))
  }

  private func failure() -> MySQLError {
    let code = Int(mysql_errno(mysql))
    let text = mysql_error(mysql).map { String(cString: $0) } ?? ""
    if isTooLarge(code) { return MySQLError(.limit, "\(Self.tooMuch), and more came") }
    guard code != 0 else { return MySQLError(.reset, "the connection ended without a word") }
    return MySQLError.said(code, options.redacting(text))
  }

  /// Whether a packet was refused before it was read. The library calls that a lost connection, as it closes it
  /// then; in its own notes 1 is a packet for which there is no room and 2 a broken socket (ma_net.c). Before a
  /// query it is somebody who speaks something else.
  private func isTooLarge(_ code: Int) -> Bool {
    switch call {
    case .query, .fetch: !MySQLError.isServers(code) && mysql.pointee.net.error == 1
    case .none, .connect, .handshake: false
    }
  }

  /// Leaves no call suspended and no result unread; afterwards only `mysql_close` may follow.
  private func giveUp() {
    // An idle connection ends in good order: `mysql_close` says goodbye in five bytes, for which there is room.
    guard isSuspended || result != nil else { return }
    if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
    // A call has a handful of waits, each of which fails; the bound is for what nobody thought of.
    var rounds = 0
    while isSuspended, rounds < 64 {
      rounds += 1
      if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
      isSuspended = endCall() != 0
    }
    if let result { mysql_free_result(result) }
    result = nil
  }

  private func endCall() -> Int32 {
    let status = MYSQL_WAIT_TIMEOUT
    switch call {
    case .none: return 0
    case .connect:
      var made: UnsafeMutablePointer<MYSQL>?
      return mysql_real_connect_cont(&made, mysql, status)
    case .handshake: return handshake.map { farwatch_handshake_resume($0, 0) } ?? 0
    case .query:
      var code: Int32 = 0
      return mysql_real_query_cont(&code, mysql, status)
    case .fetch:
      var row: MYSQL_ROW?
      return mysql_fetch_row_cont(&row, result, status)
    }
  }

  private static func pollEvents(_ events: Int32) -> Int16 {
    var out: Int32 = 0
    if events & MYSQL_WAIT_READ != 0 { out |= POLLIN }
    if events & MYSQL_WAIT_WRITE != 0 { out |= POLLOUT }
    if events & MYSQL_WAIT_EXCEPT != 0 { out |= POLLPRI }
    return Int16(out)
  }

  private static func status(_ events: Int16) -> Int32 {
    let events = Int32(events)
    // An error or the end is found by the call that is tried then, whichever it waits for.
    if events & (POLLERR | POLLHUP | POLLNVAL) != 0 { return MYSQL_WAIT_READ | MYSQL_WAIT_WRITE }
    var out: Int32 = 0
    if events & POLLIN != 0 { out |= MYSQL_WAIT_READ }
    if events & POLLOUT != 0 { out |= MYSQL_WAIT_WRITE }
    if events & POLLPRI != 0 { out |= MYSQL_WAIT_EXCEPT }
    return out
  }
}

/// Arguments of a connecting call as C strings that live as long as this.
private final class ConnectionTexts {
  let host: UnsafeMutablePointer<CChar>?
  let user: UnsafeMutablePointer<CChar>?
  let password: UnsafeMutablePointer<CChar>?
  let database: UnsafeMutablePointer<CChar>?
  let socket: UnsafeMutablePointer<CChar>?
  private let name: String

  init(_ options: ConnectionOptions, address: String?) {
    name = options.host
    let room = max(address?.utf8.count ?? 0, name.utf8.count) + 1
    host = address.map { address in
      let text = UnsafeMutablePointer<CChar>.allocate(capacity: room)
      text.initialize(repeating: 0, count: room)
      strcpy(text, address)
      return text
    }
    user = strdup(options.user)
    password = strdup(options.password)
    database = options.database.flatMap { strdup($0) }
    socket = address == nil ? options.socket.flatMap { strdup($0) } : nil
  }

  /// The address becomes the name that it was found by.
  func nameHost() { if let host { strcpy(host, name) } }

  deinit {
    host?.deallocate()
    for text in [user, password, database, socket] { free(text) }
  }
}
