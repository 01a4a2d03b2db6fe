internal import Model
internal import NativeHistograms

/// An operation whose result is a scalar or an instant vector. It leaves the result in its own buffers, which keep their
/// memory from one evaluation to the next: a scalar in `scalar`, a vector in `sets` and `values` (of equal length).
/// `histograms` is empty while no element is a native histogram, and of that length otherwise; where it holds one,
/// the value means nothing.
class Step: Operation {
  fileprivate(set) final var scalar = Double.nan
  fileprivate(set) final var sets: [Int] = []
  fileprivate(set) final var values: [Double] = []
  fileprivate(set) final var histograms: [FloatHistogram?] = []

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

  /// While there is none, `values` alone is the result: what the fast ways ask.
  @inline(__always)
  final var hasHistograms: Bool { !histograms.isEmpty }

  @inline(__always)
  final func histogram(_ index: Int) -> FloatHistogram? { histograms.isEmpty ? nil : histograms[index] }

  /// Appends element `index` of `other`, under the label set `set`.
  @inline(__always)
  final func append(_ set: Int, elementOf other: Step, _ index: Int) {
    if other.hasHistograms, let histogram = other.histogram(index) {
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
  override func compute(_ context: EvaluationContext) throws(EvaluationError) { set(context.time.seconds) }
}

/// `-vector` or `-scalar`; with a plus sign nothing happens.
final class NegationStep: Step {
  private let operand: Step
  private let isVector: Bool
  private let negates: Bool

  init(_ operand: Step, isVector: Bool, negates: Bool) {
    self.operand = operand
    self.isVector = isVector
    self.negates = negates
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    guard isVector else { return set(negates ? -operand.scalar : operand.scalar) }
    removeAll()
    guard negates else { return copy(operand) }
    for (index, value) in operand.values.enumerated() {
      let set = context.table.droppingName(operand.sets[index])
      if let histogram = operand.histogram(index) {
        append(set, histogram.negated())
      } else {
        append(set, -value)
      }
    }
    try checkUnique(context)
  }
}
