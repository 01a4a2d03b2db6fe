package import Model

extension FloatHistogram {
  /// As Prometheus prints it: `{count:7, sum:12.5, [-2,-1):1, [-0.001,0.001]:2, (1,2]:4}`. Buckets that hold nothing
  /// are left out.
  package var text: String {
    var out = "{count:\(NumberText.shortest(count)), sum:\(NumberText.shortest(sum))"
    func write(_ bucket: HistogramBucket) {
      guard bucket.count != 0 else { return }
      out += bucket.lowerIsInclusive ? ", [" : ", ("
      out += "\(NumberText.shortest(bucket.lower)),\(NumberText.shortest(bucket.upper))"
      out += bucket.upperIsInclusive ? "]:" : "):"
      out += NumberText.shortest(bucket.count)
    }
    descendingNegativeBuckets.reversed().forEach(write)
    zeroBucket.map(write)
    ascendingPositiveBuckets.forEach(write)
    return out + "}"
  }

  /// Buckets that ``notation`` writes at most to fill gaps.
  private static let maximumFilling = 1 << 16

  /// As series of test scripts write it: `{{schema:1 sum:3 count:22 buckets:[5 10 7]}}`.
  ///
  /// The fields, in this order, each left out while it is 0 or empty: `schema`, `count`, `sum`, `z_bucket` (the zero
  /// bucket's count), `z_bucket_w` (its threshold), `custom_values` (with schema -53), `counter_reset_hint` (`reset`,
  /// `not_reset` or `gauge`), `offset` (index of the first positive bucket) and `buckets` (from there on, without a
  /// gap), `n_offset` and `n_buckets` (the same below zero). Gaps are written as empty buckets; a histogram with too
  /// large ones cannot be written so and gives ``text`` instead.
  package var notation: String {
    let reaches = [positiveSpans, negativeSpans].map { spans in
      spans.dropFirst().reduce(0) { $0 + Int($1.offset) }
    }
    guard reaches.allSatisfy({ $0 <= Self.maximumFilling }) else { return text }
    let compact = compacted(emptyBuckets: Self.maximumFilling)
    var fields: [String] = []
    func number(_ name: String, _ value: Double) {
      if value != 0 { fields.append("\(name):\(NumberText.shortest(value))") }
    }
    func list(_ name: String, _ values: [Double]) {
      fields.append("\(name):[\(values.map(NumberText.shortest).joined(separator: " "))]")
    }
    if schema != 0 { fields.append("schema:\(schema)") }
    number("count", count)
    number("sum", sum)
    number("z_bucket", zeroCount)
    number("z_bucket_w", zeroThreshold)
    if usesCustomBuckets { list("custom_values", customValues) }
    switch counterResetHint {
    case .unknown: break
    case .counterReset: fields.append("counter_reset_hint:reset")
    case .notCounterReset: fields.append("counter_reset_hint:not_reset")
    case .gauge: fields.append("counter_reset_hint:gauge")
    }
    for (prefix, spans, counts) in [
      ("", compact.positiveSpans, compact.positiveBuckets),
      ("n_", compact.negativeSpans, compact.negativeBuckets),
    ] {
      if let first = spans.first, first.offset != 0 { fields.append("\(prefix)offset:\(first.offset)") }
      if !counts.isEmpty { list("\(prefix)buckets", counts) }
    }
    return "{{\(fields.joined(separator: " "))}}"
  }
}
