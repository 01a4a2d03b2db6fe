internal import Model

/// Values of literals, by the rules of Go that PromQL inherits.
enum LiteralText {
  struct Fault: Error {
    let message: String
    var isUnknownEscape = false
  }

  /// Longest duration: what fits 64 bits of nanoseconds, as in Prometheus.
  static let maximumMilliseconds = Int64.max / 1_000_000

  /// `1`, `.5`, `5.`, `1e3`, `0x1f`, `0755` (octal, as Go reads it), with `_` between digits.
  static func number(_ text: ArraySlice<UInt8>) -> Double? {
    let underscore = UInt8(ascii: "_")
    if text.contains(underscore), !underscoresSeparateDigits(text) { return nil }
    let digits = text.filter { $0 != underscore }
    if digits.count > 1, digits[0] == UInt8(ascii: "0") {
      if digits[1] | 0x20 == UInt8(ascii: "x") { return hexadecimal(digits[2...]) }
      if let octal = Int64(String(decoding: digits, as: UTF8.self), radix: 8) { return Double(octal) }
    }
    // Digits, at most one point, and an exponent: anything else that Swift reads ("nan", "0x1p3") is no number here.
    var pointSeen = false
    var digitSeen = false
    var index = 0
    while index < digits.count {
      let byte = digits[index]
      if (0x30...0x39).contains(byte) {
        digitSeen = true
      } else if byte == UInt8(ascii: "."), !pointSeen {
        pointSeen = true
      } else {
        break
      }
      index += 1
    }
    guard digitSeen else { return nil }
    if index < digits.count {
      guard digits[index] | 0x20 == UInt8(ascii: "e") else { return nil }
      var exponent = digits[(index + 1)...]
      if exponent.first == UInt8(ascii: "+") || exponent.first == UInt8(ascii: "-") { exponent.removeFirst() }
      guard !exponent.isEmpty, exponent.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    }
    var plain = String(decoding: digits[..<index], as: UTF8.self)
    if plain.hasSuffix(".") { plain += "0" }
    // Beyond the range of a double Go reports an error; infinity is what Swift gives then.
    guard let value = Double(plain + String(decoding: digits[index...], as: UTF8.self)), value.isFinite else {
      return nil
    }
    return value
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> Double? {
    guard digits.allSatisfy({ isHexadecimal($0) }) else { return nil }
    return Int64(String(decoding: digits, as: UTF8.self), radix: 16).map(Double.init)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
  }

  private static func underscoresSeparateDigits(_ text: ArraySlice<UInt8>) -> Bool {
    let underscore = UInt8(ascii: "_")
    for index in text.indices where text[index] == underscore {
      guard index > text.startIndex, index + 1 < text.endIndex else { return false }
      let before = text[index - 1] | 0x20
      guard isHexadecimal(text[index - 1]) || before == UInt8(ascii: "x"), isHexadecimal(text[index + 1])
      else {
        return false
      }
    }
    return true
  }

  /// `1h30m`: milliseconds; nil when it is no duration or too long.
  static func duration(_ text: ArraySlice<UInt8>) -> Int64? {
    let milliseconds = DurationText.parse(String(decoding: text, as: UTF8.self))?.milliseconds
    return milliseconds.flatMap { $0 > maximumMilliseconds ? nil : $0 }
  }

  /// Whether it has the form of a duration and only its length is wrong.
  static func isTooLongDuration(_ text: ArraySlice<UInt8>) -> Bool {
    do throws(DurationText.Fault) {
      _ = try DurationText.read(String(decoding: text, as: UTF8.self))
      return false
    } catch {
      return error == .outOfRange
    }
  }

  /// The value of a quoted string: Go's escapes, none in backquotes.
  static func unquote(_ body: ArraySlice<UInt8>, quote: UInt8) -> Result<String, Fault> {
    var out: [UInt8] = []
    if quote == UInt8(ascii: "`") || !body.contains(UInt8(ascii: "\\")) {
      out = Array(body)
    } else {
      var rest = body
      while let byte = rest.popFirst() {
        if byte != UInt8(ascii: "\\") {
          out.append(byte)
        } else if let fault = appendEscape(&rest, quote: quote, to: &out) {
          return .failure(fault)
        }
      }
    }
    guard let text = String(validating: out, as: UTF8.self) else {
      return .failure(Fault(message: "string is not valid UTF-8"))
    }
    return .success(text)
  }

  private static func appendEscape(
    _ rest: inout ArraySlice<UInt8>, quote: UInt8, to out: inout [UInt8]
  ) -> Fault? {
    let whole = rest
    guard let byte = rest.popFirst() else { return Fault(message: "escape sequence not terminated") }
    switch byte {
    case UInt8(ascii: "a"): out.append(0x07)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0c)
    case UInt8(ascii: "n"): out.append(0x0a)
    case UInt8(ascii: "r"): out.append(0x0d)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "v"): out.append(0x0b)
    case UInt8(ascii: "\\"), quote: out.append(byte)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      rest = whole
      return appendDigits(3, radix: 8, of: &rest, before: quote) { value in
        guard let byte = UInt8(exactly: value) else { return false }
        out.append(byte)
        return true
      }
    case UInt8(ascii: "x"):
      return appendDigits(2, radix: 16, of: &rest, before: quote) { value in
        out.append(UInt8(truncatingIfNeeded: value))
        return true
      }
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = byte == UInt8(ascii: "u") ? 4 : 8
      return appendDigits(count, radix: 16, of: &rest, before: quote) { value in
        guard let scalar = Unicode.Scalar(value) else { return false }
        out.append(contentsOf: String(Character(scalar)).utf8)
        return true
      }
    default:
      return Fault(message: "unknown escape sequence \(shown(byte, rest))", isUnknownEscape: true)
    }
    return nil
  }

  /// The character that starts with `byte`, as Go shows it: `U+0071 'q'`.
  private static func shown(_ byte: UInt8, _ rest: ArraySlice<UInt8>) -> String {
    let text = String(decoding: [byte] + rest.prefix(3), as: UTF8.self)
    guard let scalar = text.unicodeScalars.first else { return "" }
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits) '\(scalar)'"
  }

  /// Reads exactly `count` digits before the end, which is at `quote`, and hands on what they make; false from
  /// `append` means that there is no such character.
  private static func appendDigits(
    _ count: Int, radix: UInt32, of rest: inout ArraySlice<UInt8>, before quote: UInt8,
    _ append: (UInt32) -> Bool
  ) -> Fault? {
    var value: UInt32 = 0
    for _ in 0..<count {
      let byte = rest.popFirst() ?? quote
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else {
        return Fault(message: "illegal character \(shown(byte, rest)) in escape sequence")
      }
      // Eight digits of four bits fill the number exactly.
      value = value &* radix &+ UInt32(digit)
    }
    return append(value) ? nil : Fault(message: "escape sequence is an invalid Unicode code point")
  }
}
