package import Model

/// What an expression may measure.
package enum ParseLimits {
  /// Bytes of text.
  package static let bytes = 65_536
  /// Levels of nesting, of the text and of the tree.
  package static let depth = 256
}

/// What a parser accepts beyond the stable language; the defaults are Prometheus'.
package struct ParserOptions: Sendable, Hashable {
  /// Functions and aggregations that Prometheus has behind `--enable-feature=promql-experimental-functions`.
  package var experimentalFunctions: Bool

  package init(experimentalFunctions: Bool = false) { self.experimentalFunctions = experimentalFunctions }
}

/// Parses and type-checks `text` by the grammar of Prometheus 3.
package func parseExpression(
  _ text: String, options: ParserOptions = ParserOptions()
) throws(ParseError) -> Expression {
  let bytes = Array(text.utf8)
  do throws(SyntaxFault) {
    guard bytes.count <= ParseLimits.bytes else {
      throw SyntaxFault(message: "expression is longer than \(ParseLimits.bytes) bytes", offset: 0)
    }
    var parser = Parser(tokens: Lexer.tokens(of: bytes), options: options)
    let expression = try parser.parseWhole()
    try TypeCheck.check(expression)
    return expression
  } catch {
    throw ParseError(
      message: error.message, position: SourcePosition(offset: min(error.offset, bytes.count), in: bytes))
  }
}

/// Parses one selector without range and modifiers, as in `match[]`; what all of its conditions are.
package func parseMetricSelector(_ text: String) throws(ParseError) -> [LabelMatcher] {
  let bytes = Array(text.utf8)
  do throws(SyntaxFault) {
    guard bytes.count <= ParseLimits.bytes else {
      throw SyntaxFault(message: "expression is longer than \(ParseLimits.bytes) bytes", offset: 0)
    }
    var parser = Parser(tokens: Lexer.tokens(of: bytes), options: ParserOptions())
    return try parser.parseBareSelector().selectors.first ?? []
  } catch {
    throw ParseError(
      message: error.message, position: SourcePosition(offset: min(error.offset, bytes.count), in: bytes))
  }
}

/// Recursive descent with precedence climbing. Operands are in `ParserOperands.swift`.
struct Parser {
  private let tokens: [Token]
  private var place = 0
  var depth = 0
  /// Aggregations whose text is not read to its end: what is wrong within one is reported as "in aggregation".
  var openAggregations = 0
  let options: ParserOptions

  init(tokens: [Token], options: ParserOptions) {
    self.tokens = tokens
    self.options = options
  }

  /// The lexer ends every list with an end or a fault, and nothing advances past it.
  var current: Token { tokens[place] }
  var next: Token { tokens[min(place + 1, tokens.count - 1)] }
  var previousEnd: Int { place > 0 ? tokens[place - 1].range.end : 0 }

  @discardableResult
  mutating func advance() -> Token {
    let token = current
    if place + 1 < tokens.count { place += 1 }
    return token
  }

  mutating func take(_ kind: Token.Kind) -> Bool {
    guard current.kind == kind else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: Token.Kind, _ shown: String, in context: String) throws(SyntaxFault) {
    guard take(kind) else { throw unexpected(in: context, expected: shown) }
  }

  func unexpected(in context: String = "", expected: String = "") -> SyntaxFault {
    if case .fault(let message) = current.kind {
      return SyntaxFault(message: message, offset: current.range.start)
    }
    let context = context.isEmpty && openAggregations > 0 ? "aggregation" : context
    let place = context.isEmpty ? "" : " in \(context)"
    let wanted = expected.isEmpty ? "" : ", expected \(expected)"
    return SyntaxFault(message: "unexpected \(current.summary)\(place)\(wanted)", offset: current.range.start)
  }

  func tooDeep(at start: Int) -> SyntaxFault {
    SyntaxFault(message: "expression is nested more than \(ParseLimits.depth) levels deep", offset: start)
  }

  /// One level further down; whoever calls takes it back.
  mutating func descend() throws(SyntaxFault) {
    guard depth + 1 < ParseLimits.depth else { throw tooDeep(at: current.range.start) }
    depth += 1
  }

  func node(_ kind: Expression.Kind, from start: Int, depth below: Int) throws(SyntaxFault) -> Expression {
    guard below < ParseLimits.depth else { throw tooDeep(at: start) }
    return Expression(kind: kind, range: SourceRange(start, previousEnd), depth: below + 1)
  }

  mutating func parseWhole() throws(SyntaxFault) -> Expression {
    if case .endOfInput = current.kind {
      throw SyntaxFault(message: "no expression found in input", offset: 0)
    }
    let expression = try parse(0)
    guard case .endOfInput = current.kind else { throw unexpected() }
    return expression
  }

  /// An expression whose operators all bind at least as tight as `minimum`.
  mutating func parse(_ minimum: Int) throws(SyntaxFault) -> Expression {
    try descend()
    defer { depth -= 1 }
    let start = current.range.start
    var left = try parseSigned()
    while case .binary(let op) = current.kind, op.precedence >= minimum {
      let operatorRange = advance().range
      var operation = BinaryOperation(
        op: op, left: left, right: left, returnsBool: take(.keyword(.bool)), matching: VectorMatching(),
        operatorRange: operatorRange)
      operation.matching = try parseMatching()
      // The power operator groups from the right, all others from the left.
      operation.right = try parse(op == .power ? op.precedence : op.precedence + 1)
      left = try node(.binary(operation), from: start, depth: max(left.depth, operation.right.depth))
    }
    return left
  }

  private mutating func parseMatching() throws(SyntaxFault) -> VectorMatching {
    var matching = VectorMatching()
    if take(.keyword(.on)) {
      matching.isOn = true
      try parseLabels(of: &matching)
    } else if take(.keyword(.ignoring)) {
      try parseLabels(of: &matching)
    }
    while case .identifier = current.kind, next.kind == .leftParenthesis, try parseFill(of: &matching) {}
    return matching
  }

  private mutating func parseLabels(of matching: inout VectorMatching) throws(SyntaxFault) {
    matching.labels = try parseGroupingLabels()
    if take(.keyword(.groupLeft)) {
      matching.cardinality = .manyToOne
    } else if take(.keyword(.groupRight)) {
      matching.cardinality = .oneToMany
    } else {
      return
    }
    if case .leftParenthesis = current.kind {
      matching.include = try parseGroupingLabels()
    } else if !current.mayStartOperand {
      throw unexpected(in: "grouping opts", expected: "\"(\"")
    }
  }

  /// `fill(0)`, `fill_left(0)`, `fill_right(0)`; false when the word is none of them.
  private mutating func parseFill(of matching: inout VectorMatching) throws(SyntaxFault) -> Bool {
    let word = current.text.lowercased()
    guard ["fill", "fill_left", "fill_right"].contains(word) else { return false }
    let start = advance().range.start
    guard options.experimentalFunctions else {
      throw SyntaxFault(message: "binop fill modifiers are experimental and not enabled", offset: start)
    }
    try expect(.leftParenthesis, "\"(\"", in: "fill modifier")
    var sign = 1.0
    if take(.binary(.subtract)) { sign = -1 } else { _ = take(.binary(.add)) }
    guard case .number(let value) = current.kind else {
      throw unexpected(in: "fill modifier", expected: "number")
    }
    advance()
    try expect(.rightParenthesis, "\")\"", in: "fill modifier")
    if word != "fill_right" { matching.fillLeft = sign * value }
    if word != "fill_left" { matching.fillRight = sign * value }
    return true
  }

  private mutating func parseSigned() throws(SyntaxFault) -> Expression {
    let start = current.range.start
    let negated: Bool
    switch current.kind {
    case .binary(.add): negated = false
    case .binary(.subtract): negated = true
    default: return try parseOperand()
    }
    advance()
    let operand = try parse(BinaryOperator.tighterThanSign)
    if case .number(let value, let isDuration) = operand.kind {
      return try node(.number(negated ? -value : value, isDuration: isDuration), from: start, depth: 0)
    }
    return try node(.unary(negated: negated, operand), from: start, depth: operand.depth)
  }
}
