internal import Model

/// Reads what tools print as JSON (RFC 8259), with limits: nesting, and nothing after the document.
///
/// Of two members with one name the first counts. Integers that do not fit are read as floating-point numbers; a lone
/// surrogate becomes U+FFFD.
struct JSONText {
  struct Malformed: Error, Equatable, CustomStringConvertible {
    let place: Int
    let expected: String

    var description: String { "no JSON at byte \(place): expected \(expected)" }
  }

  private static let depthLimit = 64

  private let bytes: [UInt8]
  private var place = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) throws(Malformed) -> OrderedJSON {
    var text = JSONText(bytes)
    let value = try text.value(depth: 0)
    try text.end()
    return value
  }

  /// Hands over the members of the object that the document is, one by one, so that a long one is never held whole.
  static func forEachMember(of bytes: [UInt8], _ body: (String, OrderedJSON) -> Void) throws(Malformed) {
    var text = JSONText(bytes)
    text.skipBlanks()
    guard text.take("{") else { throw text.malformed("an object") }
    try text.members(depth: 0, body)
    try text.end()
  }

  private mutating func end() throws(Malformed) {
    skipBlanks()
    if place < bytes.count { throw malformed("the end") }
  }

  private func malformed(_ expected: String) -> Malformed { Malformed(place: place, expected: expected) }

  private mutating func skipBlanks() {
    while place < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[place]) { place += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard bytes.count - place >= length else { return false }
    let same = word.withUTF8Buffer { bytes[place..<(place + length)].elementsEqual($0) }
    if same { place += length }
    return same
  }

  private mutating func value(depth: Int) throws(Malformed) -> OrderedJSON {
    guard depth < Self.depthLimit else { throw malformed("no more than \(Self.depthLimit) levels") }
    skipBlanks()
    if take("{") {
      var found: [OrderedJSON.Member] = []
      try members(depth: depth) { found.append(.init($0, $1)) }
      return .object(found)
    }
    if take("[") { return .array(try items(depth: depth)) }
    if take("\"") { return .string(try string()) }
    if take(word: "true") { return .boolean(true) }
    if take(word: "false") { return .boolean(false) }
    if take(word: "null") { return .null }
    return try number()
  }

  /// Behind the opening brace.
  private mutating func members(
    depth: Int, _ body: (String, OrderedJSON) -> Void
  ) throws(Malformed) {
    skipBlanks()
    if take("}") { return }
    while true {
      skipBlanks()
      guard take("\"") else { throw malformed("a name") }
      let name = try string()
      skipBlanks()
      guard take(":") else { throw malformed("a colon") }
      body(name, try value(depth: depth + 1))
      skipBlanks()
      if take("}") { return }
      guard take(",") else { throw malformed("a comma or a closing brace") }
    }
  }

  private mutating func items(depth: Int) throws(Malformed) -> [OrderedJSON] {
    var found: [OrderedJSON] = []
    skipBlanks()
    if take("]") { return found }
    while true {
      found.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return found }
      guard take(",") else { throw malformed("a comma or a closing bracket") }
    }
  }

  /// Behind the opening quote.
  private mutating func string() throws(Malformed) -> String {
    var out: [UInt8] = []
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"): out += try escaped()
      case 0..<0x20:
        place -= 1
        throw malformed("no control character in a string")
      default: out.append(byte)
      }
    }
    throw malformed("the end of a string")
  }

  private mutating func escaped() throws(Malformed) -> [UInt8] {
    guard place < bytes.count else { throw malformed("an escape") }
    let byte = bytes[place]
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"): break
    default:
      place -= 1
      throw malformed("an escape")
    }
    var code = try fourDigits()
    if (0xd800..<0xdc00).contains(code), take(word: "\\u") {
      let second = try fourDigits()
      if (0xdc00..<0xe000).contains(second) {
        code = 0x10000 + (code - 0xd800) << 10 + (second - 0xdc00)
      } else {
        return Array("\u{fffd}".utf8) + Array(String(Unicode.Scalar(second) ?? "\u{fffd}").utf8)
      }
    }
    return Array(String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
  }

  private mutating func fourDigits() throws(Malformed) -> UInt32 {
    guard bytes.count - place >= 4 else { throw malformed("four hexadecimal digits") }
    var code: UInt32 = 0
    for byte in bytes[place..<(place + 4)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw malformed("four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    place += 4
    return code
  }

  private mutating func number() throws(Malformed) -> OrderedJSON {
    let start = place
    while place < bytes.count, Self.isOfNumber(bytes[place]) { place += 1 }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    // Swift reads more than JSON allows: a plus, or a point without digits.
    let isPlain = text.first.map { $0 == "-" || $0.isWholeNumber } ?? false
    if isPlain, let integer = Int(text) { return .integer(integer) }
    if isPlain, let number = Double(text), number.isFinite { return .number(number) }
    place = start
    throw malformed("a value")
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"):
      true
    default: false
    }
  }
}

extension OrderedJSON {
  /// The first member of this name; nil for null, and where this is no object.
  subscript(_ name: String) -> OrderedJSON? {
    guard case .object(let members) = self, let found = members.first(where: { $0.name == name })?.value
    else { return nil }
    return found == .null ? nil : found
  }

  var items: [OrderedJSON]? { if case .array(let items) = self { items } else { nil } }
  var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var truth: Bool? { if case .boolean(let truth) = self { truth } else { nil } }

  /// A whole number, which some tools write as text.
  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    case .string(let text): Int(text)
    default: nil
    }
  }

  /// A size: nil when it is negative or none.
  var size: UInt64? {
    if case .number(let value) = self { return UInt64(exactly: value.rounded()) }
    return integer.flatMap { UInt64(exactly: $0) }
  }

  /// Seconds since 1970, of a time that a clock can have shown.
  var epoch: Timestamp? {
    guard let seconds = integer, seconds > 0, seconds < 253_402_300_800 else { return nil }
    return Timestamp(milliseconds: Int64(seconds) * 1000)
  }

  /// RFC 3339; nil also for Go's zero time.
  var time: Timestamp? {
    text.flatMap { Timestamp(rfc3339: $0) }.flatMap { $0.milliseconds > 0 ? $0 : nil }
  }
}
