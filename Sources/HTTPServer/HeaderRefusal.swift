internal import CGnuTLS
internal import CMicroHTTPD

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What libmicrohttpd needs of a connection's memory for the request's line and headers, answers left out.
func headerCost(of connection: OpaquePointer) -> Int {
  let records =
    MHD_get_connection_values(connection, .HEADER_KIND, nil, nil)
    + MHD_get_connection_values(connection, .COOKIE_KIND, nil, nil)
  let bytes = farwatch_mhd_header_size(connection)?.pointee.header_size ?? 0
  return Int(bytes) + 64 * Int(records)
}

/// The answer to a request whose line and headers are too long.
///
/// Such a request may have used up the connection's memory, of which libmicrohttpd makes its answers: they would be
/// lost. So this one is written to the client directly, and the connection is closed after it.
struct HeaderRefusal {
  /// Whether the target is what is long.
  var isTarget: Bool
  /// Bytes allowed.
  var limit: Int

  var status: Int { isTarget ? 414 : 431 }

  /// On the thread that serves the connection, while no answer is being sent.
  func deliver(on connection: OpaquePointer) {
    let text = isTarget ? "the request target is too long" : "the request's headers are too long"
    let body = "\(text): \(limit) bytes are allowed\n"
    let reason = isTarget ? "URI Too Long" : "Request Header Fields Too Large"
    var answer = """
      HTTP/1.1 \(status) \(reason)\r
      Content-Type: text/plain; charset=utf-8\r
      Content-Length: \(body.utf8.count)\r
      Connection: close\r
      \r
      \(body)
      """
    // Nothing is to be done when it does not go out: the connection ends anyway.
    answer.withUTF8 { bytes in
      if let session = farwatch_mhd_tls_session(connection) {
        _ = gnutls_record_send(OpaquePointer(session), bytes.baseAddress, bytes.count)
      } else if let info = farwatch_mhd_socket(connection) {
        _ = send(
          info.pointee.connect_fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
    }
  }
}
