internal import FoundationEssentials
internal import HTTPClient
internal import Model
internal import Synchronization
internal import Terminal
internal import Threading

/// Why asking a running Farwatch failed, in one line.
package struct AskingFailure: Error, Sendable {
  package let line: String
  /// What was asked for cannot be right, whatever is running.
  package let isMisuse: Bool

  init(_ line: String, isMisuse: Bool = false) {
    self.line = line
    self.isMisuse = isMisuse
  }
}

/// A Farwatch that is running somewhere, asked over HTTP by the command line. Every call blocks.
package struct RunningFarwatch: Sendable {
  package static let defaultURL = "http://127.0.0.1:9797"

  private let login: Login
  private var url: String { login.base }
  /// Where it is asked.
  var address: String { login.base }
  private let client = HTTPClient(name: "farwatch-ask")
  let now: @Sendable () -> Timestamp
  private static let timeout: Duration = .seconds(20)
  private static let longestAnswer = 256 << 20

  package init(_ login: Login) {
    now = { SystemTime().now }
    self.login = login
  }

  /// Where every command asks: without a slash at its end.
  ///
  /// - Parameter url: as for a browser, with or without a slash at its end; nil: the environment's `FARWATCH_URL`, or
  ///   ``defaultURL``.
  package static func base(_ url: String?, _ environment: [String: String]) -> String {
    let given = url ?? environment["FARWATCH_URL"] ?? ""
    var base = given.isEmpty ? Self.defaultURL : given
    if !base.contains("://") { base = "http://" + base }
    while base.hasSuffix("/") { base.removeLast() }
    return base
  }

  /// The body of a good answer.
  func get(_ path: String, _ query: [(String, String)] = []) throws(AskingFailure) -> [UInt8] {
    try send(HTTPRequest(method: "GET", url: target(path, query), timeout: Self.timeout))
  }

  /// For `/api/events/stream`; nil: the login cannot be read now.
  func streamRequest(lasting limit: Duration) -> HTTPRequest? {
    var request = HTTPRequest(
      method: "GET", url: target(EventStreamEndpoint.path),
      headers: [HTTPHeader("Accept", "text/event-stream")], timeout: limit)
    request.connectTimeout = Self.timeout
    do throws(AskingFailure) { try login.dress(&request) } catch { return nil }
    return request
  }

  func post(_ path: String, _ document: OrderedJSON) throws(AskingFailure) -> [UInt8] {
    try send(
      HTTPRequest(
        method: "POST", url: target(path), headers: [HTTPHeader("Content-Type", "application/json")],
        body: Array(document.compact.utf8), timeout: Self.timeout))
  }

  /// A form: as long as it likes.
  func post(_ path: String, form: [(String, String)]) throws(AskingFailure) -> [UInt8] {
    let body = form.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }.joined(separator: "&")
    return try send(
      HTTPRequest(
        method: "POST", url: target(path),
        headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")], body: Array(body.utf8),
        // A query may take as long as the daemon lets it.
        timeout: .seconds(600)))
  }

  /// Without a body: what is asked stands in the address.
  func post(_ path: String, _ query: [(String, String)]) throws(AskingFailure) -> [UInt8] {
    try send(HTTPRequest(method: "POST", url: target(path, query), timeout: Self.timeout))
  }

  func delete(_ path: String, _ query: [(String, String)] = []) throws(AskingFailure) -> [UInt8] {
    try send(HTTPRequest(method: "DELETE", url: target(path, query), timeout: Self.timeout))
  }

  func decode<Answer: Decodable>(_ type: Answer.Type, _ body: [UInt8]) throws(AskingFailure) -> Answer {
    do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
      throw AskingFailure("\(url) answered with something else than was expected: is it a Farwatch?")
    }
  }

  /// Ends the client's thread.
  package func close() { client.shutdown() }

  private func target(_ path: String, _ query: [(String, String)] = []) -> String {
    let items = query.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }
    return url + path + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
  }

  private func send(_ request: HTTPRequest) throws(AskingFailure) -> [UInt8] {
    var request = request
    request.bodyLimit = Self.longestAnswer
    try login.dress(&request)
    let done = Bell()
    let answer = Mutex<HTTPResult?>(nil)
    client.start(request) { result in
      answer.withLock { $0 = result }
      done.ring()
    }
    // The request has a time-out of its own; this is for a client that broke.
    _ = done.wait(upTo: request.timeout + .seconds(5))
    guard let result = answer.withLock({ $0 }) else { throw AskingFailure("\(url) did not answer") }
    if let failure = result.failure {
      throw AskingFailure("\(url) cannot be asked: \(failure.reason.rawValue): \(failure.detail)")
    }
    guard let status = result.status, (200..<300).contains(status) else {
      throw AskingFailure("\(url): \(login.advised(Self.complaint(result), status: result.status ?? 0))")
    }
    return result.body
  }

  /// What the answer says is wrong: a JSON string, an object with a message, or plain text.
  private static func complaint(_ result: HTTPResult) -> String {
    struct Fault: Decodable { var message: String }
    struct PrometheusFault: Decodable { var error: String }
    let data = Data(result.body)
    let text =
      (try? JSONDecoder().decode(String.self, from: data))
      ?? (try? JSONDecoder().decode(Fault.self, from: data))?.message
      ?? (try? JSONDecoder().decode(PrometheusFault.self, from: data))?.error
      ?? String(decoding: result.body.prefix(300), as: UTF8.self)
    let line = TerminalText.plain(text)
    // Other servers answer with a page that says nothing.
    return line.isEmpty || line.hasPrefix("<") ? "status \(result.status ?? 0)" : line
  }
}
