internal import Model
internal import NativeHistograms

extension EvaluationContext {
  /// Says what an operation on histograms noticed although it gave a result.
  func annotate(_ notices: HistogramNotices, _ operation: String, _ range: SourceRange) {
    if notices.contains(.counterResetCollision) {
      annotate(.warning, "conflicting counter resets during histogram \(operation)", at: range)
    }
    if notices.contains(.boundsReconciled) {
      annotate(.info, "mismatched custom buckets were reconciled during \(operation)", at: range)
    }
  }

  /// Says that histograms do not go together.
  func annotateMixed(_ error: HistogramError, _ name: String?, _ range: SourceRange) {
    guard error == .incompatibleSchemas else { return }
    annotate(
      .warning,
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
        + quoted(name ?? ""), at: range)
  }
}
