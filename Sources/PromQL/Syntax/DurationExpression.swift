internal import Model

/// A range, step or offset that is computed (`[step() + 1m]`), in seconds. Experimental in Prometheus, and accepted only
/// behind ``ParserOptions/experimentalFunctions``.
package indirect enum DurationExpression: Sendable, Hashable {
  case seconds(Double)
  /// `step()`: the step of the query; 0 for a query of one moment.
  case step
  /// `range()`: from the first moment of the query to its last.
  case range
  case negated(DurationExpression)
  /// One of `+ - * / % ^`.
  case arithmetic(BinaryOperator, DurationExpression, DurationExpression)
  case minimum(DurationExpression, DurationExpression)
  case maximum(DurationExpression, DurationExpression)

  /// What a query says that a duration may depend on.
  package struct Query: Sendable, Hashable {
    package var step: Duration
    package var range: Duration

    package init(step: Duration = .zero, range: Duration = .zero) {
      self.step = step
      self.range = range
    }
  }

  /// Why a duration has no value.
  package struct Fault: Error, Hashable, Sendable {
    package let message: String
  }

  /// Whether the value is the same in every query.
  var isConstant: Bool {
    switch self {
    case .seconds: true
    case .step, .range: false
    case .negated(let inner): inner.isConstant
    case .arithmetic(_, let left, let right), .minimum(let left, let right), .maximum(let left, let right):
      left.isConstant && right.isConstant
    }
  }

  /// The value in whole milliseconds, what is left dropped; throws what Prometheus says when there is none.
  func milliseconds(in query: Query, mayBeNegative: Bool) throws(Fault) -> Int64 {
    let seconds = try seconds(in: query)
    guard seconds > 0 || mayBeNegative else { throw Fault(message: "duration must be greater than 0") }
    // By way of nanoseconds, as in Prometheus: 1001ms stays 1001, though 1.001 * 1000 is a little less.
    guard let milliseconds = Int64(exactly: ((seconds * 1e9).rounded() / 1e6).rounded(.towardZero)),
      milliseconds.magnitude <= LiteralText.maximumMilliseconds.magnitude
    else { throw Fault(message: "duration out of range") }
    return milliseconds
  }

  private func seconds(in query: Query) throws(Fault) -> Double {
    switch self {
    case .seconds(let value): return value
    case .step: return query.step.inSeconds
    case .range: return query.range.inSeconds
    case .negated(let inner): return -(try inner.seconds(in: query))
    case .minimum(let left, let right): return min(try left.seconds(in: query), try right.seconds(in: query))
    case .maximum(let left, let right): return max(try left.seconds(in: query), try right.seconds(in: query))
    case .arithmetic(let op, let left, let right):
      let (left, right) = (try left.seconds(in: query), try right.seconds(in: query))
      if right == 0, op == .divide { throw Fault(message: "division by zero") }
      if right == 0, op == .modulo { throw Fault(message: "modulo by zero") }
      return op.apply(left, right).value
    }
  }
}

extension DurationExpression: CustomStringConvertible {
  /// The canonical form: brackets around every operation.
  package var description: String {
    switch self {
    case .seconds(let value): NumberText.plain(value)
    case .step: "step()"
    case .range: "range()"
    case .negated(.negated(let inner)): "-(-\(inner))"
    case .negated(let inner): "-\(inner)"
    case .arithmetic(let op, let left, let right): "(\(left) \(op.rawValue) \(right))"
    case .minimum(let left, let right): "min_of(\(left), \(right))"
    case .maximum(let left, let right): "max_of(\(left), \(right))"
    }
  }
}

extension Expression {
  /// This expression with every duration that depends on the query replaced by its value in `query`.
  package func resolvingDurations(in query: DurationExpression.Query) throws(DurationExpression.Fault)
    -> Expression
  {
    var kind = kind
    switch kind {
    case .number, .string: return self
    case .selector(var selector):
      try selector.shift.resolve(in: query)
      kind = .selector(selector)
    case .rangeSelector(var selector, var range):
      try selector.shift.resolve(in: query)
      if let computed = selector.rangeExpression {
        range = try computed.milliseconds(in: query, mayBeNegative: false)
        selector.rangeExpression = nil
      }
      kind = .rangeSelector(selector, rangeMilliseconds: range)
    case .subquery(var subquery):
      try subquery.resolve(in: query)
      kind = .subquery(subquery)
    case .call(let function, let arguments):
      kind = .call(function, try resolved(arguments, in: query))
    case .aggregation(var aggregation):
      aggregation.parameter = try aggregation.parameter?.resolvingDurations(in: query)
      aggregation.operand = try aggregation.operand.resolvingDurations(in: query)
      kind = .aggregation(aggregation)
    case .unary(let negated, let operand):
      kind = .unary(negated: negated, try operand.resolvingDurations(in: query))
    case .parenthesized(let inner): kind = .parenthesized(try inner.resolvingDurations(in: query))
    case .binary(var operation):
      operation.left = try operation.left.resolvingDurations(in: query)
      operation.right = try operation.right.resolvingDurations(in: query)
      kind = .binary(operation)
    }
    return Expression(kind: kind, range: range, depth: depth)
  }

  private func resolved(
    _ expressions: [Expression], in query: DurationExpression.Query
  ) throws(DurationExpression.Fault) -> [Expression] {
    var all: [Expression] = []
    for expression in expressions { all.append(try expression.resolvingDurations(in: query)) }
    return all
  }

  /// Whether a duration of this node itself waits for the query.
  var hasOpenDurations: Bool {
    switch kind {
    case .selector(let selector): selector.shift.offsetExpression != nil
    case .rangeSelector(let selector, _):
      selector.shift.offsetExpression != nil || selector.rangeExpression != nil
    case .subquery(let subquery):
      subquery.shift.offsetExpression != nil || subquery.rangeExpression != nil
        || subquery.stepExpression != nil
    default: false
    }
  }
}

extension TimeShift {
  fileprivate mutating func resolve(in query: DurationExpression.Query) throws(DurationExpression.Fault) {
    guard let computed = offsetExpression else { return }
    offsetMilliseconds = try computed.milliseconds(in: query, mayBeNegative: true)
    offsetExpression = nil
  }
}

extension Subquery {
  fileprivate mutating func resolve(in query: DurationExpression.Query) throws(DurationExpression.Fault) {
    inner = try inner.resolvingDurations(in: query)
    try shift.resolve(in: query)
    if let computed = rangeExpression {
      rangeMilliseconds = try computed.milliseconds(in: query, mayBeNegative: false)
      rangeExpression = nil
    }
    if let computed = stepExpression {
      stepMilliseconds = try computed.milliseconds(in: query, mayBeNegative: false)
      stepExpression = nil
    }
  }
}
