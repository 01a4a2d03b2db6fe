internal import Model
internal import NativeHistograms

/// Whether selectors work out the counter resets that no hint of a stored histogram tells.
///
/// Two histograms of which one is known to follow a reset and the other not to should not be added up, and whoever
/// does is warned. As in Prometheus resets are looked for where `histogram_count`, `histogram_sum` or `histogram_avg`
/// stands around, unless a function or an operator that works on buckets or a subquery is on the way or further out.
enum ResetDetection {
  case asStored, detected, never
}

extension Expression {
  /// Whether histograms that it makes may still carry the hint of a sample.
  var passesResetHints: Bool {
    switch kind {
    case .selector, .rangeSelector: true
    case .number, .string, .subquery: false
    case .parenthesized(let inner): inner.passesResetHints
    // What is negated is a gauge.
    case .unary(let negated, let operand): !negated && operand.passesResetHints
    case .aggregation(let aggregation):
      switch aggregation.op {
      case .sum, .avg, .limitk, .limitRatio: aggregation.operand.passesResetHints
      default: false
      }
    case .binary(let operation):
      !operation.op.isTrim && (operation.left.passesResetHints || operation.right.passesResetHints)
    case .call(let function, let arguments):
      Self.functionsPassingHints.contains(function.name) && arguments.contains(where: \.passesResetHints)
    }
  }

  private static let functionsPassingHints: Set<String> = [
    "sum_over_time", "avg_over_time", "first_over_time", "last_over_time", "label_replace", "label_join",
    "sort_by_label", "sort_by_label_desc",
  ]

  /// Whether histograms are added up in it that may carry the hint of a sample.
  var mayMixResetHints: Bool {
    switch kind {
    case .aggregation(let aggregation) where aggregation.op == .sum || aggregation.op == .avg:
      if aggregation.operand.passesResetHints { return true }
    case .binary(let operation) where operation.op == .add || operation.op == .subtract:
      if operation.left.passesResetHints && operation.right.passesResetHints { return true }
    case .call(let function, let arguments)
    where function.name == "sum_over_time" || function.name == "avg_over_time":
      if arguments.contains(where: \.passesResetHints) { return true }
    default: break
    }
    return children.contains(where: \.mayMixResetHints)
  }
}

extension FloatHistogram {
  /// With the hint that the histogram before it gives, where it has none of its own.
  func detectingReset(since previous: FloatHistogram?) -> FloatHistogram {
    guard counterResetHint == .unknown, let previous else { return self }
    var result = self
    result.counterResetHint = isReset(since: previous) ? .counterReset : .notCounterReset
    return result
  }
}

extension SampleColumns {
  var newestHistogram: FloatHistogram? { histograms.last { $0 != nil } ?? nil }

  /// Gives every histogram from place `first` on that has no hint the one that follows from the histogram before it,
  /// be that in the columns or, in front of them, `earlier`.
  mutating func detectResets(from first: Int, after earlier: FloatHistogram?) {
    guard hasHistograms else { return }
    var previous = histograms[..<first].last { $0 != nil } ?? earlier
    for place in first..<histograms.count {
      guard let histogram = histograms[place] else { continue }
      histograms[place] = histogram.detectingReset(since: previous)
      previous = histogram
    }
  }
}
