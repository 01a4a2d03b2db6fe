internal import Model

/// What the steps of one evaluation share.
final class EvaluationContext {
  let table = LabelTable()
  var time = Timestamp(milliseconds: 0)
  /// Samples that may still be read or made.
  var budget = 0
  var maximumSamples = 0
  /// Of the evaluation under way.
  var annotations: Set<Annotation> = []
  static let maximumAnnotations = 100

  func spend(_ samples: Int) throws(EvaluationError) {
    budget -= samples
    if budget < 0 {
      throw EvaluationError(
        message: "query processing would load too many samples into memory in query execution "
          + "(limit \(maximumSamples))")
    }
  }
}

/// One operation of a plan. It evaluates its operands and leaves the result in its own buffers, which keep their
/// memory from one evaluation to the next: a scalar in `scalar`, a vector in `sets` and `values` (of equal length).
/// `histograms` is empty while no element is a native histogram, and of that length otherwise; where it holds one,
/// the value means nothing.
class Step {
  fileprivate(set) final var scalar = Double.nan
  fileprivate(set) final var sets: [Int] = []
  fileprivate(set) final var values: [Double] = []
  fileprivate(set) final var histograms: [FloatHistogram?] = []

  func evaluate(_ context: EvaluationContext) throws(EvaluationError) {}

  /// Forgets everything that was derived from label sets; their numbers are about to be given anew.
  func forget() {}

  final func set(_ value: Double) { scalar = value }

  final func removeAll() {
    sets.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  final func append(_ set: Int, _ value: Double) {
    sets.append(set)
    values.append(value)
    if !histograms.isEmpty { histograms.append(nil) }
  }

  final func append(_ set: Int, _ histogram: FloatHistogram) {
    if histograms.isEmpty { histograms = Array(repeating: nil, count: sets.count) }
    sets.append(set)
    values.append(.nan)
    histograms.append(histogram)
  }

  @inline(__always)
  final func histogram(_ index: Int) -> FloatHistogram? { histograms.isEmpty ? nil : histograms[index] }

  /// Appends element `index` of `other`, under the label set `set`.
  final func append(_ set: Int, elementOf other: Step, _ index: Int) {
    if let histogram = other.histogram(index) {
      append(set, histogram)
    } else {
      append(set, other.values[index])
    }
  }

  final func copy(_ other: Step) {
    for (index, set) in other.sets.enumerated() { append(set, elementOf: other, index) }
  }

  /// A vector may hold a label set once.
  final func checkUnique(_ context: EvaluationContext) throws(EvaluationError) {
    try context.spend(sets.count)
    if context.table.hasDuplicates(sets) {
      throw EvaluationError(message: "vector cannot contain metrics with the same labelset")
    }
  }

  /// The elements in another order.
  final func reorder(_ precedes: (Double, Double) -> Bool) {
    let order = values.indices.sorted { precedes(values[$0], values[$1]) }
    sets = order.map { sets[$0] }
    values = order.map { values[$0] }
  }
}

/// A number that never changes.
final class ConstantStep: Step {
  init(_ value: Double) {
    super.init()
    set(value)
  }
}

/// `time()`.
final class TimeStep: Step {
  override func evaluate(_ context: EvaluationContext) throws(EvaluationError) { set(context.time.seconds) }
}

/// The newest samples of the series that match. Filled from the store before the steps run.
final class SelectorStep: Step {
  let matchers: [LabelMatcher]
  let shift: TimeShift
  private var series: [(id: SeriesID, set: Int)] = []
  private(set) var sampleTimes: [Timestamp] = []

  init(_ selector: VectorSelector) {
    matchers = selector.matchers
    shift = selector.shift
  }

  /// Whether the result may move although no sample arrives. (That a sample gets too old does not count.)
  var dependsOnTime: Bool { (shift.offsetMilliseconds ?? 0) > 0 && !isFixed }

  private var isFixed: Bool { if case .at = shift.anchor { true } else { false } }

  var seriesCount: Int { series.count }

  func resolve(_ context: EvaluationContext, _ reader: some SeriesReader) {
    series = reader.select(matchers).map { ($0, context.table.number(of: reader.labels(of: $0))) }
  }

  func fetch(
    _ context: EvaluationContext, _ reader: some SeriesReader, lookback: Duration
  ) throws(EvaluationError) {
    removeAll()
    sampleTimes.removeAll(keepingCapacity: true)
    try context.spend(series.count)
    var at = context.time
    if case .at(let milliseconds) = shift.anchor { at = Timestamp(milliseconds: milliseconds) }
    at.milliseconds &-= shift.offsetMilliseconds ?? 0
    let after = at - lookback
    for (id, set) in series {
      guard let sample = reader.newestSample(of: id, at: at, after: after) else { continue }
      append(set, sample.value)
      sampleTimes.append(sample.timestamp)
    }
  }
}

/// `-vector` or `-scalar`.
final class NegationStep: Step {
  private let operand: Step
  private let isVector: Bool

  init(_ operand: Step, isVector: Bool) {
    self.operand = operand
    self.isVector = isVector
  }

  override func evaluate(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    guard isVector else { return set(-operand.scalar) }
    removeAll()
    for (index, value) in operand.values.enumerated() {
      append(context.table.droppingName(operand.sets[index]), -value)
    }
    try checkUnique(context)
  }
}
