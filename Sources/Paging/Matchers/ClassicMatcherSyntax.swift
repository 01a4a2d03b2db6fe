internal import Model

/// The syntax of Alertmanager before 0.27: `name OP value`, where the value may stand in double quotes, with `\"`,
/// `\\` and `\n` escaped.
enum ClassicMatcherSyntax {
  static func readList(_ text: [Unicode.Scalar]) throws(MatcherProblem) -> [WrittenMatcher] {
    var rest = text[...]
    if rest.first == "{" { rest.removeFirst() }
    if rest.last == "}" { rest.removeLast() }
    var matchers: [WrittenMatcher] = []
    for part in split(rest) { matchers.append(try readOne(part)) }
    return matchers
  }

  static func readSingle(_ text: [Unicode.Scalar]) throws(MatcherProblem) -> [WrittenMatcher] {
    [try readOne(text[...])]
  }

  /// Between commas that do not stand in quotes. What is blank behind the last comma is no matcher.
  private static func split(_ text: ArraySlice<Unicode.Scalar>) -> [ArraySlice<Unicode.Scalar>] {
    var parts: [ArraySlice<Unicode.Scalar>] = []
    var start = text.startIndex
    var isQuoted = false
    var isEscaped = false
    for (index, scalar) in zip(text.indices, text) {
      switch scalar {
      case "," where !isQuoted:
        parts.append(text[start..<index])
        start = index + 1
      case ",": break
      case "\"":
        if isEscaped { isEscaped = false } else { isQuoted.toggle() }
      case "\\": isEscaped.toggle()
      default: isEscaped = false
      }
    }
    var last = text[start...]
    while let end = last.last, end.properties.isWhitespace { last.removeLast() }
    while let first = last.first, first.properties.isWhitespace { last.removeFirst() }
    if !last.isEmpty { parts.append(last) }
    return parts
  }

  private static func readOne(_ text: ArraySlice<Unicode.Scalar>) throws(MatcherProblem) -> WrittenMatcher {
    var rest = text.drop(while: isBlank)
    let name = rest.prefix { isNameScalar($0) }
    guard let first = name.first, !("0"..."9").contains(first) else {
      throw MatcherProblem(at: rest.startIndex, "expected a label name")
    }
    rest = rest.dropFirst(name.count).drop(while: isBlank)
    // Those of two characters first.
    let kinds: [LabelMatcher.Kind] = [.regex, .notEqual, .notRegex, .equal]
    guard let kind = kinds.first(where: { rest.starts(with: $0.rawValue.unicodeScalars) }) else {
      throw MatcherProblem(at: rest.startIndex, "expected =, !=, =~ or !~")
    }
    rest = rest.dropFirst(kind.rawValue.unicodeScalars.count).drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return WrittenMatcher(
      name: String(String.UnicodeScalarView(name)), kind: kind, value: try unescaped(rest),
      valueOffset: rest.startIndex)
  }

  private static func unescaped(_ text: ArraySlice<Unicode.Scalar>) throws(MatcherProblem) -> String {
    let isQuoted = text.first == "\""
    var rest = isQuoted ? text.dropFirst() : text
    var isOpen = isQuoted
    var out = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\\":
        switch rest.first {
        case nil: out.append("\\")
        case "n":
          rest.removeFirst()
          out.append("\n")
        case "\"", "\\":
          out.append(rest.removeFirst())
        case .some:
          out.append("\\")
          out.append(rest.removeFirst())
        }
      case "\"":
        guard isOpen, rest.isEmpty else {
          throw MatcherProblem(at: rest.startIndex - 1, "a quote inside a value must be written \\\"")
        }
        isOpen = false
      default: out.append(scalar)
      }
    }
    if isOpen { throw MatcherProblem(at: text.endIndex, "expected a closing quote") }
    return String(out)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" || scalar == "\u{c}"
  }

  private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", ":": true
    default: false
    }
  }
}
