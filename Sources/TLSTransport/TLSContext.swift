internal import COpenSSL
internal import Model

/// Trust and keys as read from their files. Making one reads files: not on a thread that must not wait.
///
/// `@unchecked Sendable`: the pointer is set once, and OpenSSL's contexts may be shared between threads when nobody
/// changes them any more.
package final class TLSContext: @unchecked Sendable {
  let context: OpaquePointer
  let settings: TLSSettings

  package init(_ settings: TLSSettings) throws(TLSFailure) {
    guard let made = SSL_CTX_new(TLS_client_method()) else { throw TLSFailure(.limit, "no memory for TLS") }
    context = made
    self.settings = settings
    // From here on deinit frees it, also when this throws.
    _ = fw_ssl_ctx_set_min_version(context, TLS1_2_VERSION)
    // A peer that ends without TLS's word for it has ended. Protocols that need to tell a cut from an end say how long
    // their messages are.
    fw_ssl_context_accept_bare_end(context)
    ERR_clear_error()
    if let file = settings.caFile {
      guard SSL_CTX_load_verify_file(context, file) == 1 else { throw Self.unreadable("the CA file", file) }
    } else {
      _ = SSL_CTX_set_default_verify_paths(context)
    }
    if let file = settings.certificateFile {
      guard SSL_CTX_use_certificate_chain_file(context, file) == 1 else {
        throw Self.unreadable("the certificate", file)
      }
    }
    if let file = settings.keyFile {
      guard SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 else {
        throw Self.unreadable("the key of the certificate", file)
      }
    }
    SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
  }

  deinit { SSL_CTX_free(context) }

  private static func unreadable(_ what: String, _ path: String) -> TLSFailure {
    TLSFailure(.configuration, "\(what) \(path) cannot be used: \(openSSLWords())")
  }
}

/// What OpenSSL complained of on this thread, emptied.
func openSSLWords() -> String {
  var words = ""
  while true {
    let code = ERR_get_error()
    guard code != 0 else { return words.isEmpty ? "no reason given" : words }
    if words.isEmpty, let reason = ERR_reason_error_string(code) { words = String(cString: reason) }
  }
}
