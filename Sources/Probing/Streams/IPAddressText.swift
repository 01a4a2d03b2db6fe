#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Whether a host is written as an IP address.
enum IPAddressText {
  static func isAddress(_ text: String) -> Bool {
    var bytes = in6_addr()
    return inet_pton(AF_INET, text, &bytes) == 1
      || inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &bytes) == 1
  }
}
