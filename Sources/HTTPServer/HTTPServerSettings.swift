/// How an ``HTTPServer`` listens and what it allows.
package struct HTTPServerSettings: Sendable {
  /// `127.0.0.1:9797`, `[::1]:0`, `localhost:9797`, or `:9797` for every address of the machine. Port 0: any free.
  package var address: String
  /// Threads that serve; a slow handler occupies one of them.
  package var threads: Int = 2
  /// Open connections; further ones wait in the kernel's queue until one closes. From three quarters of it on, a client
  /// that keeps the server waiting, or rests, has a tenth of the times below.
  package var connectionLimit: Int = 512
  /// Of these, kept for whom ``hasReservedPlace`` names; then anybody else's beyond the rest are closed at once.
  package var reservedConnections = 0
  /// Whether a client's address is one that a crowd must not shut out. Called for each connection, on any thread.
  package var hasReservedPlace: @Sendable (_ address: String) -> Bool = { _ in false }
  /// Open connections from one client's address, loopback too, or from one IPv6 network of 64 bits; further ones are
  /// closed at once. nil: no such limit.
  ///
  /// Far below ``connectionLimit``, so that one client cannot shut the others out. All clients behind one proxy share
  /// its address.
  package var perIPConnectionLimit: Int? = 64
  /// A connection on which nothing moves for so long is closed. Rounded up to whole seconds.
  package var idleTimeout: Duration = .seconds(30)
  /// A request line and its headers must be complete this long after the connection was accepted or, on one that is kept
  /// open, after the first byte of a next request; else the connection is closed. Late by an eighth at most, or by 1 s.
  /// A client whose bytes still lie unread, because the server's threads are busy, is not cut.
  package var headerTimeout: Duration = .seconds(10)
  /// A request's body must be complete this long after its headers, or its connection is closed, as late as above.
  package var requestTimeout: Duration = .seconds(60)
  /// Bytes of an answer that a client must take per second, over each ``answerWindow`` in which some wait for it; else
  /// its connection is closed.
  package var leastAnswerRate: Int = 1024
  /// A tenth of it in a crowd.
  package var answerWindow: Duration = .seconds(30)
  /// A longer request body is answered with 413.
  package var maxBodyBytes: Int = 1 << 20
  /// Memory for the bodies of all requests under way together; one that does not fit any more is answered with 503.
  package var bodyMemoryBytes: Int = 64 << 20
  /// The request line and the headers together, and 64 bytes more for each header and cookie; what is longer is
  /// answered with 414 or 431, and its connection is closed. A connection holds up to twice as much and 8 KiB.
  package var maxHeaderBytes: Int = 32 << 10
  /// Parameters of a query; more are answered with 414.
  package var maxQueryItems: Int = 4096
  /// How long ``HTTPServer/stop()`` waits for requests under way.
  package var drainTimeout: Duration = .seconds(5)

  package init(address: String) { self.address = address }
}

/// Why a server could not be started. The description is for the operator's eyes.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
  /// Not `IP:port`, `[IPv6]:port`, `localhost:port` or `:port`.
  case badAddress(String)
  /// A number in the settings is out of range.
  case badSettings(String)
  case addressInUse(String)
  /// A certificate, its key or another setting of TLS cannot be used.
  case badTLS(String)
  /// The address belongs to no interface of this machine.
  case addressNotAvailable(String)
  case permissionDenied(String)
  /// Any other refusal of the operating system, with its words.
  case cannotListen(String, reason: String)
  /// libmicrohttpd did not start; it says why in the log.
  case cannotStart(String)

  package var description: String {
    switch self {
    case .badAddress(let address):
      "listen address \"\(address)\" is not IP:port, [IPv6]:port, localhost:port or :port"
    case .badSettings(let what): "HTTP server settings: \(what)"
    case .badTLS(let what): "TLS: \(what)"
    case .addressInUse(let address): "cannot listen on \(address): another process is listening there"
    case .addressNotAvailable(let address): "cannot listen on \(address): this machine has no such address"
    case .permissionDenied(let address):
      "cannot listen on \(address): permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    case .cannotStart(let reason): "cannot start the HTTP server: \(reason)"
    }
  }
}
