internal import Model

/// Writes JSON into bytes, with the escapes and numbers of Go's encoders: `<`, `>` and `&` escaped too.
///
/// Members and elements are written by whoever calls; commas stand where it puts them.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  init(reserving count: Int = 512) { bytes.reserveCapacity(count) }

  mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func raw(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { appendEscaped($0) }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
    var start = 0
    for (place, byte) in text.enumerated() {
      let isPlain =
        byte >= 0x20 && byte != 0x22 && byte != 0x5c && byte != 0x3c && byte != 0x3e && byte != 0x26
        && byte != 0xe2
      if isPlain { continue }
      // Of the three bytes of U+2028 and U+2029 the last one differs.
      let isSeparator =
        byte == 0xe2 && place + 2 < text.count && text[place + 1] == 0x80 && text[place + 2] & 0xfe == 0xa8
      if byte == 0xe2, !isSeparator { continue }
      bytes.append(contentsOf: text[start..<place])
      start = place + 1
      switch byte {
      case 0x22, 0x5c: bytes += [UInt8(ascii: "\\"), byte]
      case 0x0a: raw("\\n")
      case 0x0d: raw("\\r")
      case 0x09: raw("\\t")
      case 0xe2:
        raw("\\u202")
        bytes.append(text[place + 2] == 0xa8 ? UInt8(ascii: "8") : UInt8(ascii: "9"))
        start = place + 3
      default:
        let digits: StaticString = "0123456789abcdef"
        raw("\\u00")
        digits.withUTF8Buffer { bytes += [$0[Int(byte >> 4)], $0[Int(byte & 15)]] }
      }
    }
    bytes.append(contentsOf: text[min(start, text.count)...])
  }

  mutating func integer(_ value: Int64) { NumberText.appendInteger(value, to: &bytes) }

  mutating func boolean(_ value: Bool) { if value { raw("true") } else { raw("false") } }

  /// A number as `encoding/json` writes it: no exponent between 1e-6 and 1e21. What JSON has not becomes 0.
  mutating func number(_ value: Double) {
    guard value.isFinite else { return bytes.append(UInt8(ascii: "0")) }
    appendFloat(value, shortensExponent: true)
  }

  /// A sample's value: a string, with an exponent below 1e-6 and from 1e21 on.
  mutating func sampleValue(_ value: Double) {
    bytes.append(UInt8(ascii: "\""))
    if let whole = Int32(exactly: value), value != 0 || value.sign == .plus {
      NumberText.appendInteger(Int64(whole), to: &bytes)
    } else {
      appendFloat(value, shortensExponent: false)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendFloat(_ value: Double, shortensExponent: Bool) {
    let magnitude = value.magnitude
    guard magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 else {
      bytes.append(contentsOf: NumberText.plain(value).utf8)
      return
    }
    // So small and so large, 'g' is 'e'.
    var text = Array(NumberText.shortest(value).utf8)
    let end = text.count
    if shortensExponent, end >= 4, text[end - 4] == UInt8(ascii: "e"), text[end - 2] == UInt8(ascii: "0") {
      text.remove(at: end - 2)
    }
    bytes.append(contentsOf: text)
  }

  /// A sample's time: seconds, with three digits of a fraction when there is one.
  mutating func sampleTime(_ milliseconds: Int64) {
    if milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let (seconds, part) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    NumberText.appendInteger(Int64(seconds), to: &bytes)
    guard part > 0 else { return }
    let zero = UInt8(ascii: "0")
    bytes += [
      UInt8(ascii: "."), zero + UInt8(part / 100), zero + UInt8(part / 10 % 10), zero + UInt8(part % 10),
    ]
  }

  mutating func labels(_ labels: Labels) {
    bytes.append(UInt8(ascii: "{"))
    for (place, label) in labels.entries.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      string(label.name)
      bytes.append(UInt8(ascii: ":"))
      string(label.value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  mutating func list<Element>(
    _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
  ) {
    bytes.append(UInt8(ascii: "["))
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      body(&self, element)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func strings(_ texts: some Sequence<String>) { list(texts) { $0.string($1) } }

  /// `name:` of a member.
  mutating func key(_ name: StaticString) {
    bytes.append(UInt8(ascii: "\""))
    raw(name)
    raw("\":")
  }
}
