internal import CMicroHTTPD
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// One libmicrohttpd daemon on a listening socket, from its start to its end. A server has one, and for a while two
/// when its TLS settings change.
final class Listener: Sendable {
  private let context: ExchangeContext
  /// libmicrohttpd's daemon; nil once stopped.
  private let running: Mutex<OpaquePointer?>
  private let descriptor: Int32

  var tls: HTTPServerTLS? { context.tls }

  /// Serves from the moment it returns. The descriptor is its own from here on, and closed on an error.
  init(_ descriptor: Int32, _ boundAddress: String, _ context: ExchangeContext) throws(HTTPServerError) {
    let priorities: String?
    do throws(HTTPServerError) {
      priorities = try context.tls?.priorities()
      try context.deadlines.start()
    } catch {
      close(descriptor)
      throw error
    }
    // libmicrohttpd holds one reference to the context from here until stop().
    let held = Unmanaged.passRetained(context)
    installPanicHandler()
    guard let daemon = Self.start(descriptor, context, priorities, held.toOpaque()) else {
      // It has closed the socket.
      context.deadlines.stop()
      held.release()
      throw .cannotStart("libmicrohttpd refused to start on \(boundAddress)")
    }
    self.context = context
    self.descriptor = descriptor
    running = Mutex(daemon)
  }

  private static func start(
    _ descriptor: Int32, _ context: ExchangeContext, _ priorities: String?,
    _ held: UnsafeMutableRawPointer
  ) -> OpaquePointer? {
    let settings = context.settings
    var start = farwatch_mhd_start()
    start.flags = farwatch_mhd_poll_thread_flags
    start.listen_socket = descriptor
    start.threads = UInt32(settings.threads)
    start.connection_limit = UInt32(settings.connectionLimit)
    start.idle_timeout_seconds = wholeSeconds(settings.idleTimeout)
    // A request within the limit is read into the first half; the other half holds the list of its headers, and has
    // room for the headers of any answer, whatever else the client has sent meanwhile.
    start.connection_memory_bytes = 2 * settings.maxHeaderBytes + (8 << 10)
    start.context = held
    start.admit = admitClient
    start.handle = handleRequest
    start.completed = exchangeCompleted
    start.connection = connectionChanged
    start.request_target = exchangeBegan
    start.log = logLine
    guard let tls = context.tls, let priorities else { return farwatch_mhd_start_daemon(&start) }
    // libmicrohttpd reads these while it starts, and keeps none.
    return tls.certificatePEM.withCString { certificate in
      tls.privateKeyPEM.withCString { key in
        priorities.withCString { priorities in
          (tls.clientAuthoritiesPEM ?? "").withCString { authorities in
            start.tls_certificate_pem = certificate
            start.tls_key_pem = key
            start.tls_priorities = priorities
            start.tls_client_authority_pem = tls.clientAuthoritiesPEM == nil ? nil : authorities
            return farwatch_mhd_start_daemon(&start)
          }
        }
      }
    }
  }

  /// Another listener on the same socket; from then on this one accepts nobody, and is to be stopped.
  func successor(_ boundAddress: String, _ next: ExchangeContext) throws(HTTPServerError) -> Listener {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .cannotStart("no descriptor for \(boundAddress)") }
    return try Listener(copy, boundAddress, next)
  }

  /// - Parameter isLast: nobody else listens on the socket.
  func stop(isLast: Bool) {
    running.withLock { running in
      guard let daemon = running else { return }
      running = nil
      // From here on nobody is accepted. The descriptor, now ours again, stays open until no thread can use its number.
      let listening = MHD_quiesce_daemon(daemon)
      if isLast { shutdown(listening, Int32(SHUT_RDWR)) }
      // Whoever has begun here would be cut off although somebody goes on listening.
      context.drain(for: context.settings.drainTimeout, awaitsBeginners: !isLast)
      MHD_stop_daemon(daemon)
      if listening >= 0 { close(listening) }
      context.deadlines.stop()
      // libmicrohttpd's threads are joined: the reference that it held is given back.
      Unmanaged.passUnretained(context).release()
    }
  }

  private static func wholeSeconds(_ duration: Duration) -> UInt32 {
    let (seconds, attoseconds) = duration.components
    return UInt32(clamping: seconds + (attoseconds > 0 ? 1 : 0))
  }
}
