internal import Model
internal import NativeHistograms

/// What a binary operator makes of two elements.
enum ElementResult {
  /// A comparison gives the left element; `holds` says whether it passes.
  case number(Double, holds: Bool)
  case histogram(FloatHistogram, holds: Bool)
  /// These kinds do not go together: there is no result, and an annotation says so.
  case nothing
}

/// A binary operator on elements of vectors, each a number or a native histogram.
struct ElementOperation {
  let op: BinaryOperator
  /// Of the whole operation.
  let range: SourceRange

  @inline(__always)
  func apply(
    _ left: Double, _ leftHistogram: FloatHistogram?, _ right: Double, _ rightHistogram: FloatHistogram?,
    _ context: EvaluationContext
  ) -> ElementResult {
    if leftHistogram == nil, rightHistogram == nil, !op.isTrim {
      let (value, holds) = op.apply(left, right)
      return .number(value, holds: holds)
    }
    return applyWithHistograms(left, leftHistogram, right, rightHistogram, context)
  }

  private func applyWithHistograms(
    _ left: Double, _ leftHistogram: FloatHistogram?, _ right: Double, _ rightHistogram: FloatHistogram?,
    _ context: EvaluationContext
  ) -> ElementResult {
    switch (leftHistogram, rightHistogram, op) {
    case (nil, let right?, .multiply): return .histogram(right.multiplied(by: left).compacted(), holds: true)
    case (let left?, nil, .multiply): return .histogram(left.multiplied(by: right).compacted(), holds: true)
    case (let left?, nil, .divide): return .histogram(left.divided(by: right).compacted(), holds: true)
    case (let left?, nil, .trimAbove):
      return .histogram(left.trimmed(to: right, keepsBelow: true), holds: true)
    case (let left?, nil, .trimBelow):
      return .histogram(left.trimmed(to: right, keepsBelow: false), holds: true)
    case (let left?, let right?, .equal): return .histogram(left, holds: left.holdsSameData(as: right))
    case (let left?, let right?, .notEqual): return .histogram(left, holds: !left.holdsSameData(as: right))
    case (let left?, let right?, .add), (let left?, let right?, .subtract):
      return combine(left, right, context)
    default:
      let (leftKind, rightKind) = (Self.kind(leftHistogram), Self.kind(rightHistogram))
      context.annotate(
        .info,
        "incompatible sample types encountered for binary operator \(quoted(op.rawValue)): "
          + "\(leftKind) \(op.rawValue) \(rightKind)", at: range)
      return .nothing
    }
  }

  private static func kind(_ histogram: FloatHistogram?) -> String {
    histogram == nil ? "float" : "histogram"
  }

  private func combine(
    _ left: FloatHistogram, _ right: FloatHistogram, _ context: EvaluationContext
  ) -> ElementResult {
    do throws(HistogramError) {
      var (result, notices) = op == .add ? try left.adding(right) : try left.subtracting(right)
      context.annotate(notices, op == .add ? "addition" : "subtraction", range)
      result.compact()
      // A difference is not a counter.
      if op == .subtract { result.counterResetHint = .gauge }
      return .histogram(result, holds: true)
    } catch {
      context.annotateMixed(error, nil, range)
      return .nothing
    }
  }
}
