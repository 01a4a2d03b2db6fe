package import Model

extension Expression {
  /// How far before the moment of evaluation the expression's samples may lie: ranges and offsets, those of subqueries
  /// around them added; nil when `@` fixes a selector to a moment. The look-back of a selector comes on top.
  package var reach: Duration? {
    var own: Int64 = 0
    switch kind {
    case .selector(let selector):
      guard selector.shift.anchor == nil else { return nil }
      own = max(0, selector.shift.offsetMilliseconds ?? 0)
    case .rangeSelector(let selector, let range):
      guard selector.shift.anchor == nil else { return nil }
      own = range.addingClamped(max(0, selector.shift.offsetMilliseconds ?? 0))
    case .subquery(let subquery):
      guard subquery.shift.anchor == nil else { return nil }
      own = subquery.rangeMilliseconds.addingClamped(max(0, subquery.shift.offsetMilliseconds ?? 0))
    default: break
    }
    var furthest: Int64 = 0
    for child in children {
      guard let below = child.reach else { return nil }
      furthest = max(furthest, below.milliseconds)
    }
    return .milliseconds(own.addingClamped(furthest))
  }

  /// The conditions of every selector, in the order of the text.
  package var selectors: [[LabelMatcher]] {
    switch kind {
    case .selector(let selector), .rangeSelector(let selector, _): [selector.matchers]
    default: children.flatMap(\.selectors)
    }
  }

  /// Whether the value is the same at every moment of a query (and between two queries while no sample arrives).
  var isFixed: Bool {
    switch kind {
    case .number, .string: true
    case .selector(let selector), .rangeSelector(let selector, _): selector.shift.anchor != nil
    case .subquery(let subquery): subquery.shift.anchor != nil
    case .call(let function, let arguments):
      !function.readsClock(arguments) && arguments.allSatisfy(\.isFixed)
    default: children.allSatisfy(\.isFixed)
    }
  }

  /// Whether the value may change although no sample arrives, other than by samples growing too old.
  var dependsOnTime: Bool {
    switch kind {
    case .selector(let selector):
      switch selector.shift.anchor {
      case .at: return false
      case .start, .end, nil: return (selector.shift.offsetMilliseconds ?? 0) > 0
      }
    case .rangeSelector(let selector, _):
      if case .at = selector.shift.anchor { return false }
      return true
    case .subquery(let subquery):
      if case .at = subquery.shift.anchor { return false }
      return true
    case .call(let function, let arguments):
      return function.readsClock(arguments) || arguments.contains(where: \.dependsOnTime)
    default: return children.contains(where: \.dependsOnTime)
    }
  }
}

extension FunctionSignature {
  /// Whether the function asks for the moment of evaluation itself.
  func readsClock(_ arguments: [Expression]) -> Bool {
    switch name {
    case "time", "predict_linear", "info", "start", "end", "step", "range": return true
    case "timestamp":
      if case .selector = arguments.first?.withoutParentheses.kind { return false }
      return true
    case "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year":
      return arguments.isEmpty
    default: return false
    }
  }
}
