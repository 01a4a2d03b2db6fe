package import Model

extension FloatHistogram {
  /// Whether spans, counts and bounds fit each other. That the buckets add up to `count` is not asked for: sums of
  /// fractions may differ in the last digits, and NaN is counted without a bucket.
  package func validate() throws(HistogramError) {
    if usesCustomBuckets {
      try validateBounds()
      if zeroCount != 0 { throw .misplaced("custom buckets: must have zero count of 0") }
      if zeroThreshold != 0 { throw .misplaced("custom buckets: must have zero threshold of 0") }
      if !negativeSpans.isEmpty { throw .misplaced("custom buckets: must not have negative spans") }
      if !negativeBuckets.isEmpty { throw .misplaced("custom buckets: must not have negative buckets") }
    } else {
      guard BucketBounds.exponentialSchemas.contains(schema) else { throw .invalidSchema(schema) }
      try validate(positiveSpans, positiveBuckets.count, .positive)
      try validate(negativeSpans, negativeBuckets.count, .negative)
      try validate(counts: negativeBuckets, .negative)
      if zeroCount < 0 {
        throw .negativeCount(
          "zero bucket has observation count of \(NumberText.shortest(zeroCount)): \(Self.negativeBucket)")
      }
      if !customValues.isEmpty {
        throw .misplaced("histogram with exponential schema must not have custom bounds")
      }
    }
    if count < 0 {
      throw .negativeCount(
        "observation count is \(NumberText.shortest(count)): histogram's observation count is negative")
    }
    try validate(counts: positiveBuckets, .positive)
  }

  private static let negativeBucket = "histogram has a bucket whose observation count is negative"

  private func validate(_ spans: [Span], _ buckets: Int, _ side: HistogramError.Side) throws(HistogramError) {
    var needed = 0
    for (place, span) in spans.enumerated() {
      if span.offset < 0, place > 0 || side == .custom {
        throw .invalidSpans(
          side,
          "span number \(place + 1) with offset \(span.offset): histogram has a span whose offset is negative"
        )
      }
      needed += Int(span.length)
    }
    if needed != buckets {
      throw .invalidSpans(
        side,
        "spans need \(needed) buckets, have \(buckets) buckets: "
          + "histogram spans specify different number of buckets than provided")
    }
  }

  private func validate(counts: [Double], _ side: HistogramError.Side) throws(HistogramError) {
    guard let place = counts.firstIndex(where: { $0 < 0 }) else { return }
    throw .negativeCount(
      "\(side.rawValue): bucket number \(place + 1) has observation count of "
        + "\(NumberText.shortest(counts[place])): \(Self.negativeBucket)")
  }

  private func validateBounds() throws(HistogramError) {
    var previous = -Double.infinity
    for (place, bound) in customValues.enumerated() {
      if bound.isNaN { throw .invalidBounds("histogram custom bounds must not be NaN") }
      if place > 0, bound <= previous {
        throw .invalidBounds(
          "previous bound is \(NumberText.plain(previous)) and current is \(NumberText.plain(bound)): "
            + "histogram custom bounds must be in strictly increasing order")
      }
      previous = bound
    }
    if previous == .infinity {
      throw .invalidBounds(
        "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite")
    }
    try validate(positiveSpans, positiveBuckets.count, .custom)
    let reach = positiveSpans.reduce(0) { $0 + Int($1.offset) + Int($1.length) }
    if reach > customValues.count + 1 {
      throw .invalidBounds(
        "only \(customValues.count) custom bounds defined which is insufficient to cover total span length of "
          + "\(reach): histogram custom bounds are too few")
    }
  }
}
