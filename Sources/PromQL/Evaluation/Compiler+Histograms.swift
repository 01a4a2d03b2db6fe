extension Compiler {
  /// The step of a call of a function about histograms; nil when it is not one.
  mutating func histogramStep(
    _ function: FunctionSignature, _ arguments: [Expression], at expression: Expression
  ) throws(CompileError) -> Step? {
    if let value = HistogramValueStep.Function(rawValue: function.name) {
      let operand = try value.needsBuckets ? step(for: arguments[0]) : stepDetectingResets(for: arguments[0])
      return keep(HistogramValueStep(operand, value))
    }
    switch function.name {
    case "histogram_quantile":
      let (quantile, vector) = (arguments[0], arguments[1])
      return keep(
        HistogramQuantileStep(
          try stepWithoutDetection(for: vector), quantiles: [try step(for: quantile)], label: nil,
          .init(
            vector: vector.range, quantiles: [quantile.range], nanObservations: quantile.range,
            monotonicity: vector.range)))
    case "histogram_quantiles":
      guard case .string(let label) = arguments[1].withoutParentheses.kind else { return nil }
      var quantiles: [Step] = []
      for argument in arguments.dropFirst(2) { quantiles.append(try step(for: argument)) }
      return keep(
        HistogramQuantileStep(
          try stepWithoutDetection(for: arguments[0]), quantiles: quantiles, label: label,
          .init(
            vector: arguments[0].range, quantiles: arguments.dropFirst(2).map(\.range),
            nanObservations: arguments[0].range, monotonicity: arguments[1].range)))
    case "histogram_fraction":
      let vector = try stepWithoutDetection(for: arguments[2])
      return keep(
        HistogramFractionStep(
          lower: try step(for: arguments[0]), upper: try step(for: arguments[1]), vector,
          vectorRange: arguments[2].range, lowerRange: arguments[0].range))
    default: return nil
    }
  }
}
