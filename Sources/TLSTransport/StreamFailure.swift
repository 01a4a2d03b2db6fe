#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
package import Model

/// Why a connection did not bring what was wanted.
package struct StreamFailure: Error, Hashable, Sendable {
  package var reason: FailureReason
  /// For people and logs.
  package var detail: String

  package init(_ reason: FailureReason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }

  package static let cancelled = StreamFailure(.other, "cancelled: the client was shut down")
}

/// The system's error as one of the house's reasons.
package func systemReason(_ code: CInt) -> FailureReason {
  switch code {
  case ECONNREFUSED: .refused
  case ECONNRESET, EPIPE, ECONNABORTED: .reset
  case ETIMEDOUT: .timeout
  case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EAFNOSUPPORT: .unreachable
  case EMFILE, ENFILE, ENOBUFS, ENOMEM: .limit
  case EACCES, EPERM: .permission
  case EINVAL: .configuration
  default: .other
  }
}
