internal import Glibc

/// Where a DNS server listens.
package struct ResolverAddress: Hashable, Sendable, CustomStringConvertible {
  /// IPv4 or IPv6, in the system's shortest text.
  package let address: String
  package let port: UInt16

  /// - Returns: nil when `address` is no IP address.
  package init?(address: String, port: UInt16 = 53) {
    guard let bytes = Self.bytes(address) else { return nil }
    self.address = Self.text(bytes)
    self.port = port
  }

  /// `192.0.2.53:53` or `[2001:db8::53]:53`.
  package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

  /// Four or sixteen bytes.
  static func bytes(_ text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }

  /// - Parameter bytes: four or sixteen.
  static func text(_ bytes: [UInt8]) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }
}

/// The network on whose behalf a resolver is asked (RFC 7871): what steers by where users are answers for them.
package struct ClientSubnet: Hashable, Sendable, CustomStringConvertible {
  static let option: UInt16 = 8
  private let bytes: [UInt8]
  private let bits: Int

  /// - Parameter text: `203.0.113.0/24` or `2001:db8::/56`. Bits beyond the length are not told to anybody.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, var bytes = ResolverAddress.bytes(String(parts[0])),
      parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]),
      bits <= bytes.count * 8
    else { return nil }
    for place in bytes.indices {
      let kept = min(8, max(0, bits - place * 8))
      bytes[place] &= UInt8(truncatingIfNeeded: 0xff00 >> kept)
    }
    self.bytes = bytes
    self.bits = bits
  }

  package var description: String { "\(ResolverAddress.text(bytes))/\(bits)" }

  /// The option's data.
  var wire: [UInt8] {
    [0, bytes.count == 4 ? 1 : 2, UInt8(clamping: bits), 0] + bytes.prefix((bits + 7) / 8)
  }
}
