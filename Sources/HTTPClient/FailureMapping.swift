internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// libcurl's result as one of the house's reasons.
///
/// - Parameters:
///   - verification: OpenSSL's X509_V_ERR_* of the failed certificate check.
///   - hasConnected: the TCP connection stood, so that what came after it is to blame.
func failureReason(
  _ code: CURLcode, systemError: CInt, verification: Int, detail: String, hasConnected: Bool
) -> FailureReason {
  switch code {
  case CURLE_OPERATION_TIMEDOUT: .timeout
  case CURLE_COULDNT_RESOLVE_HOST: .dns
  case CURLE_COULDNT_CONNECT: connectReason(systemError)
  case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
    // Also an orderly close in the middle: the answer was cut off either way.
    // Broken chunks come under the same code, told only by libcurl's text.
    code == CURLE_RECV_ERROR && detail.contains("encoding") ? .protocolError : .reset
  case CURLE_PEER_FAILED_VERIFICATION: verificationReason(verification, detail)
  case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_INVALIDCERTSTATUS,
    CURLE_SSL_ISSUER_ERROR:
    .tlsHandshake
  case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND, CURLE_URL_MALFORMAT,
    CURLE_BAD_FUNCTION_ARGUMENT, CURLE_NOT_BUILT_IN, CURLE_UNKNOWN_OPTION:
    .configuration
  // libcurl reports bytes that are not HTTP as an unsupported protocol, too.
  case CURLE_UNSUPPORTED_PROTOCOL: hasConnected ? .protocolError : .configuration
  case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP3:
    .protocolError
  case CURLE_OUT_OF_MEMORY: .limit
  default: .other
  }
}

private func connectReason(_ systemError: CInt) -> FailureReason {
  switch systemError {
  case ECONNREFUSED: .refused
  case ECONNRESET: .reset
  case ETIMEDOUT: .timeout
  case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL: .unreachable
  case EMFILE, ENFILE, ENOBUFS, ENOMEM: .limit
  case EACCES, EPERM: .permission
  default: .other
  }
}

private func verificationReason(_ verification: Int, _ detail: String) -> FailureReason {
  // libcurl compares the host itself, and only its text says so.
  if detail.contains("subject name") { return .certificateName }
  // From OpenSSL's x509_vfy.h, which never renumbers them.
  switch verification {
  case 10: return .certificateExpired
  case 62, 64: return .certificateName
  default: return .certificateInvalid
  }
}
