internal import Model

/// The syntax of Alertmanager from 0.27: names and values are any text, in double quotes with Go's escapes, or
/// without quotes as long as they hold no blank and none of `{}!=~,\"'` and the backtick.
struct QuotedMatcherSyntax {
  private let text: [Unicode.Scalar]
  private var place = 0

  init(_ text: [Unicode.Scalar]) { self.text = text }

  mutating func readList() throws(MatcherProblem) -> [WrittenMatcher] {
    var matchers: [WrittenMatcher] = []
    let isBraced = take("{")
    while let next = peek(), next != "}" {
      matchers.append(try readMatcher())
      if take(",") { continue }
      guard let behind = peek(), behind != "}" else { break }
      throw problem(isBraced ? "expected a comma or a closing brace" : "expected a comma or the end")
    }
    if isBraced {
      guard take("}") else { throw problem("expected a closing brace") }
    } else if peek() == "}" {
      throw problem("a closing brace without an opening one")
    }
    if peek() != nil { throw problem("expected the end") }
    return matchers
  }

  private mutating func readMatcher() throws(MatcherProblem) -> WrittenMatcher {
    skipBlanks()
    let start = place
    guard let name = try readText() else { throw problem("expected a label name") }
    if name.isEmpty { throw MatcherProblem(at: start, "a label name must not be empty") }
    skipBlanks()
    let kinds: [LabelMatcher.Kind] = [.regex, .notEqual, .notRegex, .equal]
    let rest = text[place...]
    guard let kind = kinds.first(where: { rest.starts(with: $0.rawValue.unicodeScalars) }) else {
      throw problem("expected =, !=, =~ or !~")
    }
    place += kind.rawValue.unicodeScalars.count
    skipBlanks()
    let valueOffset = place
    guard let value = try readText() else {
      throw problem("expected a value; one with special characters in double quotes")
    }
    return WrittenMatcher(name: name, kind: kind, value: value, valueOffset: valueOffset)
  }

  /// A text with or without quotes; nil where none begins.
  private mutating func readText() throws(MatcherProblem) -> String? {
    guard let first = peek() else { return nil }
    if first == "\"" { return try readQuoted() }
    let run = text[place...].prefix { !Self.isReserved($0) }
    if run.isEmpty { return nil }
    place += run.count
    return String(String.UnicodeScalarView(run))
  }

  private mutating func readQuoted() throws(MatcherProblem) -> String {
    let start = place
    place += 1
    // In bytes, for an escape may be a part of a character.
    var out: [UInt8] = []
    while place < text.count {
      let scalar = text[place]
      switch scalar {
      case "\"":
        place += 1
        guard let value = String(validating: out, as: UTF8.self) else {
          throw MatcherProblem(at: start, "the escapes give no UTF-8")
        }
        return value
      case "\n": throw problem("a line end inside quotes must be written \\n")
      case "\\": try readEscape(into: &out)
      default:
        out += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        place += 1
      }
    }
    throw problem("expected a closing quote")
  }

  private mutating func readEscape(into out: inout [UInt8]) throws(MatcherProblem) {
    let start = place
    guard place + 1 < text.count else {
      place = text.count
      throw problem("expected a closing quote")
    }
    let letter = text[place + 1]
    place += 2
    let digits: (count: Int, radix: Int)
    switch letter {
    case "a": return out.append(7)
    case "b": return out.append(8)
    case "f": return out.append(12)
    case "n": return out.append(10)
    case "r": return out.append(13)
    case "t": return out.append(9)
    case "v": return out.append(11)
    case "\\", "\"": return out.append(UInt8(ascii: letter))
    case "x": digits = (2, 16)
    case "u": digits = (4, 16)
    case "U": digits = (8, 16)
    case "0"..."7":
      place -= 1
      digits = (3, 8)
    default: throw MatcherProblem(at: start, "unknown escape; a backslash is written \\\\")
    }
    let run = text[place...].prefix(digits.count)
    place += run.count
    // Int's own parser also takes a sign.
    guard run.count == digits.count, run.allSatisfy({ $0.properties.isASCIIHexDigit }),
      let number = UInt32(String(String.UnicodeScalarView(run)), radix: digits.radix)
    else { throw MatcherProblem(at: start, "expected \(digits.count) digits in the escape") }
    if letter == "u" || letter == "U" {
      guard let scalar = Unicode.Scalar(number), let bytes = UTF8.encode(scalar) else {
        throw MatcherProblem(at: start, "the escape is no character")
      }
      out += Array(bytes)
    } else {
      guard let byte = UInt8(exactly: number) else {
        throw MatcherProblem(at: start, "the escape is above \\377")
      }
      out.append(byte)
    }
  }

  private mutating func skipBlanks() {
    while place < text.count, text[place].properties.isWhitespace { place += 1 }
  }

  private mutating func peek() -> Unicode.Scalar? {
    skipBlanks()
    return place < text.count ? text[place] : nil
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar else { return false }
    place += 1
    return true
  }

  private func problem(_ message: String) -> MatcherProblem { MatcherProblem(at: place, message) }

  private static func isReserved(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "{", "}", "!", "=", "~", ",", "\\", "\"", "'", "`": true
    default: scalar.properties.isWhitespace
    }
  }
}
