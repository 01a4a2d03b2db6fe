import Model
import Testing

@testable import NativeHistograms

struct CodecTests {
  private func bytes(_ histogram: FloatHistogram) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try HistogramCodec.append(histogram, to: &bytes)
    return bytes
  }

  @Test(arguments: AlgebraTests.seeds) func whatIsWrittenIsRead(seed: UInt64) throws {
    var dice = Dice(seed: seed)
    for _ in 0..<20 {
      var histogram =
        Bool.random(using: &dice) ? FloatHistogram.random(&dice) : FloatHistogram.randomWithBounds(&dice)
      histogram.counterResetHint = .init(rawValue: UInt8.random(in: 0...3, using: &dice)) ?? .gauge
      if Bool.random(using: &dice) { histogram.multiply(by: 1 / 3) }
      let read = try HistogramCodec.decode(bytes(histogram))
      #expect(read == histogram)
      #expect(read.holdsSameData(as: histogram))
    }
  }

  @Test func odditiesKeepTheirBits() throws {
    for sum in [StaleMarker.value, -0.0, .infinity, .leastNonzeroMagnitude, 9_007_199_254_740_994, -1e300] {
      let histogram = FloatHistogram(positive: [1: 1e15, 5: 0.1], sum: sum)
      let read = try HistogramCodec.decode(bytes(histogram))
      #expect(read.sum.bitPattern == sum.bitPattern && read.holdsSameData(as: histogram))
    }
  }

  @Test func smallCountsAreSmall() throws {
    let histogram = FloatHistogram(schema: 3, positive: [1: 5, 2: 9, 3: 12], zero: 1, threshold: 0, sum: 31)
    #expect(try bytes(histogram).count == 13)
  }

  @Test func whatIsInvalidIsNotWritten() {
    var histogram = FloatHistogram()
    histogram.positiveBuckets = [1]
    #expect(throws: HistogramCodec.Failure.self) { try bytes(histogram) }
  }

  /// Truncated, changed and invented bytes give an error or a valid histogram.
  @Test func hostileBytes() throws {
    #expect(throws: HistogramCodec.Failure.unknownFormat(2)) { try HistogramCodec.decode([2, 0, 0]) }
    #expect(throws: HistogramCodec.Failure.malformed) { try HistogramCodec.decode([]) }
    var dice = Dice(seed: 4)
    for _ in 0..<3000 {
      var changed = try bytes(
        Bool.random(using: &dice) ? FloatHistogram.random(&dice) : FloatHistogram.randomWithBounds(&dice))
      for count in [0, changed.count / 2, changed.count - 1] {
        #expect(throws: HistogramCodec.Failure.malformed) { try HistogramCodec.decode(changed.prefix(count)) }
      }
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        changed[Int.random(in: 1..<changed.count, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
      }
      if let read = try? HistogramCodec.decode(changed) { try read.validate() }
      let invented = [1] + (0..<40).map { _ in UInt8.random(in: 0...255, using: &dice) }
      if let read = try? HistogramCodec.decode(invented) { try read.validate() }
    }
  }
}
