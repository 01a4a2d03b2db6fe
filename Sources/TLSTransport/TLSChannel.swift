internal import COpenSSL
internal import Glibc
internal import Model

/// The client's end of one TLS connection over a non-blocking socket that stays the caller's. Confined to the thread
/// that uses it; never waits. The handshake takes place in the first reads and writes.
package final class TLSChannel {
  package enum Step: Equatable {
    /// So many bytes were moved, at least one.
    case moved(Int)
    /// Try again when the socket can be read, or written.
    case wantsRead
    case wantsWrite
    case ended
    case failed(TLSFailure)
  }

  private let ssl: OpaquePointer
  private let context: TLSContext

  /// - Parameter host: name or address that the caller connected to.
  package init(_ context: TLSContext, socket: Int32, host: String) throws(TLSFailure) {
    guard let made = SSL_new(context.context) else { throw TLSFailure(.limit, "no memory for TLS") }
    ssl = made
    self.context = context
    fw_ssl_set_write_mode(ssl)
    let name = context.settings.serverName ?? host
    var scratch = in6_addr()
    let isAddress = inet_pton(AF_INET, name, &scratch) == 1 || inet_pton(AF_INET6, name, &scratch) == 1
    let isSet =
      isAddress
      ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
      : SSL_set1_host(ssl, name) == 1 && fw_ssl_set_server_name(ssl, name) == 1
    guard isSet, SSL_set_fd(ssl, socket) == 1 else {
      throw TLSFailure(.configuration, "\"\(name)\" is no name that a certificate could carry")
    }
    SSL_set_connect_state(ssl)
  }

  deinit { SSL_free(ssl) }

  package var isEstablished: Bool { SSL_is_init_finished(ssl) == 1 }

  package func handshake() -> Step { step { SSL_do_handshake(ssl) } }

  package func read(into buffer: inout [UInt8]) -> Step {
    let size = Int32(clamping: buffer.count)
    return buffer.withUnsafeMutableBytes { bytes in step { SSL_read(ssl, bytes.baseAddress, size) } }
  }

  package func write(_ bytes: ArraySlice<UInt8>) -> Step {
    bytes.withUnsafeBytes { raw in step { SSL_write(ssl, raw.baseAddress, Int32(clamping: raw.count)) } }
  }

  private func step(_ call: () -> Int32) -> Step {
    // The queue of errors is the thread's: an old one must not be taken for ours.
    ERR_clear_error()
    let result = call()
    if result > 0 { return .moved(Int(result)) }
    let number = errno
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .wantsRead
    case SSL_ERROR_WANT_WRITE: return .wantsWrite
    case SSL_ERROR_ZERO_RETURN: return .ended
    case SSL_ERROR_SYSCALL:
      if number == 0 { return .ended }
      return .failed(TLSFailure(.reset, String(cString: strerror(number))))
    default: return .failed(refusal())
    }
  }

  private func refusal() -> TLSFailure {
    let verified = SSL_get_verify_result(ssl)
    guard verified != Int(X509_V_OK), context.settings.verify else {
      return TLSFailure(.tlsHandshake, "TLS: \(openSSLWords())")
    }
    let words = X509_verify_cert_error_string(verified).map { String(cString: $0) } ?? "not trusted"
    let reason: FailureReason =
      switch Int32(clamping: verified) {
      case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: .certificateExpired
      case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .certificateName
      default: .certificateInvalid
      }
    return TLSFailure(reason, "the server's certificate: \(words)")
  }
}
