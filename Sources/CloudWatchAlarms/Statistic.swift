/// What makes one data point of a period's samples.
package enum Statistic: Sendable, Hashable {
  case average, sum, minimum, maximum, sampleCount
  /// `p99.9`, in percent.
  case percentile(Double)
  /// `tm90`: the average of the lowest so many percent.
  case trimmedMean(Double)

  /// `Statistic` of an alarm.
  package static let named: [String: Statistic] = [
    "Average": .average, "Sum": .sum, "Minimum": .minimum, "Maximum": .maximum, "SampleCount": .sampleCount,
  ]

  /// `ExtendedStatistic` of an alarm: `p` or `tm` and a percentage above 0 and up to 100.
  package init?(extended text: String) {
    let lower = text.lowercased()
    let prefix = lower.hasPrefix("tm") ? "tm" : "p"
    let digits = lower.dropFirst(prefix.count)
    guard lower.hasPrefix(prefix), !digits.isEmpty,
      digits.utf8.allSatisfy({ "0123456789.".utf8.contains($0) }),
      let percent = Double(digits), percent > 0, percent <= 100
    else { return nil }
    self = prefix == "tm" ? .trimmedMean(percent) : .percentile(percent)
  }

  /// Whether every sample must be kept, not only their sums.
  var needsValues: Bool {
    switch self {
    case .percentile, .trimmedMean: true
    default: false
    }
  }

  /// Whether so few samples say nothing about the percentile: AWS asks for 10 / (1 - p) of them above the median, and
  /// for 10 / p below.
  func isInsignificant(count: Int) -> Bool {
    guard case .percentile(let percent) = self else { return false }
    let share = percent / 100
    let rest = share >= 0.5 ? 1 - share : share
    return rest > 0 && Double(count) < 10 / rest
  }
}

/// The samples of a stretch of time, as far as a statistic needs them.
struct SampleSummary {
  private(set) var count = 0
  private(set) var sum = 0.0
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  /// Only for statistics that need them; the first ``valueLimit``.
  private(set) var values: [Double] = []

  static let valueLimit = 20_000

  /// A value that is no number is no sample.
  mutating func add(_ value: Double, keepingValues: Bool) {
    guard value.isFinite else { return }
    count += 1
    sum += value
    minimum = min(minimum, value)
    maximum = max(maximum, value)
    if keepingValues, values.count < Self.valueLimit { values.append(value) }
  }

  mutating func add(_ other: SampleSummary) {
    count += other.count
    sum += other.sum
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    if !other.values.isEmpty, values.count < Self.valueLimit {
      values += other.values.prefix(Self.valueLimit - values.count)
    }
  }

  /// nil without a sample: that is missing, not 0.
  func value(_ statistic: Statistic) -> Double? {
    guard count > 0 else { return nil }
    switch statistic {
    case .average: return sum / Double(count)
    case .sum: return sum
    case .minimum: return minimum
    case .maximum: return maximum
    case .sampleCount: return Double(count)
    case .percentile(let percent):
      // Linear between the neighbours of the rank.
      let sorted = values.sorted()
      guard let last = sorted.last else { return nil }
      let rank = percent / 100 * Double(sorted.count - 1)
      let below = Int(rank)
      guard below + 1 < sorted.count else { return last }
      return sorted[below] + (sorted[below + 1] - sorted[below]) * (rank - Double(below))
    case .trimmedMean(let percent):
      let sorted = values.sorted()
      let kept = sorted.prefix(max(1, Int((Double(sorted.count) * percent / 100).rounded(.up))))
      return kept.isEmpty ? nil : kept.reduce(0, +) / Double(kept.count)
    }
  }
}
