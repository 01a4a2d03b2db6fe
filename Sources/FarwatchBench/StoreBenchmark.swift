import FarwatchTesting
import Foundation
import Model
import SampleStore

/// The store by itself, in this process: what a hundred thousand series of probes cost.
struct StoreBenchmark {
  static let names = ["store-append", "store-memory", "store-read", "store-start"]
  private static let seriesCount = 100_000
  private static let origin = Timestamp(milliseconds: 1_700_000_000_000)
  private let choice: Choice
  private let families = (0..<20).map { MetricFamily.gauge("farwatch_metric_\($0)", "One of twenty.") }
  private let values: [[Double]]

  init(_ choice: Choice) {
    self.choice = choice
    // Thirty series of one check: durations, a counter, a time, and states that seldom change.
    values = (0..<30).map { place in
      (0..<240).map { step in
        switch place {
        case 0..<6: Double(Int.random(in: 800...90_000)) / 1e6
        case 6: Double(step)
        case 7: 1_700_000_000 + Double(step * 15) + Double(Int.random(in: 0...999)) / 1000
        default: place % 2 == 0 || step % 97 == 0 ? 1 : 0
        }
      }
    }
  }

  func run() async throws {
    if choice.includes(["store-append", "store-memory", "store-read"]) { try await appendAndRead() }
    if choice.includes(["store-start"]) { try await start() }
  }

  private func labels(_ number: Int) -> Labels {
    [
      "check": "api-\(number / 30)", "region": "eu-central-\(number / 300 % 7)",
      "vantage": "frankfurt-watcher-1", "reason": "reason-\(number % 30)", "team": "site-reliability",
    ]
  }

  private func makeSeries(_ store: SampleStore) throws -> [SeriesID] {
    try (0..<Self.seriesCount).map { number in
      guard let id = store.series(families[number % 20], labels(number)) else {
        throw BenchError("a series was refused")
      }
      return id
    }
  }

  /// One round of all series; each check's series are dated a few milliseconds apart from the next one's.
  private func append(_ step: Int, at time: Timestamp, _ store: SampleStore, _ ids: [SeriesID]) {
    for (number, id) in ids.enumerated() {
      store.append(
        values[number % 30][step % 240], at: time + .milliseconds((number / 30 * 7 + step * 3) % 13), to: id)
    }
  }

  private func appendAndRead() async throws {
    let directory = try TemporaryDirectory("farwatch-bench-store")
    let before = try ProcessUse.residentMegabytes([getpid()])
    let time = SystemTime()
    var settings = SampleStoreSettings()
    settings.checkpointInterval = .seconds(10)
    let (store, _) = SampleStore.open(
      directory.path, settings, now: Self.origin, monotonic: time.monotonic)
    defer { store.close() }
    let ids = try makeSeries(store)
    var rates: [Double] = []
    // Half a chunk more than a whole one: what a series costs on the average.
    let steps = 360
    for part in 0..<6 {
      let took = seconds {
        for step in part * 60..<part * 60 + 60 {
          append(step, at: Self.origin + .seconds(15 * step), store, ids)
        }
      }
      rates.append(60 * Double(Self.seriesCount) / took / 1e6)
    }
    if choice.includes(["store-append"]) {
      say(
        ResultLine(
          name: "store-append", what: "million samples a second on one core, journal and all", ours: rates,
          goal: "≥ 1"
        ).text)
    }
    if choice.includes(["store-memory"]) {
      // At a hundred times real time a checkpoint's worth of journal waits in memory: that is not of the series.
      let checkpoints = store.statistics.checkpoints
      try await waitUntil(timeout: .seconds(60), "a checkpoint") {
        store.statistics.checkpoints > checkpoints
      }
      try await Task.sleep(for: .seconds(1))
      let bytes = (try ProcessUse.residentMegabytes([getpid()]) - before) * 1e6 / Double(Self.seriesCount)
      say(
        ResultLine(
          name: "store-memory", what: "bytes resident an active series, \(Self.seriesCount) of them",
          ours: [bytes], goal: "≤ 1500"
        ).text)
    }
    guard choice.includes(["store-read"]) else { return }
    let some = stride(from: 0, to: ids.count, by: 200).map { ids[$0] }
    let now = Self.origin + .seconds(15 * steps)
    var samples = SampleColumns()
    var places: [Int] = []
    let reads = (0..<5).map { _ in
      seconds {
        for _ in 0..<1000 {
          samples.removeAll()
          places.removeAll(keepingCapacity: true)
          store.readNewest(of: some, at: now, after: now - .seconds(300), into: &samples, places: &places)
        }
      } / 1000 / Double(some.count) * 1e9
    }
    say(
      ResultLine(
        name: "store-read", what: "ns for the newest sample of one series of \(some.count)", ours: reads,
        goal: "≤ 20"
      ).text)
  }

  /// Three days of a sample each three minutes for all series, written as a running store writes them.
  private func start() async throws {
    let directory = try TemporaryDirectory("farwatch-bench-start")
    let steps = 1440
    do {
      let (store, _) = SampleStore.open(
        directory.path, now: Self.origin, monotonic: SystemTime().monotonic)
      defer { store.close() }
      let ids = try makeSeries(store)
      for step in 0..<steps {
        append(step, at: Self.origin + .seconds(180 * step), store, ids)
        // Faster than real time by some hundred thousand: the disk must be let keep up.
        try await waitUntil(timeout: .seconds(60), "blocks are written") {
          store.statistics.sealedBytes < 100 << 20
        }
      }
    }
    var took: [Double] = []
    for repetition in 0..<choice.repetitions {
      let now = Self.origin + .seconds(180 * steps + repetition)
      var opened: SampleStore?
      took.append(
        seconds {
          opened = SampleStore.open(directory.path, now: now, monotonic: SystemTime().monotonic).store
        })
      opened?.close()
    }
    say(
      ResultLine(
        name: "store-start",
        what: "s until ready, \(Self.seriesCount) series, \(steps * Self.seriesCount) samples",
        ours: took, goal: "< 2"
      ).text)
  }
}

/// How long `body` takes.
func seconds(_ body: () -> Void) -> Double {
  let time = SystemTime()
  let start = time.monotonic
  body()
  return (time.monotonic - start).inSeconds
}
