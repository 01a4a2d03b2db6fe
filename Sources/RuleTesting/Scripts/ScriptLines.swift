/// One line of a script without the blanks around it.
struct ScriptLine {
  /// From 1.
  let number: Int
  /// Bytes in front of `text` on its line.
  let indent: Int
  /// Empty for a blank line and for a comment, which both end a command.
  let text: String

  /// All lines of `input`.
  static func lines(of input: String) -> [ScriptLine] {
    input.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .map { index, line in
        let start = line.prefix(while: isBlank).count
        var body = line.dropFirst(start)
        while let last = body.last, isBlank(last) { body.removeLast() }
        let isComment = body.first == UInt8(ascii: "#")
        return ScriptLine(
          number: index + 1, indent: start, text: isComment ? "" : String(Substring(body)))
      }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  /// A fault at byte `offset` of the text.
  func error(_ message: String, at offset: Int = 0) -> ScriptError {
    ScriptError(line: number, column: indent + offset + 1, message: message)
  }
}

/// Reads the words of one line from left to right.
struct WordReader {
  let line: ScriptLine
  private(set) var rest: Substring

  init(_ line: ScriptLine) {
    self.line = line
    rest = Substring(line.text)
  }

  /// Bytes read so far.
  var offset: Int { line.text.utf8.count - rest.utf8.count }

  /// The next run of anything but blanks; empty at the end. `rest` starts with what comes behind the blanks after it.
  mutating func word() -> String {
    let word = rest.prefix { $0 != " " && $0 != "\t" }
    rest = rest.dropFirst(word.count).drop { $0 == " " || $0 == "\t" }
    return String(word)
  }

  /// Whether the next word is `expected`; it is read only then.
  mutating func take(_ expected: String) -> Bool {
    var ahead = self
    guard ahead.word() == expected else { return false }
    self = ahead
    return true
  }

  func error(_ message: String) -> ScriptError { line.error(message, at: offset) }
}
