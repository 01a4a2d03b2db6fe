package import Model

extension FloatHistogram {
  /// The same observations in the wider buckets of a coarser exponential schema.
  package mutating func reduceResolution(to target: Int32) throws(HistogramError) {
    guard BucketBounds.exponentialSchemas.contains(schema), BucketBounds.exponentialSchemas.contains(target),
      target < schema
    else {
      if target == schema { return }
      throw .cannotReduce(from: schema, to: target)
    }
    let steps = Int(schema - target)
    setPositive(Self.coarser(positiveRun, by: steps, reserving: positiveBuckets.count))
    setNegative(Self.coarser(negativeRun, by: steps, reserving: negativeBuckets.count))
    schema = target
  }

  package func reducingResolution(to target: Int32) throws(HistogramError) -> FloatHistogram {
    var reduced = self
    try reduced.reduceResolution(to: target)
    return reduced
  }

  private static func coarser(_ run: BucketRun, by steps: Int, reserving: Int) -> BucketRunBuilder {
    var built = BucketRunBuilder(reserving: reserving >> steps)
    for (index, count) in run { built.append(BucketBounds.coarser(index, by: steps), count) }
    return built
  }

  /// Without buckets that hold nothing, and with the fewest spans. A gap of up to `emptyBuckets` is written as empty
  /// buckets instead, so that more of it fits one span.
  package mutating func compact(emptyBuckets: Int = 0) {
    if let built = Self.compacted(positiveSpans, positiveBuckets, emptyBuckets) { setPositive(built) }
    if let built = Self.compacted(negativeSpans, negativeBuckets, emptyBuckets) { setNegative(built) }
  }

  package func compacted(emptyBuckets: Int = 0) -> FloatHistogram {
    var compact = self
    compact.compact(emptyBuckets: emptyBuckets)
    return compact
  }

  /// Nil when there is nothing to do.
  private static func compacted(_ spans: [Span], _ counts: [Double], _ emptyBuckets: Int) -> BucketRunBuilder?
  {
    let isCompact =
      !counts.contains(0) && spans.dropFirst().allSatisfy { Int($0.offset) > emptyBuckets }
      && spans.allSatisfy { $0.length > 0 }
    if isCompact { return nil }
    var built = BucketRunBuilder(reserving: counts.count)
    var last: Int?
    for (index, count) in BucketRun(spans, counts) where count != 0 {
      if let last, index > last, index - last - 1 <= emptyBuckets {
        for empty in last + 1..<index { built.append(empty, 0) }
      }
      built.append(index, count)
      last = index
    }
    return built
  }
}
