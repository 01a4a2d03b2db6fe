internal import COpenSSL
package import Model

/// OpenSSL's contexts, one for each kind of options: reading the authorities takes milliseconds.
///
/// A context is made anew after a few minutes, so that changed files are noticed. Confined to one thread.
package final class TLSContexts {
  private struct Key: Hashable {
    var caFile: String?
    var minimumVersion: TLSOptions.Version
    var certificateFile: String?
    var keyFile: String?
  }

  private static let lifetime = Duration.seconds(300)
  private static let limit = 64
  private let time: SystemTime
  private var known: [Key: (context: OpaquePointer, since: MonotonicInstant)] = [:]

  package init(time: SystemTime) { self.time = time }

  deinit { close() }

  package func close() {
    for entry in known.values { SSL_CTX_free(entry.context) }
    known = [:]
  }

  func context(for options: TLSOptions) throws(StreamFailure) -> OpaquePointer {
    let key = Key(
      caFile: options.caFile, minimumVersion: options.minimumVersion,
      certificateFile: options.certificateFile, keyFile: options.keyFile)
    let now = time.monotonic
    if let entry = known[key], now - entry.since < Self.lifetime { return entry.context }
    // Connections hold a reference of their own.
    let old = known.count >= Self.limit ? Array(known.keys) : [key]
    for stale in old {
      if let entry = known.removeValue(forKey: stale) { SSL_CTX_free(entry.context) }
    }
    let made = try Self.make(key)
    known[key] = (made, now)
    return made
  }

  private static func make(_ key: Key) throws(StreamFailure) -> OpaquePointer {
    guard let context = SSL_CTX_new(TLS_client_method()) else {
      throw StreamFailure(.limit, "out of memory for TLS")
    }
    do throws(StreamFailure) {
      try set(context, key)
      return context
    } catch {
      ERR_clear_error()
      SSL_CTX_free(context)
      throw error
    }
  }

  private static func set(_ context: OpaquePointer, _ key: Key) throws(StreamFailure) {
    let version =
      switch key.minimumVersion {
      case .tls10: TLS1_VERSION
      case .tls11: TLS1_1_VERSION
      case .tls12: TLS1_2_VERSION
      case .tls13: TLS1_3_VERSION
      }
    _ = fw_ssl_ctx_set_min_version(context, version)
    // The old versions need signatures that the default security level forbids.
    if key.minimumVersion < .tls12 { SSL_CTX_set_security_level(context, 0) }
    // A resumed session shows no certificates.
    SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    if let file = key.caFile {
      guard SSL_CTX_load_verify_locations(context, file, nil) == 1 else {
        throw StreamFailure(.configuration, "\(file) holds no authorities that can be read")
      }
    } else {
      SSL_CTX_set_default_verify_paths(context)
    }
    guard let file = key.certificateFile else { return }
    guard SSL_CTX_use_certificate_chain_file(context, file) == 1,
      SSL_CTX_use_PrivateKey_file(context, key.keyFile ?? file, SSL_FILETYPE_PEM) == 1
    else {
      throw StreamFailure(.configuration, "\(file) and its key cannot be read, or do not belong together")
    }
  }
}
