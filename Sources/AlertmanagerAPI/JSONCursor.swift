/// Reads a JSON document from front to back, value by value, and builds no tree: what it takes is bounded by what its
/// caller keeps, whatever the document holds.
///
/// After every call it stands behind the value that was read. Text that is not UTF-8, and half of a surrogate pair, reads as
/// U+FFFD, as Go reads it.
struct JSONCursor {
  /// Values may lie so deep in one another.
  static let deepest = 64

  enum Kind: String {
    case object, array, string, number, bool, null
  }

  struct Fault: Error, Equatable, CustomStringConvertible {
    let offset: Int
    let message: String
    var description: String { "\(message) at byte \(offset)" }
  }

  private let bytes: [UInt8]
  private(set) var place = 0
  private var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// What the next value is; only its first byte is looked at.
  mutating func kind() throws(Fault) -> Kind {
    passSpace()
    guard place < bytes.count else { throw fault("unexpected end of JSON") }
    switch bytes[place] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw fault("unexpected character")
    }
  }

  /// Calls `member` with each name; it must read exactly the value.
  mutating func object(
    _ member: (String, inout JSONCursor) throws(Fault) -> Void
  ) throws(Fault) {
    try enter(UInt8(ascii: "{"))
    defer { depth -= 1 }
    if take(UInt8(ascii: "}")) { return }
    while true {
      let name = try string()
      guard take(UInt8(ascii: ":")) else { throw fault("expected ':'") }
      try member(name, &self)
      if take(UInt8(ascii: "}")) { return }
      guard take(UInt8(ascii: ",")) else { throw fault("expected ',' or '}'") }
    }
  }

  /// Calls `element` with each place, counted from 0; it must read exactly the value.
  mutating func array(_ element: (Int, inout JSONCursor) throws(Fault) -> Void) throws(Fault) {
    try enter(UInt8(ascii: "["))
    defer { depth -= 1 }
    if take(UInt8(ascii: "]")) { return }
    var index = 0
    while true {
      try element(index, &self)
      index += 1
      if take(UInt8(ascii: "]")) { return }
      guard take(UInt8(ascii: ",")) else { throw fault("expected ',' or ']'") }
    }
  }

  mutating func string() throws(Fault) -> String {
    passSpace()
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw fault("expected a string") }
    place += 1
    let start = place
    // Nearly every string has no escape: it is copied once.
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""):
        defer { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case ..<0x20: throw fault("control character in a string")
      default: place += 1
      }
    }
    throw fault("unexpected end of JSON")
  }

  mutating func bool() throws(Fault) -> Bool {
    passSpace()
    if takeWord("true") { return true }
    if takeWord("false") { return false }
    throw fault("expected true or false")
  }

  /// Whether the next value was null; if not, it still comes.
  mutating func takeNull() -> Bool {
    passSpace()
    return takeWord("null")
  }

  /// Reads a value of any kind and keeps nothing of it.
  mutating func skip() throws(Fault) {
    switch try kind() {
    case .object: try object { (_, cursor) throws(Fault) in try cursor.skip() }
    case .array: try array { (_, cursor) throws(Fault) in try cursor.skip() }
    case .string: _ = try string()
    case .number: try number()
    case .bool: _ = try bool()
    case .null: if !takeNull() { throw fault("expected null") }
    }
  }

  /// Nothing but space may follow.
  mutating func end() throws(Fault) {
    passSpace()
    if place < bytes.count { throw fault("unexpected character after the document") }
  }

  // MARK: Pieces

  private func fault(_ message: String) -> Fault { Fault(offset: place, message: message) }

  private mutating func passSpace() {
    while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    passSpace()
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - place >= count else { return false }
    for offset in 0..<count where bytes[place + offset] != word.utf8Start[offset] { return false }
    place += count
    return true
  }

  private mutating func enter(_ opening: UInt8) throws(Fault) {
    guard depth < Self.deepest else { throw fault("values lie deeper than \(Self.deepest) levels") }
    guard take(opening) else { throw fault("expected '\(Character(Unicode.Scalar(opening)))'") }
    depth += 1
  }

  private mutating func number() throws(Fault) {
    passSpace()
    func isDigit(_ at: Int) -> Bool { at < bytes.count && (0x30...0x39).contains(bytes[at]) }
    if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
    guard isDigit(place) else { throw fault("malformed number") }
    if bytes[place] == UInt8(ascii: "0") { place += 1 } else { while isDigit(place) { place += 1 } }
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      place += 1
      guard isDigit(place) else { throw fault("malformed number") }
      while isDigit(place) { place += 1 }
    }
    guard place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") else { return }
    place += 1
    if place < bytes.count, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") {
      place += 1
    }
    guard isDigit(place) else { throw fault("malformed number") }
    while isDigit(place) { place += 1 }
  }

  /// The string that began at `start`; the cursor stands on its first backslash.
  private mutating func escapedString(from start: Int) throws(Fault) -> String {
    var out = Array(bytes[start..<place])
    while place < bytes.count {
      let byte = bytes[place]
      switch byte {
      case UInt8(ascii: "\""):
        place += 1
        return String(decoding: out, as: UTF8.self)
      case ..<0x20: throw fault("control character in a string")
      case UInt8(ascii: "\\"): try appendEscape(to: &out)
      default:
        out.append(byte)
        place += 1
      }
    }
    throw fault("unexpected end of JSON")
  }

  private mutating func appendEscape(to out: inout [UInt8]) throws(Fault) {
    guard place + 1 < bytes.count else { throw fault("unexpected end of JSON") }
    let letter = bytes[place + 1]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(letter)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0c)
    case UInt8(ascii: "n"): out.append(0x0a)
    case UInt8(ascii: "r"): out.append(0x0d)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(at: place) else { throw fault("malformed \\u escape") }
      place += 6
      out += String(takeScalar(from: unit)).utf8
      return
    default: throw fault("unknown escape in a string")
    }
    place += 2
  }

  /// The scalar that `unit` begins; takes the second half of a pair when it follows.
  private mutating func takeScalar(from unit: UInt32) -> Unicode.Scalar {
    if (0xd800..<0xdc00).contains(unit), let low = codeUnit(at: place), (0xdc00..<0xe000).contains(low) {
      place += 6
      return Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)) ?? "\u{fffd}"
    }
    return Unicode.Scalar(unit) ?? "\u{fffd}"
  }

  /// The value of the `\uXXXX` at `at`; nil when there is none.
  private func codeUnit(at: Int) -> UInt32? {
    guard bytes.count - at >= 6, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var value: UInt32 = 0
    for byte in bytes[(at + 2)..<(at + 6)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
