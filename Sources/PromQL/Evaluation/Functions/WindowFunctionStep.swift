internal import Model

/// A function of a range vector: one element for each window that has enough samples.
///
/// Windows of floats alone, nearly all, are reduced where they lie. One with native histograms is taken apart first.
final class WindowFunctionStep: Step {
  private let operand: WindowStep
  private let function: WindowFunction
  private let parameters: [Step]
  private let boundary: RangeBoundary?
  /// Where the range vector stands, and the first argument (mostly the same).
  private let range: SourceRange
  private let firstArgument: SourceRange
  /// By label set, 1 where the metric's name is not one of a counter.
  private var looksLikeGauge = NumberMap()
  private var notedName = ""
  private var scratch: [Double] = []
  private var mixed = MixedWindow()

  /// `parameters` are the scalar arguments in their order.
  init(
    _ function: WindowFunction, _ operand: WindowStep, parameters: [Step], at range: SourceRange,
    firstArgument: SourceRange, boundary: RangeBoundary?
  ) {
    self.boundary = boundary
    self.function = function
    self.operand = operand
    self.parameters = parameters
    self.range = range
    self.firstArgument = firstArgument
  }

  override func forget() { looksLikeGauge.clear() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    if let refusal = EvaluationError.refusing(boundary, with: function.rawValue) { throw refusal }
    for parameter in parameters { try parameter.evaluate(context) }
    try operand.evaluate(context)
    removeAll()
    notedName = ""
    guard !operand.sets.isEmpty else { return }
    let numbers = (parameters.first?.scalar ?? .nan, parameters.dropFirst().first?.scalar ?? .nan)
    try checkParameters(numbers)
    for (place, set) in operand.sets.enumerated() {
      let made = function.keepsName ? set : context.table.droppingName(set)
      if operand.windows[place].hasHistograms {
        guard boundary == nil else { throw EvaluationError.extendedHistograms }
        mixed.take(operand.windows[place])
        try appendMixed(made, from: set, context, numbers)
      } else if let value = reduce(
        operand.windows[place].times, operand.windows[place].values, context, numbers)
      {
        note(set, context)
        append(made, value)
      }
    }
    if !function.keepsName { try checkUnique(context) } else { try context.spend(sets.count) }
  }

  @inline(__always)
  private func reduce(
    _ times: [Int64], _ values: [Double], _ context: EvaluationContext, _ numbers: (Double, Double)
  ) -> Double? {
    times.withUnsafeBufferPointer { times in
      values.withUnsafeBufferPointer { values in
        let window = FloatWindow(
          times: times, values: values, range: operand.range, boundary: boundary,
          now: context.time.milliseconds,
          parameters: numbers)
        return function.apply(window, &scratch)
      }
    }
  }

  private func checkParameters(_ numbers: (Double, Double)) throws(EvaluationError) {
    guard function == .doubleExponentialSmoothing else { return }
    for (factor, name) in [(numbers.0, "smoothing"), (numbers.1, "trend")] where factor <= 0 || factor >= 1 {
      let symbol = name == "smoothing" ? "sf" : "tf"
      throw EvaluationError(
        message: "invalid \(name) factor. Expected: 0 < \(symbol) < 1, got: \(sixDecimals(factor))")
    }
  }

  /// What a reader should know although there is a number.
  @inline(__always)
  private func note(_ set: Int, _ context: EvaluationContext) {
    switch function {
    case .rate, .increase: noteNonCounter(set, context)
    case .quantile: noteQuantile(context)
    default: break
    }
  }

  private func noteNonCounter(_ set: Int, _ context: EvaluationContext) {
    let suspicious = looksLikeGauge.value(for: set) {
      guard let name = context.table.sets[set].metricName else { return 0 }
      return ["_total", "_sum", "_count", "_bucket"].contains(where: name.hasSuffix) ? 0 : 1
    }
    // One note for each name: elements of one metric mostly stand together.
    guard suspicious == 1, let name = context.table.sets[set].metricName, name != notedName else { return }
    notedName = name
    context.annotate(
      .info,
      "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(quoted(name))",
      at: range)
  }

  private func noteQuantile(_ context: EvaluationContext) {
    let quantile = parameters[0].scalar
    guard !(quantile >= 0 && quantile <= 1) else { return }
    context.annotate(
      .warning, "quantile value should be between 0 and 1, got \(NumberText.shortest(quantile))",
      at: firstArgument)
  }

  /// `mixed` holds the window, which has at least one histogram.
  private func appendMixed(
    _ made: Int, from set: Int, _ context: EvaluationContext, _ numbers: (Double, Double)
  ) throws(EvaluationError) {
    let notes = WindowNotes(name: context.table.sets[set].metricName ?? "", range: range)
    switch function.histogramTreatment {
    case .computed:
      switch mixed.apply(function, operand.range, notes, context) {
      case .nothing: break
      case .number(let value): append(made, value)
      case .histogram(let histogram): append(made, histogram)
      }
    case .ignored:
      guard !mixed.floats.isEmpty else { return }
      notes.ignoredHistograms(context)
      guard let value = reduce(mixed.floatTimes, mixed.floats, context, numbers) else { return }
      note(set, context)
      append(made, value)
    }
  }
}

/// As Go's `%f`.
private func sixDecimals(_ value: Double) -> String {
  guard value.magnitude < 1e12 else { return NumberText.plain(value) }
  let millionths = Int64((value.magnitude * 1e6).rounded(.toNearestOrEven))
  let fraction = String(millionths % 1_000_000)
  let zeros = String(repeating: "0", count: 6 - fraction.count)
  return (value.sign == .minus ? "-" : "") + "\(millionths / 1_000_000)." + zeros + fraction
}
