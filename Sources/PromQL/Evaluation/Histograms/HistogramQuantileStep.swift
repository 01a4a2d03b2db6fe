internal import Model
internal import NativeHistograms

/// `histogram_quantile` and `histogram_quantiles`: quantiles of native and of classic histograms.
final class HistogramQuantileStep: Step {
  /// Parts of the expression that annotations are about. Which is about which is Prometheus' choice.
  struct Ranges {
    var vector: SourceRange
    var quantiles: [SourceRange]
    var nanObservations: SourceRange
    var monotonicity: SourceRange
  }

  private let operand: Step
  private let quantiles: [Step]
  /// The label that says which quantile a result is; nil when there is one quantile and no label.
  private let label: String?
  private let ranges: Ranges
  private var groups = HistogramGroups()
  private var labelled: [LabelledSets]

  /// Result sets with one value of the label.
  private struct LabelledSets {
    var text = ""
    var sets = NumberMap()
  }

  init(_ operand: Step, quantiles: [Step], label: String?, _ ranges: Ranges) {
    self.operand = operand
    self.quantiles = quantiles
    self.label = label
    self.ranges = ranges
    labelled = Array(repeating: LabelledSets(), count: quantiles.count)
  }

  override func forget() {
    groups.forget()
    for place in labelled.indices { labelled[place].sets.clear() }
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    for (place, quantile) in quantiles.enumerated() {
      try quantile.evaluate(context)
      warnOfInvalid(quantile.scalar, context, at: ranges.quantiles[place])
    }
    groups.update(from: operand, context, at: ranges.vector)
    removeAll()
    for (place, quantile) in quantiles.enumerated() {
      if label != nil { setLabel(place, quantile.scalar) }
      appendQuantiles(quantile.scalar, place, context)
    }
    try checkUnique(context)
  }

  private func appendQuantiles(_ q: Double, _ place: Int, _ context: EvaluationContext) {
    for native in groups.natives {
      let (value, nan) = native.histogram.quantile(q)
      if let nan {
        let outcome = nan == .decideResult ? "NaN" : "skewed higher"
        context.annotate(
          .info,
          forMetric(
            "input to histogram_quantile has NaN observations, result is \(outcome)", native.metricName),
          at: ranges.nanObservations)
      }
      append(resultSet(native.set, place, context), value)
    }
    for group in groups.classicPlaces {
      let (value, wasForced) = groups.quantile(q, ofClassicAt: group)
      if wasForced {
        context.annotate(
          .info,
          forMetric(
            "input to histogram_quantile needed to be fixed for monotonicity (see "
              + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
            groups.groups[group].metricName), at: ranges.monotonicity)
      }
      append(resultSet(groups.groups[group].set, place, context), value)
    }
  }

  private func warnOfInvalid(_ q: Double, _ context: EvaluationContext, at range: SourceRange) {
    guard !(q >= 0 && q <= 1) else { return }
    context.annotate(
      .warning, "quantile value should be between 0 and 1, got \(NumberText.shortest(q))", at: range)
  }

  private func setLabel(_ place: Int, _ q: Double) {
    // As OpenMetrics writes the label `quantile`.
    var text = NumberText.shortest(q)
    if q.isFinite, !text.contains(where: { $0 == "." || $0 == "e" }) { text += ".0" }
    guard text != labelled[place].text else { return }
    labelled[place] = LabelledSets(text: text)
  }

  private func resultSet(_ set: Int, _ place: Int, _ context: EvaluationContext) -> Int {
    guard let label else { return set }
    let table = context.table
    let text = labelled[place].text
    return labelled[place].sets.value(for: set) {
      table.number(of: table.sets[set].setting(label, to: text), droppingName: table.dropsName(set))
    }
  }
}
