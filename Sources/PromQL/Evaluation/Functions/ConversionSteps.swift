internal import Model

/// `vector(scalar)`.
final class VectorStep: Step {
  private let operand: Step

  init(_ operand: Step) { self.operand = operand }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    append(context.table.number(of: .empty), operand.scalar)
  }
}

/// `scalar(vector)`: the only float of the vector, NaN when there is not exactly one.
final class ScalarStep: Step {
  private let operand: Step

  init(_ operand: Step) { self.operand = operand }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    var found: Double?
    for (index, value) in operand.values.enumerated() where operand.histogram(index) == nil {
      guard found == nil else { return set(.nan) }
      found = value
    }
    set(found ?? .nan)
  }
}

/// `absent(vector)`: 1 with the labels that the selector pins down, when there is nothing.
final class AbsentStep: Step {
  private let operand: Step
  private let labels: Labels

  init(_ operand: Step, argument: Expression) {
    self.operand = operand
    labels = argument.pinnedLabels
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    if operand.sets.isEmpty { append(context.table.number(of: labels), 1) }
  }
}

/// `absent_over_time(range vector)`.
final class AbsentOverTimeStep: Step {
  private let operand: WindowStep
  private let labels: Labels
  private let boundary: RangeBoundary?

  init(_ operand: WindowStep, argument: Expression, boundary: RangeBoundary?) {
    self.operand = operand
    self.boundary = boundary
    labels = argument.pinnedLabels
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    if let refusal = EvaluationError.refusing(boundary, with: "absent_over_time") { throw refusal }
    try operand.evaluate(context)
    removeAll()
    if operand.sets.isEmpty { append(context.table.number(of: labels), 1) }
  }
}

extension Expression {
  /// The labels that whatever the selector finds must have: none for what is no selector.
  fileprivate var pinnedLabels: Labels {
    let matchers: [LabelMatcher]
    switch withoutParentheses.kind {
    case .selector(let selector), .rangeSelector(let selector, _): matchers = selector.matchers
    default: return .empty
    }
    var pinned: [String: String] = [:]
    var seen: Set<String> = []
    for matcher in matchers where matcher.name != Labels.metricNameLabel {
      // A second condition on a label makes its value ambiguous.
      if matcher.kind == .equal, seen.insert(matcher.name).inserted {
        pinned[matcher.name] = matcher.text
      } else {
        pinned[matcher.name] = nil
      }
    }
    return Labels(pinned)
  }
}
