internal import Model

/// Two vectors, element by element: one to one, or many to one with `group_left` and `group_right`.
final class VectorMatchingStep: Step {
  private struct Slot {
    var epoch: UInt64 = 0
    /// -1: none, only a filled-in one.
    var element = -1
    var isMatched = false
    /// One to one: whether there is a result already.
    var isUsed = false
  }

  private let many: Step
  private let one: Step
  private let operation: ElementOperation
  private let matching: VectorMatching
  private let returnsBool: Bool
  private let names: Set<String>
  private var key: MatchKey
  /// For each match key: which element of the "one" side has it in this evaluation, and whether it was used.
  private var slots: [Slot] = []
  /// For each label set of a result the match that it came from last.
  private var claims: [(epoch: UInt64, key: Int)] = []
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
    claims.removeAll(keepingCapacity: true)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try many.evaluate(context)
    try one.evaluate(context)
    removeAll()
    // As Prometheus has it: with group_right, "left" means the side with the many elements, which stands on the right.
    let (fillMany, fillOne) = (matching.fillLeft, matching.fillRight)
    if many.sets.isEmpty, fillMany == nil { return }
    if one.sets.isEmpty, fillOne == nil { return }
    epoch += 1
    try placeOneSide(context.table)
    let table = context.table
    for (index, set) in many.sets.enumerated() {
      let number = key.number(of: set, table)
      if number < slots.count, slots[number].epoch == epoch, slots[number].element >= 0 {
        slots[number].isMatched = true
        let partner = slots[number].element
        try take(index, partner, (set, one.sets[partner]), (0, 0), number, context)
      } else if let fillOne {
        addSlot(number)
        if slots[number].epoch != epoch { slots[number] = Slot(epoch: epoch, element: -1) }
        // The labels by which the two would have met are all that is known of what is missing.
        try take(index, nil, (set, number), (0, fillOne), number, context)
      }
    }
    if let fillMany {
      for (index, set) in one.sets.enumerated() {
        let number = key.number(of: set, table)
        if slots[number].isMatched { continue }
        try take(nil, index, (number, set), (fillMany, 0), number, context)
      }
    }
    try checkUnique(context)
  }

  /// Makes one element of the result from an element of each side; where one is missing, from what stands in for it.
  @inline(__always)
  private func take(
    _ manyIndex: Int?, _ oneIndex: Int?, _ sets: (many: Int, one: Int), _ fill: (many: Double, one: Double),
    _ key: Int, _ context: EvaluationContext
  ) throws(EvaluationError) {
    let manyValue = manyIndex.map { many.values[$0] } ?? fill.many
    let oneValue = oneIndex.map { one.values[$0] } ?? fill.one
    let swapped = matching.cardinality == .oneToMany
    if many.hasHistograms || one.hasHistograms || operation.op.isTrim {
      let (a, b) = (manyIndex.flatMap { many.histogram($0) }, oneIndex.flatMap { one.histogram($0) })
      let made =
        swapped
        ? operation.apply(oneValue, b, manyValue, a, context)
        : operation.apply(manyValue, a, oneValue, b, context)
      return try takeMixed(made, sets, key, context)
    }
    let (value, holds) =
      swapped ? operation.op.apply(oneValue, manyValue) : operation.op.apply(manyValue, oneValue)
    let labels = result(sets.many, sets.one, context.table)
    // Checked also for what a filter is about to drop.
    try claim(key, labels)
    if returnsBool {
      append(labels, holds ? 1 : 0)
    } else if holds {
      append(labels, value)
    }
  }

  private func takeMixed(
    _ made: ElementResult, _ sets: (many: Int, one: Int), _ key: Int, _ context: EvaluationContext
  ) throws(EvaluationError) {
    if case .nothing = made { return }
    let labels = result(sets.many, sets.one, context.table)
    try claim(key, labels)
    switch made {
    case .nothing: break
    case .number(_, let holds) where returnsBool, .histogram(_, let holds) where returnsBool:
      append(labels, holds ? 1 : 0)
    case .number(let value, let holds): if holds { append(labels, value) }
    case .histogram(let histogram, let holds): if holds { append(labels, histogram) }
    }
  }

  /// Makes sure that a match is the only one of its kind. (Equal labels of different matches are found at the end.)
  @inline(__always)
  private func claim(_ key: Int, _ labels: Int) throws(EvaluationError) {
    if matching.cardinality == .oneToOne {
      guard !slots[key].isUsed else {
        throw EvaluationError(
          message: "multiple matches for labels: many-to-one matching must be explicit "
            + "(group_left/group_right)")
      }
      slots[key].isUsed = true
      return
    }
    if labels >= claims.count {
      claims.append(contentsOf: repeatElement((epoch: 0, key: 0), count: labels + 1 - claims.count))
    }
    guard claims[labels].epoch != epoch || claims[labels].key != key else {
      throw EvaluationError(
        message: "multiple matches for labels: grouping labels must ensure unique matches")
    }
    claims[labels] = (epoch, key)
  }

  private func addSlot(_ number: Int) {
    guard number >= slots.count else { return }
    slots.append(contentsOf: repeatElement(Slot(), count: number + 1 - slots.count))
  }

  private func placeOneSide(_ table: LabelTable) throws(EvaluationError) {
    for (index, set) in one.sets.enumerated() {
      let number = key.number(of: set, table)
      addSlot(number)
      if slots[number].epoch == epoch {
        let side = matching.cardinality == .oneToMany ? "left" : "right"
        let both = [table.sets[set], table.sets[one.sets[slots[number].element]]].sorted { $0.precedes($1) }
        throw EvaluationError(
          message: "found duplicate series for the match group \(braced(table.sets[number])) on the \(side) "
            + "hand-side of the operation: [\(braced(both[0])), \(braced(both[1]))];many-to-many matching "
            + "not allowed: matching labels must be unique on one side")
      }
      slots[number] = Slot(epoch: epoch, element: index)
    }
  }

  /// As Go prints a label set: the metric's name among the labels.
  private func braced(_ labels: Labels) -> String {
    "{" + labels.entries.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
  }

  private func result(_ set: Int, _ partner: Int, _ table: LabelTable) -> Int {
    if set < results.count, results[set].partner == partner { return results[set].result }
    var labels = table.sets[set]
    if operation.op.isArithmetic || returnsBool && !table.delaysNameRemoval {
      labels = labels.withoutMetadata
    }
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
