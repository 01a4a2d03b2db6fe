internal import Model

/// Two vectors, element by element: one to one, or many to one with `group_left` and `group_right`.
final class VectorMatchingStep: Step {
  private let many: Step
  private let one: Step
  private let operation: ElementOperation
  private let matching: VectorMatching
  private let returnsBool: Bool
  private let names: Set<String>
  private var key: MatchKey
  /// For each match key: which element of the "one" side has it in this evaluation, and whether it was used.
  private var slots: [(epoch: UInt64, element: Int, used: Bool)] = []
  private var epoch: UInt64 = 0
  /// The last result of each element of the "many" side, good while it meets the same partner.
  private var results: [(partner: Int, result: Int)] = []

  init(_ operation: BinaryOperation, _ left: Step, _ right: Step, at range: SourceRange) {
    // With group_right the sides are exchanged here and the values exchanged back when computing.
    let swapped = operation.matching.cardinality == .oneToMany
    many = swapped ? right : left
    one = swapped ? left : right
    self.operation = ElementOperation(op: operation.op, range: range)
    matching = operation.matching
    returnsBool = operation.returnsBool
    names = Set(operation.matching.labels)
    key = MatchKey(operation.matching)
  }

  override func forget() {
    key.forget()
    slots.removeAll(keepingCapacity: true)
    results.removeAll(keepingCapacity: true)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try many.evaluate(context)
    try one.evaluate(context)
    removeAll()
    if many.sets.isEmpty || one.sets.isEmpty { return }
    epoch += 1
    try placeOneSide(context.table)
    let swapped = matching.cardinality == .oneToMany
    // Results by match key, in one number: neither half comes near 32 bits.
    var pairs: Set<Int> = []
    for (index, set) in many.sets.enumerated() {
      let number = key.number(of: set, context.table)
      guard number < slots.count, slots[number].epoch == epoch else { continue }
      let partner = slots[number].element
      let result = combine(index, partner, swapped: swapped, context)
      if case .nothing = result { continue }
      let labels = self.result(set, one.sets[partner], context.table)
      // Checked also for what a filter is about to drop.
      try claim(number, labels, &pairs)
      switch result {
      case .nothing: break
      case .number(_, let holds) where returnsBool, .histogram(_, let holds) where returnsBool:
        append(labels, holds ? 1 : 0)
      case .number(let value, let holds): if holds { append(labels, value) }
      case .histogram(let histogram, let holds): if holds { append(labels, histogram) }
      }
    }
    try checkUnique(context)
  }

  private func combine(
    _ index: Int, _ partner: Int, swapped: Bool, _ context: EvaluationContext
  ) -> ElementResult {
    let (a, b) = (many.values[index], one.values[partner])
    let (c, d) = (many.histogram(index), one.histogram(partner))
    return swapped ? operation.apply(b, d, a, c, context) : operation.apply(a, c, b, d, context)
  }

  /// Makes sure that a match is the only one of its kind.
  private func claim(_ key: Int, _ labels: Int, _ pairs: inout Set<Int>) throws(EvaluationError) {
    if matching.cardinality == .oneToOne {
      guard !slots[key].used else {
        throw EvaluationError(
          message: "multiple matches for labels: many-to-one matching must be explicit "
            + "(group_left/group_right)")
      }
      slots[key].used = true
    } else {
      guard pairs.insert(key << 32 | labels).inserted else {
        throw EvaluationError(
          message: "multiple matches for labels: grouping labels must ensure unique matches")
      }
    }
  }

  private func placeOneSide(_ table: LabelTable) throws(EvaluationError) {
    for (index, set) in one.sets.enumerated() {
      let number = key.number(of: set, table)
      if number >= slots.count {
        slots.append(
          contentsOf: repeatElement((epoch: 0, element: 0, used: false), count: number + 1 - slots.count))
      }
      if slots[number].epoch == epoch {
        let side = matching.cardinality == .oneToMany ? "left" : "right"
        let both = [table.sets[set], table.sets[one.sets[slots[number].element]]].sorted { $0.precedes($1) }
        throw EvaluationError(
          message: "found duplicate series for the match group \(braced(table.sets[number])) on the \(side) "
            + "hand-side of the operation: [\(braced(both[0])), \(braced(both[1]))];many-to-many matching "
            + "not allowed: matching labels must be unique on one side")
      }
      slots[number] = (epoch, index, false)
    }
  }

  /// As Go prints a label set: the metric's name among the labels.
  private func braced(_ labels: Labels) -> String {
    "{" + labels.entries.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
  }

  private func result(_ set: Int, _ partner: Int, _ table: LabelTable) -> Int {
    if set < results.count, results[set].partner == partner { return results[set].result }
    var labels = table.sets[set]
    let isArithmetic = !operation.op.isComparison
    if isArithmetic || returnsBool && !table.delaysNameRemoval { labels = labels.withoutMetricName }
    if matching.cardinality == .oneToOne {
      labels = matching.isOn ? labels.keeping(names) : labels.dropping(names)
    }
    for name in matching.include {
      // The name of the metric is not given back by an inclusion when a bool comparison drops it.
      if returnsBool, name == Labels.metricNameLabel, !table.delaysNameRemoval { continue }
      labels = labels.setting(name, to: table.sets[partner][name] ?? "")
    }
    let made = table.number(of: labels, droppingName: returnsBool || table.dropsName(set))
    if set >= results.count {
      results.append(contentsOf: repeatElement((partner: -1, result: -1), count: set + 1 - results.count))
    }
    results[set] = (partner, made)
    return made
  }
}
