internal import Model

/// A window with native histograms in it, its floats and its histograms apart. Keeps its memory.
struct MixedWindow {
  private(set) var floatTimes: [Int64] = []
  private(set) var floats: [Double] = []
  private(set) var histogramTimes: [Int64] = []
  private(set) var histograms: [FloatHistogram] = []
  /// Every sample in the order of time: its place among the histograms, or -1 - its place among the floats.
  private(set) var order: [Int] = []

  mutating func take(_ window: SampleColumns) {
    floatTimes.removeAll(keepingCapacity: true)
    floats.removeAll(keepingCapacity: true)
    histogramTimes.removeAll(keepingCapacity: true)
    histograms.removeAll(keepingCapacity: true)
    order.removeAll(keepingCapacity: true)
    for (place, time) in window.times.enumerated() {
      if let histogram = window.histograms[place] {
        order.append(histograms.count)
        histogramTimes.append(time)
        histograms.append(histogram)
      } else {
        order.append(-1 - floats.count)
        floatTimes.append(time)
        floats.append(window.values[place])
      }
    }
  }
}

/// What a function makes of a window with native histograms in it.
enum WindowResult {
  case nothing
  case number(Double)
  case histogram(FloatHistogram)
}

/// What is to be said about a window with native histograms in it.
struct WindowNotes {
  /// Of the metric; "" when it has none.
  let name: String
  let range: SourceRange

  func ignoredHistograms(_ context: EvaluationContext) {
    context.annotate(
      .info,
      "ignored histograms in a range containing both floats and histograms for metric name \(quoted(name))",
      at: range)
  }

  func mixedKinds(_ context: EvaluationContext) {
    context.annotate(
      .warning, "encountered a mix of histograms and floats for metric name \(quoted(name))", at: range)
  }

  func mixedSchemas(_ context: EvaluationContext) {
    context.annotate(
      .warning,
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
        + quoted(name), at: range)
  }

  func notCounter(_ context: EvaluationContext) {
    context.annotate(.warning, "this native histogram metric is not a counter: \(quoted(name))", at: range)
  }

  func notGauge(_ context: EvaluationContext) {
    context.annotate(.warning, "this native histogram metric is not a gauge: \(quoted(name))", at: range)
  }

  func reconciledBounds(_ operation: String, _ context: EvaluationContext) {
    context.annotate(.info, "mismatched custom buckets were reconciled during \(operation)", at: range)
  }

  func conflictingResets(_ context: EvaluationContext) {
    context.annotate(.warning, "conflicting counter resets during histogram aggregation", at: range)
  }
}
