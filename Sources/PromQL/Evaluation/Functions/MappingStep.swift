internal import Model

/// A function of each float on its own; the metric's name is dropped, and so are native histograms.
final class MappingStep: Step {
  enum Operation {
    case number(NumberFunction)
    case date(DateFunction)
    case clamp(min: Step, max: Step)
    case clampMin(Step)
    case clampMax(Step)
    case round(Step?)
  }

  private let operand: Step
  private let operation: Operation

  init(_ operand: Step, _ operation: Operation) {
    self.operand = operand
    self.operation = operation
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    switch operation {
    case .number(let function): map(context) { function.apply($0) }
    case .date(let function): map(context) { function.apply($0) }
    case .clamp(let min, let max): clamp(context, try number(min, context), try number(max, context))
    case .clampMin(let min): clamp(context, try number(min, context), .infinity)
    case .clampMax(let max): clamp(context, -.infinity, try number(max, context))
    case .round(let to):
      let nearest = try to.map { step throws(EvaluationError) in try number(step, context) } ?? 1
      let inverse = 1 / nearest
      map(context) { ($0 * inverse + 0.5).rounded(.down) / inverse }
    }
    try checkUnique(context)
  }

  private func clamp(_ context: EvaluationContext, _ low: Double, _ high: Double) {
    if low > high { return }
    map(context) { goMaximum(low, goMinimum(high, $0)) }
  }

  @inline(__always)
  private func map(_ context: EvaluationContext, _ transform: (Double) -> Double) {
    for (index, set) in operand.sets.enumerated() where operand.histogram(index) == nil {
      append(context.table.droppingName(set), transform(operand.values[index]))
    }
  }

  private func number(_ step: Step, _ context: EvaluationContext) throws(EvaluationError) -> Double {
    try step.evaluate(context)
    return step.scalar
  }
}

/// Go's math.Min and math.Max: NaN wins over every number but the infinity that decides anyway.
func goMinimum(_ a: Double, _ b: Double) -> Double {
  if a == -.infinity || b == -.infinity { return -.infinity }
  return a.isNaN || b.isNaN ? .nan : Swift.min(a, b)
}

func goMaximum(_ a: Double, _ b: Double) -> Double {
  if a == .infinity || b == .infinity { return .infinity }
  return a.isNaN || b.isNaN ? .nan : Swift.max(a, b)
}

/// `hour()` and its like without an argument: of the moment of the evaluation.
final class CurrentDateStep: Step {
  private let function: DateFunction

  init(_ function: DateFunction) { self.function = function }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    removeAll()
    append(context.table.number(of: .empty), function.apply(context.time.milliseconds / 1000))
  }
}

/// `timestamp(vector)`: for a selector the samples' own times, for everything else the time of the evaluation.
final class TimestampStep: Step {
  private let operand: Step
  private let selector: SelectorStep?

  init(_ operand: Step, selector: SelectorStep?) {
    self.operand = operand
    self.selector = selector
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    for (index, set) in operand.sets.enumerated() {
      let time = selector?.sampleTime(index) ?? context.time
      append(context.table.droppingName(set), time.seconds)
    }
    try checkUnique(context)
  }
}
