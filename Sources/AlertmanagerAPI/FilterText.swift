package import Model
internal import RegularExpressions

/// Why a text is no matcher.
package struct MatcherFault: Error, Hashable, Sendable {
  package let message: String
}

extension AlertmanagerAPI {
  /// Reads one matcher as a `filter` item is read.
  package static func readMatcher(_ text: String) -> Result<LabelMatcher, MatcherFault> {
    FilterText.matcher(text)
  }
}

/// Reads one matcher: `region=eu`, `region="e u"`, `severity=~"page|warning"`, `a!=b`, `a!~b`.
enum FilterText {
  static func matcher(_ text: String) -> Result<LabelMatcher, MatcherFault> {
    let bytes = Array(text.utf8)
    var rest = trimmed(bytes[...])
    if rest.first == UInt8(ascii: "{"), rest.last == UInt8(ascii: "}") {
      rest = trimmed(rest.dropFirst().dropLast())
    }
    guard
      let sign = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "!") }),
      let kind = kind(rest[sign...])
    else { return .failure(.init(message: "bad matcher format: \(text)")) }
    guard let name = name(trimmed(rest[..<sign])) else {
      return .failure(.init(message: "bad matcher format: \(text)"))
    }
    let operand = trimmed(rest[(sign + kind.rawValue.utf8.count)...])
    guard let value = value(operand) else {
      return .failure(
        .init(
          message:
            "matcher value contains unescaped double quote: \(String(decoding: operand, as: UTF8.self))"))
    }
    return make(name: name, kind: kind, value: value)
  }

  static func make(
    name: String, kind: LabelMatcher.Kind, value: String
  ) -> Result<LabelMatcher, MatcherFault> {
    switch kind {
    case .equal, .notEqual:
      return .success(LabelMatcher(name, equals: value, negated: kind == .notEqual))
    case .regex, .notRegex:
      do throws(RegularExpressionError) {
        let pattern = try RegularExpression(value, anchoring: .whole)
        return .success(LabelMatcher(name, text: value, matching: pattern, negated: kind == .notRegex))
      } catch { return .failure(.init(message: "\(error)")) }
    }
  }

  private static func kind(_ bytes: ArraySlice<UInt8>) -> LabelMatcher.Kind? {
    switch String(decoding: bytes.prefix(2), as: UTF8.self) {
    case "=~": .regex
    case "!~": .notRegex
    case "!=": .notEqual
    case let other where other.first == "=": .equal
    default: nil
    }
  }

  private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = bytes.first == UInt8(ascii: "\"") ? value(bytes) : String(decoding: bytes, as: UTF8.self)
    guard let text, !text.isEmpty, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 }) else {
      return nil
    }
    return text
  }

  /// Bare, or between double quotes with `\"`, `\\` and `\n`; nil where a quote stands alone.
  private static func value(_ bytes: ArraySlice<UInt8>) -> String? {
    let quote = UInt8(ascii: "\"")
    let isQuoted = bytes.first == quote && bytes.count >= 2 && bytes.last == quote
    var out: [UInt8] = []
    var isEscaped = false
    for byte in isQuoted ? bytes.dropFirst().dropLast() : bytes {
      if isEscaped {
        isEscaped = false
        switch byte {
        case UInt8(ascii: "n"): out.append(0x0a)
        case quote, UInt8(ascii: "\\"): out.append(byte)
        default: out += [UInt8(ascii: "\\"), byte]
        }
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == quote {
        return nil
      } else {
        out.append(byte)
      }
    }
    if isEscaped {
      // In quotes it escaped the closing one.
      if isQuoted { return nil }
      out.append(UInt8(ascii: "\\"))
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = bytes.drop { $0 <= 0x20 }
    guard let last = rest.lastIndex(where: { $0 > 0x20 }) else { return [] }
    return rest[...last]
  }
}
