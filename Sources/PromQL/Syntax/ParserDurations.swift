internal import Model

/// Ranges, steps and offsets. Written as a literal they are part of the stable language; everything computed is
/// experimental.
extension Parser {
  /// A duration as the tree keeps it: milliseconds, and an expression when only a query can tell them.
  struct WrittenDuration {
    var milliseconds: Int64 = 0
    var expression: DurationExpression?
  }

  /// What stands in the brackets of a range or subquery: the whole arithmetic, with a value above 0.
  mutating func parsePositiveDuration(in context: String) throws(SyntaxFault) -> WrittenDuration {
    let start = current.range.start
    return try folded(try parseDurationSum(0, context), from: start, mayBeNegative: false)
  }

  /// What follows `offset`: one operand with a sign or none. An operator behind it is one between vectors.
  mutating func parseOffsetDuration() throws(SyntaxFault) -> WrittenDuration {
    let start = current.range.start
    let negated = take(.binary(.subtract))
    if !negated { _ = take(.binary(.add)) }
    let operand = try parseDurationOperand("offset")
    return try folded(negated ? .negated(operand) : operand, from: start, mayBeNegative: true)
  }

  private func folded(
    _ expression: DurationExpression, from start: Int, mayBeNegative: Bool
  ) throws(SyntaxFault) -> WrittenDuration {
    guard expression.isConstant else { return WrittenDuration(expression: expression) }
    do throws(DurationExpression.Fault) {
      let milliseconds = try expression.milliseconds(
        in: DurationExpression.Query(), mayBeNegative: mayBeNegative)
      return WrittenDuration(milliseconds: milliseconds)
    } catch {
      throw SyntaxFault(message: error.message, offset: start)
    }
  }

  /// Operators that bind at least as tight as `minimum`, by the precedence of the expressions around them.
  private mutating func parseDurationSum(
    _ minimum: Int, _ context: String
  ) throws(SyntaxFault) -> DurationExpression {
    try descend()
    defer { depth -= 1 }
    let start = current.range.start
    var operations = 0
    var left: DurationExpression
    if take(.binary(.subtract)) {
      left = .negated(try parseDurationSum(BinaryOperator.tighterThanSign, context))
    } else if take(.binary(.add)) {
      left = try parseDurationSum(BinaryOperator.tighterThanSign, context)
    } else {
      left = try parseDurationOperand(context)
    }
    while case .binary(let op) = current.kind, op.isArithmetic, op != .atan2, op.precedence >= minimum {
      try requireComputedDurations(at: start)
      // A long chain is a deep tree.
      operations += 1
      guard operations < ParseLimits.depth else { throw tooDeep(at: start) }
      advance()
      let right = try parseDurationSum(op == .power ? op.precedence : op.precedence + 1, context)
      left = .arithmetic(op, left, right)
    }
    return left
  }

  private mutating func parseDurationOperand(_ context: String) throws(SyntaxFault) -> DurationExpression {
    let start = current.range.start
    switch current.kind {
    case .duration(let milliseconds):
      advance()
      return .seconds(Double(milliseconds) / 1000)
    case .number(let seconds):
      guard seconds.magnitude * 1000 <= Double(LiteralText.maximumMilliseconds) else {
        throw SyntaxFault(message: "duration out of range", offset: start)
      }
      advance()
      return .seconds(seconds)
    case .leftParenthesis:
      try requireComputedDurations(at: start)
      advance()
      let inner = try parseDurationSum(0, context)
      try expect(.rightParenthesis, "\")\"", in: context)
      return inner
    case .identifier, .aggregation: return try parseDurationCall(context)
    default: throw unexpected(in: context, expected: "number or duration")
    }
  }

  /// `step()`, `range()`, `min_of(a, b)` and `max_of(a, b)`, the last two also by their first names `min` and `max`.
  private mutating func parseDurationCall(_ context: String) throws(SyntaxFault) -> DurationExpression {
    let word = current.text.lowercased()
    guard ["step", "range", "min", "max", "min_of", "max_of"].contains(word), next.kind == .leftParenthesis
    else { throw unexpected(in: context, expected: "number or duration") }
    try requireComputedDurations(at: current.range.start)
    advance()
    advance()
    if word == "step" || word == "range" {
      try expect(.rightParenthesis, "\")\"", in: context)
      return word == "step" ? .step : .range
    }
    let left = try parseDurationSum(0, context)
    try expect(.comma, "\",\"", in: context)
    let right = try parseDurationSum(0, context)
    try expect(.rightParenthesis, "\")\"", in: context)
    return word.hasPrefix("min") ? .minimum(left, right) : .maximum(left, right)
  }

  private func requireComputedDurations(at start: Int) throws(SyntaxFault) {
    guard options.experimentalFunctions else {
      throw SyntaxFault(message: "experimental duration expression is not enabled", offset: start)
    }
  }
}
