/// `text` for a part of a URL's path or query: what RFC 3986 does not call unreserved is written as `%XX`.
///
/// - Parameter alsoPlain: bytes that stay as they are beside those.
package func percentEncoded(_ text: String, alsoPlain: Set<UInt8> = []) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var out: [UInt8] = []
  out.reserveCapacity(text.utf8.count * 2)
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: out.append(byte)
    case _ where alsoPlain.contains(byte): out.append(byte)
    default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: out, as: UTF8.self)
}
