internal import Model

/// Holds two native histograms against each other, wherever their spans are cut.
enum HistogramComparison {
  /// Counts and sums to ``Comparison/epsilon``; schema, zero threshold and bounds exactly.
  static func matches(_ a: FloatHistogram, _ b: FloatHistogram, comparingHints: Bool) -> Bool {
    guard a.schema == b.schema, a.zeroThreshold == b.zeroThreshold,
      Comparison.almostEqual(a.count, b.count), Comparison.almostEqual(a.sum, b.sum),
      Comparison.almostEqual(a.zeroCount, b.zeroCount)
    else { return false }
    if a.usesCustomBuckets, a.customValues != b.customValues { return false }
    if comparingHints, a.counterResetHint != b.counterResetHint { return false }
    return matches(filled(a.positiveSpans, a.positiveBuckets), filled(b.positiveSpans, b.positiveBuckets))
      && matches(filled(a.negativeSpans, a.negativeBuckets), filled(b.negativeSpans, b.negativeBuckets))
  }

  /// The buckets that are not empty, by index.
  private static func filled(
    _ spans: [FloatHistogram.Span], _ buckets: [Double]
  ) -> [(index: Int64, count: Double)] {
    var out: [(Int64, Double)] = []
    var index: Int64 = 0
    var rest = buckets[...]
    for span in spans {
      index += Int64(span.offset)
      for _ in 0..<span.length {
        guard let count = rest.popFirst() else { return out }
        if count != 0 { out.append((index, count)) }
        index += 1
      }
    }
    return out
  }

  private static func matches(_ a: [(index: Int64, count: Double)], _ b: [(index: Int64, count: Double)])
    -> Bool
  {
    a.count == b.count
      && zip(a, b).allSatisfy { $0.index == $1.index && Comparison.almostEqual($0.count, $1.count) }
  }
}
