package import Model

/// The sum of many histograms, with what rounding loses carried along for every count (Kahan's summation with
/// Neumaier's improvement, as Prometheus sums).
package struct HistogramSum: Sendable {
  private var total: FloatHistogram
  /// What was lost so far; buckets are those of `total`.
  private var lost: FloatHistogram
  private var seenReset = false
  private var seenNoReset = false
  private var boundsReconciled = false

  package init(_ first: FloatHistogram) {
    // Both must keep the same layout; what spans and counts disagree about goes here.
    total = first.straightened
    lost = total
    lost.count = 0
    lost.sum = 0
    lost.zeroCount = 0
    lost.positiveBuckets = Array(repeating: 0, count: total.positiveBuckets.count)
    lost.negativeBuckets = Array(repeating: 0, count: total.negativeBuckets.count)
    observe(first)
  }

  /// The sum. Its buckets are not compacted.
  package var value: FloatHistogram {
    var value = total
    value.count += lost.count
    value.sum += lost.sum
    value.zeroCount += lost.zeroCount
    for place in value.positiveBuckets.indices { value.positiveBuckets[place] += lost.positiveBuckets[place] }
    for place in value.negativeBuckets.indices { value.negativeBuckets[place] += lost.negativeBuckets[place] }
    return value
  }

  /// Of all that was added: a collision also when the two that contradict each other did not come one after the other.
  package var notices: HistogramNotices {
    var notices: HistogramNotices = []
    if seenReset, seenNoReset { notices.insert(.counterResetCollision) }
    if boundsReconciled { notices.insert(.boundsReconciled) }
    return notices
  }

  /// Whether a count or the sum has become infinite.
  package var hasOverflow: Bool { total.hasOverflow }

  /// Unchanged when it fails.
  package mutating func add(_ other: FloatHistogram) throws(HistogramError) {
    try total.checkGoesTogether(with: other)
    observe(other)
    _ = total.reconcileHint(with: other)
    if total.usesCustomBuckets {
      if total.customValues == other.customValues { addBuckets(of: other) } else { addByBounds(other) }
    } else {
      let target = min(total.schema, other.schema)
      let otherZeroCount = reconcileZeroBucket(with: other)
      reduceResolution(to: target)
      addCompensated(otherZeroCount, to: &total.zeroCount, &lost.zeroCount)
      addBuckets(of: try other.withoutBuckets(upTo: total.zeroThreshold).reducingResolution(to: target))
    }
    addCompensated(other.count, to: &total.count, &lost.count)
    addCompensated(other.sum, to: &total.sum, &lost.sum)
  }

  package mutating func multiply(by factor: Double) {
    total.multiply(by: factor)
    lost.multiply(by: factor)
  }

  package mutating func divide(by divisor: Double) {
    total.divide(by: divisor)
    lost.divide(by: divisor)
  }

  private mutating func observe(_ histogram: FloatHistogram) {
    switch histogram.counterResetHint {
    case .counterReset: seenReset = true
    case .notCounterReset: seenNoReset = true
    case .unknown, .gauge: break
    }
  }

  private mutating func reconcileZeroBucket(with other: FloatHistogram) -> Double {
    let count = total.reconcileZeroBucket(with: other)
    if lost.zeroThreshold != total.zeroThreshold {
      lost.zeroThreshold = total.zeroThreshold
      lost.zeroCount += lost.dropBucketsInZeroBucket()
    }
    return count
  }

  private mutating func addBuckets(of other: FloatHistogram) {
    if total.hasLayout(of: other) {
      for (place, count) in other.positiveBuckets.enumerated() {
        addCompensated(count, to: &total.positiveBuckets[place], &lost.positiveBuckets[place])
      }
      for (place, count) in other.negativeBuckets.enumerated() {
        addCompensated(count, to: &total.negativeBuckets[place], &lost.negativeBuckets[place])
      }
      return
    }
    let positive = merged(total.positiveRun, lost.positiveBuckets, other.positiveRun)
    total.setPositive(positive.sums)
    lost.setPositive(positive.lost)
    let negative = merged(total.negativeRun, lost.negativeBuckets, other.negativeRun)
    total.setNegative(negative.sums)
    lost.setNegative(negative.lost)
  }

  private func merged(
    _ run: BucketRun, _ lostCounts: [Double], _ other: BucketRun
  ) -> (sums: BucketRunBuilder, lost: BucketRunBuilder) {
    var sums = BucketRunBuilder(reserving: lostCounts.count)
    var lost = BucketRunBuilder(reserving: lostCounts.count)
    var place = 0
    for (index, mine, others) in MergedRuns(run, other) {
      var sum = mine ?? 0
      var remainder = 0.0
      if mine != nil {
        if place < lostCounts.count { remainder = lostCounts[place] }
        place += 1
      }
      if let others { addCompensated(others, to: &sum, &remainder) }
      sums.append(index, sum)
      lost.append(index, remainder)
    }
    return (sums, lost)
  }

  /// Both schemas have been checked.
  private mutating func reduceResolution(to target: Int32) {
    guard target < total.schema else { return }
    let steps = Int(total.schema - target)
    let positive = coarser(total.positiveRun, lost.positiveBuckets, by: steps)
    total.setPositive(positive.sums)
    lost.setPositive(positive.lost)
    let negative = coarser(total.negativeRun, lost.negativeBuckets, by: steps)
    total.setNegative(negative.sums)
    lost.setNegative(negative.lost)
    total.schema = target
    lost.schema = target
  }

  private func coarser(
    _ run: BucketRun, _ lostCounts: [Double], by steps: Int
  ) -> (sums: BucketRunBuilder, lost: BucketRunBuilder) {
    var sums = BucketRunBuilder()
    var lost = BucketRunBuilder()
    var open: (index: Int, sum: Double, remainder: Double)?
    for ((index, count), remainder) in zip(run, lostCounts) {
      let index = BucketBounds.coarser(index, by: steps)
      if var wider = open, wider.index == index {
        addCompensated(count, to: &wider.sum, &wider.remainder)
        wider.remainder += remainder
        open = wider
        continue
      }
      if let open {
        sums.append(open.index, open.sum)
        lost.append(open.index, open.remainder)
      }
      open = (index, count, remainder)
    }
    if let open {
      sums.append(open.index, open.sum)
      lost.append(open.index, open.remainder)
    }
    return (sums, lost)
  }

  /// ``FloatHistogram/dense(in:)``, compensated.
  private func dense(in bounds: [Double]) -> (sums: [Double], lost: [Double]) {
    var sums = [Double](repeating: 0, count: bounds.count + 1)
    var remainders = sums
    var place = 0
    for ((index, count), remainder) in zip(total.positiveRun, lost.positiveBuckets) {
      let upper = BucketBounds.custom(index: index, total.customValues)
      while place < bounds.count, bounds[place] < upper { place += 1 }
      addCompensated(count, to: &sums[place], &remainders[place])
      remainders[place] += remainder
    }
    return (sums, remainders)
  }

  private mutating func addByBounds(_ other: FloatHistogram) {
    boundsReconciled = true
    let shared = FloatHistogram.sharedBounds(total.customValues, other.customValues)
    var (sums, remainders) = dense(in: shared)
    var builtSums = BucketRunBuilder(reserving: sums.count)
    var builtRemainders = BucketRunBuilder(reserving: sums.count)
    for (index, count) in other.dense(in: shared).enumerated() {
      addCompensated(count, to: &sums[index], &remainders[index])
      guard sums[index] != 0 || remainders[index] != 0 else { continue }
      builtSums.append(index, sums[index])
      builtRemainders.append(index, remainders[index])
    }
    total.customValues = shared
    lost.customValues = shared
    total.setPositive(builtSums)
    lost.setPositive(builtRemainders)
  }
}

/// The mean of many histograms: their sum divided at the end, or, once the sum would overflow, a running mean.
package struct HistogramMean: Sendable {
  private var sum: HistogramSum
  private var number = 1.0
  private var isRunningMean = false

  package init(_ first: FloatHistogram) { sum = HistogramSum(first) }

  package var notices: HistogramNotices { sum.notices }

  /// The mean. Its buckets are not compacted.
  package var value: FloatHistogram { isRunningMean ? sum.value : sum.value.divided(by: number) }

  /// Unchanged when it fails.
  package mutating func add(_ other: FloatHistogram) throws(HistogramError) {
    if !isRunningMean {
      var next = sum
      try next.add(other)
      if !next.hasOverflow {
        sum = next
        number += 1
        return
      }
      isRunningMean = true
      sum.divide(by: number)
    }
    var next = sum
    next.multiply(by: number / (number + 1))
    try next.add(other.divided(by: number + 1))
    sum = next
    number += 1
  }
}
