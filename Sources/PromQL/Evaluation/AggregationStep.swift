internal import Model

/// `sum`, `avg`, `min`, `max`, `count` and `group` with `by` or `without`.
final class AggregationStep: Step {
  private struct Group {
    var labels: Int
    var count = 0.0
    var sum = CompensatedSum()
    /// Once a sum would overflow, the average is kept as a running mean instead.
    var isMean = false
  }

  private let operand: Step
  private let op: AggregationOperator
  private let names: Set<String>
  private let keeps: Bool
  private var groupOfSet = NumberMap()
  /// Place in `groups` by label set of the group, for this evaluation.
  private var places: [Int] = []
  private var groups: [Group] = []

  init(_ operand: Step, op: AggregationOperator, grouping: Aggregation.Grouping) {
    self.operand = operand
    self.op = op
    switch grouping {
    case .by(let labels):
      names = Set(labels)
      keeps = true
    case .without(let labels):
      names = Set(labels).union([Labels.metricNameLabel])
      keeps = false
    }
  }

  override func forget() {
    groupOfSet.clear()
    places.removeAll(keepingCapacity: true)
    groups.removeAll(keepingCapacity: true)
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    for group in groups { places[group.labels] = -1 }
    groups.removeAll(keepingCapacity: true)
    let table = context.table
    for (index, set) in operand.sets.enumerated() {
      let key = groupOfSet.value(for: set) {
        let labels = table.sets[set]
        return table.number(of: keeps ? labels.keeping(names) : labels.dropping(names))
      }
      if key >= places.count {
        places.append(contentsOf: repeatElement(-1, count: key + 1 - places.count))
      }
      if places[key] < 0 {
        places[key] = groups.count
        groups.append(Group(labels: key))
      }
      add(operand.values[index], to: &groups[places[key]])
    }
    removeAll()
    for group in groups { append(group.labels, result(of: group)) }
    try context.spend(sets.count)
  }

  private func add(_ value: Double, to group: inout Group) {
    group.count += 1
    if group.count == 1 {
      group.sum = CompensatedSum(value)
      return
    }
    switch op {
    case .sum: group.sum.add(value)
    case .avg: addToAverage(value, &group)
    // NaN gives way to every number.
    case .min: if value < group.sum.total || group.sum.total.isNaN { group.sum.total = value }
    case .max: if value > group.sum.total || group.sum.total.isNaN { group.sum.total = value }
    default: break
    }
  }

  private func addToAverage(_ value: Double, _ group: inout Group) {
    if !group.isMean {
      var next = group.sum
      next.add(value)
      if !next.total.isInfinite {
        group.sum = next
        return
      }
      group.isMean = true
      group.sum.divide(by: group.count - 1)
    }
    if group.sum.total.isInfinite {
      // An infinite mean stays, unless the opposite infinity or NaN comes.
      if value.isInfinite, (group.sum.total > 0) == (value > 0) { return }
      if value.isFinite { return }
    }
    group.sum.scale((group.count - 1) / group.count)
    group.sum.add(value / group.count)
  }

  private func result(of group: Group) -> Double {
    switch op {
    case .count: group.count
    case .group: 1
    case .min, .max: group.sum.total
    case .avg where !group.isMean: group.sum.total / group.count + group.sum.compensation / group.count
    default: group.sum.value
    }
  }
}

/// Kahan's summation with Neumaier's improvement, as Prometheus sums.
struct CompensatedSum {
  var total = 0.0
  private(set) var compensation = 0.0

  init(_ total: Double = 0) { self.total = total }

  mutating func add(_ value: Double) {
    let next = total + value
    if next.isInfinite {
      compensation = 0
    } else if abs(total) >= abs(value) {
      compensation += (total - next) + value
    } else {
      compensation += (value - next) + total
    }
    total = next
  }

  mutating func scale(_ factor: Double) {
    total *= factor
    compensation *= factor
  }

  mutating func divide(by divisor: Double) {
    total /= divisor
    compensation /= divisor
  }

  var value: Double { total + compensation }
}
