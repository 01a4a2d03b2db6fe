internal import Model

/// One word of an expression.
struct Token {
  enum Kind: Equatable {
    case endOfInput
    /// What the lexer could not read: thrown when the parser arrives here, so that faults come in order of place.
    case fault(String)
    case identifier
    /// A name with a colon: a metric, never a label or a function.
    case metricIdentifier
    case number(Double)
    /// A duration literal, in milliseconds.
    case duration(Int64)
    case string(String)
    case keyword(Keyword)
    case aggregation(AggregationOperator)
    case binary(BinaryOperator)
    case leftParenthesis, rightParenthesis, leftBrace, rightBrace, leftBracket, rightBracket
    case comma, colon, at
    /// `=`, which only label matchers know.
    case assign
    case regexMatch, regexNoMatch
  }

  enum Keyword: String, CaseIterable {
    case offset, by, without, on, ignoring, bool, start, end
    case groupLeft = "group_left"
    case groupRight = "group_right"
  }

  let kind: Kind
  let range: SourceRange
  /// As written.
  let text: String

  var isFault: Bool { if case .fault = kind { true } else { false } }

  /// Whether this is a word that may name a label in a list, keyword or not.
  var isLabelWord: Bool {
    switch kind {
    // Prometheus forgot this one.
    case .keyword(.without): false
    case .identifier, .keyword, .aggregation: true
    case .binary(let op): op.isSetOperator || op == .atan2
    default: false
    }
  }

  /// Whether an expression may start with this word as the name of a metric.
  var isMetricWord: Bool {
    switch kind {
    case .identifier, .metricIdentifier, .aggregation: true
    case .keyword(let word): [.offset, .by, .without, .start, .end].contains(word)
    case .binary(let op): op.isSetOperator
    default: false
    }
  }

  /// Whether an operand, with a sign or none, may start here.
  var mayStartOperand: Bool {
    switch kind {
    case .number, .duration, .string, .leftParenthesis, .leftBrace, .binary(.add), .binary(.subtract): true
    default: isMetricWord
    }
  }

  /// As it appears behind "unexpected".
  var summary: String {
    switch kind {
    case .endOfInput: "end of input"
    case .fault(let message): message
    case .identifier: "identifier \"\(text)\""
    case .metricIdentifier: "metric identifier \"\(text)\""
    case .number: "number \(shortened)"
    case .duration: "duration \(shortened)"
    case .string: "string \(shortened)"
    case .keyword(.start), .keyword(.end): quoted(text)
    case .keyword(let word): "<\(word.rawValue)>"
    case .aggregation(let op): "<aggr:\(op.rawValue)>"
    case .binary(let op): "<op:\(op.rawValue)>"
    case .regexMatch, .regexNoMatch: "<op:\(text)>"
    default: "\"\(text)\""
    }
  }

  private var shortened: String {
    text.utf8.count > 10 ? quoted(String(text.prefix(10))) + "..." : quoted(text)
  }
}
