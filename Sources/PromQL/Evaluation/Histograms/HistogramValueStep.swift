internal import Model
internal import NativeHistograms

/// `histogram_avg`, `histogram_count`, `histogram_sum`, `histogram_stddev` and `histogram_stdvar`: a number for each
/// native histogram. Floats are left out.
final class HistogramValueStep: Step {
  enum Function: String {
    case avg = "histogram_avg"
    case count = "histogram_count"
    case sum = "histogram_sum"
    case stddev = "histogram_stddev"
    case stdvar = "histogram_stdvar"

    /// The others look at the count and the sum alone.
    var needsBuckets: Bool { self == .stddev || self == .stdvar }

    func apply(_ histogram: FloatHistogram) -> Double {
      switch self {
      case .avg: histogram.sum / histogram.count
      case .count: histogram.count
      case .sum: histogram.sum
      case .stddev: histogram.variance.squareRoot()
      case .stdvar: histogram.variance
      }
    }
  }

  private let operand: Step
  private let function: Function

  init(_ operand: Step, _ function: Function) {
    self.operand = operand
    self.function = function
  }

  override func compute(_ context: EvaluationContext) throws(EvaluationError) {
    try operand.evaluate(context)
    removeAll()
    guard !operand.histograms.isEmpty else { return }
    for (index, set) in operand.sets.enumerated() {
      guard let histogram = operand.histogram(index) else { continue }
      append(context.table.droppingName(set), function.apply(histogram))
    }
    try checkUnique(context)
  }
}
