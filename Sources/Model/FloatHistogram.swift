/// A native histogram: counts of observations in buckets whose bounds follow from a schema.
///
/// All counts are numbers with a fraction, as PromQL computes with them. The data only; its algebra is the module
/// `NativeHistograms`.
package struct FloatHistogram: Hashable, Sendable {
  /// What is known about a counter reset between this histogram and the one before it.
  package enum CounterResetHint: UInt8, Sendable {
    case unknown, counterReset, notCounterReset, gauge
  }

  /// Consecutive buckets. `offset` is the gap to the end of the span before; for the first one, its index.
  package struct Span: Hashable, Sendable {
    package var offset: Int32
    package var length: UInt32

    package init(offset: Int32, length: UInt32) {
      self.offset = offset
      self.length = length
    }
  }

  /// The schema of histograms whose bounds are listed in ``customValues``.
  package static let customBucketsSchema: Int32 = -53

  package var counterResetHint = CounterResetHint.unknown
  /// -4…8: each power of two is divided into 2^schema buckets; or ``customBucketsSchema``.
  package var schema: Int32 = 0
  /// Observations of an absolute value up to this are in the zero bucket.
  package var zeroThreshold = 0.0
  package var zeroCount = 0.0
  package var count = 0.0
  package var sum = 0.0
  package var positiveSpans: [Span] = []
  package var negativeSpans: [Span] = []
  /// Counts of the buckets that the spans name, not cumulated.
  package var positiveBuckets: [Double] = []
  package var negativeBuckets: [Double] = []
  /// Upper bounds of the buckets, ascending, without +Inf; only with ``customBucketsSchema``.
  package var customValues: [Double] = []

  package init() {}

  package var usesCustomBuckets: Bool { schema == Self.customBucketsSchema }
}
