internal import Model

/// The parameter of `topk`, `bottomk` and `limitk`.
struct CountParameter {
  let step: Step

  func value(_ context: EvaluationContext) throws(EvaluationError) -> Int {
    try step.evaluate(context)
    let value = step.scalar
    if value.isNaN { throw EvaluationError(message: "Parameter value is NaN") }
    if value <= Double(Int64.min) {
      throw EvaluationError(message: "Scalar value \(NumberText.shortest(value)) underflows int64")
    }
    if value >= Double(Int64.max) {
      throw EvaluationError(message: "Scalar value \(NumberText.shortest(value)) overflows int64")
    }
    return Int(value)
  }
}

/// `topk` and `bottomk`: the members of each group with the largest or smallest values, best first. NaN is worse than
/// every number.
final class TopStep: Step {
  private let operand: Step
  private let parameter: CountParameter
  private let isTop: Bool
  private let range: SourceRange
  private var grouping: Grouping
  /// For each group the places of its best members so far: a heap with the worst on top.
  private var groups: [[Int]] = []

  init(_ aggregation: Aggregation, _ operand: Step, parameter: Step, at range: SourceRange) {
    isTop = aggregation.op == .topk
    grouping = Grouping(aggregation.grouping)
    self.operand = operand
    self.parameter = CountParameter(step: parameter)
    self.range = range
  }

  override func forget() { grouping.forget() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    let count = try parameter.value(context)
    guard count >= 1 else { return }
    grouping.begin()
    groups.removeAll(keepingCapacity: true)
    for (index, set) in operand.sets.enumerated() {
      guard operand.histogram(index) == nil else {
        context.annotate(
          .info, "ignored histogram in \(isTop ? "topk" : "bottomk") aggregation", at: range)
        continue
      }
      let (place, isNew) = grouping.place(of: set, context.table)
      if isNew { groups.append([]) }
      insert(index, into: &groups[place], count)
    }
    for group in groups {
      // Equal values stay in the order in which they came.
      let order = group.sorted { isWorse($1, $0) || !isWorse($0, $1) && $0 < $1 }
      for index in order { append(operand.sets[index], operand.values[index]) }
    }
    try context.spend(sets.count)
  }

  private func isWorse(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (operand.values[a], operand.values[b])
    if x.isNaN || y.isNaN { return x.isNaN && !y.isNaN }
    return isTop ? x < y : x > y
  }

  private func insert(_ index: Int, into heap: inout [Int], _ limit: Int) {
    if heap.count < limit {
      heap.append(index)
      var child = heap.count - 1
      while child > 0, isWorse(heap[child], heap[(child - 1) / 2]) {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
      return
    }
    guard isWorse(heap[0], index) else { return }
    heap[0] = index
    var parent = 0
    while true {
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if isWorse(heap[child], heap[worst]) { worst = child }
      }
      if worst == parent { return }
      heap.swapAt(parent, worst)
      parent = worst
    }
  }
}
