internal import Model
internal import NativeHistograms

/// `histogram_fraction`: the part of the observations between two bounds, of native and of classic histograms.
final class HistogramFractionStep: Step {
  private let lower: Step
  private let upper: Step
  private let operand: Step
  private let vectorRange: SourceRange
  /// Prometheus says of the lower bound what is about NaN observations.
  private let lowerRange: SourceRange
  private var groups = HistogramGroups()

  init(lower: Step, upper: Step, _ operand: Step, vectorRange: SourceRange, lowerRange: SourceRange) {
    self.lower = lower
    self.upper = upper
    self.operand = operand
    self.vectorRange = vectorRange
    self.lowerRange = lowerRange
  }

  override func forget() { groups.forget() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try lower.evaluate(context)
    try upper.evaluate(context)
    try operand.evaluate(context)
    let (from, to) = (lower.scalar, upper.scalar)
    groups.update(from: operand, context, at: vectorRange)
    removeAll()
    for native in groups.natives {
      let (value, nan) = native.histogram.fraction(from: from, to: to)
      if nan != nil {
        context.annotate(
          .info,
          forMetric(
            "input to histogram_fraction has NaN observations, which are excluded from all fractions",
            native.metricName), at: lowerRange)
      }
      append(native.set, value)
    }
    for place in groups.classicPlaces {
      append(groups.groups[place].set, groups.fraction(from: from, to: to, ofClassicAt: place))
    }
    try checkUnique(context)
  }
}
