internal import COpenSSL
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// TLS on one connected, non-blocking socket. Confined to the client's thread.
///
/// The handshake goes on whatever the certificate check finds, so that an expired certificate can be told of; the
/// check's findings are collected by a callback, all of them, and whoever uses the connection decides before it says
/// a word (``TLSFacts/failure``). The socket stays the caller's.
package final class TLSLayer {
  package enum Progress: Equatable {
    case done(Int)
    case wantsRead
    case wantsWrite
    /// The peer said in good order that it sends no more.
    case ended
    case failed(StreamFailure)
  }

  private let ssl: OpaquePointer
  private var problems: Set<TLSFacts.Problem> = []
  private var complaint: String?
  /// OpenSSL's own word for it is lost with the first error.
  private var isEstablished = false

  private init(_ ssl: OpaquePointer) { self.ssl = ssl }

  deinit { SSL_free(ssl) }

  /// - Parameter host: the name or address that was connected to.
  package static func make(
    _ context: TLSContext, _ socket: CInt, _ options: TLSOptions, host: String
  ) throws(StreamFailure) -> TLSLayer {
    guard let ssl = SSL_new(context.context) else {
      throw StreamFailure(.limit, "out of memory for one more connection")
    }
    let layer = TLSLayer(ssl)
    guard SSL_set_fd(ssl, socket) == 1 else {
      throw StreamFailure(.limit, "out of memory for one more connection")
    }
    fw_ssl_set_write_mode(ssl)
    try layer.expect(options.serverName ?? host)
    // The layer frees the handle, so the reference never outlives it.
    SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(layer).toOpaque())
    SSL_set_verify(ssl, SSL_VERIFY_NONE) { isFine, store in
      guard isFine == 0, let store,
        let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let layer = SSL_get_ex_data(OpaquePointer(ssl), 0)
      else { return 1 }
      Unmanaged<TLSLayer>.fromOpaque(layer).takeUnretainedValue().note(X509_STORE_CTX_get_error(store))
      return 1
    }
    SSL_set_connect_state(ssl)
    return layer
  }

  private func expect(_ name: String) throws(StreamFailure) {
    guard let parameters = SSL_get0_param(ssl) else { throw StreamFailure(.limit, "out of memory") }
    if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 { return }
    ERR_clear_error()
    X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    guard X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1, fw_ssl_set_server_name(ssl, name) == 1 else {
      ERR_clear_error()
      throw StreamFailure(.configuration, "\(quoted(name)) is no name for a TLS server")
    }
  }

  private func note(_ code: CInt) {
    problems.insert(.init(verification: code))
    if complaint == nil, let text = X509_verify_cert_error_string(Int(code)) {
      complaint = String(cString: text)
    }
  }

  package func handshake() -> Progress {
    let made = progress("the TLS handshake failed") { SSL_do_handshake(ssl) }
    if case .done = made { isEstablished = true }
    return made
  }

  package func read(_ buffer: inout [UInt8]) -> Progress {
    progress("reading over TLS failed") { SSL_read(ssl, &buffer, CInt(clamping: buffer.count)) }
  }

  package func write(_ bytes: ArraySlice<UInt8>) -> Progress {
    progress("writing over TLS failed") {
      bytes.withUnsafeBytes { SSL_write(ssl, $0.baseAddress, CInt(clamping: $0.count)) }
    }
  }

  /// Says goodbye without waiting for an answer.
  package func close() {
    SSL_shutdown(ssl)
    ERR_clear_error()
  }

  private func progress(_ what: String, _ call: () -> CInt) -> Progress {
    // The queue of errors is the thread's: an old one must not be taken for ours.
    ERR_clear_error()
    let result = call()
    let code = errno
    if result > 0 { return .done(Int(result)) }
    defer { ERR_clear_error() }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .wantsRead
    case SSL_ERROR_WANT_WRITE: return .wantsWrite
    case SSL_ERROR_ZERO_RETURN: return .ended
    case SSL_ERROR_SYSCALL where code != 0:
      return .failed(StreamFailure(systemReason(code), "\(what): \(String(cString: strerror(code)))"))
    default:
      let said = Self.lastError
      // OpenSSL's word for a peer that closes the connection without saying so.
      if said.contains("unexpected eof") {
        return .failed(
          StreamFailure(
            isEstablished ? .reset : .tlsHandshake, "\(what): the server closed the connection"))
      }
      return .failed(StreamFailure(.tlsHandshake, "\(what): \(said)"))
    }
  }

  private static var lastError: String {
    let code = ERR_peek_error()
    guard code != 0, let text = ERR_reason_error_string(code) else { return "no detail" }
    return String(cString: text)
  }

  /// After the handshake.
  package var facts: TLSFacts {
    var facts = TLSFacts()
    if let version = SSL_get_version(ssl) {
      // OpenSSL writes `TLSv1.3` and `TLSv1`.
      let text = String(cString: version)
      facts.version = text == "TLSv1" ? "TLS 1.0" : text.hasPrefix("TLSv") ? "TLS \(text.dropFirst(4))" : text
    }
    if let cipher = SSL_get_current_cipher(ssl), let name = SSL_CIPHER_standard_name(cipher) {
      facts.cipher = String(cString: name)
    }
    facts.presented = CertificateReading.chain(SSL_get_peer_cert_chain(ssl))
    facts.problems = problems
    facts.complaint = complaint
    if facts.isVerified { facts.trusted = CertificateReading.chain(SSL_get0_verified_chain(ssl)) }
    return facts
  }
}

extension TLSFacts.Problem {
  /// Of OpenSSL's X509_V_ERR_*.
  init(verification code: CInt) {
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED: self = .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: self = .notYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: self = .nameMismatch
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: self = .selfSigned
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      self = .unknownIssuer
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: self = .weak
    default: self = .other
    }
  }
}
