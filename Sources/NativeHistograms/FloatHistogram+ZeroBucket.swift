internal import Model

extension FloatHistogram {
  /// Widens zero buckets until both histograms could have the same one, and none ends within a bucket of the other
  /// that holds something. Changes this histogram; answers what the other's zero bucket would hold.
  mutating func reconcileZeroBucket(with other: FloatHistogram) -> Double {
    var otherCount = other.zeroCount
    var otherThreshold = other.zeroThreshold
    // Each round widens one of them to a bound of a bucket, so there are no more rounds than buckets. A threshold
    // that is NaN is not widened.
    while otherThreshold < zeroThreshold || zeroThreshold < otherThreshold {
      if otherThreshold < zeroThreshold {
        (otherCount, otherThreshold) = other.zeroCount(for: zeroThreshold)
      }
      if zeroThreshold < otherThreshold { widenZeroBucket(to: otherThreshold) }
    }
    return otherCount
  }

  /// What the zero bucket would hold if it reached to `threshold`, which must not be below its own. When that is
  /// within a bucket that holds something, the zero bucket takes in all of that.
  func zeroCount(for threshold: Double) -> (count: Double, threshold: Double) {
    var threshold = threshold
    guard threshold > zeroThreshold else { return (zeroCount, zeroThreshold) }
    while true {
      var total = zeroCount
      var isDone = true
      for (side, run) in [positiveRun, negativeRun].enumerated() {
        for (index, count) in run {
          guard bound(index - 1) < threshold else { break }
          total += count
          let far = bound(index)
          guard far > threshold else { continue }
          if count != 0 {
            threshold = far
            // More of the positive side may be within it now.
            if side == 1 { isDone = false }
          }
          break
        }
        if !isDone { break }
      }
      if isDone { return (total, threshold) }
    }
  }

  /// Widens the zero bucket to at least `threshold`; buckets within it go.
  mutating func widenZeroBucket(to threshold: Double) {
    (zeroCount, zeroThreshold) = zeroCount(for: threshold)
    dropBucketsInZeroBucket()
  }

  /// Removes buckets that begin within the zero bucket; their counts are part of it already. Returns their sum.
  @discardableResult
  mutating func dropBucketsInZeroBucket() -> Double {
    var dropped = 0.0
    func outside(_ run: BucketRun) -> BucketRunBuilder {
      var built = BucketRunBuilder()
      for (index, count) in run {
        if bound(index - 1) < zeroThreshold { dropped += count } else { built.append(index, count) }
      }
      return built
    }
    setPositive(outside(positiveRun))
    setNegative(outside(negativeRun))
    return dropped
  }

  /// Without the buckets that lie wholly within a zero bucket that reaches to `threshold`.
  ///
  /// To be done before the schema is made coarser: afterwards, what is counted in the zero bucket could be part of a
  /// bucket that reaches beyond it, and would be counted twice.
  func withoutBuckets(upTo threshold: Double) -> FloatHistogram {
    guard !usesCustomBuckets else { return self }
    // The buckets next to zero come first.
    let nearest = [positiveRun, negativeRun].contains { run in
      run.first { _ in true }.map { bound($0.index) <= threshold } ?? false
    }
    guard nearest else { return self }
    func outside(_ run: BucketRun) -> BucketRunBuilder {
      var built = BucketRunBuilder()
      for (index, count) in run where bound(index) > threshold { built.append(index, count) }
      return built
    }
    var result = self
    result.setPositive(outside(positiveRun))
    result.setNegative(outside(negativeRun))
    return result
  }
}
