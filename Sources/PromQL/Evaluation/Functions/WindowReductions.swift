// Functions of the values of one window, in the order of time. Where Prometheus sums with compensation (Kahan and
// Neumaier), so do these, step by step in the same order: the results agree to the last bit. No window is empty.

extension UnsafeBufferPointer<Double> {
  /// Their sum; once it overflows, the infinity.
  var compensatedSum: Double {
    var sum = CompensatedSum()
    for value in self { sum.add(value) }
    return sum.total.isInfinite ? sum.total : sum.value
  }

  /// A sum divided by the count, as long as the sum does not overflow; from there on a running mean.
  var mean: Double {
    var sum = CompensatedSum(self[0])
    for place in indices.dropFirst() {
      var next = sum
      next.add(self[place])
      if next.total.isInfinite { return runningMean(from: place, sum) }
      sum = next
    }
    let count = Double(self.count)
    return sum.total / count + sum.compensation / count
  }

  private func runningMean(from start: Int, _ sum: CompensatedSum) -> Double {
    var mean = sum
    mean.divide(by: Double(start))
    for place in start..<self.count {
      let count = Double(place + 1)
      mean.scale((count - 1) / count)
      mean.add(self[place] / count)
    }
    return mean.value
  }

  /// Welford's method.
  var variance: Double {
    var mean = CompensatedSum()
    var squares = CompensatedSum()
    var seen = 0.0
    for value in self {
      seen += 1
      let delta = value - mean.value
      mean.add(delta / seen)
      squares.add(delta * (value - mean.value))
    }
    return squares.value / seen
  }

  // NaN gives way to every number. Which of equal values is found matters for their times and the sign of zero.

  var placeOfFirstMinimum: Int {
    var (place, best) = (0, self[0])
    for index in indices where self[index] < best || best.isNaN { (place, best) = (index, self[index]) }
    return place
  }

  var placeOfFirstMaximum: Int {
    var (place, best) = (0, self[0])
    for index in indices where self[index] > best || best.isNaN { (place, best) = (index, self[index]) }
    return place
  }

  var placeOfLastMinimum: Int {
    var (place, best) = (0, self[0])
    for index in indices where self[index] <= best || best.isNaN { (place, best) = (index, self[index]) }
    return place
  }

  var placeOfLastMaximum: Int {
    var (place, best) = (0, self[0])
    for index in indices where self[index] >= best || best.isNaN { (place, best) = (index, self[index]) }
    return place
  }

  /// NaN after NaN is no change.
  var countOfChanges: Int {
    var (count, previous) = (0, self[0])
    for value in self {
      if value != previous, !(value.isNaN && previous.isNaN) { count += 1 }
      previous = value
    }
    return count
  }

  /// How often a value is lower than the one before.
  var countOfResets: Int {
    var (count, previous) = (0, self[0])
    for value in self {
      if value < previous { count += 1 }
      previous = value
    }
    return count
  }

  /// The median of the distances from the median.
  func medianDeviation(_ scratch: inout [Double]) -> Double {
    scratch.replaceSubrange(0..., with: self)
    let median = sortedQuantile(0.5, of: &scratch)
    for index in scratch.indices { scratch[index] = (self[index] - median).magnitude }
    return sortedQuantile(0.5, of: &scratch)
  }

  /// Double exponential smoothing ("Holt linear"); at least two values.
  func smoothed(_ smoothing: Double, _ trendFactor: Double) -> Double {
    var before = 0.0
    var level = self[0]
    var trend = self[1] - self[0]
    for place in 1..<self.count {
      if place > 1 { trend = trendFactor * (level - before) + (1 - trendFactor) * trend }
      let next = smoothing * self[place] + (1 - smoothing) * (level + trend)
      (before, level) = (level, next)
    }
    return level
  }
}

/// The `quantile`-th quantile, between two values by linear interpolation; sorts `values`, NaN first. Below 0 it is
/// -Inf, above 1 +Inf.
func sortedQuantile(_ quantile: Double, of values: inout [Double]) -> Double {
  guard !values.isEmpty, !quantile.isNaN else { return .nan }
  if quantile < 0 { return -.infinity }
  if quantile > 1 { return .infinity }
  values.sort { $0 < $1 || ($0.isNaN && !$1.isNaN) }
  let rank = quantile * Double(values.count - 1)
  let below = rank.rounded(.down)
  let lower = min(max(0, Int(below)), values.count - 1)
  let upper = min(values.count - 1, lower + 1)
  let weight = rank - below
  return values[lower] * (1 - weight) + values[upper] * weight
}

/// Least squares; the intercept is the value at `origin` (milliseconds).
func linearRegression(_ window: FloatWindow, interceptAt origin: Int64) -> (slope: Double, intercept: Double)
{
  let first = window.values[0]
  var isConstant = true
  var (sumX, sumY, sumXY, sumXX) = (CompensatedSum(), CompensatedSum(), CompensatedSum(), CompensatedSum())
  for index in window.values.indices {
    let y = window.values[index]
    if index > 0, y != first { isConstant = false }
    let x = Double(window.times[index] &- origin) / 1e3
    sumX.add(x)
    sumY.add(y)
    sumXY.add(x * y)
    sumXX.add(x * x)
  }
  if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
  let n = Double(window.count)
  let covariance = sumXY.value - sumX.value * sumY.value / n
  let variance = sumXX.value - sumX.value * sumX.value / n
  let slope = covariance / variance
  return (slope, sumY.value / n - slope * sumX.value / n)
}
