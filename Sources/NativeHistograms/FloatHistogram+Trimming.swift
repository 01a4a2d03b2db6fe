package import Model

extension FloatHistogram {
  /// The observations up to `limit` (PromQL's `</`) or from it on (`>/`).
  ///
  /// A bucket that `limit` divides is shared out as in a quantile: linearly with listed bounds and around zero, else
  /// exponentially. Of a bucket without end nothing is known, so it goes whole unless it can be kept whole. When
  /// anything went, count and sum are estimated anew from the middles of what stays.
  package func trimmed(to limit: Double, keepsBelow: Bool) -> FloatHistogram {
    var result = self
    var trim = Trim(limit: limit, keepsBelow: keepsBelow, isLinear: usesCustomBuckets)
    for (place, bucket) in ascendingPositiveBuckets.enumerated() where bucket.count != 0 {
      result.positiveBuckets[place] = trim.keep(bucket, isPositive: true)
    }
    for (place, bucket) in descendingNegativeBuckets.enumerated() where bucket.count != 0 {
      result.negativeBuckets[place] = trim.keep(bucket, isPositive: false)
    }
    if zeroCount > 0 { result.zeroCount = trim.keepZeroBucket(zeroCount, reaching: zeroThreshold) }
    guard trim.hasChanged else { return self }
    result.count = trim.count
    result.sum = trim.sum
    result.compact()
    return result
  }
}

private struct Trim {
  let limit: Double
  let keepsBelow: Bool
  let isLinear: Bool
  private(set) var count = 0.0
  private(set) var sum = 0.0
  private(set) var hasChanged = false
  private var hasPositive = false
  private var hasNegative = false

  init(limit: Double, keepsBelow: Bool, isLinear: Bool) {
    self.limit = limit
    self.keepsBelow = keepsBelow
    self.isLinear = isLinear
  }

  /// How many of the bucket's observations stay.
  mutating func keep(_ bucket: HistogramBucket, isPositive: Bool) -> Double {
    if isPositive { hasPositive = true } else { hasNegative = true }
    let isWhole = keepsBelow ? bucket.upper <= limit : bucket.lower >= limit
    let isDivided = keepsBelow ? bucket.lower < limit : bucket.upper > limit
    if isWhole {
      return note(
        bucket.count, at: middle(bucket.lower, bucket.upper, isPositive: isPositive), of: bucket.count)
    }
    guard isDivided else { return note(0, at: 0, of: bucket.count) }
    if bucket.lower == -.infinity || bucket.upper == .infinity { return keepOfEndless(bucket) }
    let below = bucket.count * share(of: bucket, isPositive: isPositive)
    return keepsBelow
      ? note(below, at: middle(bucket.lower, limit, isPositive: isPositive), of: bucket.count)
      : note(bucket.count - below, at: middle(limit, bucket.upper, isPositive: isPositive), of: bucket.count)
  }

  mutating func keepZeroBucket(_ whole: Double, reaching threshold: Double) -> Double {
    // Observations are only where the rest of the histogram is.
    let lower = hasPositive && !hasNegative ? 0 : -threshold
    let upper = hasNegative && !hasPositive ? 0 : threshold
    let middle = (lower + upper) / 2
    if limit <= lower { return keepsBelow ? note(0, at: 0, of: whole) : note(whole, at: middle, of: whole) }
    if limit >= upper { return keepsBelow ? note(whole, at: middle, of: whole) : note(0, at: 0, of: whole) }
    let part = keepsBelow ? (limit - lower) / (upper - lower) : (upper - limit) / (upper - lower)
    return note(whole * part, at: ((keepsBelow ? lower : upper) + limit) / 2, of: whole)
  }

  private mutating func note(_ kept: Double, at value: Double, of whole: Double) -> Double {
    count += kept
    sum += kept * value
    if kept != whole { hasChanged = true }
    return kept
  }

  /// Of a bucket that reaches to an infinity and has `limit` within it.
  private mutating func keepOfEndless(_ bucket: HistogramBucket) -> Double {
    let whole = bucket.count
    if bucket.lower == -.infinity, bucket.upper > 0, bucket.upper.isFinite,
      keepsBelow ? limit > 0 : limit >= 0
    {
      // The lowest of listed bounds: as in a quantile, observations are taken to be positive.
      let below = limit / bucket.upper
      return keepsBelow
        ? note(whole * below, at: limit / 2, of: whole)
        : note(whole * (1 - below), at: (limit + bucket.upper) / 2, of: whole)
    }
    if keepsBelow, bucket.lower == -.infinity, bucket.upper <= 0 { return note(whole, at: limit, of: whole) }
    if !keepsBelow, bucket.lower != -.infinity, limit >= bucket.lower {
      return note(whole, at: limit, of: whole)
    }
    return note(0, at: 0, of: whole)
  }

  /// The part of the bucket's observations that are below the limit.
  private func share(of bucket: HistogramBucket, isPositive: Bool) -> Double {
    isLinear
      ? (limit - bucket.lower) / (bucket.upper - bucket.lower)
      : exponentialShare(of: limit, in: bucket)
  }

  private func middle(_ lower: Double, _ upper: Double, isPositive: Bool) -> Double {
    if lower.isInfinite {
      if upper.isInfinite { return 0 }
      return upper > 0 ? upper / 2 : upper
    }
    if upper.isInfinite { return lower }
    if isLinear { return (lower + upper) / 2 }
    let mean = abs(lower * upper).squareRoot()
    return isPositive ? mean : -mean
  }
}
