internal import Model

/// Two scalars.
final class ScalarBinaryStep: Step {
  private let left: Step
  private let right: Step
  private let op: BinaryOperator

  init(_ op: BinaryOperator, _ left: Step, _ right: Step) {
    self.op = op
    self.left = left
    self.right = right
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try left.evaluate(context)
    try right.evaluate(context)
    let (value, holds) = op.apply(left.scalar, right.scalar)
    set(op.isComparison ? (holds ? 1 : 0) : value)
  }
}

/// A vector and a scalar, on either side.
final class VectorScalarStep: Step {
  private let vector: Step
  private let number: Step
  private let operation: ElementOperation
  private let scalarIsLeft: Bool
  private let returnsBool: Bool

  init(
    _ operation: ElementOperation, vector: Step, number: Step, scalarIsLeft: Bool, returnsBool: Bool
  ) {
    self.operation = operation
    self.vector = vector
    self.number = number
    self.scalarIsLeft = scalarIsLeft
    self.returnsBool = returnsBool
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try vector.evaluate(context)
    try number.evaluate(context)
    removeAll()
    let other = number.scalar
    let dropsName = operation.op.isArithmetic || returnsBool
    if vector.hasHistograms || operation.op.isTrim {
      computeMixed(other, dropsName, context)
    } else {
      computeNumbers(other, dropsName, context.table)
    }
    if dropsName { try checkUnique(context) } else { try context.spend(sets.count) }
  }

  private func computeNumbers(_ other: Double, _ dropsName: Bool, _ table: LabelTable) {
    let op = operation.op
    let isFilter = op.isComparison && !returnsBool
    for (index, element) in vector.values.enumerated() {
      let (value, holds) = scalarIsLeft ? op.apply(other, element) : op.apply(element, other)
      if isFilter {
        // A filter passes on the vector's value, whichever side it stands on.
        if holds { append(vector.sets[index], element) }
      } else {
        append(table.droppingName(vector.sets[index]), returnsBool ? (holds ? 1 : 0) : value)
      }
    }
  }

  private func computeMixed(_ other: Double, _ dropsName: Bool, _ context: EvaluationContext) {
    for (index, set) in vector.sets.enumerated() {
      let value = vector.values[index]
      let histogram = vector.histogram(index)
      let result =
        scalarIsLeft
        ? operation.apply(other, nil, value, histogram, context)
        : operation.apply(value, histogram, other, nil, context)
      let shown = dropsName ? context.table.droppingName(set) : set
      switch result {
      case .nothing: continue
      case .number(_, let holds) where returnsBool, .histogram(_, let holds) where returnsBool:
        append(shown, holds ? 1 : 0)
      case .number(_, let holds) where operation.op.isComparison: if holds { append(shown, value) }
      case .number(let result, _): append(shown, result)
      case .histogram(let result, let holds): if holds { append(shown, result) }
      }
    }
  }
}

/// The part of a label set by which two vectors are matched.
struct MatchKey {
  private let names: Set<String>
  private let isOn: Bool
  private var known = NumberMap()

  init(_ matching: VectorMatching) {
    isOn = matching.isOn
    names = Set(matching.labels).union(matching.isOn ? [] : Labels.metadataNames)
  }

  mutating func number(of set: Int, _ table: LabelTable) -> Int {
    let (names, isOn) = (names, isOn)
    return known.value(for: set) {
      let labels = table.sets[set]
      return table.number(of: isOn ? labels.keeping(names) : labels.dropping(names))
    }
  }

  mutating func forget() { known.clear() }
}

/// `and`, `or`, `unless`.
final class SetStep: Step {
  private let left: Step
  private let right: Step
  private let op: BinaryOperator
  private var key: MatchKey
  private var present: [UInt64] = []
  private var epoch: UInt64 = 0

  init(_ op: BinaryOperator, _ left: Step, _ right: Step, _ matching: VectorMatching) {
    self.op = op
    self.left = left
    self.right = right
    key = MatchKey(matching)
  }

  override func forget() {
    key.forget()
    present.removeAll(keepingCapacity: true)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try left.evaluate(context)
    try right.evaluate(context)
    removeAll()
    epoch += 1
    let (marked, filtered) = op == .or ? (left, right) : (right, left)
    for set in marked.sets {
      let number = key.number(of: set, context.table)
      if number >= present.count {
        present.append(contentsOf: repeatElement(0, count: number + 1 - present.count))
      }
      present[number] = epoch
    }
    if op == .or { copy(left) }
    for (index, set) in filtered.sets.enumerated() {
      let number = key.number(of: set, context.table)
      let isPresent = number < present.count && present[number] == epoch
      if isPresent == (op == .and) { append(set, elementOf: filtered, index) }
    }
    try checkUnique(context)
  }
}
