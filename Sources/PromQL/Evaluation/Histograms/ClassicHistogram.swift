internal import NativeHistograms

/// The buckets of one classic histogram (series with the label `le`): counts of everything up to a bound, in any order.
struct ClassicHistogram {
  struct Bucket {
    var upperBound: Double
    var count: Double
  }

  var buckets: [Bucket] = []

  /// Differences below this, relative to the counts, come from computing with fractions.
  private static let insignificant = 1e-12

  /// The value below which the part `q` of the observations is, and whether counts that fell from one bucket to a
  /// wider one had to be ignored. NaN without a bucket for +Inf or without observations.
  ///
  /// Observations are taken to be spread evenly within a bucket; the lowest one begins at 0 if its bound is above, and
  /// in the highest one the bound below is the result.
  mutating func quantile(_ q: Double) -> (value: Double, wasForced: Bool) {
    if q.isNaN { return (.nan, false) }
    if q < 0 { return (-.infinity, false) }
    if q > 1 { return (.infinity, false) }
    guard prepare() else { return (.nan, false) }
    let wasForced = makeMonotonic()
    let last = buckets.count - 1
    let total = buckets[last].count
    guard last > 0, total != 0 else { return (.nan, false) }
    var rank = q * total
    let place = firstPlace(below: last) { $0.count >= rank }
    if place == last { return (buckets[last - 1].upperBound, wasForced) }
    let bucket = buckets[place]
    guard place > 0 else {
      if bucket.upperBound <= 0 { return (bucket.upperBound, wasForced) }
      return (bucket.upperBound * (rank / bucket.count), wasForced)
    }
    let before = buckets[place - 1]
    rank -= before.count
    let start = before.upperBound
    return (start + (bucket.upperBound - start) * (rank / (bucket.count - before.count)), wasForced)
  }

  /// The part of the observations between the bounds, interpolated as in ``quantile(_:)``.
  mutating func fraction(from lower: Double, to upper: Double) -> Double {
    guard prepare(), let total = buckets.last?.count, total != 0, !lower.isNaN, !upper.isNaN else {
      return .nan
    }
    if lower >= upper { return 0 }
    var below = 0.0
    var start = (buckets.first?.upperBound ?? 0) <= 0 ? -Double.infinity : 0
    var lowerRank: Double?
    var upperRank: Double?
    for bucket in buckets {
      func rank(of value: Double) -> Double? {
        if start >= value { return below }
        guard bucket.upperBound > value else { return nil }
        if start == -.infinity { return bucket.count }
        return below + (bucket.count - below) * (value - start) / (bucket.upperBound - start)
      }
      lowerRank = lowerRank ?? rank(of: lower)
      upperRank = upperRank ?? rank(of: upper)
      below = bucket.count
      start = bucket.upperBound
    }
    return (min(upperRank ?? total, total) - min(lowerRank ?? total, total)) / total
  }

  /// Sorts, and joins buckets of equal bounds. False when the last one is not that of +Inf.
  private mutating func prepare() -> Bool {
    buckets.sort { $0.upperBound < $1.upperBound }
    guard buckets.last?.upperBound == .infinity else { return false }
    var kept = 0
    for place in buckets.indices.dropFirst() {
      if buckets[place].upperBound == buckets[kept].upperBound {
        buckets[kept].count += buckets[place].count
      } else {
        kept += 1
        buckets[kept] = buckets[place]
      }
    }
    buckets.removeLast(buckets.count - 1 - kept)
    return true
  }

  /// Whether more than insignificant differences were removed.
  private mutating func makeMonotonic() -> Bool {
    var wasForced = false
    var highest = buckets[0].count
    for place in buckets.indices.dropFirst() {
      let count = buckets[place].count
      if count == highest { continue }
      let isInsignificant = almostEqual(highest, count, tolerance: Self.insignificant)
      guard isInsignificant || count < highest else {
        highest = count
        continue
      }
      buckets[place].count = highest
      if !isInsignificant { wasForced = true }
    }
    return wasForced
  }

  /// By bisection, for a condition that holds from some place on; `end` when it holds nowhere before.
  private func firstPlace(below end: Int, where holds: (Bucket) -> Bool) -> Int {
    var (low, high) = (0, end)
    while low < high {
      let middle = (low + high) / 2
      if holds(buckets[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
