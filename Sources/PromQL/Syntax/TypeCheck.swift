internal import Model

/// Prometheus' rules of types. Runs over the finished tree, so that a fault of grammar is reported first.
enum TypeCheck {
  static func check(_ expression: Expression) throws(SyntaxFault) {
    if case .binary(let operation) = expression.kind { return try check(chain: operation) }
    for child in expression.children where !isLabelSelector(child, of: expression) { try check(child) }
    switch expression.kind {
    case .number, .string, .parenthesized: break
    case .selector(let selector), .rangeSelector(let selector, _): try check(selector, at: expression)
    case .subquery(let subquery):
      let type = subquery.inner.type
      if type != .instantVector {
        throw fault(expression, "subquery is only allowed on instant vector, got \(type.rawValue) instead")
      }
    case .unary(_, let operand):
      if operand.type != .scalar, operand.type != .instantVector {
        throw fault(
          expression,
          "unary expression only allowed on expressions of type scalar or instant vector, "
            + "got \(quoted(operand.type.rawValue))")
      }
    case .aggregation(let aggregation):
      try expect(.instantVector, aggregation.operand, in: "aggregation expression")
      if let type = aggregation.op.parameterType, let parameter = aggregation.parameter {
        try expect(type, parameter, in: "aggregation parameter")
      }
    case .call(let function, let arguments): try check(function, arguments, at: expression)
    case .binary: break
    }
  }

  /// Operation by operation, as if each were the left operand of the next.
  private static func check(chain: BinaryOperation) throws(SyntaxFault) {
    try check(chain.first)
    for (index, link) in chain.links.enumerated() {
      try check(link.right)
      let part = chain.prefix(index + 1)
      if case .binary(let operation) = part.kind { try check(operation, at: part) }
    }
  }

  /// Whether `child` is the second argument of `info`, which may match nothing in particular.
  private static func isLabelSelector(_ child: Expression, of expression: Expression) -> Bool {
    guard case .call(let function, let arguments) = expression.kind, function.name == "info",
      arguments.count == 2,
      case .selector = child.kind
    else { return false }
    return child.range == arguments[1].range
  }

  private static func fault(_ expression: Expression, _ message: String) -> SyntaxFault {
    SyntaxFault(message: message, offset: expression.range.start)
  }

  private static func expect(
    _ type: ValueType, _ expression: Expression, in context: String
  ) throws(SyntaxFault) {
    guard expression.type != type else { return }
    throw fault(expression, "expected type \(type.rawValue) in \(context), got \(expression.type.rawValue)")
  }

  private static func check(_ selector: VectorSelector, at expression: Expression) throws(SyntaxFault) {
    guard let name = selector.name else {
      // A selector that nothing narrows would select every series, most likely by a slip.
      if selector.matchers.allSatisfy({ $0.matches("") }) {
        throw fault(expression, "vector selector must contain at least one non-empty matcher")
      }
      return
    }
    for matcher in selector.matchers.dropLast() where matcher.name == Labels.metricNameLabel {
      throw fault(
        expression, "metric name must not be set twice: \(quoted(name)) or \(quoted(matcher.text))")
    }
  }

  private static func check(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(SyntaxFault) {
    let listed = function.arguments.count
    func wrongCount(_ expected: String) -> SyntaxFault {
      fault(
        expression,
        "expected \(expected) argument(s) in call to \(quoted(function.name)), got \(arguments.count)")
    }
    if let variadic = function.variadic {
      if arguments.count < listed - 1 { throw wrongCount("at least \(listed - 1)") }
      if variadic > 0, arguments.count > listed - 1 + variadic {
        throw wrongCount("at most \(listed - 1 + variadic)")
      }
    } else if arguments.count != listed {
      throw wrongCount("\(listed)")
    }
    for (index, argument) in arguments.enumerated() {
      let type = function.arguments[min(index, listed - 1)]
      try expect(type, argument, in: "call to function \(quoted(function.name))")
    }
    if function.name == "info", arguments.count > 1 {
      guard case .selector(let selector) = arguments[1].kind else {
        throw fault(arguments[1], "expected label selectors only")
      }
      if selector.name != nil {
        throw fault(arguments[1], "expected label selectors only, got vector selector instead")
      }
    }
  }

  private static func check(_ operation: BinaryOperation, at expression: Expression) throws(SyntaxFault) {
    let (op, matching) = (operation.op, operation.matching)
    for side in [operation.left, operation.right] where side.type != .scalar && side.type != .instantVector {
      throw fault(side, "binary expression must contain only scalar and instant vector types")
    }
    let scalars = [operation.left, operation.right].filter { $0.type == .scalar }.count
    if operation.returnsBool, !op.isComparison {
      throw SyntaxFault(
        message: "bool modifier can only be used on comparison operators",
        offset: operation.operatorRange.start)
    }
    if op.isComparison, !operation.returnsBool, scalars == 2 {
      throw SyntaxFault(
        message: "comparisons between scalars must use BOOL modifier",
        offset: operation.operatorRange.start)
    }
    if matching.isOn, let both = matching.labels.first(where: matching.include.contains) {
      throw SyntaxFault(
        message: "label \(quoted(both)) must not occur in ON and GROUP clause at once",
        offset: operation.operatorRange.start)
    }
    if op.isSetOperator {
      if scalars > 0 {
        throw fault(
          expression, "set operator \(quoted(op.rawValue)) not allowed in binary scalar expression")
      }
      if matching.cardinality != .oneToOne {
        throw fault(expression, "no grouping allowed for \(quoted(op.rawValue)) operation")
      }
    }
    let fills = matching.fillLeft != nil || matching.fillRight != nil
    if fills, op.isSetOperator {
      throw fault(expression, "filling in missing series not allowed for set operators")
    }
    if fills, scalars > 0 {
      throw fault(expression, "filling in missing series only allowed between instant vectors")
    }
    if op.isTrim, scalars == 2 {
      throw fault(expression, "operator \(quoted(op.rawValue)) not allowed for Scalar operations")
    }
    if scalars > 0, !matching.labels.isEmpty {
      throw fault(expression, "vector matching only allowed between instant vectors")
    }
  }
}
