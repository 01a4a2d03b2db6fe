import FarwatchTesting
import Foundation
import Model
import SampleStore
import Testing

/// Which series have something in a span, told by the bounds of chunks.
@Suite struct OverlapTests {
  private func found(_ store: SampleStore, _ ids: [SeriesID], _ after: Timestamp, _ at: Timestamp)
    -> [SeriesID]
  {
    store.overlapping(ids, at: at, after: after)
  }

  @Test func boundsDecideAndGapsDoNot() throws {
    let store = SampleStore()
    let id = try #require(store.series(up, ["n": "1"]))
    let silent = try #require(store.series(up, ["n": "2"]))
    for second in [10, 500] { store.append(1, at: start + .seconds(second), to: id) }
    func has(_ after: Int, _ at: Int) -> Bool {
      found(store, [silent, id], start + .seconds(after), start + .seconds(at)) == [id]
    }
    #expect(!has(0, 9) && has(9, 10) && has(10, 11))
    // Nothing is there, but the chunk is around it.
    #expect(has(100, 200))
    #expect(has(499, 9999) && !has(500, 9999))
    #expect(found(store, [SeriesID(raw: 999), silent], start, start + .seconds(9999)).isEmpty)
    #expect(found(store, [], start, start + .seconds(9999)).isEmpty)
  }

  /// Across restarts, blocks, what is in memory and silence: no series is ever missing that has a sample, and one whose
  /// every sample is far away is not there.
  @Test func noSeriesIsMissing() async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    let bench = try StoreBench {
      $0.checkpointInterval = .milliseconds(20)
      $0.blockInterval = .milliseconds(1)
    }
    var ids: [SeriesID] = []
    for number in 0..<6 { ids.append(try #require(bench.store.series(up, ["n": "\(number)"]))) }
    for step in 0..<3000 {
      bench.now = bench.now + .seconds(5)
      for (place, id) in ids.enumerated() where step / 500 % 6 != place { bench.append(Double(step), to: id) }
      if step % 700 == 699 {
        try await bench.checkpoint()
        bench.restart()
      }
    }
    try await waitUntil("blocks") { bench.store.statistics.blocks > 1 }
    let whole = Int((bench.now - start).inSeconds)
    var (hits, misses) = (0, 0)
    // A chunk has 240 samples at most, and may reach over a silence.
    let reach = Duration.seconds((240 + 500) * 5)
    for _ in 0..<3000 {
      let after = start + .seconds(Int.random(in: -500...whole, using: &random))
      let at = after + .seconds(Int.random(in: 1...1500, using: &random))
      let found = Set(self.found(bench.store, ids, after, at))
      for id in ids {
        let samples = bench.model[id] ?? []
        let isThere = samples.contains { $0.timestamp > after && $0.timestamp <= at }
        if isThere { #expect(found.contains(id), "seed \(seed): \(after) \(at)") }
        guard found.contains(id) else {
          misses += 1
          continue
        }
        hits += 1
        #expect(
          samples.contains { $0.timestamp > after - reach && $0.timestamp <= at + reach },
          "seed \(seed): \(after) \(at)")
      }
    }
    #expect(hits > 1000 && misses > 100, "seed \(seed)")
  }

  /// Chunks whose samples are damaged are there all the same: nobody has looked at them.
  @Test func noSampleIsLookedAt() async throws {
    let bench = try StoreBench {
      $0.checkpointInterval = .milliseconds(10)
      $0.blockInterval = .milliseconds(1)
    }
    let id = try #require(bench.store.series(up, ["n": "1"]))
    for step in 0..<100_000 where step < 600 || bench.store.statistics.sealedBytes > 0 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step) * 0.37, to: id)
      if step > 600 { try await Task.sleep(for: .milliseconds(1)) }
    }
    let blocks = try bench.files().filter { $0.hasPrefix("block-") }
    #expect(!blocks.isEmpty)
    for block in blocks {
      // Behind the mark at the file's begin stand the samples of its first chunk.
      let file = try FileHandle(forWritingTo: URL(filePath: bench.directory.file(block)))
      try file.seek(toOffset: 24)
      try file.write(contentsOf: Data(repeating: 0xa5, count: 40))
      try file.close()
    }
    #expect(found(bench.store, [id], start, start + .seconds(60)) == [id])
    #expect(window(bench.store, id, at: start + .seconds(60), after: start).isEmpty)
    try await waitUntil("it is counted") { bench.store.statistics.damagedChunks > 0 }
  }
}
