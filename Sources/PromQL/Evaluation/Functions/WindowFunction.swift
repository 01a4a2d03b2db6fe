/// A function that makes one element of each window of a range vector.
enum WindowFunction: String {
  case rate, increase, delta, irate, idelta, deriv, changes, resets
  case predictLinear = "predict_linear"
  case doubleExponentialSmoothing = "double_exponential_smoothing"
  case average = "avg_over_time"
  case minimum = "min_over_time"
  case maximum = "max_over_time"
  case sum = "sum_over_time"
  case count = "count_over_time"
  case first = "first_over_time"
  case last = "last_over_time"
  case present = "present_over_time"
  case standardDeviation = "stddev_over_time"
  case standardVariance = "stdvar_over_time"
  case quantile = "quantile_over_time"
  case medianDeviation = "mad_over_time"
  case timeOfFirst = "ts_of_first_over_time"
  case timeOfLast = "ts_of_last_over_time"
  case timeOfMinimum = "ts_of_min_over_time"
  case timeOfMaximum = "ts_of_max_over_time"

  /// These two act like `offset`: the sample stays what it is.
  var keepsName: Bool { self == .first || self == .last }

  /// The change from the first to the last sample, or between the last two, with resets of a counter made good.
  var isCounterFunction: Bool { self == .rate || self == .increase || self == .irate }
  var isPerSecond: Bool { self == .rate || self == .irate }

  /// How many floats a window must hold for a value.
  var minimumFloats: Int {
    switch self {
    case .rate, .increase, .delta, .irate, .idelta, .deriv, .predictLinear, .doubleExponentialSmoothing: 2
    default: 1
    }
  }

  /// What becomes of native histograms.
  enum HistogramTreatment {
    /// The function computes with them.
    case computed
    /// Floats are computed with, histograms between them are left out with a note.
    case ignored
  }

  var histogramTreatment: HistogramTreatment {
    switch self {
    case .deriv, .predictLinear, .doubleExponentialSmoothing, .minimum, .maximum, .standardDeviation,
      .standardVariance, .quantile, .medianDeviation, .timeOfMinimum, .timeOfMaximum:
      .ignored
    default: .computed
    }
  }
}

/// The floats of one window, side by side, and what else a function may ask.
struct FloatWindow {
  let times: UnsafeBufferPointer<Int64>
  let values: UnsafeBufferPointer<Double>
  let range: WindowRange
  /// With one, samples outside of the range are there too.
  var boundary: RangeBoundary?
  /// Of the evaluation, in milliseconds.
  let now: Int64
  /// The values of the scalar arguments; NaN where there are none.
  let parameters: (Double, Double)

  var count: Int { values.count }
}

extension WindowFunction {
  /// The result for floats alone; nil when there are too few.
  func apply(_ window: FloatWindow, _ scratch: inout [Double]) -> Double? {
    if window.boundary != nil { return applyExtended(window) }
    guard window.count >= minimumFloats, window.count > 0 else { return nil }
    let values = window.values
    switch self {
    case .rate, .increase, .delta: return extrapolatedChange(window)
    case .irate, .idelta: return lastChange(window)
    case .deriv: return linearRegression(window, interceptAt: window.times[0]).slope
    case .predictLinear:
      let (slope, intercept) = linearRegression(window, interceptAt: window.now)
      return slope * window.parameters.0 + intercept
    case .doubleExponentialSmoothing: return values.smoothed(window.parameters.0, window.parameters.1)
    case .changes: return Double(values.countOfChanges)
    case .resets: return Double(values.countOfResets)
    case .average: return values.mean
    case .minimum: return values[values.placeOfFirstMinimum]
    case .maximum: return values[values.placeOfFirstMaximum]
    case .sum: return values.compensatedSum
    case .count: return Double(values.count)
    case .first: return values[0]
    case .last: return values[values.count - 1]
    case .present: return 1
    case .standardVariance: return values.variance
    case .standardDeviation: return values.variance.squareRoot()
    case .quantile:
      scratch.replaceSubrange(0..., with: values)
      return sortedQuantile(window.parameters.0, of: &scratch)
    case .medianDeviation: return values.medianDeviation(&scratch)
    case .timeOfFirst: return seconds(window.times[0])
    case .timeOfLast: return seconds(window.times[values.count - 1])
    case .timeOfMinimum: return seconds(window.times[values.placeOfLastMinimum])
    case .timeOfMaximum: return seconds(window.times[values.placeOfLastMaximum])
    }
  }

  private func seconds(_ milliseconds: Int64) -> Double { Double(milliseconds) / 1000 }

  private func extrapolatedChange(_ window: FloatWindow) -> Double {
    let values = window.values
    let last = window.count - 1
    var change = values[last] - values[0]
    if isCounterFunction {
      var previous = values[0]
      for value in values {
        if value < previous { change += previous }
        previous = value
      }
    }
    let span = SampledSpan(
      first: window.times[0], last: window.times[last], count: window.count, range: window.range)
    return change
      * span.factor(
        counter: isCounterFunction ? (start: values[0], increase: change) : nil, perSecond: isPerSecond)
  }

  private func lastChange(_ window: FloatWindow) -> Double? {
    let last = window.count - 1
    let (before, after) = (window.values[last - 1], window.values[last])
    let milliseconds = window.times[last] &- window.times[last - 1]
    guard milliseconds != 0 else { return nil }
    let change = isCounterFunction && after < before ? after : after - before
    return isPerSecond ? change / (Double(milliseconds) / 1000) : change
  }
}

/// The part of a range that samples cover, from which `rate` and its like infer the whole.
struct SampledSpan {
  let first: Int64
  let last: Int64
  let count: Int
  let range: WindowRange

  /// What to multiply the change between the first and the last sample with.
  ///
  /// Where the first or the last sample is about as near to its end of the range as samples are to each other (1.1
  /// times their mean distance), the series is taken to reach that end, otherwise to end half a distance further on.
  /// A counter is never extended to where it would have been below zero. The method is Prometheus'.
  func factor(counter: (start: Double, increase: Double)?, perSecond: Bool) -> Double {
    var toStart = Double(first &- range.start) / 1000
    var toEnd = Double(range.end &- last) / 1000
    let sampled = Double(last &- first) / 1000
    let distance = sampled / Double(count - 1)
    let threshold = distance * 1.1
    if toStart >= threshold { toStart = distance / 2 }
    if let counter {
      var toZero = toStart
      if counter.increase > 0, counter.start >= 0 { toZero = sampled * (counter.start / counter.increase) }
      if toZero < toStart { toStart = toZero }
    }
    if toEnd >= threshold { toEnd = distance / 2 }
    let factor = (sampled + toStart + toEnd) / sampled
    return perSecond ? factor / range.goSeconds : factor
  }
}

extension WindowRange {
  /// Whole seconds and the rest are converted apart, as Go does; the sum may differ from `seconds` in the last bit.
  var goSeconds: Double {
    let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    return Double(whole) + Double(rest * 1_000_000) / 1e9
  }
}
