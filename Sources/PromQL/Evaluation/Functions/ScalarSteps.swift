internal import Model

/// `start()`, `end()`, `range()` and `step()`: what moments the query asks for, in seconds. A query for one moment has
/// a range and a step of 0.
final class QueryBoundsStep: Step {
  private let name: String

  init(_ name: String) { self.name = name }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    switch name {
    case "start": set(context.start.seconds)
    case "end": set(context.end.seconds)
    case "step": set(context.interval.inSeconds)
    default: set((context.end - context.start).inSeconds)
    }
  }
}

/// `min_of(a, b)` and `max_of(a, b)`.
final class ExtremeStep: Step {
  private let left: Step
  private let right: Step
  private let isMaximum: Bool

  init(_ left: Step, _ right: Step, isMaximum: Bool) {
    self.left = left
    self.right = right
    self.isMaximum = isMaximum
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try left.evaluate(context)
    try right.evaluate(context)
    set(isMaximum ? goMaximum(left.scalar, right.scalar) : goMinimum(left.scalar, right.scalar))
  }
}
