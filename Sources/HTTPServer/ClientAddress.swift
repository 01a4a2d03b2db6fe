#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension HTTPServerRequest {
  /// Whose limits apply, see ``networkOfClient(_:)``.
  package var clientNetwork: String { networkOfClient(remoteAddress) }
}

/// An IPv4 address as it is, or the first 64 bits of an IPv6 one, because whoever has one address there has all with the
/// same beginning. What is neither is taken as it is.
package func networkOfClient(_ address: String) -> String {
  guard address.contains(":") else { return address }
  let plain = address.prefix { $0 != "%" }
  var bytes = [UInt8](repeating: 0, count: 16)
  guard inet_pton(AF_INET6, String(plain), &bytes) == 1 else { return address }
  let digits = bytes[..<8].map { byte in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
  return digits.joined() + "/64"
}

/// Without port; an IPv4 address in IPv6 as IPv4. "" when it cannot be told.
func numericText(of address: UnsafePointer<sockaddr>) -> String {
  let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
  let size = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
  let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer -> String in
    guard let start = buffer.baseAddress,
      getnameinfo(address, size, start, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
    else { return "" }
    return String(cString: start)
  }
  let mapped = "::ffff:"
  return text.hasPrefix(mapped) && text.contains(".") ? String(text.dropFirst(mapped.count)) : text
}
