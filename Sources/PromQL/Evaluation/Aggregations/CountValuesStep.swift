internal import Model
internal import NativeHistograms

/// `count_values("label", vector)`: how many elements of a group have each value.
final class CountValuesStep: Step {
  private struct Key: Hashable {
    var set: Int
    /// The bits of a number; nil for a histogram, which goes by its text.
    var bits: UInt64?
    var text: String
  }

  private let operand: Step
  private let label: String
  private let grouping: Grouping
  /// Number of the result's labels by label set and value.
  private var known: [Key: Int] = [:]
  /// Values that are remembered at most: they may be new each time.
  private static let knownLimit = 100_000

  init(_ aggregation: Aggregation, _ operand: Step, label: String) {
    // The value's label is part of the group where the grouping lists what to keep.
    grouping =
      if case .by(let labels) = aggregation.grouping {
        Grouping(.by(labels + [label]))
      } else {
        Grouping(aggregation.grouping)
      }
    self.operand = operand
    self.label = label
  }

  override func forget() { known.removeAll() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    guard !label.isEmpty else { throw EvaluationError(message: "invalid label name \(quoted(label))") }
    if known.count > Self.knownLimit { known.removeAll() }
    try context.spend(operand.sets.count)
    var counts: [Int: Int] = [:]
    var order: [(set: Int, dropsName: Bool)] = []
    for (index, set) in operand.sets.enumerated() {
      let number = group(of: set, index, context.table)
      if let place = counts[number] {
        counts[number] = place + 1
      } else {
        counts[number] = 1
        order.append((number, context.table.dropsName(set)))
      }
    }
    removeAll()
    for (number, dropsName) in order {
      append(dropsName ? context.table.droppingName(number) : number, Double(counts[number] ?? 0))
    }
  }

  private func group(of set: Int, _ index: Int, _ table: LabelTable) -> Int {
    let histogram = operand.histogram(index)
    let key = Key(
      set: set, bits: histogram == nil ? operand.values[index].bitPattern : nil,
      text: histogram?.text ?? "")
    if let number = known[key] { return number }
    let value = histogram == nil ? NumberText.plain(operand.values[index]) : key.text
    let number = table.number(of: grouping.key(of: table.sets[set].setting(label, to: value)))
    known[key] = number
    return number
  }
}
