internal import Model

/// `expression[range:step]`: the values of an expression at moments that are multiples of the step.
final class SubqueryStep: WindowStep {
  private let inner: Step
  private let isScalar: Bool
  private let subquery: (range: Int64, step: Int64?)
  private let shift: TimeShift
  /// Place in `windows` by label set.
  private var places: [Int] = []

  /// `inner` must be evaluated by nobody else: it is evaluated at other moments than its surroundings.
  init(_ inner: Step, _ subquery: Subquery) {
    self.inner = inner
    isScalar = subquery.inner.type == .scalar
    self.subquery = (subquery.rangeMilliseconds, subquery.stepMilliseconds)
    shift = subquery.shift
  }

  override func forget() {
    sets.removeAll(keepingCapacity: true)
    windows.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    for set in sets { places[set] = -1 }
    sets.removeAll(keepingCapacity: true)
    windows.removeAll(keepingCapacity: true)
    let end = context.milliseconds(of: shift)
    range = WindowRange(start: end.subtractingClamped(subquery.range), end: end)
    let step = max(1, subquery.step ?? context.options.subqueryStep.milliseconds)
    let first = firstMultiple(of: step, after: range.start)
    let last = end
    // Known before the first of them is evaluated.
    try context.checkAffordable(first <= last ? last.subtractingClamped(first) / step : 0)
    try context.atOtherMoments { moveTo throws(EvaluationError) in
      var moment = first
      var untilCheck = 0
      while moment <= last {
        // A step that is fixed asks for nothing itself.
        if untilCheck == 0 { try context.checkLimits() }
        untilCheck = (untilCheck + 1) % 256
        moveTo(Timestamp(milliseconds: moment))
        try inner.evaluate(context)
        try context.spend(1)
        if isScalar {
          window(of: context.table.number(of: .empty)) { $0.append(moment, inner.scalar) }
        } else {
          try takeVector(at: moment, context)
        }
        let (next, overflow) = moment.addingReportingOverflow(step)
        if overflow { break }
        moment = next
      }
    }
  }

  private func takeVector(at moment: Int64, _ context: EvaluationContext) throws(EvaluationError) {
    try context.spend(inner.sets.count)
    for (index, set) in inner.sets.enumerated() {
      if var histogram = inner.histogram(index) {
        // What a hint says about the sample stored before is not true of the one a step before.
        if histogram.counterResetHint != .gauge { histogram.counterResetHint = .unknown }
        window(of: set) { $0.append(moment, histogram) }
      } else {
        window(of: set) { $0.append(moment, inner.values[index]) }
      }
    }
  }

  private func window(of set: Int, _ change: (inout SampleColumns) -> Void) {
    if set >= places.count {
      places.append(contentsOf: repeatElement(-1, count: set + 1 - places.count))
    }
    if places[set] < 0 {
      places[set] = sets.count
      sets.append(set)
      windows.append(SampleColumns())
    }
    change(&windows[places[set]])
  }

  private func firstMultiple(of step: Int64, after moment: Int64) -> Int64 {
    let (quotient, remainder) = moment.quotientAndRemainder(dividingBy: step)
    let floor = remainder < 0 ? quotient - 1 : quotient
    let (product, overflow) = floor.addingClamped(1).multipliedReportingOverflow(by: step)
    return overflow ? .max : product
  }
}
