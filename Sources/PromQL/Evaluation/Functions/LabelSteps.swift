internal import Model
internal import RegularExpressions

/// A function that changes one label of every element: `label_replace` and `label_join`. What it makes of a label
/// set is worked out once.
final class LabelStep: Step {
  enum Operation {
    /// Where `pattern` matches the whole value of `source`, the label becomes `template` with the groups filled in.
    case replace(pattern: RegularExpression, source: String, template: String)
    case join(sources: [String], separator: String)
    /// An argument is wrong: Prometheus says so when the query runs, not when it is parsed.
    case refuse(String)
  }

  private let operand: Step
  private let destination: String
  private let operation: Operation
  private var known = NumberMap()
  private var isTooLong = false

  /// Bytes of a label value that is made here at most: calls within calls could double it each time.
  private static let longestValue = 1 << 20

  init(_ operand: Step, destination: String, _ operation: Operation) {
    self.operand = operand
    self.destination = destination
    self.operation = operation
  }

  override func forget() { known.clear() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    if case .refuse(let message) = operation { throw EvaluationError(message: message) }
    try operand.evaluate(context)
    removeAll()
    for (index, set) in operand.sets.enumerated() {
      append(known.value(for: set) { changed(set, context.table) }, elementOf: operand, index)
    }
    if isTooLong {
      isTooLong = false
      known.clear()
      throw EvaluationError(message: "label value is longer than \(Self.longestValue) bytes")
    }
    try checkUnique(context)
  }

  /// Before it is made: at most how long a value will be.
  private func length(_ labels: Labels) -> Int {
    switch operation {
    case .replace(_, let source, let template):
      // No group is longer than the whole value.
      template.utf8.count + template.utf8.count(where: { $0 == UInt8(ascii: "$") })
        * (labels[source] ?? "").utf8.count
    case .join(let sources, let separator):
      sources.reduce(0) { $0 + (labels[$1] ?? "").utf8.count + separator.utf8.count }
    case .refuse: 0
    }
  }

  private func changed(_ set: Int, _ table: LabelTable) -> Int {
    let labels = table.sets[set]
    guard length(labels) <= Self.longestValue else {
      isTooLong = true
      return set
    }
    let value: String
    switch operation {
    case .replace(let pattern, let source, let template):
      guard let made = pattern.expansion(of: template, matching: labels[source] ?? "") else { return set }
      value = made
    case .join(let sources, let separator):
      value = sources.map { labels[$0] ?? "" }.joined(separator: separator)
    case .refuse: return set
    }
    // A name that is given anew stays.
    let dropsName = destination != Labels.metricNameLabel && table.dropsName(set)
    return table.number(of: labels.setting(destination, to: value), droppingName: dropsName)
  }
}
