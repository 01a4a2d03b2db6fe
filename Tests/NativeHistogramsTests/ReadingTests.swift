import Model
import Testing

@testable import NativeHistograms

struct ReadingTests {
  @Test func quantilesInterpolate() {
    // 4 in (1,2], 4 in (2,4]: the middle is the bound, a quarter is half way through the first on a log scale.
    let h = FloatHistogram(positive: [1: 4, 2: 4], sum: 20)
    #expect(h.quantile(0.5).value == 2)
    #expect(almostEqual(h.quantile(0.25).value, 2.0.squareRoot(), tolerance: 1e-12))
    #expect(h.quantile(1).value == 4)
    #expect(h.quantile(0).value == 1)
    #expect(h.quantile(-0.1).value == -.infinity && h.quantile(1.1).value == .infinity)
    #expect(h.quantile(.nan).value.isNaN && FloatHistogram().quantile(0.5).value.isNaN)
    // Below zero it is mirrored.
    let n = FloatHistogram(negative: [1: 4, 2: 4], sum: -20)
    #expect(almostEqual(n.quantile(0.75).value, -(2.0.squareRoot()), tolerance: 1e-12))
    // Around zero it is linear, and from zero when nothing is below.
    let z = FloatHistogram(positive: [1: 2], zero: 2, threshold: 0.5)
    #expect(z.quantile(0.25).value == 0.25)
    #expect(
      FloatHistogram(positive: [1: 1], negative: [1: 1], zero: 2, threshold: 0.5).quantile(0.5).value == 0)
  }

  /// As with the classic histogram of the same counts.
  @Test func fractionsOfListedBoundsAroundZero() {
    let h = FloatHistogram(positive: [0: 4, 1: 3, 2: 2, 3: 1], bounds: [0, 1, 2])
    #expect(h.fraction(from: -.infinity, to: 0).value == 0.4)
    #expect(h.fraction(from: 0, to: .infinity).value == 0.6)
    // 4 in (-1,1]: a quarter of them is in (-1,-0.5].
    let n = FloatHistogram(positive: [0: 2, 1: 4, 2: 2], bounds: [-1, 1])
    #expect(n.fraction(from: -1, to: -0.5).value == 0.125)
    #expect(n.fraction(from: -.infinity, to: 0).value == 0.5)
    // What is below the first bound above zero is not negative.
    let p = FloatHistogram(positive: [0: 4, 1: 4], bounds: [2])
    #expect(p.fraction(from: 0, to: 1).value == 0.25 && p.fraction(from: -3, to: -1).value == 0)
  }

  /// A rank that falls between two buckets is answered alike whether it is counted from below or from above.
  @Test func aRankBetweenBucketsIsTheLowerBoundOfTheUpperOne() {
    // One each in (1,2], (4,8], (16,32] and (64,128].
    let h = FloatHistogram(positive: [1: 1, 3: 1, 5: 1, 7: 1], sum: 100)
    #expect([0.25, 0.5, 0.75].map { h.quantile($0).value } == [4, 16, 64])
    let n = FloatHistogram(negative: [1: 1, 3: 1, 5: 1, 7: 1], sum: -100)
    #expect([0.25, 0.5, 0.75].map { n.quantile($0).value } == [-32, -8, -2])
    #expect(h.quantile(0).value == 1 && h.quantile(1).value == 128)
  }

  @Test func aRankBelowObservationsOfNaNIsTheTopOfTheBuckets() {
    var h = FloatHistogram(positive: [1: 4, 2: 0], sum: .nan)
    h.count = 8
    #expect(h.quantile(0.5).value == 2 && h.quantile(0.5).nan == .skewResult)
  }

  @Test func quantilesOfListedBounds() {
    let h = FloatHistogram(positive: [0: 2, 1: 2, 2: 4], bounds: [1, 3])
    #expect(h.quantile(0.125).value == 0.5)
    #expect(h.quantile(0.375).value == 2)
    #expect(h.quantile(0.9).value == 3)
    let n = FloatHistogram(positive: [0: 2, 1: 2], bounds: [-1, 3])
    #expect(n.quantile(0.25).value == -1)
  }

  @Test func observationsOfNaNAreTheHighest() {
    var h = FloatHistogram(positive: [1: 4], sum: .nan)
    h.count = 8
    #expect(h.quantile(0.25).value == 2.0.squareRoot() && h.quantile(0.25).nan == .skewResult)
    #expect(h.quantile(0.75).value.isNaN && h.quantile(0.75).nan == .decideResult)
    #expect(h.fraction(from: 1, to: 2) == (0.5, .excluded))
    // The sum is NaN because both infinities were observed: nothing is skewed.
    h.count = 4
    #expect(h.quantile(0.25).nan == nil && h.fraction(from: 1, to: 2).nan == nil)
  }

  @Test(arguments: AlgebraTests.seeds) func quantilesAscendAndFractionsInvertThem(seed: UInt64) {
    var dice = Dice(seed: seed)
    let h = seed % 3 == 0 ? FloatHistogram.randomWithBounds(&dice) : FloatHistogram.random(&dice)
    guard h.count > 0 else { return }
    let steps = stride(from: 0.0, through: 1, by: 0.05).map { h.quantile($0).value }
    for (low, high) in zip(steps, steps.dropFirst()) {
      #expect(low <= high || almostEqual(low, high, tolerance: 1e-9), "\(h.text)")
    }
    let all = h.fraction(from: -.infinity, to: .infinity).value
    #expect(almostEqual(all, 1, tolerance: 1e-9))
    let middle = Double.random(in: -3...30, using: &dice)
    let parts = h.fraction(from: -.infinity, to: middle).value + h.fraction(from: middle, to: .infinity).value
    #expect(almostEqual(parts, 1, tolerance: 1e-9), "\(h.text)")
  }

  @Test func fractions() {
    let h = FloatHistogram(positive: [1: 4, 2: 4], sum: 20)
    #expect(h.fraction(from: 0, to: 2).value == 0.5)
    #expect(almostEqual(h.fraction(from: 2.0.squareRoot(), to: 4).value, 0.75, tolerance: 1e-12))
    #expect(h.fraction(from: 4, to: 1).value == 0)
    #expect(h.fraction(from: .nan, to: 1).value.isNaN)
    let c = FloatHistogram(positive: [0: 2, 1: 2], bounds: [1, 3])
    #expect(c.fraction(from: 0, to: 2).value == 0.75)
  }

  @Test func varianceTakesTheMiddleOfBuckets() {
    // 8^.5 twice and around 0 twice, mean 2: ((8^.5 - 2)^2 * 2 + 4 * 2) / 4
    let h = FloatHistogram(positive: [2: 2], zero: 2, threshold: 0.1, sum: 8)
    let d = 8.0.squareRoot() - 2
    #expect(almostEqual(h.variance, (d * d * 2 + 8) / 4, tolerance: 1e-12))
    let c = FloatHistogram(positive: [1: 4], sum: 8, bounds: [1, 5])
    #expect(c.variance == 1)
  }

  @Test func resets() {
    func h(_ positive: [Int: Double], schema: Int32 = 0, zero: Double = 0, threshold: Double = 0)
      -> FloatHistogram
    {
      FloatHistogram(schema: schema, positive: positive, zero: zero, threshold: threshold)
    }
    #expect(!h([1: 2, 2: 3]).isReset(since: h([1: 2, 2: 3])))
    #expect(h([1: 2, 2: 3]).isReset(since: h([1: 2, 2: 4])))
    #expect(h([1: 1, 2: 9]).isReset(since: h([1: 2, 2: 3])))
    #expect(h([2: 9]).isReset(since: h([1: 2, 2: 3])))
    #expect(!h([2: 9]).isReset(since: h([1: 0, 2: 3])))
    #expect(h([1: 9], schema: 1).isReset(since: h([1: 1])))
    #expect(!h([1: 9]).isReset(since: h([1: 1, 2: 3], schema: 1)))
    #expect(h([2: 9], threshold: 0).isReset(since: h([2: 3], threshold: 1)))
    #expect(!h([2: 9], zero: 4, threshold: 2).isReset(since: h([1: 3, 2: 3], zero: 1)))
    #expect(h([2: 9], zero: 4, threshold: 1.5).isReset(since: h([1: 3, 2: 3], zero: 1)))
    let a = FloatHistogram(positive: [0: 5, 1: 5], bounds: [1])
    #expect(!a.isReset(since: FloatHistogram(positive: [0: 1, 1: 4, 2: 1], bounds: [0, 1])))
    #expect(a.isReset(since: FloatHistogram(positive: [0: 2, 1: 4, 2: 1], bounds: [0, 1])))
    var known = h([1: 9])
    known.counterResetHint = .counterReset
    #expect(known.isReset(since: h([1: 1])))
  }

  @Test func increaseCountsWhatResetsLost() {
    func h(_ counts: [Double], _ schema: Int32 = 0) -> FloatHistogram {
      FloatHistogram(schema: schema, positive: [1: counts[0], 2: counts[1]], sum: counts[0])
    }
    let up = HistogramIncrease(over: [h([1, 1]), h([2, 5]), h([4, 6])], isCounter: true)
    #expect(up.histogram?.positiveBuckets == [3, 5] && up.findings == [])
    #expect(up.histogram?.counterResetHint == .gauge)
    // Down to (1, 0) in the middle: (2,5)-(1,1) is there before, (4,6) after.
    let reset = HistogramIncrease(over: [h([1, 1]), h([2, 5]), h([1, 0]), h([4, 6])], isCounter: true)
    #expect(reset.histogram?.positiveBuckets == [5, 10])
    // A first sample before a reset counts as nothing, whatever its buckets.
    let first = HistogramIncrease(
      over: [FloatHistogram(positive: [0: 50], bounds: [1]), h([1, 2]), h([4, 6])], isCounter: true)
    #expect(first.histogram?.positiveBuckets == [4, 6])
    #expect(
      HistogramIncrease(over: [h([1, 1]), nil, h([2, 2])], isCounter: true).findings == .mixedWithFloats)
    let mixed = HistogramIncrease(
      over: [h([1, 1]), FloatHistogram(positive: [0: 50], bounds: [1])], isCounter: false)
    #expect(mixed.histogram == nil && mixed.findings == .mixedSchemas)
    #expect(HistogramIncrease(over: [h([1, 1]), h([0, 3])], isCounter: false).findings == .isNotGauge)
    let coarser = HistogramIncrease(over: [h([1, 1], 1), h([2, 2], 0), h([4, 4], 1)], isCounter: true)
    #expect(coarser.histogram?.schema == 0)
  }

  @Test func trimming() {
    let h = FloatHistogram(positive: [1: 4, 2: 4], zero: 2, threshold: 0.5, sum: 20)
    #expect(h.trimmed(to: 100, keepsBelow: true) == h)
    let below = h.trimmed(to: 2, keepsBelow: true)
    #expect(below.positiveBuckets == [4] && below.count == 6 && below.zeroCount == 2)
    #expect(almostEqual(below.sum, 4 * 2.0.squareRoot() + 0.5, tolerance: 1e-12))
    let above = h.trimmed(to: 8.0.squareRoot(), keepsBelow: false)
    #expect(almostEqual(above.count, 2, tolerance: 1e-12) && above.zeroCount == 0)
    let c = FloatHistogram(positive: [0: 2, 1: 4, 2: 6], bounds: [1, 3])
    #expect(c.trimmed(to: 2, keepsBelow: true).positiveBuckets == [2, 2])
    #expect(c.trimmed(to: 0.5, keepsBelow: true).positiveBuckets == [1])
    #expect(c.trimmed(to: 5, keepsBelow: false).positiveBuckets == [6])
    #expect(c.trimmed(to: 5, keepsBelow: true).count == 6)
  }

  @Test func texts() {
    let h = FloatHistogram(
      schema: 1, positive: [1: 5, 3: 7], negative: [2: 1.5], zero: 3, threshold: 0.001, sum: -2.5,
      hint: .gauge)
    #expect(
      h.text
        == "{count:16.5, sum:-2.5, [-2,-1.414213562373095):1.5, [-0.001,0.001]:3, "
        + "(1,1.414213562373095]:5, (2,2.82842712474619]:7}")
    #expect(
      h.notation
        == "{{schema:1 count:16.5 sum:-2.5 z_bucket:3 z_bucket_w:0.001 counter_reset_hint:gauge offset:1 "
        + "buckets:[5 0 7] n_offset:2 n_buckets:[1.5]}}")
    #expect(FloatHistogram().notation == "{{}}")
    let c = FloatHistogram(positive: [0: 2, 1: 1], sum: 3, bounds: [5, 10])
    #expect(c.notation == "{{schema:-53 count:3 sum:3 custom_values:[5 10] buckets:[2 1]}}")
    #expect(c.text == "{count:3, sum:3, [-Inf,5]:2, (5,10]:1}")
  }

  @Test func validation() {
    func message(_ change: (inout FloatHistogram) -> Void) -> String {
      var h = FloatHistogram(positive: [1: 1, 2: 2], zero: 1)
      change(&h)
      do throws(HistogramError) {
        try h.validate()
        return ""
      } catch {
        return error.message
      }
    }
    #expect(message { _ in } == "")
    #expect(message { $0.schema = 9 }.hasSuffix("got schema 9"))
    #expect(
      message { $0.positiveBuckets = [1] }.hasPrefix("positive side: spans need 2 buckets, have 1 buckets"))
    #expect(message { $0.positiveBuckets = [1, -1] }.hasPrefix("positive side: bucket number 2"))
    #expect(
      message { $0.customValues = [1] } == "histogram with exponential schema must not have custom bounds")
    #expect(message { $0.schema = -53 }.hasPrefix("custom buckets: only 0 custom bounds defined"))
    #expect(message { $0.negativeSpans = [.init(offset: 1, length: 0), .init(offset: -1, length: 0)] } != "")
  }

  @Test func equalityIgnoresHowSpansAreCut() {
    let a = FloatHistogram(positive: [1: 1, 2: 2])
    var b = a
    b.positiveSpans = [.init(offset: 0, length: 0), .init(offset: 1, length: 1), .init(offset: 0, length: 1)]
    #expect(a != b && a.holdsSameData(as: b) && b.isAlmostEqual(to: a))
    b.positiveBuckets[0] += 1e-12
    #expect(!a.holdsSameData(as: b) && b.isAlmostEqual(to: a))
    b.positiveSpans[1].offset = 2
    #expect(!a.isAlmostEqual(to: b))
    var stale = a
    stale.sum = .nan
    #expect(stale.holdsSameData(as: stale) && stale.isAlmostEqual(to: stale))
  }

  /// Whatever it is given, nothing here traps or runs on.
  @Test func hostileHistogramsDoNoHarm() {
    for seed in 0..<3000 {
      var dice = Dice(seed: UInt64(seed))
      let a = FloatHistogram.hostile(&dice)
      let b = FloatHistogram.hostile(&dice)
      try? a.validate()
      _ = try? a.adding(b)
      _ = try? a.subtracting(b)
      _ = try? a.reducingResolution(to: -3)
      _ = a.isReset(since: b)
      _ = a.compacted()
      _ = a.text.count + a.notation.count
      _ = a.variance
      _ = a.holdsSameData(as: b)
      for number in [-1, 0, 0.3, 0.9, 1, .nan, .infinity] {
        _ = a.quantile(number)
        _ = a.fraction(from: -number, to: number)
        _ = a.trimmed(to: number, keepsBelow: true)
        _ = a.trimmed(to: number, keepsBelow: false)
        _ = a.divided(by: number)
      }
      var sum = HistogramSum(a)
      try? sum.add(b)
      try? sum.add(a)
      _ = sum.value
      var mean = HistogramMean(a)
      try? mean.add(b)
      _ = mean.value
      _ = HistogramIncrease(over: [a, b, a], isCounter: true)
      _ = HistogramIncrease(over: [a, b], isCounter: false)
    }
  }
}
