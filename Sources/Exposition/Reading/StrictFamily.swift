internal import Model

/// What OpenMetrics asks of the samples of one family beyond what a scrape needs: that they are grouped, that counts are
/// whole, and that buckets, sum and count do not contradict each other. As its reference parser does.
struct StrictFamily {
  private var group: Labels?
  private var groupTime: Timestamp?
  private var groups: Set<Labels> = []
  private var histogram = Histogram()

  /// The samples of one histogram at one time.
  private struct Histogram {
    var hasBegun = false
    var labels = Labels.empty
    var time: Timestamp?
    var bound: Double?
    var cumulative = 0.0
    var count: Double?
    var hasSum = false
    var hasGaugeSum = false
    var hasNegativeBound = false
    var hasNegativeGaugeSum = false

    var complaint: String? {
      guard hasBegun else { return nil }
      if bound != .infinity { return "a histogram without its bucket +Inf" }
      if let count, count != cumulative { return "a histogram whose count is not that of its bucket +Inf" }
      if hasSum || hasGaugeSum, count == nil { return "a histogram with a sum and without a count" }
      if !hasSum, !hasGaugeSum, count != nil { return "a histogram with a count and without a sum" }
      if hasNegativeBound, hasSum { return "a histogram with a sum and a negative bucket" }
      if hasNegativeGaugeSum, !hasNegativeBound {
        return "a histogram with a negative sum and without a negative bucket"
      }
      return nil
    }
  }

  /// What is wrong with the family as it stands at its end.
  var complaintAtEnd: String? { histogram.complaint }

  /// What is wrong with the next sample.
  mutating func take(
    _ labels: Labels, _ suffix: String, _ type: String, _ value: Double, _ time: Timestamp?
  ) -> String? {
    let isCount = ["_bucket", "_count", "_gcount"].contains(suffix)
    if isCount || ["_total", "_sum", "_gsum"].contains(suffix) {
      if value.isNaN { return "a \(type) that is no number" }
      if suffix != "_gsum", value < 0 { return "a \(type) that is negative" }
    }
    if isCount, value.rounded() != value || value.isInfinite { return "a count that is not whole" }
    if let complaint = bounds(labels, suffix, type, value) { return complaint }
    if let complaint = grouping(labels, suffix, type, time) { return complaint }
    return type.hasSuffix("histogram") ? histogramSample(labels, suffix, value, time) : nil
  }

  private func bounds(_ labels: Labels, _ suffix: String, _ type: String, _ value: Double) -> String? {
    if suffix == "_bucket", let text = labels["le"], let bound = Double(text) {
      if bound.isNaN || (bound == .infinity && text != "+Inf") { return "a bound that is written \(text)" }
    }
    if type == "summary", suffix.isEmpty, value < 0 { return "a quantile that is negative" }
    return nil
  }

  private static func key(_ labels: Labels, _ suffix: String, _ type: String) -> Labels {
    let name = labels.metricName ?? ""
    let bare = labels.withoutMetricName
    switch (type, suffix) {
    case ("info", _): return .empty
    case ("summary", ""): return bare.dropping(["quantile"])
    case ("stateset", _): return bare.dropping([name])
    case ("histogram", "_bucket"), ("gaugehistogram", "_bucket"): return bare.dropping(["le"])
    default: return bare
    }
  }

  private mutating func grouping(
    _ labels: Labels, _ suffix: String, _ type: String, _ time: Timestamp?
  ) -> String? {
    let key = Self.key(labels, suffix, type)
    defer {
      group = key
      groupTime = time
      groups.insert(key)
    }
    guard let group else { return nil }
    guard key == group else {
      return groups.contains(key) ? "the samples of one metric do not stand together" : nil
    }
    if (time == nil) != (groupTime == nil) { return "some samples of a metric have a time and others none" }
    if let time, let groupTime, time < groupTime, type != "info" {
      return "the samples of a metric do not stand in the order of their times"
    }
    return nil
  }

  private mutating func histogramSample(
    _ labels: Labels, _ suffix: String, _ value: Double, _ time: Timestamp?
  ) -> String? {
    let key = Self.key(labels, suffix, "histogram")
    if !histogram.hasBegun || key != histogram.labels || time != histogram.time {
      if let complaint = histogram.complaint { return complaint }
      histogram = Histogram()
      (histogram.hasBegun, histogram.labels, histogram.time) = (true, key, time)
    }
    switch suffix {
    case "_bucket":
      let bound = labels["le"].flatMap { Double($0) } ?? .nan
      if let before = histogram.bound, bound <= before { return "buckets that do not stand in their order" }
      if value < histogram.cumulative { return "a bucket that is less than the one before it" }
      histogram.bound = bound
      histogram.cumulative = value
      if bound < 0 { histogram.hasNegativeBound = true }
    case "_count", "_gcount": histogram.count = value
    case "_sum": histogram.hasSum = true
    case "_gsum":
      histogram.hasGaugeSum = true
      if value < 0 { histogram.hasNegativeGaugeSum = true }
    default: break
    }
    return nil
  }
}
