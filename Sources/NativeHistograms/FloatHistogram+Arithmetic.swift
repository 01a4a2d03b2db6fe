package import Model

extension FloatHistogram {
  /// Adds the observations of another histogram. Different schemas and zero buckets are brought to what both can be
  /// reduced to, different lists of bounds to the bounds that both have. Buckets that hold nothing stay; see
  /// ``compact(emptyBuckets:)``.
  @discardableResult
  package mutating func add(_ other: FloatHistogram) throws(HistogramError) -> HistogramNotices {
    try combine(other, sign: 1)
  }

  /// ``add(_:)`` with the counts taken away. The result of PromQL's `-` is a gauge: setting that hint is the caller's.
  @discardableResult
  package mutating func subtract(_ other: FloatHistogram) throws(HistogramError) -> HistogramNotices {
    try combine(other, sign: -1)
  }

  package func adding(
    _ other: FloatHistogram
  ) throws(HistogramError) -> (histogram: FloatHistogram, notices: HistogramNotices) {
    var result = self
    let notices = try result.add(other)
    return (result, notices)
  }

  package func subtracting(
    _ other: FloatHistogram
  ) throws(HistogramError) -> (histogram: FloatHistogram, notices: HistogramNotices) {
    var result = self
    let notices = try result.subtract(other)
    return (result, notices)
  }

  /// Scales every count and the sum. By a negative number makes a gauge of it.
  package mutating func multiply(by factor: Double) {
    mapCounts { $0 * factor }
    if factor < 0 { counterResetHint = .gauge }
  }

  /// Divides every count and the sum. Division by 0 gives infinities or NaN and no buckets; by a negative number makes
  /// a gauge of it.
  package mutating func divide(by divisor: Double) {
    if divisor == 0 {
      positiveSpans = []
      negativeSpans = []
      positiveBuckets = []
      negativeBuckets = []
    }
    mapCounts { $0 / divisor }
    if divisor < 0 { counterResetHint = .gauge }
  }

  package func multiplied(by factor: Double) -> FloatHistogram {
    var result = self
    result.multiply(by: factor)
    return result
  }

  package func divided(by divisor: Double) -> FloatHistogram {
    var result = self
    result.divide(by: divisor)
    return result
  }

  /// Every count and the sum with the opposite sign: a gauge.
  package func negated() -> FloatHistogram { multiplied(by: -1) }

  /// Whether a count or the sum is infinite.
  package var hasOverflow: Bool {
    count.isInfinite || sum.isInfinite || zeroCount.isInfinite
      || positiveBuckets.contains(where: \.isInfinite) || negativeBuckets.contains(where: \.isInfinite)
  }

  private mutating func mapCounts(_ change: (Double) -> Double) {
    zeroCount = change(zeroCount)
    count = change(count)
    sum = change(sum)
    for place in positiveBuckets.indices { positiveBuckets[place] = change(positiveBuckets[place]) }
    for place in negativeBuckets.indices { negativeBuckets[place] = change(negativeBuckets[place]) }
  }

  private mutating func combine(
    _ other: FloatHistogram, sign: Double
  ) throws(HistogramError) -> HistogramNotices {
    try checkGoesTogether(with: other)
    var notices = reconcileHint(with: other)
    if usesCustomBuckets {
      if customValues != other.customValues {
        notices.insert(.boundsReconciled)
        combineByBounds(other, sign: sign)
      } else {
        combineBuckets(other, sign: sign)
      }
    } else {
      zeroCount += sign * reconcileZeroBucket(with: other)
      let other = other.withoutBuckets(upTo: zeroThreshold)
      if other.schema < schema {
        try reduceResolution(to: other.schema)
        combineBuckets(other, sign: sign)
      } else {
        combineBuckets(try other.reducingResolution(to: schema), sign: sign)
      }
    }
    count += sign * other.count
    sum += sign * other.sum
    return notices
  }

  /// Whatever passes can be brought to one schema.
  func checkGoesTogether(with other: FloatHistogram) throws(HistogramError) {
    guard usesCustomBuckets == other.usesCustomBuckets else { throw .incompatibleSchemas }
    guard schema != other.schema else { return }
    for schema in [schema, other.schema] where !BucketBounds.exponentialSchemas.contains(schema) {
      throw .invalidSchema(schema)
    }
  }

  /// The hint of a sum. Two counters, of which one was reset and the other was not, contradict each other.
  mutating func reconcileHint(with other: FloatHistogram) -> HistogramNotices {
    switch (counterResetHint, other.counterResetHint) {
    case (let mine, let others) where mine == others: return []
    case (.gauge, _), (_, .gauge): counterResetHint = .gauge
    case (.unknown, _), (_, .unknown): counterResetHint = .unknown
    default:
      counterResetHint = .unknown
      return .counterResetCollision
    }
    return []
  }

  /// Both are of one schema (or list of bounds), and none of the other's buckets is within the zero bucket.
  private mutating func combineBuckets(_ other: FloatHistogram, sign: Double) {
    if hasLayout(of: other) {
      for place in positiveBuckets.indices { positiveBuckets[place] += sign * other.positiveBuckets[place] }
      for place in negativeBuckets.indices { negativeBuckets[place] += sign * other.negativeBuckets[place] }
      return
    }
    setPositive(Self.combined(positiveRun, other.positiveRun, sign, reserving: positiveBuckets.count))
    setNegative(Self.combined(negativeRun, other.negativeRun, sign, reserving: negativeBuckets.count))
  }

  /// Whether the counts of both stand for the same buckets, one by one.
  func hasLayout(of other: FloatHistogram) -> Bool {
    positiveSpans == other.positiveSpans && negativeSpans == other.negativeSpans
      && positiveBuckets.count == other.positiveBuckets.count
      && negativeBuckets.count == other.negativeBuckets.count
  }

  private static func combined(
    _ left: BucketRun, _ right: BucketRun, _ sign: Double, reserving: Int
  ) -> BucketRunBuilder {
    var built = BucketRunBuilder(reserving: reserving)
    for (index, mine, others) in MergedRuns(left, right) {
      built.append(index, others.map { (mine ?? 0) + sign * $0 } ?? mine ?? 0)
    }
    return built
  }

  private mutating func combineByBounds(_ other: FloatHistogram, sign: Double) {
    let shared = Self.sharedBounds(customValues, other.customValues)
    var counts = dense(in: shared)
    for (place, count) in other.dense(in: shared).enumerated() { counts[place] += sign * count }
    customValues = shared
    var built = BucketRunBuilder(reserving: counts.count)
    for (index, count) in counts.enumerated() where count != 0 { built.append(index, count) }
    setPositive(built)
  }

  /// Bounds that are in both ascending lists.
  static func sharedBounds(_ left: [Double], _ right: [Double]) -> [Double] {
    var shared: [Double] = []
    var other = right[...]
    for bound in left {
      other = other.drop { $0 < bound }
      if other.first == bound { shared.append(bound) }
    }
    return shared
  }

  /// The counts, one for each of `bounds` and one for what is above, where `bounds` are some of the histogram's own.
  func dense(in bounds: [Double]) -> [Double] {
    var counts = [Double](repeating: 0, count: bounds.count + 1)
    var place = 0
    for (index, count) in positiveRun {
      let upper = BucketBounds.custom(index: index, customValues)
      while place < bounds.count, bounds[place] < upper { place += 1 }
      counts[place] += count
    }
    return counts
  }
}
