import FarwatchTesting
import Model
import NativeHistograms
import Testing

@testable import SampleStore

/// Native histograms in the store, alone and in series that change their kind.
@Suite struct StoredHistogramTests {
  private enum Kept: Equatable {
    case float(UInt64)
    case histogram(FloatHistogram)
  }

  /// A counter of observations; now and then it starts again, or is twice the same.
  private static func next(_ last: FloatHistogram, using random: inout SeededNumbers) -> FloatHistogram {
    if random.chance(20), last.count > 0 { return last }
    var next = random.chance(5) || last.count == 0 ? FloatHistogram() : last
    let width = Int.random(in: 1...40, using: &random)
    if next.positiveBuckets.count < width {
      next.positiveBuckets += Array(repeating: 0, count: width - next.positiveBuckets.count)
    }
    next.positiveSpans = [.init(offset: -3, length: UInt32(next.positiveBuckets.count))]
    for place in next.positiveBuckets.indices where random.chance(30) {
      // Not a whole number: as rates are recorded.
      next.positiveBuckets[place] += random.chance(50) ? 1 : 0.1
    }
    next.count = next.positiveBuckets.reduce(0, +) + 1
    next.zeroCount = 1
    next.sum += 17.25
    next.counterResetHint = .unknown
    return next
  }

  /// Appends, restarts, checkpoints and blocks in any order, against plain lists.
  @Test(arguments: 0..<4)
  func agreesWithPlainLists(_ run: Int) async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let bench = try StoreBench { settings in
      settings.checkpointInterval = .milliseconds(run < 2 ? 10 : 100_000)
      settings.blockInterval = .milliseconds(run % 2 == 0 ? 20 : 100_000)
    }
    let ids = try (0..<3).map { try #require(bench.store.series(up, ["n": "\($0)"])) }
    var model: [[(time: Timestamp, kept: Kept)]] = [[], [], []]
    var last = Array(repeating: FloatHistogram(), count: 3)
    for step in 0..<1000 {
      bench.now = bench.now + .milliseconds(5000)
      for (place, id) in ids.enumerated() {
        // All histograms, stretches of either kind, and a change at every other sample.
        if place == 1 && step % 200 < 100 || place == 2 && random.chance(50) {
          bench.store.append(Double(step), at: bench.now, to: id)
          model[place].append((bench.now, .float(Double(step).bitPattern)))
        } else {
          last[place] = Self.next(last[place], using: &random)
          bench.store.append(last[place], at: bench.now, to: id)
          model[place].append((bench.now, .histogram(last[place])))
        }
      }
      if random.chance(1) {
        bench.restart()
        #expect(bench.findings == [], "seed \(seed)")
      }
      if run % 2 == 0, step % 500 == 499 {
        try await waitUntil("what is sealed is in a block") { bench.store.statistics.sealedBytes == 0 }
      }
      if step % 20 == 0 || step == 999 {
        let at = bench.now - .milliseconds(Int64.random(in: 0...7_500_000, using: &random))
        let after = at - .milliseconds(Int64.random(in: 0...7_500_000, using: &random))
        for (place, id) in ids.enumerated() {
          var columns = SampleColumns()
          bench.store.readWindow(of: id, at: at, after: after, into: &columns)
          let expected = model[place].filter { $0.time > after && $0.time <= at }
          #expect(columns.times == expected.map(\.time.milliseconds), "seed \(seed) step \(step)")
          #expect(kept(columns) == expected.map(\.kept), "seed \(seed) step \(step)")
          expectNewest(bench.store, id, at: at, after: after, expected.last, "seed \(seed) step \(step)")
        }
      }
    }
    #expect(bench.store.statistics.damagedChunks == 0 && bench.store.statistics.duplicates == 0)
    if run % 2 == 0 { #expect(try bench.files().contains { $0.hasPrefix("block-") }) }
  }

  /// Without hints: they depend on where chunks begin.
  private func kept(_ columns: SampleColumns) -> [Kept] {
    columns.times.indices.map { place in
      guard columns.hasHistograms, var histogram = columns.histograms[place] else {
        return .float(columns.values[place].bitPattern)
      }
      histogram.counterResetHint = .unknown
      return .histogram(histogram)
    }
  }

  /// A marker of a restart may hide the sample, and nothing else.
  private func expectNewest(
    _ store: SampleStore, _ id: SeriesID, at: Timestamp, after: Timestamp,
    _ expected: (time: Timestamp, kept: Kept)?, _ comment: Comment
  ) {
    var columns = SampleColumns()
    var places: [Int] = []
    store.readNewest(of: [id], at: at, after: after, into: &columns, places: &places)
    #expect(columns.count == places.count, comment)
    if !columns.isEmpty {
      #expect(kept(columns) == expected.map { [$0.kept] }, comment)
      #expect(columns.times == expected.map { [$0.time.milliseconds] }, comment)
    }
    if case .histogram = expected?.kept {
      #expect(store.newestSample(of: id, at: at, after: after) == nil, "a histogram is no number")
    }
  }

  @Test func aHistogramIsOnNoPageAndWakesWhoeverReadsIt() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, ["n": "1"]))
    let float = try #require(store.series(up, ["n": "2"]))
    var histogram = FloatHistogram()
    histogram.count = 3
    histogram.zeroCount = 3
    store.append(histogram, at: start, to: id)
    store.append(1, at: start, to: float)
    #expect(store.takeChanged() == [id, float])
    var shown: [SeriesID] = []
    _ = store.readFamily(up) { id, _, _ in shown.append(id) }
    #expect(shown == [float], "the text format has no word for it")
    store.append(histogram, at: start + .seconds(5), to: id)
    store.append(histogram, at: start + .seconds(5), to: id)
    #expect(store.statistics.duplicates == 0, "the very same again")
    histogram.count = 4
    histogram.zeroCount = 4
    store.append(histogram, at: start + .seconds(5), to: id)
    #expect(store.statistics.duplicates == 1)
    store.append(histogram, at: start, to: id)
    #expect(store.statistics.outOfOrder == 1)
    // The order of places is kept where kinds take turns.
    var columns = SampleColumns()
    var places: [Int] = []
    store.readNewest(
      of: [float, id, float], at: start + .seconds(9), after: start - .seconds(1), into: &columns,
      places: &places)
    #expect(places == [0, 1, 2] && columns.histograms.map { $0?.count } == [nil, 3, nil])
    #expect(columns.histograms[1]?.counterResetHint == .notCounterReset)
    // The end of a series of histograms may be written as a histogram, too.
    histogram.sum = StaleMarker.value
    store.append(histogram, at: start + .seconds(10), to: id)
    columns.removeAll()
    store.readWindow(of: id, at: start + .seconds(20), after: start - .seconds(1), into: &columns)
    #expect(columns.count == 2)
    #expect(store.takeChanged() == [id])
  }

  @Test func whatIsNoHistogramIsRefusedAndCounted() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, ["n": "1"]))
    var wrong = FloatHistogram()
    wrong.positiveBuckets = [1]
    store.append(wrong, at: start, to: id)
    var large = FloatHistogram()
    large.schema = 8
    large.positiveBuckets = Array(repeating: 0.1, count: 10_000)
    large.positiveSpans = [.init(offset: 0, length: 10_000)]
    large.count = 1001
    store.append(large, at: start, to: id)
    #expect(store.statistics.refusedHistograms == 2 && store.statistics.appended == 0)
    // A float that looks like the mark of a histogram is an ordinary NaN.
    store.append(Double(bitPattern: HistogramMark.bits), at: start, to: id)
    let found = store.newestSample(of: id, at: start, after: start - .seconds(1))
    #expect(found?.value.bitPattern == Double.nan.bitPattern)
  }

  /// Whatever the bytes are: an end, and nothing from outside of them.
  @Test func garbageIsReadToAnEnd() {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    for _ in 0..<3000 {
      func bytes() -> [UInt8] {
        (0..<Int.random(in: 0...60, using: &random)).map { _ in
          random.chance(50)
            ? UInt8.random(in: 0...9, using: &random) : UInt8.random(in: 0...255, using: &random)
        }
      }
      let chunk = SealedChunk(
        firstTime: Int64(bitPattern: random.next()), lastTime: 0, firstBits: HistogramMark.bits,
        count: Int.random(in: 0...300, using: &random), times: bytes(), values: bytes())
      var columns = SampleColumns()
      chunk.read(at: .max, after: .min, into: &columns)
      #expect(columns.histograms.count <= chunk.count, "seed \(seed)")
      _ = OpenChunk.resume(chunk)
    }
  }

  /// Wherever the values of a chunk end: what is before is there, and nothing is wrong.
  @Test func cutChunksGiveNoWrongHistogram() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    var histogram = FloatHistogram()
    var open = OpenChunk()
    var given: [FloatHistogram] = []
    for step in 0..<12 {
      histogram = Self.next(histogram, using: &random)
      var bytes: [UInt8] = []
      try HistogramCodec.append(histogram, to: &bytes)
      open.append(Int64(step * 5000), bytes, after: Int64(step * 5000 - 5000), open.lastHistogram)
      given.append(histogram)
    }
    let sealed = open.sealed(lastTime: 11 * 5000)
    let resumed = try #require(OpenChunk.resume(sealed))
    #expect(resumed.time == sealed.lastTime && resumed.bits == HistogramMark.bits)
    #expect(resumed.open.lastHistogram == open.lastHistogram)
    for length in 0..<sealed.values.count {
      var cut = sealed
      cut.values = Array(sealed.values.prefix(length))
      #expect(OpenChunk.resume(cut) == nil)
      var columns = SampleColumns()
      cut.read(at: .max, after: .min, into: &columns)
      #expect(columns.histograms == Array(given.prefix(columns.count)), "seed \(seed)")
    }
  }
}
