/// Names of DNS as text: lower-case labels joined by dots, without the dot at the end; the root is ".".
///
/// In a label `.` and `\` stand behind a backslash, and a byte that is no printable ASCII is `\DDD` (RFC 1035, 5.1).
package enum DNSName {
  /// Of the wire form, length bytes and root included.
  static let byteLimit = 255
  static let labelLimit = 63

  /// The text in that form; nil when it is no name that can be asked for.
  package static func canonical(_ text: String) -> String? {
    guard let labels = labels(text) else { return nil }
    return self.text(labels)
  }

  /// - Returns: nil when a label is empty or longer than 63 bytes, or the name is longer than 255.
  static func wire(_ text: String) -> [UInt8]? {
    guard let labels = labels(text) else { return nil }
    var out: [UInt8] = []
    for label in labels {
      out.append(UInt8(label.count))
      out += label
    }
    return out + [0]
  }

  static func text(_ labels: [[UInt8]]) -> String {
    if labels.isEmpty { return "." }
    var out = ""
    for (place, label) in labels.enumerated() {
      if place > 0 { out += "." }
      for byte in label { append(byte, to: &out) }
    }
    return out
  }

  private static func append(_ byte: UInt8, to out: inout String) {
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: "\\"):
      out += "\\"
      out.unicodeScalars.append(Unicode.Scalar(byte))
    case 0x41...0x5a: out.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
    case 0x21...0x7e: out.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte)
      out += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
  }

  private static func labels(_ text: String) -> [[UInt8]]? {
    let bytes = Array(text.utf8)
    if bytes == [UInt8(ascii: ".")] { return [] }
    var labels: [[UInt8]] = []
    var label: [UInt8] = []
    var length = 1
    func close() -> Bool {
      guard !label.isEmpty, label.count <= labelLimit else { return false }
      length += label.count + 1
      labels.append(label)
      label = []
      return length <= byteLimit
    }
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if byte == UInt8(ascii: ".") {
        guard close() else { return nil }
      } else if byte == UInt8(ascii: "\\") {
        guard let escaped = unescape(bytes, &place) else { return nil }
        label.append(escaped)
      } else if (0x21...0x7e).contains(byte) {
        label.append(byte)
      } else {
        return nil
      }
    }
    // What ends with a dot is complete already.
    guard label.isEmpty || close(), !labels.isEmpty else { return nil }
    return labels
  }

  /// What a backslash before `place` stands for: a byte as it is, or three digits.
  private static func unescape(_ bytes: [UInt8], _ place: inout Int) -> UInt8? {
    guard place < bytes.count else { return nil }
    guard (0x30...0x39).contains(bytes[place]) else {
      defer { place += 1 }
      return (0x21...0x7e).contains(bytes[place]) ? bytes[place] : nil
    }
    guard place + 3 <= bytes.count,
      let value = UInt8(String(decoding: bytes[place..<place + 3], as: UTF8.self))
    else { return nil }
    place += 3
    return value
  }
}
