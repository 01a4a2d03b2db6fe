import Model

@testable import NativeHistograms

/// Numbers from a seed that is printed when a test fails.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

extension FloatHistogram {
  /// Of buckets given by index.
  init(
    schema: Int32 = 0, positive: [Int: Double] = [:], negative: [Int: Double] = [:], zero: Double = 0,
    threshold: Double = 0, sum: Double = 0, bounds: [Double]? = nil, hint: CounterResetHint = .unknown
  ) {
    self.init()
    self.schema = bounds == nil ? schema : FloatHistogram.customBucketsSchema
    customValues = bounds ?? []
    var built = BucketRunBuilder()
    for (index, count) in positive.sorted(by: { $0.key < $1.key }) { built.append(index, count) }
    setPositive(built)
    built = BucketRunBuilder()
    for (index, count) in negative.sorted(by: { $0.key < $1.key }) { built.append(index, count) }
    setNegative(built)
    zeroCount = zero
    zeroThreshold = threshold
    self.sum = sum
    count = zero + positive.values.reduce(0, +) + negative.values.reduce(0, +)
    counterResetHint = hint
  }

  /// A valid histogram with whole counts; no bucket is within the zero bucket.
  static func random(
    _ dice: inout Dice, schema: Int32? = nil, threshold: Double? = nil
  ) -> FloatHistogram {
    let thresholds: [Double] = [0, 0.001, 0.5, 0.6, 1]
    let schema = schema ?? Int32.random(in: -4...8, using: &dice)
    let threshold = threshold ?? thresholds[Int.random(in: 0..<5, using: &dice)]
    func side() -> [Int: Double] {
      var buckets: [Int: Double] = [:]
      for _ in 0..<Int.random(in: 0...12, using: &dice) {
        let index = Int.random(in: -20...20, using: &dice)
        guard BucketBounds.exponential(index: index - 1, schema: schema) >= threshold else { continue }
        buckets[index] = Double(Int.random(in: 0...100, using: &dice))
      }
      return buckets
    }
    let positive = side()
    let negative = Bool.random(using: &dice) ? side() : [:]
    return FloatHistogram(
      schema: schema, positive: positive, negative: negative,
      zero: Double(Int.random(in: 0...10, using: &dice)), threshold: threshold,
      sum: Double(Int.random(in: -1000...1000, using: &dice)))
  }

  /// With listed bounds.
  static func randomWithBounds(_ dice: inout Dice) -> FloatHistogram {
    let bounds = [-5, 0, 1, 2.5, 5, 10, 25, 50].filter { _ in Int.random(in: 0...3, using: &dice) > 0 }
    var buckets: [Int: Double] = [:]
    for index in 0...bounds.count { buckets[index] = Double(Int.random(in: 0...50, using: &dice)) }
    return FloatHistogram(
      positive: buckets, sum: Double(Int.random(in: -100...1000, using: &dice)), bounds: bounds)
  }

  /// Anything that the type can hold, fit or not.
  static func hostile(_ dice: inout Dice) -> FloatHistogram {
    func number() -> Double {
      [
        0, -0.0, 1, -1, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 1e300,
        0.5, 3,
      ].randomElement(using: &dice) ?? 0
    }
    func offset() -> Int32 { [0, 1, -1, 5, -7, .max, .min, 1 << 20].randomElement(using: &dice) ?? 0 }
    func length() -> UInt32 { [0, 1, 2, 5, .max].randomElement(using: &dice) ?? 0 }
    func spans() -> [Span] {
      (0..<Int.random(in: 0...4, using: &dice)).map { _ in Span(offset: offset(), length: length()) }
    }
    func counts() -> [Double] { (0..<Int.random(in: 0...6, using: &dice)).map { _ in number() } }
    var histogram = FloatHistogram()
    histogram.counterResetHint = CounterResetHint(rawValue: UInt8.random(in: 0...3, using: &dice)) ?? .unknown
    histogram.schema =
      [-53, 0, 1, -4, 8, 9, -5, .max, .min, 3].randomElement(using: &dice) ?? 0
    histogram.zeroThreshold = number()
    histogram.zeroCount = number()
    histogram.count = number()
    histogram.sum = number()
    histogram.positiveSpans = spans()
    histogram.negativeSpans = spans()
    histogram.positiveBuckets = counts()
    histogram.negativeBuckets = counts()
    histogram.customValues = counts()
    return histogram
  }
}
