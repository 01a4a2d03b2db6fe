internal import Model

/// A function of each element on its own; the metric's name is dropped.
final class MappingStep: Step {
  enum Operation {
    case number(NumberFunction)
    case clamp(min: Step, max: Step)
    case clampMin(Step)
    case clampMax(Step)
    case round(Step?)
    /// For a selector the samples' own times, for everything else the time of the evaluation.
    case timestamp(SelectorStep?)
  }

  private let operand: Step
  private let operation: Operation

  init(_ operand: Step, _ operation: Operation) {
    self.operand = operand
    self.operation = operation
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    var (low, high) = (-Double.infinity, Double.infinity)
    var isClamp = true
    switch operation {
    case .clamp(let min, let max):
      low = try number(min, context)
      high = try number(max, context)
    case .clampMin(let min): low = try number(min, context)
    case .clampMax(let max): high = try number(max, context)
    case .round(let to):
      isClamp = false
      high = try to.map { step throws(EvaluationError) in try number(step, context) } ?? 1
    default: isClamp = false
    }
    removeAll()
    if isClamp, low > high { return }
    for (index, value) in operand.values.enumerated() {
      let result: Double
      switch operation {
      case .number(let function): result = function.apply(value)
      case .timestamp(let selector):
        result = (selector.map { $0.sampleTime(index) } ?? context.time).seconds
      case .round:
        let inverse = 1 / high
        result = (value * inverse + 0.5).rounded(.down) / inverse
      default: result = goMaximum(low, goMinimum(high, value))
      }
      append(context.table.droppingName(operand.sets[index]), result)
    }
    try checkUnique(context)
  }

  private func number(_ step: Step, _ context: EvaluationContext) throws(EvaluationError) -> Double {
    try step.evaluate(context)
    return step.scalar
  }
}

/// Go's math.Min and math.Max: NaN wins over every number but the infinity that decides anyway.
private func goMinimum(_ a: Double, _ b: Double) -> Double {
  if a == -.infinity || b == -.infinity { return -.infinity }
  return a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
}

private func goMaximum(_ a: Double, _ b: Double) -> Double {
  if a == .infinity || b == .infinity { return .infinity }
  return a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
}

/// `vector(scalar)` and `scalar(vector)`.
final class ConversionStep: Step {
  private let operand: Step
  private let toVector: Bool

  init(_ operand: Step, toVector: Bool) {
    self.operand = operand
    self.toVector = toVector
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    guard toVector else { return set(operand.values.count == 1 ? operand.values[0] : .nan) }
    removeAll()
    append(context.table.number(of: .empty), operand.scalar)
  }
}

/// `absent(vector)`: 1 with the labels that the selector pins down, when there is nothing.
final class AbsentStep: Step {
  private let operand: Step
  private let labels: Labels

  init(_ operand: Step, argument: Expression) {
    self.operand = operand
    var pinned: [String: String] = [:]
    var seen: Set<String> = []
    if case .selector(let selector) = argument.withoutParentheses.kind {
      for matcher in selector.matchers where matcher.name != Labels.metricNameLabel {
        // A second condition on a label makes its value ambiguous.
        if matcher.kind == .equal, seen.insert(matcher.name).inserted {
          pinned[matcher.name] = matcher.text
        } else {
          pinned[matcher.name] = nil
        }
      }
    }
    labels = Labels(pinned)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    if operand.values.isEmpty { append(context.table.number(of: labels), 1) }
  }
}

/// `sort` and `sort_desc`: NaN last in both.
final class SortStep: Step {
  private let operand: Step
  private let descending: Bool

  init(_ operand: Step, descending: Bool) {
    self.operand = operand
    self.descending = descending
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    copy(operand)
    reorder { a, b in
      if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
      return descending ? a > b : a < b
    }
  }
}
