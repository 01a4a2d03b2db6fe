internal import CGnuTLS

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension HTTPServerTLS {
  /// Asks GnuTLS whether these settings can be used, before a server is started with them: libmicrohttpd would only say
  /// that it did not start.
  package func check() throws(HTTPServerError) { try checkTLS(self) }
}

private func checkTLS(_ tls: HTTPServerTLS) throws(HTTPServerError) {
  var held: gnutls_certificate_credentials_t?
  guard gnutls_certificate_allocate_credentials(&held) == 0, let credentials = held else {
    throw .badTLS("no memory for certificates")
  }
  defer { gnutls_certificate_free_credentials(credentials) }
  let code = withDatum(tls.certificatePEM) { certificate in
    withDatum(tls.privateKeyPEM) { key in
      gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM)
    }
  }
  if code < 0 { throw .badTLS("the certificate and its key cannot be used: \(words(code))") }
  if let authorities = tls.clientAuthoritiesPEM {
    let count = withDatum(authorities) {
      gnutls_certificate_set_x509_trust_mem(credentials, &$0, GNUTLS_X509_FMT_PEM)
    }
    if count < 0 { throw .badTLS("the client authorities cannot be read: \(words(count))") }
    if count == 0 { throw .badTLS("there is no certificate among the client authorities") }
  }
  let priorities = try tls.priorities()
  var cache: gnutls_priority_t?
  let set = gnutls_priority_init(&cache, priorities, nil)
  if set != 0 { throw .badTLS("these versions, cipher suites and curves cannot be had: \(words(set))") }
  gnutls_priority_deinit(cache)
}

private func words(_ code: Int32) -> String { String(cString: gnutls_strerror(code)) }

private func withDatum<Result>(_ text: String, _ body: (inout gnutls_datum_t) -> Result) -> Result {
  var bytes = Array(text.utf8)
  return bytes.withUnsafeMutableBufferPointer { buffer in
    var datum = gnutls_datum_t(data: buffer.baseAddress, size: UInt32(clamping: buffer.count))
    return body(&datum)
  }
}

/// Tells a new session what is asked of its client. `session` is a `gnutls_session_t`.
func askForCertificate(_ session: UnsafeMutableRawPointer, _ tls: HTTPServerTLS) {
  let session = OpaquePointer(session)
  switch tls.clientCertificates {
  case .none: gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE)
  case .requested, .verifiedIfGiven: gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST)
  case .any, .verified: gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE)
  }
}

/// Makes GnuTLS ask `verify` in the handshake, once the client has sent a certificate; anything but 0 ends it.
func verifyCertificates(
  of session: UnsafeMutableRawPointer, _ verify: @escaping @convention(c) (OpaquePointer?) -> Int32
) {
  gnutls_session_set_verify_function(OpaquePointer(session), verify)
}

/// Whether the certificate that a client has sent is what the settings ask for.
func isWelcome(_ session: OpaquePointer, _ tls: HTTPServerTLS) -> Bool {
  switch tls.clientCertificates {
  case .none, .requested, .any: break
  case .verifiedIfGiven where !hasCertificate(session): break
  case .verifiedIfGiven, .verified:
    guard isOfClient(session) else { return false }
  }
  guard let wanted = tls.clientNames else { return true }
  return alternativeNames(of: session).contains { wanted.contains($0) }
}

/// Whether the client's certificate leads to the authorities and was made for clients: the same authority's certificate
/// of a server, stolen or not, opens nothing. One that names no purpose is for all.
private func isOfClient(_ session: OpaquePointer) -> Bool {
  var purpose = Array("\(GNUTLS_KP_TLS_WWW_CLIENT)".utf8) + [0]
  return purpose.withUnsafeMutableBufferPointer { purpose in
    var wanted = gnutls_typed_vdata_st(type: GNUTLS_DT_KEY_PURPOSE_OID, data: purpose.baseAddress, size: 0)
    var status: UInt32 = 0
    return gnutls_certificate_verify_peers(session, &wanted, 1, &status) == 0 && status == 0
  }
}

private func hasCertificate(_ session: OpaquePointer) -> Bool {
  var count: UInt32 = 0
  return gnutls_certificate_get_peers(session, &count) != nil && count > 0
}

/// The subject's alternative names in the client's certificate: DNS names, e-mail and IP addresses, URIs.
private func alternativeNames(of session: OpaquePointer) -> [String] {
  var count: UInt32 = 0
  guard let chain = gnutls_certificate_get_peers(session, &count), count > 0 else { return [] }
  var held: gnutls_x509_crt_t?
  guard gnutls_x509_crt_init(&held) == 0, let certificate = held else { return [] }
  defer { gnutls_x509_crt_deinit(certificate) }
  var leaf = chain[0]
  guard gnutls_x509_crt_import(certificate, &leaf, GNUTLS_X509_FMT_DER) == 0 else { return [] }
  var names: [String] = []
  // A certificate may name as many as it likes; nobody needs more.
  for index in 0..<UInt32(200) {
    var size = 1024
    var bytes = [UInt8](repeating: 0, count: size)
    var kind: UInt32 = 0
    let code = bytes.withUnsafeMutableBytes {
      gnutls_x509_crt_get_subject_alt_name2(certificate, index, $0.baseAddress, &size, &kind, nil)
    }
    if code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE { break }
    guard code >= 0, size <= bytes.count else { continue }
    let value = bytes[..<size]
    names.append(
      kind == GNUTLS_SAN_IPADDRESS.rawValue
        ? addressText(Array(value)) : String(decoding: value, as: UTF8.self))
  }
  return names
}

/// `session`'s own pointer: libmicrohttpd needs it for pre-shared keys only, which nobody has here.
func setOwner(of session: UnsafeMutableRawPointer, _ owner: UnsafeMutableRawPointer) {
  gnutls_session_set_ptr(OpaquePointer(session), owner)
}

func owner(of session: OpaquePointer) -> UnsafeMutableRawPointer? { gnutls_session_get_ptr(session) }

private func addressText(_ bytes: [UInt8]) -> String {
  guard bytes.count == 4 || bytes.count == 16 else { return "" }
  var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
  let family = bytes.count == 4 ? AF_INET : AF_INET6
  guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
  return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
