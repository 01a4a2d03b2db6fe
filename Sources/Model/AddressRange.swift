#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A range of IP addresses as CIDR writes it: `10.0.0.0/24`, `2001:db8::/32`; without a slash one address.
package struct AddressRange: Hashable, Sendable {
  private let bytes: [UInt8]
  private let bits: Int

  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let bytes = parts.first.flatMap({ Self.address(String($0)) }), parts.count <= 2 else { return nil }
    var bits = bytes.count * 8
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let given = Int(parts[1]), given <= bits
      else { return nil }
      bits = given
    }
    self.bytes = bytes
    self.bits = bits
  }

  package func contains(_ text: String) -> Bool {
    guard let other = Self.address(text), other.count == bytes.count else { return false }
    let whole = bits / 8
    guard other[..<whole].elementsEqual(bytes[..<whole]) else { return false }
    let rest = bits % 8
    return rest == 0 || (other[whole] ^ bytes[whole]) >> (8 - rest) == 0
  }

  /// Four or sixteen bytes.
  private static func address(_ text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
  }
}
