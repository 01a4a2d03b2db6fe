/// The part of a MySQL option file (`my.cnf`) that clients read, as the manual describes the form
/// (MySQL Reference Manual, "Using Option Files").
///
/// Later lines win. Dashes and underscores in names are the same. Names that a monitor has no use for are passed over,
/// and so are other groups; `!include` is an error, because what it brings would be missing silently.
package struct MySQLOptionFile: Equatable, Sendable {
  package struct Malformed: Error, Equatable, CustomStringConvertible {
    package let line: Int
    package let problem: String
    package var description: String { "line \(line): \(problem)" }
  }

  package static let groups: Set<String> = ["client", "client-mariadb", "farwatch"]

  /// By name, with dashes; a name without a value is "".
  package private(set) var values: [String: String] = [:]

  package init(_ text: String) throws(Malformed) {
    var isOurs = false
    var number = 0
    for raw in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let line = trimmed(raw)
      guard let first = line.first, first != "#", first != ";" else { continue }
      if first == "!" { throw Malformed(line: number, problem: "`!include` is not followed") }
      if first == "[" {
        guard let end = line.firstIndex(of: "]") else {
          throw Malformed(line: number, problem: "a group's name needs a `]`")
        }
        isOurs = Self.groups.contains(String(line[line.index(after: line.startIndex)..<end]))
        continue
      }
      guard isOurs else { continue }
      let mark = line.firstIndex(of: "=")
      let name = trimmed(mark.map { line[..<$0] } ?? Self.withoutComment(line)).map { $0 == "_" ? "-" : $0 }
      guard !name.isEmpty else { throw Malformed(line: number, problem: "a value without a name") }
      values[String(name).lowercased()] = mark.map { Self.value(line[line.index(after: $0)...]) } ?? ""
    }
  }

  private static func value(_ text: Substring) -> String {
    let bare = trimmed(text)
    if let quote = bare.first, quote == "\"" || quote == "'" {
      // The quote that ends the value; one behind a backslash does not.
      var inside: [Character] = []
      var escaped = false
      for character in bare.dropFirst() {
        if character == quote, !escaped { return unescaped(inside) }
        escaped = character == "\\" && !escaped
        inside.append(character)
      }
    }
    return unescaped(Array(trimmed(withoutComment(bare))))
  }

  /// `#` begins a comment in the middle of a line when white space stands before it.
  private static func withoutComment(_ text: Substring) -> Substring {
    var before: Character?
    for index in text.indices {
      if text[index] == "#", before == nil || before?.isWhitespace == true { return text[..<index] }
      before = text[index]
    }
    return text
  }

  private static let escapes: [Character: String] = [
    "b": "\u{8}", "t": "\t", "n": "\n", "r": "\r", "\\": "\\", "s": " ", "\"": "\"", "'": "'",
  ]

  private static func unescaped(_ text: [Character]) -> String {
    var out = ""
    var pending = false
    for character in text {
      if pending {
        out += escapes[character] ?? "\\\(character)"
        pending = false
      } else if character == "\\" {
        pending = true
      } else {
        out.append(character)
      }
    }
    return pending ? out + "\\" : out
  }
}

/// Without white space at both ends.
func trimmed(_ text: some StringProtocol) -> Substring {
  var rest = Substring(text)
  while rest.first?.isWhitespace == true { rest.removeFirst() }
  while rest.last?.isWhitespace == true { rest.removeLast() }
  return rest
}
