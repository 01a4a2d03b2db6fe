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

/// Each `%XX` of `text` as the byte it stands for; anything else stays, and what is no UTF-8 then is replaced.
package func percentDecoded(_ text: String) -> String {
  func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
  let bytes = Array(text.utf8)
  guard bytes.contains(UInt8(ascii: "%")) else { return text }
  var out: [UInt8] = []
  out.reserveCapacity(bytes.count)
  var place = 0
  while place < bytes.count {
    if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count, let high = digit(bytes[place + 1]),
      let low = digit(bytes[place + 2])
    {
      out.append(high << 4 | low)
      place += 3
    } else {
      out.append(bytes[place])
      place += 1
    }
  }
  return String(decoding: out, as: UTF8.self)
}
