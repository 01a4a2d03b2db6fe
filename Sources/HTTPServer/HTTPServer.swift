internal import Synchronization
internal import Threading

/// An HTTP/1.1 server on libmicrohttpd's own threads (poll, because its epoll loses wake-ups), with TLS or without.
///
/// The handler runs on one of the `threads` and may take a moment; while it runs, the other connections of that thread
/// wait: what takes longer is answered later (``DeferredResponse``). What a request may cost is bounded by
/// ``HTTPServerSettings``; what happens at a limit is counted in ``statistics``.
package final class HTTPServer: Sendable {
  package typealias Handler = @Sendable (HTTPServerRequest) -> HTTPServerResponse

  /// The port that is listened on, also when the settings said 0.
  package let port: UInt16
  /// The numeric address with the real port: `127.0.0.1:9797`, `[::]:9797`.
  package let boundAddress: String

  private struct State {
    /// nil once stopped.
    var current: Listener?
    /// Those whose TLS settings are in force no more; each ends on a thread of its own.
    var retiring: [ObjectIdentifier: Listener] = [:]
    /// Another server accepts on the same socket.
    var hasSuccessor = false
  }

  private let settings: HTTPServerSettings
  private let counters = HTTPServerCounters()
  private let handler: Handler
  private let log: @Sendable (String) -> Void
  private let state: Mutex<State>

  /// Listens and serves from the moment it returns.
  ///
  /// `log` receives libmicrohttpd's own messages, one line each, on its threads; most tell of a client's mistake.
  package init(
    _ settings: HTTPServerSettings, tls: HTTPServerTLS? = nil,
    log: @escaping @Sendable (String) -> Void = { _ in }, handler: @escaping Handler
  ) throws(HTTPServerError) {
    try Self.check(settings)
    try tls?.check()
    let listening = try ListeningSocket(settings.address)
    let context = ExchangeContext(
      settings: settings, tls: tls, counters: counters, handler: handler, log: log)
    let listener = try Listener(listening.descriptor, listening.boundAddress, context)
    self.settings = settings
    self.handler = handler
    self.log = log
    port = listening.port
    boundAddress = listening.boundAddress
    state = Mutex(State(current: listener))
  }

  /// Serves beside `predecessor` on its very socket, so that it can be stopped without a moment in which nobody listens.
  /// The address of `settings` does not count.
  ///
  /// - Throws: also when `predecessor` was stopped.
  package init(
    succeeding predecessor: HTTPServer, _ settings: HTTPServerSettings,
    log: @escaping @Sendable (String) -> Void = { _ in }, handler: @escaping Handler
  ) throws(HTTPServerError) {
    try Self.check(settings)
    let context = ExchangeContext(
      settings: settings, tls: nil, counters: counters, handler: handler, log: log)
    let address = predecessor.boundAddress
    let listener = try predecessor.state.withLock { state throws(HTTPServerError) in
      guard let before = state.current else {
        throw HTTPServerError.cannotStart("the server before it was stopped")
      }
      let listener = try before.successor(address, context)
      state.hasSuccessor = true
      return listener
    }
    self.settings = settings
    self.handler = handler
    self.log = log
    port = predecessor.port
    boundAddress = address
    state = Mutex(State(current: listener))
  }

  deinit { stop() }

  /// Puts other TLS settings in force for every connection from now on, on the same socket: nobody is refused in
  /// between. Requests under way end under the old ones, then their connections are closed. An error changes nothing.
  package func replaceTLS(_ tls: HTTPServerTLS?) throws(HTTPServerError) {
    try tls?.check()
    let context = ExchangeContext(
      settings: settings, tls: tls, counters: counters, handler: handler, log: log)
    let result: Result<Listener?, HTTPServerError> = state.withLock { state in
      guard let old = state.current else { return .success(nil) }
      guard old.tls != tls else { return .success(nil) }
      do throws(HTTPServerError) {
        let next = try old.successor(boundAddress, context)
        state.current = next
        state.retiring[ObjectIdentifier(old)] = old
        return .success(old)
      } catch {
        return .failure(error)
      }
    }
    guard let old = try result.get() else { return }
    let end: @Sendable () -> Void = { [weak self] in
      old.stop(isLast: false)
      self?.state.withLock { _ = $0.retiring.removeValue(forKey: ObjectIdentifier(old)) }
    }
    do throws(OwnThread.Failure) {
      try OwnThread.detached("http-retiring", end)
    } catch {
      end()
    }
  }

  /// Stops listening, lets requests under way finish for up to the drain time-out, then closes every connection.
  ///
  /// Blocks until that is done; a second call waits for the first and does nothing. A handler must not call it: the
  /// server would wait for itself.
  package func stop() {
    state.withLock { state in
      state.current?.stop(isLast: !state.hasSuccessor)
      state.current = nil
      for old in state.retiring.values { old.stop(isLast: false) }
      state.retiring = [:]
    }
  }

  package var statistics: HTTPServerStatistics { counters.snapshot }

  private static func check(_ settings: HTTPServerSettings) throws(HTTPServerError) {
    func require(_ holds: Bool, _ what: String) throws(HTTPServerError) {
      if !holds { throw .badSettings(what) }
    }
    try require((1...64).contains(settings.threads), "threads must be 1 to 64")
    try require(
      (settings.threads...100_000).contains(settings.connectionLimit),
      "connectionLimit must be at least the number of threads and at most 100000")
    try require(
      (1...100_000).contains(settings.perIPConnectionLimit ?? 1), "perIPConnectionLimit must be 1 to 100000")
    try require(
      (0..<settings.connectionLimit).contains(settings.reservedConnections),
      "reservedConnections must be below connectionLimit")
    try require(
      settings.leastAnswerRate >= 0 && settings.answerWindow > .zero,
      "leastAnswerRate must not be negative, and answerWindow must be above zero")
    let day = Duration.seconds(86_400)
    try require(
      settings.idleTimeout > .zero && settings.idleTimeout <= day, "idleTimeout must be above 0, up to 1d")
    try require(
      settings.headerTimeout > .zero && settings.headerTimeout <= day,
      "headerTimeout must be above 0, up to 1d")
    try require(
      settings.requestTimeout > .zero && settings.requestTimeout <= day,
      "requestTimeout must be above 0, up to 1d")
    try require(
      settings.drainTimeout >= .zero && settings.drainTimeout <= day, "drainTimeout must be 0 to 1d")
    try require((0...(1 << 30)).contains(settings.maxBodyBytes), "maxBodyBytes must be at most 1 GiB")
    try require(
      settings.bodyMemoryBytes >= settings.maxBodyBytes, "bodyMemoryBytes must be at least maxBodyBytes")
    try require(
      (4096...(16 << 20)).contains(settings.maxHeaderBytes), "maxHeaderBytes must be 4 KiB to 16 MiB")
    try require((1...1_000_000).contains(settings.maxQueryItems), "maxQueryItems must be 1 to 1000000")
  }
}
