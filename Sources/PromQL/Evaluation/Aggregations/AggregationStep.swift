internal import Model
internal import NativeHistograms

/// Aggregations that make one number or histogram of a group: `sum`, `avg`, `min`, `max`, `count`, `group`, `stddev`,
/// `stdvar` and `quantile`.
final class AggregationStep: Step {
  private let operand: Step
  private let parameter: Step?
  private let op: AggregationOperator
  private let ranges: (operand: SourceRange, parameter: SourceRange?)
  private var grouping: Grouping
  private var groups: [AggregationGroup] = []

  init(_ aggregation: Aggregation, _ operand: Step, parameter: Step?) {
    op = aggregation.op
    grouping = Grouping(aggregation.grouping)
    ranges = (aggregation.operand.range, aggregation.parameter?.range)
    self.operand = operand
    self.parameter = parameter
  }

  override func forget() { grouping.forget() }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    let quantile = try parameterValue(context)
    grouping.begin()
    groups.removeAll(keepingCapacity: true)
    let table = context.table
    let takesHistograms = [.sum, .avg, .count, .group].contains(op)
    for (index, set) in operand.sets.enumerated() {
      let isHistogram = operand.hasHistograms && operand.histogram(index) != nil
      if isHistogram, !takesHistograms {
        context.annotate(
          .info, "ignored histogram in \(op.rawValue) aggregation", at: ranges.operand)
        continue
      }
      let (place, isNew) = grouping.place(of: set, table)
      if isNew { groups.append(AggregationGroup(op)) }
      if isHistogram, let histogram = operand.histogram(index) {
        groups[place].add(histogram) {
          context.annotateMixed($0, table.final(set).metricName, ranges.operand)
        }
      } else {
        groups[place].add(operand.values[index])
      }
    }
    removeAll()
    for (place, group) in groups.enumerated() {
      let set = grouping.result(place, table)
      switch group.result(quantile: quantile) {
      case .number(let value): append(set, value)
      case .histogram(let histogram): append(set, histogram)
      case .mixed:
        context.annotate(
          .warning, "encountered a mix of histograms and floats for aggregation", at: ranges.operand)
      case .nothing: break
      }
      context.annotate(group.notices, "aggregation", ranges.operand)
    }
    try context.spend(sets.count)
  }

  private func parameterValue(_ context: EvaluationContext) throws(EvaluationError) -> Double {
    guard let parameter else { return .nan }
    try parameter.evaluate(context)
    let value = parameter.scalar
    if op == .quantile, !(0...1).contains(value), let range = ranges.parameter {
      context.annotate(
        .warning, "quantile value should be between 0 and 1, got \(NumberText.shortest(value))", at: range)
    }
    return value
  }
}

/// What is known of a group while its members are read.
struct AggregationGroup {
  enum Result {
    case number(Double)
    case histogram(FloatHistogram)
    /// Numbers and histograms together.
    case mixed
    case nothing
  }

  private indirect enum Histograms {
    case sum(HistogramSum)
    case mean(HistogramMean)
    /// Some of them do not go together.
    case incompatible
  }

  private let op: AggregationOperator
  private var count = 0.0
  private var hasNumber = false
  private var sum = CompensatedSum()
  private var mean = CompensatedMean(0)
  /// Sum of squared distances from the mean.
  private var spread = 0.0
  private var values: [Double] = []
  private var histograms: Histograms?

  init(_ op: AggregationOperator) { self.op = op }

  mutating func add(_ value: Double) {
    count += 1
    let isFirst = !hasNumber
    hasNumber = true
    switch op {
    case .sum: if isFirst { sum = CompensatedSum(value) } else { sum.add(value) }
    case .avg: if isFirst { mean = CompensatedMean(value) } else { mean.add(value) }
    // NaN gives way to every number.
    case .min: if isFirst || value < sum.total || sum.total.isNaN { sum.total = value }
    case .max: if isFirst || value > sum.total || sum.total.isNaN { sum.total = value }
    case .stddev, .stdvar: addToSpread(value, isFirst: isFirst)
    case .quantile: values.append(value)
    default: break
    }
  }

  /// Welford's method.
  private mutating func addToSpread(_ value: Double, isFirst: Bool) {
    if isFirst {
      sum.total = value
      spread = value.isFinite ? 0 : .nan
      return
    }
    let distance = value - sum.total
    sum.total += distance / count
    spread += distance * (value - sum.total)
  }

  /// `onMismatch` is called when the histogram does not go with those before it.
  mutating func add(_ histogram: FloatHistogram, onMismatch: (HistogramError) -> Void) {
    count += 1
    guard op == .sum || op == .avg else { return }
    do throws(HistogramError) {
      switch histograms {
      case nil: histograms = op == .sum ? .sum(HistogramSum(histogram)) : .mean(HistogramMean(histogram))
      case .sum(var sum):
        try sum.add(histogram)
        histograms = .sum(sum)
      case .mean(var mean):
        try mean.add(histogram)
        histograms = .mean(mean)
      case .incompatible: break
      }
    } catch {
      onMismatch(error)
      histograms = .incompatible
    }
  }

  var notices: HistogramNotices {
    switch histograms {
    case .sum(let sum): sum.notices
    case .mean(let mean): mean.notices
    case .incompatible, nil: []
    }
  }

  func result(quantile: Double) -> Result {
    switch op {
    case .count: return .number(count)
    case .group: return .number(1)
    case .min, .max: return .number(sum.total)
    case .stdvar: return .number(spread / count)
    case .stddev: return .number((spread / count).squareRoot())
    case .quantile: return .number(Self.quantile(quantile, of: values))
    default: break
    }
    switch histograms {
    case nil: return .number(op == .sum ? sum.value : mean.value)
    case .incompatible: return hasNumber ? .mixed : .nothing
    case .sum(let sum): return hasNumber ? .mixed : .histogram(sum.value.compacted())
    case .mean(let mean): return hasNumber ? .mixed : .histogram(mean.value.compacted())
    }
  }

  /// Interpolated between the two nearest values; NaN counts as the smallest.
  static func quantile(_ q: Double, of values: [Double]) -> Double {
    if values.isEmpty || q.isNaN { return .nan }
    if q < 0 { return -.infinity }
    if q > 1 { return .infinity }
    let sorted = values.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
    let rank = q * Double(sorted.count - 1)
    let lower = max(0, Int(rank.rounded(.down)))
    let upper = min(sorted.count - 1, lower + 1)
    let weight = rank - rank.rounded(.down)
    return sorted[lower] * (1 - weight) + sorted[upper] * weight
  }
}
