/// Bytes [start, end) of an expression's UTF-8 text.
package struct SourceRange: Hashable, Sendable {
  package var start: Int
  package var end: Int

  package init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = end
  }
}

/// Where in an expression's text something is; line and column count from 1, columns in bytes as Prometheus does.
package struct SourcePosition: Hashable, Sendable, CustomStringConvertible {
  package let offset: Int
  package let line: Int
  package let column: Int

  package var description: String { "\(line):\(column)" }

  init(offset: Int, in text: some Sequence<UInt8>) {
    self.offset = offset
    var line = 1
    var lineStart = 0
    for (index, byte) in text.prefix(offset).enumerated() where byte == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
    }
    self.line = line
    column = offset - lineStart + 1
  }
}

/// The first thing that is wrong with an expression.
package struct ParseError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  package let position: SourcePosition

  /// `1:8: parse error: unexpected end of input`, as Prometheus writes it.
  package var description: String { "\(position): parse error: \(message)" }
}

/// What the lexer and the parser throw inside: the position is worked out once, at the rim.
struct SyntaxFault: Error {
  let message: String
  let offset: Int
}
