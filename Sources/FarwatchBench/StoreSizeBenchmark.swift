import FarwatchTesting
import Foundation
import Model
import SampleStore

/// Bytes a sample on the disk, all files counted, of what real probes measured: the daemon's own samples of some
/// minutes, repeated until they fill blocks, and the same samples in blocks of Prometheus.
struct StoreSizeBenchmark {
  static let names = ["store-size"]
  private static let checks = 20
  private static let repeats = 20
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  private struct Series {
    var family: MetricFamily
    var labels: Labels
    var times: [Int64]
    var values: [Double]
  }

  func run() async throws {
    let recorded = try await record()
    let directory = try TemporaryDirectory("farwatch-bench-size")
    let count = recorded.reduce(0) { $0 + $1.times.count } * Self.repeats
    let ours = try write(recorded, to: directory.file("ours"))
    let theirs = try await writePrometheus(recorded, in: directory)
    say(
      ResultLine(
        name: "store-size", what: "bytes a sample on the disk, \(recorded.count) series, \(count) samples",
        ours: [Double(ours) / Double(count)], theirs: [Double(theirs) / Double(count)],
        peer: "promtool tsdb create-blocks-from openmetrics", goal: "≤ 2"
      ).text)
  }

  /// What a daemon measured while it probed, read from its files.
  private func record() async throws -> [Series] {
    let directory = try TemporaryDirectory("farwatch-bench-record", mode: 0o755)
    let target = try await Nginx("target", in: directory)
    defer { target.stop() }
    let lines = (0..<Self.checks).map {
      "    - {name: c\($0), region: taiwan, http: {url: \"http://127.0.1.\(1 + $0):\(target.port)/c/\($0)\"}}"
    }
    let configuration = """
      vantage: bench
      regions: {taiwan: {}}
      health:
        defaults: {interval: 250ms, timeout: 200ms}
        checks:
      \(lines.joined(separator: "\n"))

      """
    let daemon = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration, rules: "groups: []\n", in: directory)
    try await Task.sleep(for: .seconds(max(60, choice.seconds)))
    daemon.stop()
    let time = SystemTime()
    let (store, _) = SampleStore.open(
      directory.file("state/samples"), now: time.now, monotonic: time.monotonic)
    defer { store.close() }
    return store.select([]).compactMap { id in
      var columns = SampleColumns()
      store.readWindow(of: id, at: time.now, after: Timestamp(milliseconds: 0), into: &columns)
      let labels = store.labels(of: id)
      guard let name = labels.metricName, columns.count > 1 else { return nil }
      return Series(
        family: .gauge(name, ""), labels: labels.withoutMetricName, times: columns.times,
        values: columns.values)
    }
  }

  /// Calls `body` with every sample and its time, the recording again and again, in order of time for each series.
  private func forEach(_ recorded: [Series], _ body: (Int, Int64, Double) -> Void) {
    let first = recorded.compactMap(\.times.first).min() ?? 0
    let last = recorded.compactMap(\.times.last).max() ?? 0
    for round in 0..<Self.repeats {
      for (place, series) in recorded.enumerated() {
        for (time, value) in zip(series.times, series.values) {
          body(place, time + Int64(round) * (last - first + 250), value)
        }
      }
    }
  }

  private func write(_ recorded: [Series], to path: String) throws -> Int {
    var settings = SampleStoreSettings()
    settings.blockInterval = .milliseconds(1)
    let now = SystemTime().now
    do {
      let (store, _) = SampleStore.open(path, settings, now: now, monotonic: SystemTime().monotonic)
      let ids = recorded.map { store.series($0.family, $0.labels) }
      forEach(recorded) { place, time, value in
        if let id = ids[place] { store.append(value, at: Timestamp(milliseconds: time), to: id) }
      }
      store.close()
    }
    // Once more, so that what the journal holds is in chunks.
    let (store, _) = SampleStore.open(
      path, settings, now: now + .seconds(86_400), monotonic: SystemTime().monotonic)
    while store.statistics.checkpoints == 0 { usleep(10_000) }
    store.close()
    return try size(path)
  }

  private func writePrometheus(_ recorded: [Series], in directory: TemporaryDirectory) async throws -> Int {
    let file = directory.file("samples.om")
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    guard let handle = FileHandle(forWritingAtPath: file) else { throw BenchError("no \(file)") }
    var text = ""
    // OpenMetrics takes no space behind a comma.
    let names = recorded.map { series in
      series.family.name + "{"
        + series.labels.entries.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ",") + "}"
    }
    forEach(recorded) { place, time, value in
      text += "\(names[place]) \(value) \(Double(time) / 1000)\n"
      if text.utf8.count > 1 << 20 {
        handle.write(Data(text.utf8))
        text = ""
      }
    }
    handle.write(Data((text + "# EOF\n").utf8))
    try handle.close()
    try await ChildProcess.run(
      ["promtool", "tsdb", "create-blocks-from", "openmetrics", file, directory.file("theirs")],
      timeout: .seconds(300))
    return try size(directory.file("theirs"))
  }

  private func size(_ path: String) throws -> Int {
    guard let files = FileManager.default.enumerator(atPath: path) else { return 0 }
    var total = 0
    for case let name as String in files {
      let facts = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
      if facts[.type] as? FileAttributeType == .typeRegular { total += (facts[.size] as? Int) ?? 0 }
    }
    return total
  }
}
