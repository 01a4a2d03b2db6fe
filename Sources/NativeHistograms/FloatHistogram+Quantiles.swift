package import Model

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What observations of NaN, which are counted but are in no bucket, do to a result.
package enum NaNObservations: Hashable, Sendable {
  /// The rank is among them: the result is NaN.
  case decideResult
  /// They count as the largest values: the result is higher than that of the others.
  case skewResult
  /// They are in no fraction.
  case excluded
}

extension FloatHistogram {
  /// The value below which the part `q` of the observations is; -Inf and +Inf for a `q` below 0 and above 1, NaN when
  /// nothing was observed.
  ///
  /// Within a bucket, observations are taken to be spread evenly: over the values with listed bounds and around zero,
  /// otherwise over their logarithms. A zero bucket is taken to hold only what the other buckets hold: positive or
  /// negative values. The lowest bucket of listed bounds begins at 0 if it ends above; of one that ends below, as of
  /// the one without end, the bound is the result.
  package func quantile(_ q: Double) -> (value: Double, nan: NaNObservations?) {
    if q < 0 { return (-.infinity, nil) }
    if q > 1 { return (.infinity, nil) }
    if count == 0 || q.isNaN { return (.nan, nil) }
    // From the nearer end: less is lost in sums. NaN is only at the upper end.
    let ascends = sum.isNaN || q < 0.5
    var rank = (ascends ? q : 1 - q) * count
    let buckets = ascendingBuckets
    var bucket = HistogramBucket(
      lower: 0, upper: 0, lowerIsInclusive: false, upperIsInclusive: false, count: 0)
    var seen = 0.0
    var place = 0
    while place < buckets.count {
      bucket = buckets[ascends ? place : buckets.count - 1 - place]
      place += 1
      seen += bucket.count
      // A rank between two buckets is the lower bound of the upper one, from wherever it is counted.
      if bucket.count != 0, seen > rank || (!ascends && seen == rank) { break }
    }
    // Unless there is only NaN above.
    if bucket.count == 0, seen == rank, let top = buckets.last(where: { $0.count != 0 }) { bucket = top }
    if usesCustomBuckets {
      if bucket.lower == -.infinity {
        if bucket.upper <= 0 { return (bucket.upper, nil) }
        bucket.lower = 0
      } else if bucket.upper == .infinity {
        return (bucket.lower, nil)
      }
    } else {
      narrow(&bucket)
    }
    seen = min(seen, count)
    if seen < rank { return sum.isNaN ? (.nan, .decideResult) : (bucket.upper, nil) }
    rank = ascends ? rank - (seen - bucket.count) : seen - rank
    var nan: NaNObservations?
    if sum.isNaN, buckets[place...].reduce(seen, { $0 + $1.count }) < count { nan = .skewResult }
    return (value(at: rank / bucket.count, in: bucket), nan)
  }

  /// The part of the observations that is between the bounds; NaN when nothing was observed or a bound is NaN.
  /// Interpolation as in ``quantile(_:)``, whose opposite this is.
  package func fraction(from lower: Double, to upper: Double) -> (value: Double, nan: NaNObservations?) {
    if count == 0 || lower.isNaN || upper.isNaN { return (.nan, nil) }
    if lower >= upper { return (0, nil) }
    var below = 0.0
    var lowerRank: Double?
    var upperRank: Double?
    for var bucket in ascendingBuckets {
      // Listed bounds have no zero bucket, even where one of them is 0.
      let isAroundZero = !usesCustomBuckets && bucket.lower <= 0 && bucket.upper >= 0
      if usesCustomBuckets, bucket.lower == -.infinity, bucket.upper > 0 { bucket.lower = 0 }
      if isAroundZero {
        if negativeBuckets.isEmpty, !positiveBuckets.isEmpty {
          bucket.lower = 0
        } else if positiveBuckets.isEmpty, !negativeBuckets.isEmpty {
          bucket.upper = 0
        }
      }
      let isLinear = usesCustomBuckets || isAroundZero
      func rank(of value: Double) -> Double? {
        if bucket.lower >= value { return below }
        guard bucket.upper > value else { return nil }
        guard isLinear else { return below + bucket.count * exponentialShare(of: value, in: bucket) }
        if bucket.lower == -.infinity { return bucket.count }
        return below + bucket.count * (value - bucket.lower) / (bucket.upper - bucket.lower)
      }
      lowerRank = lowerRank ?? rank(of: lower)
      upperRank = upperRank ?? rank(of: upper)
      below += bucket.count
    }
    // Without NaN, all that was counted is in buckets, whatever rounding makes of their sum.
    let total = sum.isNaN ? below : count
    let part = min(upperRank ?? total, total) - min(lowerRank ?? total, total)
    return (part / count, sum.isNaN && below < count ? .excluded : nil)
  }

  /// The variance of the observations, each taken to be in the middle of its bucket: the geometric one, with listed
  /// bounds the arithmetic one, around zero 0.
  package var variance: Double {
    let mean = sum / count
    var total = 0.0
    var lost = 0.0
    for bucket in ascendingBuckets where bucket.count != 0 {
      let value: Double
      if usesCustomBuckets {
        value = (bucket.upper + bucket.lower) / 2
      } else if bucket.lower <= 0, bucket.upper >= 0 {
        value = 0
      } else {
        let middle = (bucket.upper * bucket.lower).squareRoot()
        value = bucket.upper < 0 ? -middle : middle
      }
      let distance = value - mean
      addCompensated(bucket.count * distance * distance, to: &total, &lost)
    }
    return (total + lost) / count
  }

  /// The zero bucket holds what the other buckets hold.
  private func narrow(_ bucket: inout HistogramBucket) {
    guard bucket.lower < 0, bucket.upper > 0 else { return }
    if negativeBuckets.isEmpty, !positiveBuckets.isEmpty { bucket.lower = 0 }
    if positiveBuckets.isEmpty, !negativeBuckets.isEmpty { bucket.upper = 0 }
  }

  private func value(at fraction: Double, in bucket: HistogramBucket) -> Double {
    if usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) {
      return bucket.lower + (bucket.upper - bucket.lower) * fraction
    }
    let lower = log2(abs(bucket.lower))
    let upper = log2(abs(bucket.upper))
    if bucket.lower > 0 { return exp2(lower + (upper - lower) * fraction) }
    return -exp2(upper + (lower - upper) * (1 - fraction))
  }
}

/// The part of a bucket's observations that are below `value`, which is within it, if their logarithms are spread
/// evenly.
func exponentialShare(of value: Double, in bucket: HistogramBucket) -> Double {
  let lower = log2(abs(bucket.lower))
  let upper = log2(abs(bucket.upper))
  let at = log2(abs(value))
  return value > 0 ? (at - lower) / (upper - lower) : 1 - (at - upper) / (lower - upper)
}

/// One step of Neumaier's summation. Once the sum is infinite there is nothing to compensate.
func addCompensated(_ value: Double, to sum: inout Double, _ lost: inout Double) {
  let next = sum + value
  if next.isInfinite {
    lost = 0
  } else if abs(sum) >= abs(value) {
    lost += (sum - next) + value
  } else {
    lost += (value - next) + sum
  }
  sum = next
}
