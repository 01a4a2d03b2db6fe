internal import COpenSSL
internal import Model

/// What connections with the same options share: trust and keys as read from their files. Making one reads files.
///
/// `@unchecked Sendable`: the pointer is set once, and OpenSSL's contexts may be shared between threads when nobody
/// changes them any more.
package final class TLSContext: @unchecked Sendable {
  let context: OpaquePointer

  init(_ options: TLSOptions) throws(StreamFailure) {
    guard let made = SSL_CTX_new(TLS_client_method()) else {
      throw StreamFailure(.limit, "out of memory for TLS")
    }
    context = made
    // From here on deinit frees it, also when this throws.
    do throws(StreamFailure) {
      try set(options)
    } catch {
      ERR_clear_error()
      throw error
    }
  }

  // Connections hold a reference of their own.
  deinit { SSL_CTX_free(context) }

  private func set(_ options: TLSOptions) throws(StreamFailure) {
    let version =
      switch options.minimumVersion {
      case .tls10: TLS1_VERSION
      case .tls11: TLS1_1_VERSION
      case .tls12: TLS1_2_VERSION
      case .tls13: TLS1_3_VERSION
      }
    _ = fw_ssl_ctx_set_min_version(context, version)
    // The old versions need signatures that the default security level forbids.
    if options.minimumVersion < .tls12 { SSL_CTX_set_security_level(context, 0) }
    // A resumed session shows no certificates.
    SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    if let file = options.caFile {
      guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
        throw StreamFailure(.configuration, "\(file) holds no authorities that can be read")
      }
    } else {
      SSL_CTX_set_default_verify_paths(context)
    }
    guard let file = options.certificateFile else { return }
    guard SSL_CTX_use_certificate_chain_file(context, file) == 1,
      SSL_CTX_use_PrivateKey_file(context, options.keyFile ?? file, SSL_FILETYPE_PEM) == 1
    else {
      throw StreamFailure(.configuration, "\(file) and its key cannot be read, or do not belong together")
    }
  }
}
