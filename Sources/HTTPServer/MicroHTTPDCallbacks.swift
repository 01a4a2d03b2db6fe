internal import CMicroHTTPD

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

// What libmicrohttpd calls. Free functions of an ordinary file: they belong to no actor, and what they need arrives as
// an unmanaged reference. `context` is the server's ExchangeContext, which lives until libmicrohttpd's threads are
// joined; `slot` holds the retained Exchange between exchangeBegan and exchangeCompleted.

/// The request line is read: begins an exchange.
func exchangeBegan(
  _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let context, let target else { return nil }
  let server = Unmanaged<ExchangeContext>.fromOpaque(context).takeUnretainedValue()
  if let connection { server.deadlines.requestBegan(connection) }
  let bytes = Array(UnsafeRawBufferPointer(start: target, count: strlen(target)))
  // Queries are ours to read. libmicrohttpd would note each item in the connection's memory, 64 bytes for one, and drop
  // the connection without a word when they do not fit; it reads its list from behind the question mark, in this very
  // buffer, as soon as this call returns.
  if let query = bytes.firstIndex(of: UInt8(ascii: "?")) {
    UnsafeMutablePointer(mutating: target)[query + 1] = 0
  }
  return Unmanaged.passRetained(Exchange(context: server, target: bytes)).toOpaque()
}

func handleRequest(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
  _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
  _ uploadSize: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let connection, let method, let version, let uploadSize, let held = slot?.pointee else { return .NO }
  let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
  let piece = UnsafeRawBufferPointer(start: upload, count: upload == nil ? 0 : uploadSize.pointee)
  uploadSize.pointee = 0
  return exchange.proceed(connection, method: method, version: version, upload: piece)
}

func exchangeCompleted(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_RequestTerminationCode
) {
  guard let slot, let held = slot.pointee else { return }
  slot.pointee = nil
  Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue().completed(connection, code)
}

func connectionChanged(
  _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
  _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ code: MHD_ConnectionNotificationCode
) {
  guard let context, let connection else { return }
  let server = Unmanaged<ExchangeContext>.fromOpaque(context).takeUnretainedValue()
  if code == .CONNECTION_NOTIFY_STARTED {
    if let tls = server.tls, let session = farwatch_mhd_tls_session(connection) {
      setOwner(of: session, context)
      askForCertificate(session, tls)
      verifyCertificates(of: session, verifyClientCertificate)
    }
    server.deadlines.opened(connection)
    server.places.opened(connection)
    server.counters.connectionOpened()
  } else {
    server.deadlines.closed(connection)
    server.places.closed(connection)
    server.counters.connectionClosed()
    server.connectionEnded()
  }
}

/// In the handshake, when a client has sent a certificate: anything but 0 ends it.
private func verifyClientCertificate(_ session: OpaquePointer?) -> Int32 {
  guard let session, let context = owner(of: session) else { return -1 }
  let server = Unmanaged<ExchangeContext>.fromOpaque(context).takeUnretainedValue()
  guard let tls = server.tls, isWelcome(session, tls) else {
    server.counters.clientCertificateRefused()
    return -1
  }
  return 0
}

func logLine(
  _ context: UnsafeMutableRawPointer?, _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?
) {
  guard let context, let format, let arguments else { return }
  let line = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer -> String in
    guard let start = buffer.baseAddress, vsnprintf(start, buffer.count, format, arguments) >= 0 else {
      return ""
    }
    return String(cString: start)
  }
  Unmanaged<ExchangeContext>.fromOpaque(context).takeUnretainedValue().log(line)
}

/// Says on standard error where libmicrohttpd gave up, and ends the process: it must not return to the library, whose
/// state is broken, and the supervisor's restart is the cure.
func installPanicHandler() {
  MHD_set_panic_func(
    { _, file, line, reason in
      let file = file.map { String(cString: $0) } ?? "?"
      let reason = reason.map { String(cString: $0) } ?? "?"
      let message = "libmicrohttpd panic at \(file):\(line): \(reason)\n"
      _ = message.withCString { write(STDERR_FILENO, $0, strlen($0)) }
      abort()
    }, nil)
}

func headerFields(of connection: OpaquePointer) -> [HTTPServerField] {
  var fields: [HTTPServerField] = []
  _ = withUnsafeMutablePointer(to: &fields) { out in
    MHD_get_connection_values_n(
      connection, .HEADER_KIND,
      { out, _, name, nameSize, value, valueSize in
        guard let out, let name else { return .NO }
        let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize)
        out.assumingMemoryBound(to: [HTTPServerField].self).pointee.append(
          HTTPServerField(
            String(decoding: UnsafeRawBufferPointer(start: name, count: nameSize), as: UTF8.self),
            String(decoding: value, as: UTF8.self)))
        return .YES
      }, out)
  }
  return fields
}

/// As ``ConnectionPlaces/hasPlace(_:)`` says. libmicrohttpd closes who is refused at once.
func admitClient(
  _ context: UnsafeMutableRawPointer?, _ address: UnsafePointer<sockaddr>?, _ size: socklen_t
) -> MHD_Result {
  guard let context, let address else { return .NO }
  let server = Unmanaged<ExchangeContext>.fromOpaque(context).takeUnretainedValue()
  return server.places.hasPlace(numericText(of: address)) ? .YES : .NO
}

/// "" when the address cannot be told.
func clientAddress(of connection: OpaquePointer) -> String {
  guard let address = farwatch_mhd_client_address(connection)?.pointee.client_addr else { return "" }
  return numericText(of: address)
}
