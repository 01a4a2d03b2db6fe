internal import Model

/// `limitk`: the first members of each group.
final class LimitStep: Step {
  private let operand: Step
  private let parameter: CountParameter
  private var grouping: Grouping
  private var taken: [Int] = []

  init(_ aggregation: Aggregation, _ operand: Step, parameter: Step) {
    grouping = Grouping(aggregation.grouping)
    self.operand = operand
    self.parameter = CountParameter(step: parameter)
  }

  override func forget() { grouping.forget() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    let count = try parameter.value(context)
    guard count >= 1 else { return }
    grouping.begin()
    taken.removeAll(keepingCapacity: true)
    for (index, set) in operand.sets.enumerated() {
      let (place, isNew) = grouping.place(of: set, context.table)
      if isNew { taken.append(0) }
      guard taken[place] < count else { continue }
      taken[place] += 1
      append(set, elementOf: operand, index)
    }
    try context.spend(sets.count)
  }
}

/// `limit_ratio`: a share of the elements, chosen by a hash of their labels. A negative ratio takes what the ratio one
/// greater leaves.
final class LimitRatioStep: Step {
  private let operand: Step
  private let parameter: Step
  private let range: SourceRange?

  init(_ aggregation: Aggregation, _ operand: Step, parameter: Step) {
    range = aggregation.parameter?.range
    self.operand = operand
    self.parameter = parameter
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    try parameter.evaluate(context)
    removeAll()
    let wanted = parameter.scalar
    if wanted.isNaN { throw EvaluationError(message: "Ratio value is NaN") }
    let ratio = min(1, max(-1, wanted))
    if ratio != wanted, let range {
      context.annotate(
        .warning,
        "ratio value should be between -1 and 1, got \(NumberText.shortest(wanted)), "
          + "capping to \(NumberText.shortest(ratio))", at: range)
    }
    if ratio == 0 { return }
    for (index, set) in operand.sets.enumerated() {
      let place = Double(LabelHash.xxHash64(of: context.table.sets[set])) / 0x1p64
      guard ratio > 0 ? place < ratio : place >= 1 + ratio else { continue }
      append(set, elementOf: operand, index)
    }
    try context.spend(sets.count)
  }
}
