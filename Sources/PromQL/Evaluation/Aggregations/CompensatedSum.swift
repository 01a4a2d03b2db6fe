/// Kahan's summation with Neumaier's improvement, as Prometheus sums.
struct CompensatedSum {
  var total = 0.0
  private(set) var compensation = 0.0

  init(_ total: Double = 0) { self.total = total }

  mutating func add(_ value: Double) {
    let next = total + value
    if next.isInfinite {
      compensation = 0
    } else if abs(total) >= abs(value) {
      compensation += (total - next) + value
    } else {
      compensation += (value - next) + total
    }
    total = next
  }

  mutating func scale(_ factor: Double) {
    total *= factor
    compensation *= factor
  }

  mutating func divide(by divisor: Double) {
    total /= divisor
    compensation /= divisor
  }

  var value: Double { total + compensation }
}

/// A mean: the sum divided at the end or, once the sum would overflow, a running mean.
struct CompensatedMean {
  private var sum: CompensatedSum
  private var count = 1.0
  private var isRunning = false

  init(_ first: Double) { sum = CompensatedSum(first) }

  mutating func add(_ value: Double) {
    count += 1
    if !isRunning {
      var next = sum
      next.add(value)
      if !next.total.isInfinite {
        sum = next
        return
      }
      isRunning = true
      sum.divide(by: count - 1)
    }
    if sum.total.isInfinite {
      // An infinite mean stays, unless the opposite infinity or NaN comes.
      if value.isInfinite, (sum.total > 0) == (value > 0) { return }
      if value.isFinite { return }
    }
    sum.scale((count - 1) / count)
    sum.add(value / count)
  }

  var value: Double { isRunning ? sum.value : sum.total / count + sum.compensation / count }
}
