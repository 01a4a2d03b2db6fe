package import Model

/// One bucket with its bounds.
package struct HistogramBucket: Hashable, Sendable {
  package var lower: Double
  package var upper: Double
  package var lowerIsInclusive: Bool
  package var upperIsInclusive: Bool
  package var count: Double
}

extension FloatHistogram {
  /// Buckets above zero, ascending. For listed bounds: all of them.
  package var ascendingPositiveBuckets: [HistogramBucket] {
    positiveRun.map { bucket($0.index, $0.count, isPositive: true) }
  }

  /// Buckets below zero, from zero down.
  package var descendingNegativeBuckets: [HistogramBucket] {
    negativeRun.map { bucket($0.index, $0.count, isPositive: false) }
  }

  /// The bucket around zero; nil with listed bounds, which have none.
  package var zeroBucket: HistogramBucket? {
    guard !usesCustomBuckets else { return nil }
    return HistogramBucket(
      lower: -zeroThreshold, upper: zeroThreshold, lowerIsInclusive: true, upperIsInclusive: true,
      count: zeroCount)
  }

  /// Every bucket, lowest first; the one around zero only when something is in it. Buckets that reach into it begin
  /// and end where it ends.
  package var ascendingBuckets: [HistogramBucket] {
    var all: [HistogramBucket] = []
    all.reserveCapacity(negativeBuckets.count + positiveBuckets.count + 1)
    for bucket in descendingNegativeBuckets { all.append(outsideZeroBucket(bucket)) }
    all.reverse()
    if zeroCount > 0, let zeroBucket { all.append(zeroBucket) }
    for bucket in ascendingPositiveBuckets { all.append(outsideZeroBucket(bucket)) }
    return all
  }

  func bucket(_ index: Int, _ count: Double, isPositive: Bool) -> HistogramBucket {
    let far = bound(index)
    let near = bound(index - 1)
    let (lower, upper) = isPositive ? (near, far) : (-far, -near)
    return HistogramBucket(
      lower: lower, upper: upper,
      lowerIsInclusive: usesCustomBuckets ? index == 0 : lower < 0,
      upperIsInclusive: usesCustomBuckets ? true : upper > 0,
      count: count)
  }

  private func outsideZeroBucket(_ bucket: HistogramBucket) -> HistogramBucket {
    var bucket = bucket
    if bucket.upper < 0, bucket.upper > -zeroThreshold { bucket.upper = -zeroThreshold }
    if bucket.lower > 0, bucket.lower < zeroThreshold { bucket.lower = zeroThreshold }
    return bucket
  }
}
