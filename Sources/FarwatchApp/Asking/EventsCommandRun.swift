internal import FoundationEssentials
internal import HTTPClient
internal import Journal
internal import Model
internal import StateDatabase
internal import Synchronization
internal import Terminal
internal import Threading

/// `farwatch events`: what happened, asked of a running daemon or read from the state of a stopped one.
package struct EventsCommandRun: Sendable {
  private let login: Login
  private var url: String { login.base }
  /// Reads this state directory in place of asking.
  package var stateDirectory: String?
  /// Goes on with what happens from now on, until the process is ended.
  package var follows = false
  package var asJSON = false

  private var query: EventsQuery

  /// - Parameter options: as the query of `/api/events` has them.
  package init(_ options: [(name: String, value: String)], _ login: Login) throws(StartFailure) {
    self.login = login
    do {
      query = try EventsQuery(options, now: SystemTime().now)
    } catch { throw StartFailure("\(error)") }
  }

  /// Blocks. A chain that does not hold is a failure.
  ///
  /// - Parameter put: takes one line of the answer at a time.
  package func run(_ put: (String) -> Void, complain: (String) -> Void) throws(StartFailure) {
    if let stateDirectory { return try read(stateDirectory, put, complain) }
    let transport = EventsQueryTransport(login: login)
    if query.verifies {
      return try tell(verdict: try transport.get(query.target), put)
    }
    if follows { return try follow(transport, put, complain) }
    let lines = try ask(query, transport)
    if !asJSON { put(EventsText.heading) }
    _ = try show(lines, put)
  }

  private func ask(_ query: EventsQuery, _ transport: EventsQueryTransport) throws(StartFailure) -> [String] {
    var query = query
    query.asLines = true
    let body = try transport.get(query.target)
    return String(decoding: body, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// An entry as the endpoint writes it. The kind is whatever it says: the daemon may be newer.
  private struct ShownEvent: Decodable {
    var sequence: Int
    var at: String
    var kind: String
    var labels: [String: String]?
    var detail: [String: String]?
  }

  /// Shows `lines` and returns the number of the last entry.
  private func show(_ lines: [String], _ put: (String) -> Void) throws(StartFailure) -> Int? {
    var last: Int?
    for line in lines {
      guard let event = try? JSONDecoder().decode(ShownEvent.self, from: Data(line.utf8)) else {
        throw StartFailure("\(url) answered something that is no entry of a journal")
      }
      last = max(last ?? 0, event.sequence)
      put(
        asJSON
          ? line
          : EventsText.line(
            at: event.at, kind: event.kind, labels: event.labels ?? [:], detail: event.detail ?? [:]))
    }
    return last
  }

  // MARK: Following

  private static let pause: Duration = .seconds(1)

  private func follow(
    _ transport: EventsQueryTransport, _ put: (String) -> Void, _ complain: (String) -> Void
  ) throws(StartFailure) {
    if !asJSON { put(EventsText.heading) }
    // The newest, read from the oldest of them on, as what comes behind them will be.
    var first = query
    first.isAscending = false
    var last = try show(try ask(first, transport).reversed(), put) ?? 0
    if last == 0 {
      // Nothing matches yet; what does from now on is behind the newest of all.
      var newest = EventsQuery()
      newest.limit = 1
      last = try sequence(try ask(newest, transport))
    }
    var next = query
    next.isAscending = true
    next.limit = EventsQuery.mostEntries
    (next.since, next.until) = (nil, nil)
    let bell = Bell()
    var isAway = false
    while true {
      next.after = last
      do throws(StartFailure) {
        last = try show(try ask(next, transport), put) ?? last
        isAway = false
      } catch {
        if !isAway { for line in error.lines { complain("\(line); trying again") } }
        isAway = true
      }
      _ = bell.wait(upTo: Self.pause)
    }
  }

  private func sequence(_ lines: [String]) throws(StartFailure) -> Int {
    try show(lines) { _ in } ?? 0
  }

  // MARK: Verdict

  private struct Verdict: Decodable {
    var holds: Bool?
    var first: Int?
    var last: Int?
    var entries: Int?
    var hash: String?
    var fault: String?
    var sequence: Int?
    var detail: String?
  }

  private func tell(verdict body: [UInt8], _ put: (String) -> Void) throws(StartFailure) {
    let text = String(decoding: body, as: UTF8.self).split(separator: "\n").joined()
    guard let verdict = try? JSONDecoder().decode(Verdict.self, from: Data(body)) else {
      throw StartFailure("\(url) answered something that is no verdict on a journal")
    }
    guard verdict.holds == true else {
      if asJSON { put(text) }
      let place = verdict.sequence.map { "entry \($0)" } ?? "a row"
      let why = verdict.fault.map { "\(place) was \($0): " } ?? ""
      throw StartFailure("The chain does not hold: \(EventsText.printable(why + (verdict.detail ?? ""))).")
    }
    let extent = JournalCheck.Extent(
      first: verdict.first, last: verdict.last ?? 0, count: verdict.entries ?? 0, hash: verdict.hash ?? "")
    put(asJSON ? text : EventsText.text(.success(extent)))
  }

  // MARK: Without a daemon

  private func read(
    _ directory: String, _ put: (String) -> Void, _ complain: (String) -> Void
  ) throws(StartFailure) {
    let search = EventsSearch(query: query, clock: SystemTime(), timeLimit: .seconds(600))
    let answer: EventsAnswer
    do throws(EventsTrouble) {
      answer = try search.run(newest: []) { () throws(EventsTrouble) in
        try EventsTrouble.reading { () throws(StateDatabaseError) in
          try StateReader(path: "\(directory)/state.sqlite")
        }
      }
    } catch {
      switch error {
      case .busy: throw StartFailure("somebody else reads the journal")
      case .failed(let why): throw StartFailure("\(why)")
      }
    }
    switch answer {
    case .entries(let records, let isPartial):
      if !asJSON { put(EventsText.heading) }
      for record in records { put(asJSON ? EventsText.json(record) : EventsText.line(record)) }
      if isPartial { complain("not everything was read: ask for less") }
    case .verified(let result, _):
      if asJSON { put(EventsText.json(answer, asLines: true).split(separator: "\n").joined()) }
      if case .failure = result { throw StartFailure(EventsText.text(result)) }
      if !asJSON { put(EventsText.text(result)) }
    }
  }
}

/// Asks one daemon and waits for its answer.
private struct EventsQueryTransport {
  private let login: Login
  private var base: String { login.base }
  private let client = HTTPClient(name: "farwatch-events")

  init(login: Login) { self.login = login }

  func get(_ target: String) throws(StartFailure) -> [UInt8] {
    var request = HTTPRequest(url: base + target)
    request.timeout = .seconds(70)
    request.connectTimeout = .seconds(5)
    request.bodyLimit = 256 << 20
    do throws(AskingFailure) { try login.dress(&request) } catch { throw StartFailure(error.line) }
    let box = AnswerBox()
    client.start(request) { box.put($0) }
    let result = box.take()
    guard let status = result.status, result.failure == nil else {
      throw StartFailure("no answer from \(base): \(result.failure?.detail ?? "nothing came")")
    }
    guard status == 200 else {
      let text = TerminalText.plain(String(decoding: result.body.prefix(1000), as: UTF8.self))
      throw StartFailure("\(base) answered \(status): \(login.advised(text, status: status))")
    }
    return result.body
  }
}

private final class AnswerBox: Sendable {
  private let value = Mutex<HTTPResult?>(nil)
  private let ready = Bell()

  func put(_ result: HTTPResult) {
    value.withLock { $0 = result }
    ready.ring()
  }

  /// The client's own time limit ends the wait.
  func take() -> HTTPResult {
    while true {
      if let result = value.withLock({ $0 }) { return result }
      _ = ready.wait(upTo: .seconds(1))
    }
  }
}
