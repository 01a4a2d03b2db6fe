internal import Model

extension Expression {
  /// Characters of a line beyond which an expression is written over several lines.
  private static let longestLine = 100

  /// The canonical form over several lines, as Prometheus' `format_query` and `promtool promql format` write it.
  package var pretty: String { inOrder.pretty(0) }

  /// This expression with the conditions of each selector in the order in which Prometheus prints them. Its
  /// `description`, on which the identity of rules rests, keeps the order of the text.
  package var inOrder: Expression {
    var kind = kind
    switch kind {
    case .number, .string: return self
    case .selector(var selector):
      selector.sortConditions()
      kind = .selector(selector)
    case .rangeSelector(var selector, let range):
      selector.sortConditions()
      kind = .rangeSelector(selector, rangeMilliseconds: range)
    case .subquery(var subquery):
      subquery.inner = subquery.inner.inOrder
      kind = .subquery(subquery)
    case .call(let function, let arguments): kind = .call(function, arguments.map(\.inOrder))
    case .aggregation(var aggregation):
      aggregation.parameter = aggregation.parameter?.inOrder
      aggregation.operand = aggregation.operand.inOrder
      kind = .aggregation(aggregation)
    case .unary(let negated, let operand): kind = .unary(negated: negated, operand.inOrder)
    case .parenthesized(let inner): kind = .parenthesized(inner.inOrder)
    case .binary(var operation):
      operation.left = operation.left.inOrder
      operation.right = operation.right.inOrder
      kind = .binary(operation)
    }
    return Expression(kind: kind, range: range, depth: depth)
  }

  /// The depth of the tree is bounded, see ``ParseLimits``.
  private func pretty(_ level: Int) -> String {
    let indent = String(repeating: "  ", count: level)
    let line = description
    switch kind {
    case .unary(let negated, let operand):
      return indent + (negated ? "-" : "+") + operand.pretty(level).drop { $0 == " " }
    case .subquery(let subquery):
      // Prometheus does not indent one that fits into a line.
      return line.utf8.count <= Self.longestLine ? line : subquery.inner.pretty(level) + subquery.suffix
    default: if line.utf8.count <= Self.longestLine { return indent + line }
    }
    switch kind {
    case .number, .string, .selector, .rangeSelector, .unary, .subquery: return indent + line
    case .aggregation(let aggregation):
      let parameter = aggregation.parameter.map { $0.pretty(level + 1) + ",\n" } ?? ""
      return "\(indent)\(aggregation.head)(\n\(parameter)\(aggregation.operand.pretty(level + 1))\n\(indent))"
    case .call(let function, let arguments):
      let inner = arguments.map { $0.pretty(level + 1) }.joined(separator: ",\n")
      return "\(indent)\(function.name)(\n\(inner)\n\(indent))"
    case .parenthesized(let inner): return "\(indent)(\n\(inner.pretty(level + 1))\n\(indent))"
    case .binary(let operation):
      return "\(operation.left.pretty(level + 1))\n\(indent)\(operation.op.rawValue)\(operation.modifiers)\n"
        + operation.right.pretty(level + 1)
    }
  }
}

extension VectorSelector {
  /// The condition on a name that stands before the braces stays the last one.
  fileprivate mutating func sortConditions() {
    let count = name == nil ? matchers.count : matchers.count - 1
    matchers[..<max(0, count)].sort { byteOrder($0.conditionText, $1.conditionText) }
  }
}
