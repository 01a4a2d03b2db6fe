package import Model

extension FloatHistogram {
  /// Whether both hold the same data, to the bit: the same buckets, however spans cut them, with the same counts. The
  /// hint about counter resets does not count. NaN is equal to the same NaN, 0 is not equal to -0 in a count.
  package func holdsSameData(as other: FloatHistogram) -> Bool {
    matches(other) { $0.bitPattern == $1.bitPattern }
  }

  /// ``holdsSameData(as:)`` with numbers that may differ by `tolerance` relative to the larger one. NaN equals NaN.
  package func isAlmostEqual(to other: FloatHistogram, tolerance: Double = 1e-9) -> Bool {
    matches(other) { almostEqual($0, $1, tolerance: tolerance) }
  }

  private func matches(_ other: FloatHistogram, _ same: (Double, Double) -> Bool) -> Bool {
    guard schema == other.schema, zeroThreshold == other.zeroThreshold,
      same(count, other.count), same(sum, other.sum), same(zeroCount, other.zeroCount),
      !usesCustomBuckets || customValues == other.customValues
    else { return false }
    return Self.matches(positiveSpans, positiveBuckets, other.positiveSpans, other.positiveBuckets, same)
      && Self.matches(negativeSpans, negativeBuckets, other.negativeSpans, other.negativeBuckets, same)
  }

  private static func matches(
    _ spans: [Span], _ counts: [Double], _ otherSpans: [Span], _ otherCounts: [Double],
    _ same: (Double, Double) -> Bool
  ) -> Bool {
    guard counts.count == otherCounts.count else { return false }
    return zip(BucketRun(spans, counts), BucketRun(otherSpans, otherCounts)).allSatisfy {
      $0.index == $1.index && same($0.count, $1.count)
    }
  }
}

/// Prometheus' notion of two numbers that differ by no more than what computing with them explains: by `tolerance`
/// relative to the sum of both, or, next to zero, by `tolerance` times the smallest normal number.
package func almostEqual(_ a: Double, _ b: Double, tolerance: Double) -> Bool {
  if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
  if a == b { return true }
  let difference = abs(a - b)
  let magnitudes = abs(a) + abs(b)
  if a == 0 || b == 0 || magnitudes < .leastNormalMagnitude {
    return difference < tolerance * .leastNormalMagnitude
  }
  return difference / min(magnitudes, .greatestFiniteMagnitude) < tolerance
}
