package import Model

extension FloatHistogram {
  /// Whether the counter behind this histogram started again since `previous`: some count is smaller, or something
  /// that only grows coarser (schema, zero bucket) is finer. The hint is believed where it says one or the other; the
  /// sum is not looked at, because observations may be negative.
  package func isReset(since previous: FloatHistogram) -> Bool {
    switch counterResetHint {
    case .counterReset: return true
    case .notCounterReset: return false
    case .unknown, .gauge: break
    }
    if count < previous.count { return true }
    if usesCustomBuckets {
      guard previous.usesCustomBuckets else { return true }
      if customValues != previous.customValues { return isResetInSharedBounds(since: previous) }
      return Self.hasDecreased(from: previous.positiveRun, to: positiveRun)
    }
    if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
    let zero = previous.zeroCount(for: zeroThreshold)
    // A zero bucket never grows to within a bucket that holds something.
    if zero.threshold != zeroThreshold || zeroCount < zero.count { return true }
    guard let earlier = try? previous.withoutBuckets(upTo: zeroThreshold).reducingResolution(to: schema)
    else {
      return true
    }
    return Self.hasDecreased(from: earlier.positiveRun, to: positiveRun)
      || Self.hasDecreased(from: earlier.negativeRun, to: negativeRun)
  }

  /// The hint that a store hands back, whatever was appended: a store keeps counters in stretches without a reset, of
  /// which only the first histogram is unsure. `previous` is nil when the sample before is not known to be a histogram.
  package func storedHint(after previous: FloatHistogram?) -> CounterResetHint {
    if counterResetHint == .gauge { return .gauge }
    guard let previous, counterResetHint != .counterReset, previous.counterResetHint != .gauge,
      schema == previous.schema, zeroThreshold == previous.zeroThreshold, !isReset(since: previous)
    else { return .unknown }
    return .notCounterReset
  }

  private static func hasDecreased(from earlier: BucketRun, to later: BucketRun) -> Bool {
    MergedRuns(earlier, later).contains { _, earlier, later in
      guard let earlier else { return false }
      guard let later else { return earlier != 0 }
      return later < earlier
    }
  }

  private func isResetInSharedBounds(since previous: FloatHistogram) -> Bool {
    let shared = Self.sharedBounds(customValues, previous.customValues)
    return zip(dense(in: shared), previous.dense(in: shared)).contains { $0 < $1 }
  }
}
