struct Token: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case text(String)
    case leftDelimiter
    case rightDelimiter
    case string(String)
    case int(Int)
    case float(Double)
    case bool(Bool)
    /// `.name`, without the point.
    case field(String)
    case dot
    /// With its `$`.
    case variable(String)
    case identifier(String)
    case keyword(Keyword)
    case leftParenthesis
    case rightParenthesis
    case bar
    case declare
    case assign
    case comma
    case end
  }

  var kind: Kind
  var position: Int
  /// Operands are told apart by the space between them: `a.b` is a chain, `a .b` are two.
  var spaceBefore = false

  /// As an error message shows it.
  var shown: String {
    switch kind {
    case .text: "text"
    case .leftDelimiter: "{{"
    case .rightDelimiter: "}}"
    case .string(let text): "\"\(text.prefix(20))\""
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .field(let name): "<.\(name)>"
    case .dot: "<.>"
    case .variable(let name), .identifier(let name): "<\(name)>"
    case .keyword(let word): "<\(word.rawValue)>"
    case .leftParenthesis: "\"(\""
    case .rightParenthesis: "\")\""
    case .bar: "\"|\""
    case .declare: "\":=\""
    case .assign: "\"=\""
    case .comma: "\",\""
    case .end: "EOF"
    }
  }
}

enum Keyword: String, Sendable {
  case block, define, `else`, end, `if`, `nil`, range, template, with
  case breakLoop = "break"
  case continueLoop = "continue"
}

/// A mistake in the text at a byte offset; ``Parser/parse(_:name:)`` makes it a ``TemplateError``.
struct SyntaxMistake: Error {
  var message: String
  var position: Int
}
