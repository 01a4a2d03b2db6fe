internal import Model

/// Two vectors, element by element: one to one, or many to one with `group_left` and `group_right`.
final class VectorMatchingStep: Step {
  private let many: Step
  private let one: Step
  private let op: BinaryOperator
  private let matching: VectorMatching
  private let returnsBool: Bool
  private let names: Set<String>
  private var key: MatchKey
  /// For each match key: which element of the "one" side has it in this evaluation, and whether it was used.
  private var slots: [(epoch: UInt64, element: Int, used: Bool)] = []
  private var epoch: UInt64 = 0
  /// The last result of each element of the "many" side, good while it meets the same partner.
  private var results: [(partner: Int, result: Int)] = []

  init(_ operation: BinaryOperation, _ left: Step, _ right: Step) {
    // With group_right the sides are exchanged here and the values exchanged back when computing.
    let swapped = operation.matching.cardinality == .oneToMany
    many = swapped ? right : left
    one = swapped ? left : right
    op = operation.op
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
      let (a, b) = (many.values[index], one.values[partner])
      var (value, holds) = swapped ? op.apply(b, a) : op.apply(a, b)
      if returnsBool {
        value = holds ? 1 : 0
      } else if !holds {
        continue
      }
      let labels = result(set, one.sets[partner], context.table)
      if matching.cardinality == .oneToOne {
        guard !slots[number].used else {
          throw EvaluationError(
            message: "multiple matches for labels: many-to-one matching must be explicit "
              + "(group_left/group_right)")
        }
        slots[number].used = true
      } else {
        guard pairs.insert(number << 32 | labels).inserted else {
          throw EvaluationError(
            message: "multiple matches for labels: grouping labels must ensure unique matches")
        }
      }
      append(labels, value)
    }
    try checkUnique(context)
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
        let first = table.sets[one.sets[slots[number].element]]
        throw EvaluationError(
          message: "found duplicate series for the match group \(braced(table.sets[number])) on the \(side) "
            + "hand-side of the operation: [\(braced(table.sets[set])), \(braced(first))];many-to-many matching "
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
    if !op.isComparison || returnsBool { labels = labels.withoutMetricName }
    if matching.cardinality == .oneToOne {
      labels = matching.isOn ? labels.keeping(names) : labels.dropping(names)
    }
    for name in matching.include {
      // The name of the metric is not given back by an inclusion when a bool comparison drops it.
      if returnsBool, name == Labels.metricNameLabel { continue }
      labels = labels.setting(name, to: table.sets[partner][name] ?? "")
    }
    let made = table.number(of: labels)
    if set >= results.count {
      results.append(contentsOf: repeatElement((partner: -1, result: -1), count: set + 1 - results.count))
    }
    results[set] = (partner, made)
    return made
  }
}
