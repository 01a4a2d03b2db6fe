import DurableIO
import FarwatchTesting
import Model
import SampleStore
import Testing

enum FolderListing {
  static func names(_ path: String) throws -> [String] { try Folder.files(path).map(\.name) }
}

/// What outlives the process.
@Suite struct LastingTests {
  /// Appends, questions, restarts, checkpoints and blocks in any order, against plain lists.
  @Test(arguments: 0..<6)
  func agreesWithPlainLists(_ run: Int) async throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededGenerator(seed: seed)
    let bench = try StoreBench { settings in
      // Everything as often as it can be.
      settings.checkpointInterval = .milliseconds(run < 3 ? 10 : 100_000)
      settings.blockInterval = .milliseconds(run % 2 == 0 ? 20 : 100_000)
    }
    var ids: [SeriesID] = []
    for number in 0..<6 { ids.append(try #require(bench.store.series(up, ["n": "\(number)"]))) }
    for step in 0..<4000 {
      bench.now = bench.now + .milliseconds(Int.random(in: 0..<60, using: &random) == 0 ? 900_000 : 5000)
      let values = Shape.allCases.map { $0.value(Double(step), using: &random) }
      for (place, id) in ids.enumerated() where place < 5 || step % 50 == 0 {
        // A marker is not read back, and a NaN is not equal to itself.
        let value = values[place].isNaN ? 0 : values[place]
        bench.append(value, to: id)
      }
      if Int.random(in: 0..<500, using: &random) == 0 {
        bench.restart()
        #expect(bench.findings == [], "seed \(seed)")
        for (number, id) in ids.enumerated() {
          #expect(bench.store.series(up, ["n": "\(number)"]) == id, "ids stay; seed \(seed)")
        }
      }
      if run % 2 == 0, step % 1000 == 999 {
        try await waitUntil("what is sealed is in a block") { bench.store.statistics.sealedBytes == 0 }
      }
      if step % 20 == 0 {
        let id = ids.randomElement(using: &random)!
        let at = bench.now - .milliseconds(Int64.random(in: 0...20_000_000, using: &random))
        let after = at - .milliseconds(Int64.random(in: 0...30_000_000, using: &random))
        bench.expectWindow(id, after, at, "seed \(seed) step \(step)")
        // The last stale marker may hide it, and nothing else.
        let newest = bench.store.newestSample(of: id, at: at, after: after)
        let expected = bench.model[id]?.last { $0.timestamp <= at && $0.timestamp > after }
        #expect(newest == nil || newest == expected, "seed \(seed) step \(step)")
      }
    }
    bench.restart()
    for id in ids { bench.expectWindow(id, start - .seconds(1), bench.now, "all of it, seed \(seed)") }
    let blocks = try bench.files().count { $0.hasPrefix("block-") }
    if run % 2 == 0 { #expect(blocks > 0, "seed \(seed): nothing was sealed to the disk") }
  }

  @Test func theLastLifeIsThereForQueriesAndNotOnThePage() async throws {
    let bench = try StoreBench()
    let id = try #require(bench.store.series(.gauge("lag", "How far."), ["link": "orders"]))
    let hidden = try #require(bench.store.series(.gauge("ALERTS", ""), ["alertname": "x"], exposed: false))
    for _ in 0..<10 {
      bench.now = bench.now + .seconds(5)
      bench.append(7, to: id)
      bench.append(1, to: hidden)
    }
    let before = bench.now
    bench.restart()
    #expect(bench.store.familyVersions().isEmpty)
    #expect(bench.store.statistics.series == 0 && bench.store.statistics.knownSeries == 2)
    #expect(bench.store.labels(of: id) == ["__name__": "lag", "link": "orders"])
    #expect(bench.store.select([LabelMatcher("link", equals: "orders")]) == [id])
    #expect(bench.store.newestSample(of: id, at: before, after: before - .seconds(60))?.value == 7)
    #expect(
      bench.store.newestSample(of: id, at: bench.now, after: before - .seconds(60)) == nil,
      "nobody has measured it in this life")
    bench.append(8, to: id)
    let families = bench.store.familyVersions()
    #expect(families.map(\.family.help) == ["How far."])
    var rows: [Double] = []
    _ = bench.store.readFamily(families[0].family) { rows.append($2) }
    #expect(rows == [8])
    bench.append(1, to: hidden)
    #expect(bench.store.familyVersions().count == 1, "hidden stays hidden")
  }

  /// A series that only the journal knows outlives that journal.
  @Test func aSeriesMadeBetweenCheckpointsIsKept() async throws {
    let bench = try StoreBench()
    try await waitUntil("the first checkpoint") { bench.store.statistics.checkpoints > 0 }
    let id = try #require(bench.store.series(up, ["n": "late"]))
    for _ in 0..<4 {
      bench.now = bench.now + .seconds(5)
      bench.append(1, to: id)
      bench.restart()
      #expect(bench.findings == [])
      #expect(bench.store.labels(of: id)["n"] == "late")
      bench.expectWindow(id, start, bench.now, "its samples")
      try await waitUntil("a checkpoint") { bench.store.statistics.checkpoints > 0 }
    }
  }

  @Test func blocksLeaveWhenTheyAreOldAndTakeTheirSeriesAlong() async throws {
    let bench = try StoreBench {
      $0.retention = .seconds(3600)
      $0.checkpointInterval = .milliseconds(10)
      $0.blockInterval = .milliseconds(10)
    }
    let gone = try #require(bench.store.series(up, ["n": "gone"]))
    let lives = try #require(bench.store.series(up, ["n": "lives"]))
    for step in 0..<2000 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: lives)
      if step < 300 { bench.append(Double(step), to: gone) }
      if step % 250 == 0 { try await bench.checkpoint() }
    }
    try await bench.checkpoint()
    bench.store.collectGarbage(now: bench.now)
    try await waitUntil("old blocks are deleted") {
      let first = window(bench.store, lives, at: bench.now, after: start - .seconds(1)).first
      return first.map { $0.timestamp > bench.now - .seconds(3600 + 2 * 240 * 5) } ?? false
    }
    #expect(bench.store.select([LabelMatcher("n", equals: "gone")]).isEmpty)
    bench.expectWindow(lives, bench.now - .seconds(3600), bench.now, "what is young stays")
    bench.restart()
    // A block that is not deleted yet may have brought it back.
    bench.store.collectGarbage(now: bench.now)
    #expect(bench.store.select([LabelMatcher("n", equals: "gone")]).isEmpty)
    let again = try #require(bench.store.series(up, ["n": "gone"]))
    #expect(again != gone && again != lives, "an id names one series for ever")
    bench.expectWindow(lives, bench.now - .seconds(3600), bench.now, "what is young stays")
  }

  /// A clock that leaps ahead for an hour must not cost the past.
  @Test func aLeapOfTheClockDeletesNothing() async throws {
    let bench = try StoreBench {
      $0.checkpointInterval = .milliseconds(10)
      $0.blockInterval = .milliseconds(10)
    }
    let id = try #require(bench.store.series(up, [:]))
    for step in 0..<500 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: id)
    }
    try await bench.checkpoint()
    let monotonic = MonotonicInstant(nanoseconds: 0)
    bench.store.collectGarbage(now: bench.now, monotonic: monotonic)
    let wrong = bench.now + .seconds(365 * 86_400)
    bench.store.append(1, at: wrong, to: id)
    bench.store.collectGarbage(now: wrong, monotonic: monotonic + .seconds(3600))
    try await bench.checkpoint()
    bench.expectWindow(id, start, bench.now, "all is there")
    // For a day it says so: it is believed.
    bench.store.collectGarbage(now: wrong, monotonic: monotonic + .seconds(3600 + 86_400))
    try await waitUntil("the past is deleted") {
      window(bench.store, id, at: bench.now, after: start).isEmpty
    }
  }

  /// The clock was ahead and is set back: series go on at once, in order, over a restart too.
  @Test func aClockSetBackMovesWhatIsInMemory() async throws {
    let bench = try StoreBench {
      $0.checkpointInterval = .milliseconds(10)
      $0.blockInterval = .milliseconds(10)
    }
    let id = try #require(bench.store.series(up, [:]))
    for step in 0..<700 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: id)
    }
    try await bench.checkpoint()
    let version = bench.store.pastVersion
    bench.store.movePast(by: .seconds(-1000))
    #expect(bench.store.pastVersion != version)
    bench.now = bench.now - .seconds(1000)
    for step in 700..<1000 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: id)
    }
    #expect(bench.store.statistics.outOfOrder == 0)
    for _ in 0..<2 {
      let all = window(bench.store, id, at: bench.now + .seconds(7200), after: start - .seconds(1))
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp })
      // What was in memory is whole, and what is before it in blocks goes up to where it begins.
      let newest = all.suffix(300 + 700 % 240).map(\.value)
      #expect(newest == (1000 - newest.count..<1000).map(Double.init))
      #expect(all.last?.timestamp == bench.now)
      #expect(all.count > 500)
      bench.restart()
      bench.now = bench.now - .milliseconds(1001)
    }
  }

  /// While nothing ran the clock was set back by a day.
  @Test func aStartInThePastGoesOn() throws {
    let bench = try StoreBench()
    let id = try #require(bench.store.series(up, [:]))
    for step in 0..<100 {
      bench.now = bench.now + .seconds(5)
      bench.append(Double(step), to: id)
    }
    bench.restart(after: .seconds(-86_400))
    bench.append(100, to: id)
    #expect(bench.store.newestSample(of: id, at: bench.now, after: bench.now - .seconds(1))?.value == 100)
    let all = window(bench.store, id, at: bench.now, after: bench.now - .seconds(3600)).map(\.value)
    #expect(all == (0...100).map(Double.init))
  }

  /// What a sender could not hand in while nothing ran is taken afterwards. What is measured here needs no such thing.
  @Test func whatOthersSendGoesOnWhereItStopped() throws {
    let bench = try StoreBench()
    let family = MetricFamily("sent", .untyped, help: "")
    let sent = try #require(bench.store.series(family, ["__name__": "sent"], exposed: false))
    let own = try #require(bench.store.series(up, ["job": "a"]))
    let alike = try #require(bench.store.series(up, ["job": "a", "instance": "b:1"]))
    let before = bench.now
    for id in [sent, own, alike] { bench.append(1, to: id) }
    bench.restart(after: .seconds(60))
    for id in [sent, own, alike] {
      #expect(bench.store.newestSample(of: id, at: bench.now, after: before - .seconds(1)) == nil)
    }
    for (seconds, value) in [(15, 2.0), (30, 3), (45, 4)] {
      #expect(bench.store.offer(value, at: before + .seconds(seconds), to: sent) == .taken)
      #expect(bench.store.offer(value, at: before + .seconds(seconds), to: alike) == .taken)
      #expect(bench.store.offer(value, at: before + .seconds(seconds), to: own) == .outOfOrder)
    }
    let all = window(bench.store, sent, at: bench.now, after: before - .seconds(1)).map(\.value)
    #expect(all == [1, 2, 3, 4])
    #expect(bench.store.newestSample(of: sent, at: bench.now, after: before)?.value == 4)
  }
}
