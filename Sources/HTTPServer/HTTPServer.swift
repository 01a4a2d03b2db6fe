internal import CMicroHTTPD
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// An HTTP/1.1 server on libmicrohttpd's own threads (poll, because its epoll loses wake-ups).
///
/// The handler runs on one of the `threads` and may take a moment; while it runs, the other connections of that thread
/// wait. What a request may cost is bounded by ``HTTPServerSettings``; what happens at a limit is counted in
/// ``statistics``.
package final class HTTPServer: Sendable {
  package typealias Handler = @Sendable (HTTPServerRequest) -> HTTPServerResponse

  /// The port that is listened on, also when the settings said 0.
  package let port: UInt16
  /// The numeric address with the real port: `127.0.0.1:9797`, `[::]:9797`.
  package let boundAddress: String

  private let exchanges: ExchangeContext
  private let drainTimeout: Duration
  /// libmicrohttpd's daemon; nil once stopped.
  private let running: Mutex<OpaquePointer?>

  /// Listens and serves from the moment it returns.
  ///
  /// `log` receives libmicrohttpd's own messages, one line each, on its threads; most tell of a client's mistake.
  package init(
    _ settings: HTTPServerSettings, log: @escaping @Sendable (String) -> Void = { _ in },
    handler: @escaping Handler
  ) throws(HTTPServerError) {
    try Self.check(settings)
    let context = ExchangeContext(settings: settings, handler: handler, log: log)
    let listening = try ListeningSocket(settings.address)
    do throws(HTTPServerError) {
      try context.deadlines.start()
    } catch {
      close(listening.descriptor)
      throw error
    }
    // libmicrohttpd holds one reference to the context from here until stop().
    let held = Unmanaged.passRetained(context)
    installPanicHandler()
    var start = farwatch_mhd_start()
    start.flags = farwatch_mhd_poll_thread_flags
    start.listen_socket = listening.descriptor
    start.threads = UInt32(settings.threads)
    start.connection_limit = UInt32(settings.connectionLimit)
    start.per_ip_connection_limit = UInt32(settings.perIPConnectionLimit ?? 0)
    start.idle_timeout_seconds = Self.wholeSeconds(settings.idleTimeout)
    start.connection_memory_bytes = settings.maxHeaderBytes
    start.context = held.toOpaque()
    start.handle = handleRequest
    start.completed = exchangeCompleted
    start.connection = connectionChanged
    start.request_target = exchangeBegan
    start.log = logLine
    guard let daemon = farwatch_mhd_start_daemon(&start) else {
      // It has closed the socket.
      context.deadlines.stop()
      held.release()
      throw .cannotStart("libmicrohttpd refused to start on \(listening.boundAddress)")
    }
    exchanges = context
    drainTimeout = settings.drainTimeout
    port = listening.port
    boundAddress = listening.boundAddress
    running = Mutex(daemon)
  }

  deinit { stop() }

  /// Stops listening, lets requests under way finish for up to the drain time-out, then closes every connection.
  ///
  /// Blocks until that is done; a second call waits for the first and does nothing. A handler must not call it: the
  /// server would wait for itself.
  package func stop() {
    running.withLock { running in
      guard let daemon = running else { return }
      running = nil
      // From here on nobody is accepted. The descriptor, now ours again, stays open until no thread can use its number.
      let listening = MHD_quiesce_daemon(daemon)
      shutdown(listening, Int32(SHUT_RDWR))
      exchanges.drain(for: drainTimeout)
      MHD_stop_daemon(daemon)
      if listening >= 0 { close(listening) }
      exchanges.deadlines.stop()
      // libmicrohttpd's threads are joined: the reference that it held is given back.
      Unmanaged.passUnretained(exchanges).release()
    }
  }

  package var statistics: HTTPServerStatistics { exchanges.counters.snapshot }

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
  }

  private static func wholeSeconds(_ duration: Duration) -> UInt32 {
    let (seconds, attoseconds) = duration.components
    return UInt32(clamping: seconds + (attoseconds > 0 ? 1 : 0))
  }
}
