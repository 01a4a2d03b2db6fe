/// Text in a header (RFC 2047).
enum EncodedWord {
  /// Bytes of text in one word: a word may be 75 characters, and base64 makes four of three.
  private static let wordBytes = 39

  /// Plain when it is short printable ASCII, otherwise UTF-8 in words on lines of their own.
  ///
  /// - Parameter after: what stands on the line already.
  static func text(_ text: String, after used: Int) -> String {
    let clean = cleaned(text)
    let isPlain = clean.utf8.allSatisfy { (0x20...0x7e).contains($0) } && !clean.contains("=?")
    if isPlain, used + clean.utf8.count <= 76 { return clean }
    return words(clean)
  }

  /// A name before an address.
  static func phrase(_ text: String) -> String {
    let clean = cleaned(text)
    let isPlain = clean.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || byte == 0x20
    }
    return isPlain && clean.utf8.count <= 60 ? clean : words(clean)
  }

  private static func words(_ text: String) -> String {
    var words: [String] = []
    var bytes: [UInt8] = []
    // A word holds whole characters.
    for scalar in text.unicodeScalars {
      let encoded = Array(String(scalar).utf8)
      if bytes.count + encoded.count > wordBytes {
        words.append(word(bytes))
        bytes = []
      }
      bytes += encoded
    }
    words.append(word(bytes))
    return words.joined(separator: "\r\n ")
  }

  private static func word(_ bytes: [UInt8]) -> String { "=?utf-8?B?\(base64(bytes))?=" }

  /// Without control characters and spaces at the ends; at most 500 characters.
  private static func cleaned(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(500).map { scalar in
      scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || scalar.value == 0x2028
        || scalar.value == 0x2029 ? Unicode.Scalar(" ") : scalar
    }
    let spaced = scalars.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    return String(String.UnicodeScalarView(spaced))
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func base64(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let part = bytes[place..<min(place + 3, bytes.count)]
      var value = 0
      for offset in 0..<3 {
        value = value << 8 | (offset < part.count ? Int(part[part.startIndex + offset]) : 0)
      }
      for offset in 0..<4 {
        let isPadding = offset > part.count
        out.append(isPadding ? UInt8(ascii: "=") : alphabet[value >> (18 - 6 * offset) & 63])
      }
      place += 3
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// Text in a body (RFC 2045, 6.7).
enum QuotedPrintable {
  private static let digits = Array("0123456789ABCDEF".utf8)
  private static let width = 75

  /// Lines of at most 76 characters without their ends.
  static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var line: [UInt8] = []
    func finish() {
      lines.append(String(decoding: line, as: UTF8.self))
      line = []
    }
    let bytes = Array(text.utf8)
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0a {
        finish()
        continue
      }
      // CRLF of the text is one end of line.
      let next = place + 1 < bytes.count ? bytes[place + 1] : 0x0a
      if byte == 0x0d, next == 0x0a { continue }
      let isAtEnd = next == 0x0a
      let isPlain = (0x21...0x7e).contains(byte) && byte != 0x3d || byte == 0x20 && !isAtEnd
      let encoded = isPlain ? [byte] : [0x3d, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      if line.count + encoded.count > width {
        line.append(0x3d)
        finish()
      }
      line += encoded
    }
    finish()
    return lines
  }
}
