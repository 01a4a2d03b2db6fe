import Model
import Testing

@testable import NativeHistograms

struct AlgebraTests {
  static let seeds: [UInt64] = Array(1...200)

  @Test func boundsAreThoseOfTheSchema() {
    #expect(BucketBounds.exponential(index: 0, schema: 0) == 1)
    #expect(BucketBounds.exponential(index: 3, schema: 0) == 8)
    #expect(BucketBounds.exponential(index: -2, schema: 0) == 0.25)
    #expect(BucketBounds.exponential(index: 1, schema: 1) == 1.414213562373095)
    #expect(BucketBounds.exponential(index: 1, schema: -2) == 16)
    #expect(BucketBounds.exponential(index: 64, schema: -4) == .greatestFiniteMagnitude)
    #expect(BucketBounds.exponential(index: 65, schema: -4) == .infinity)
    #expect(BucketBounds.exponential(index: 1024 << 8, schema: 8) == .greatestFiniteMagnitude)
    #expect(BucketBounds.exponential(index: .min, schema: 8) == 0)
    #expect(BucketBounds.exponential(index: .max, schema: -4) == .infinity)
    #expect(BucketBounds.exponential(index: 1, schema: 9).isNaN)
  }

  /// A coarser schema's bounds are bounds of every finer one, and all ascend.
  @Test(arguments: Array(Int32(-4)...7)) func boundsNest(schema: Int32) {
    for index in -40...40 {
      let bound = BucketBounds.exponential(index: index, schema: schema)
      #expect(bound == BucketBounds.exponential(index: index * 2, schema: schema + 1))
      #expect(bound < BucketBounds.exponential(index: index * 2 + 1, schema: schema + 1))
      #expect(BucketBounds.coarser(index * 2, by: 1) == index)
      #expect(BucketBounds.coarser(index * 2 - 1, by: 1) == index)
    }
  }

  @Test(arguments: seeds) func whatIsAddedCanBeTakenAway(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let schema = Int32.random(in: -4...8, using: &dice)
    let a = FloatHistogram.random(&dice, schema: schema, threshold: 0.001)
    let b = FloatHistogram.random(&dice, schema: schema, threshold: 0.001)
    var c = try a.adding(b).histogram
    try c.subtract(b)
    var d = a
    #expect(c.count == a.count && c.sum == a.sum)
    c.compact()
    d.compact()
    #expect(c.isAlmostEqual(to: d), "\(c.text) is not \(d.text)")
  }

  @Test(arguments: seeds) func additionCommutes(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let a = FloatHistogram.random(&dice)
    let b = FloatHistogram.random(&dice)
    let c = try a.adding(b).histogram.compacted()
    let d = try b.adding(a).histogram.compacted()
    #expect(c.isAlmostEqual(to: d), "\(c.text) is not \(d.text)")
    #expect(c.count == a.count + b.count)
    #expect(total(c) == total(a) + total(b))
    try c.validate()
  }

  @Test(arguments: seeds) func reducingASumIsSummingWhatIsReduced(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let schema = Int32.random(in: -3...8, using: &dice)
    let target = Int32.random(in: -4..<schema, using: &dice)
    let a = FloatHistogram.random(&dice, schema: schema, threshold: 0)
    let b = FloatHistogram.random(&dice, schema: schema, threshold: 0)
    let summed = try a.adding(b).histogram.reducingResolution(to: target).compacted()
    let reduced = try a.reducingResolution(to: target).adding(b.reducingResolution(to: target)).histogram
    #expect(summed.isAlmostEqual(to: reduced.compacted()))
    #expect(total(summed) == total(a) + total(b))
  }

  @Test(arguments: seeds) func compensatedSumsAgreeWithPlainOnes(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    let withBounds = Bool.random(using: &dice)
    let all = (0..<6).map { _ in
      withBounds ? FloatHistogram.randomWithBounds(&dice) : FloatHistogram.random(&dice)
    }
    var sum = HistogramSum(all[0])
    var mean = HistogramMean(all[0])
    var plain = all[0]
    for histogram in all.dropFirst() {
      try sum.add(histogram)
      try mean.add(histogram)
      try plain.add(histogram)
    }
    #expect(sum.value.compacted().isAlmostEqual(to: plain.compacted()))
    #expect(mean.value.compacted().isAlmostEqual(to: plain.divided(by: 6).compacted()))
  }

  @Test func roundingIsCompensated() throws {
    func one(_ value: Double) -> FloatHistogram {
      FloatHistogram(positive: [0: value, 2: value], sum: value)
    }
    var sum = HistogramSum(one(1))
    for value in [1e100, 1, -1e100] { try sum.add(one(value)) }
    #expect(sum.value.sum == 2)
    #expect(sum.value.positiveBuckets == [2, 2])
    // The same, while the layout of the buckets changes.
    sum = HistogramSum(one(1))
    try sum.add(FloatHistogram(positive: [0: 1e100, 1: 1, 2: 1e100], sum: 1e100))
    try sum.add(FloatHistogram(schema: -1, positive: [0: 1, 1: 2]))
    try sum.add(FloatHistogram(schema: -1, positive: [0: -1e100, 1: -1e100], sum: -1e100))
    #expect(sum.value.sum == 1)
    #expect(sum.value.compacted().positiveBuckets == [2, 4])
  }

  @Test func aMeanThatWouldOverflowRuns() throws {
    let large = FloatHistogram(positive: [0: 1.5e308], sum: 1.5e308)
    var mean = HistogramMean(large)
    for _ in 0..<4 { try mean.add(large) }
    #expect(almostEqual(mean.value.sum, 1.5e308, tolerance: 1e-12))
    #expect(almostEqual(mean.value.positiveBuckets[0], 1.5e308, tolerance: 1e-12))
  }

  @Test func hintsOfSums() throws {
    func hint(_ a: FloatHistogram.CounterResetHint, _ b: FloatHistogram.CounterResetHint) throws -> (
      FloatHistogram.CounterResetHint, HistogramNotices
    ) {
      let sum = try FloatHistogram(hint: a).adding(FloatHistogram(hint: b))
      return (sum.histogram.counterResetHint, sum.notices)
    }
    #expect(try hint(.gauge, .counterReset) == (.gauge, []))
    #expect(try hint(.unknown, .gauge) == (.gauge, []))
    #expect(try hint(.unknown, .notCounterReset) == (.unknown, []))
    #expect(try hint(.counterReset, .counterReset) == (.counterReset, []))
    #expect(try hint(.counterReset, .notCounterReset) == (.unknown, .counterResetCollision))
    // A collision is seen across what lies between.
    var sum = HistogramSum(FloatHistogram(hint: .counterReset))
    try sum.add(FloatHistogram())
    #expect(sum.notices == [])
    try sum.add(FloatHistogram(hint: .notCounterReset))
    #expect(sum.notices == .counterResetCollision)
    #expect(FloatHistogram().multiplied(by: -1).counterResetHint == .gauge)
  }

  @Test func zeroBucketsAreReconciled() throws {
    // 0.5 is within the bucket (0.25,1] of schema -1: the zero bucket takes in all of it.
    let a = FloatHistogram(schema: -1, positive: [0: 4, 1: 5], zero: 1, threshold: 0.001)
    let b = FloatHistogram(schema: 0, positive: [1: 7], zero: 2, threshold: 0.5)
    let sum = try a.adding(b).histogram
    #expect(sum.text == "{count:19, sum:0, [-1,1]:7, (1,4]:12}")
    // An empty bucket in the way does no harm.
    let c = FloatHistogram(schema: -1, positive: [0: 0, 1: 5], zero: 1, threshold: 0.001)
    #expect(try c.adding(b).histogram.zeroThreshold == 0.5)
    // On the negative side too, and then the positive side is looked at again.
    let d = FloatHistogram(positive: [1: 3], negative: [1: 2], threshold: 0)
    let e = FloatHistogram(zero: 1, threshold: 1.5)
    #expect(try e.adding(d).histogram.text == "{count:6, sum:0, [-2,2]:6}")
  }

  @Test func listedBoundsAreReconciled() throws {
    let a = FloatHistogram(positive: [0: 1, 1: 2, 2: 4, 3: 8], bounds: [1, 2, 3])
    let b = FloatHistogram(positive: [0: 16, 2: 32], bounds: [1, 3])
    let sum = try a.adding(b)
    #expect(sum.notices == .boundsReconciled)
    #expect(sum.histogram.customValues == [1, 3])
    #expect(sum.histogram.positiveBuckets == [17, 6, 40])
    let none = try a.subtracting(FloatHistogram(positive: [0: 1, 1: 1], bounds: [7])).histogram
    #expect(none.customValues.isEmpty && none.positiveBuckets == [13])
    #expect(throws: HistogramError.incompatibleSchemas) { try a.adding(FloatHistogram()) }
  }

  @Test func divisionByZeroLeavesNoBuckets() {
    let a = FloatHistogram(positive: [1: 2], zero: 0, sum: -3).divided(by: 0)
    #expect(a.count == .infinity && a.sum == -.infinity && a.zeroCount.isNaN && a.positiveSpans.isEmpty)
  }

  @Test func compactingJoinsAndSplitsSpans() {
    var a = FloatHistogram()
    a.positiveSpans = [
      .init(offset: -2, length: 3), .init(offset: 0, length: 0), .init(offset: 1, length: 3),
    ]
    a.positiveBuckets = [0, 1, 0, 2, 0, 3]
    a.compact()
    #expect(a.positiveBuckets == [1, 2, 3])
    #expect(
      a.positiveSpans == [
        .init(offset: -1, length: 1), .init(offset: 2, length: 1), .init(offset: 1, length: 1),
      ])
    a.compact(emptyBuckets: 1)
    #expect(a.positiveBuckets == [1, 2, 0, 3])
    #expect(a.positiveSpans == [.init(offset: -1, length: 1), .init(offset: 2, length: 3)])
  }

  private func total(_ histogram: FloatHistogram) -> Double {
    histogram.zeroCount + histogram.positiveBuckets.reduce(0, +) + histogram.negativeBuckets.reduce(0, +)
  }
}
