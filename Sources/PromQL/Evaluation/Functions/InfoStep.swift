internal import Model

/// `info(vector, {label selector})`: adds the labels of info metrics (by default `target_info`) that agree in
/// `instance` and `job`.
final class InfoStep: Step {
  private let operand: Step
  private let info: SelectorStep
  private let names: [LabelMatcher]
  /// Conditions on data labels. When there are any, only labels that they name are added, and elements without a
  /// match stay only when all conditions hold for a missing label.
  private let conditions: [LabelMatcher]
  private let wanted: Set<String>
  private static let identifying: Set<String> = ["instance", "job"]

  /// `info` selects by `names` and `conditions`.
  init(_ operand: Step, info: SelectorStep, names: [LabelMatcher], conditions: [LabelMatcher]) {
    self.operand = operand
    self.info = info
    self.names = names
    self.conditions = conditions
    wanted = Set(conditions.map(\.name))
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    try info.evaluate(context)
    removeAll()
    let found = try newestInfo(context)
    for (index, set) in operand.sets.enumerated() {
      let labels = context.table.sets[set]
      if names.allSatisfy({ $0.matches(labels.metricName ?? "") }) {
        append(context.table.number(of: labels), elementOf: operand, index)
        continue
      }
      let key = labels.keeping(Self.identifying)
      let matches = key.isEmpty ? [:] : found[key] ?? [:]
      if matches.isEmpty, !conditions.allSatisfy({ $0.matches("") }) { continue }
      let added = try addedLabels(to: labels, from: matches.values.map { context.table.sets[info.sets[$0]] })
      append(context.table.number(of: labels.merging(added)), elementOf: operand, index)
    }
    try checkUnique(context)
  }

  /// By identifying labels and name, the element of `info` with the newest sample.
  private func newestInfo(_ context: EvaluationContext) throws(EvaluationError) -> [Labels: [String: Int]] {
    var found: [Labels: [String: Int]] = [:]
    for (index, set) in info.sets.enumerated() {
      guard info.histogram(index) == nil else {
        throw EvaluationError(message: "info sample should be float")
      }
      let labels = context.table.sets[set]
      let key = labels.keeping(Self.identifying)
      let name = labels.metricName ?? ""
      if let other = found[key]?[name] {
        let (old, new) = (info.sampleTime(other), info.sampleTime(index))
        if old == new {
          throw EvaluationError(
            message:
              "found duplicate series for info metric: existing \(inBraces(context.table.sets[info.sets[other]])) @ "
              + "\(old.milliseconds), new \(inBraces(labels)) @ \(new.milliseconds)")
        }
        if old > new { continue }
      }
      found[key, default: [:]][name] = index
    }
    return found
  }

  private func addedLabels(to base: Labels, from info: [Labels]) throws(EvaluationError) -> Labels {
    var added: [String: String] = [:]
    for labels in info {
      for entry in labels.entries where entry.name != Labels.metricNameLabel {
        if !wanted.isEmpty, !wanted.contains(entry.name) { continue }
        if let other = added[entry.name], other != entry.value {
          throw EvaluationError(message: "conflicting label: \(entry.name)")
        }
        if base[entry.name] == nil { added[entry.name] = entry.value }
      }
    }
    return Labels(added)
  }

  private func inBraces(_ labels: Labels) -> String {
    "{" + labels.entries.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") + "}"
  }
}
