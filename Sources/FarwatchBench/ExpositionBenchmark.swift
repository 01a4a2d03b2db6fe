import Exposition
import FarwatchTesting
import Foundation
import Model
import SampleStore

/// What the metrics page costs: sent by a daemon that has scraped a large page, against nginx with the same bytes in a
/// file; and rendered, in this process.
struct ExpositionBenchmark {
  static let names = ["exposition-plain", "exposition-gzip", "exposition-render", "exposition-one"]
  private static let sizes = [10_000, 100_000]
  private static let families = 100
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    if choice.includes(["exposition-plain", "exposition-gzip"]) {
      for size in Self.sizes { try await serve(size) }
    }
    if choice.includes(["exposition-render", "exposition-one"]) {
      for size in Self.sizes { try render(size) }
    }
  }

  // MARK: Served

  private func serve(_ size: Int) async throws {
    let directory = try TemporaryDirectory("farwatch-bench-page", mode: 0o755)
    let nginx = try await Nginx("files", in: directory)
    defer { nginx.stop() }
    let files = directory.file("files/files")
    try Data(Self.foreignPage(size).utf8).write(to: URL(filePath: "\(files)/foreign"))
    let daemon = try await FarwatchDaemon(
      binary: choice.binary,
      configuration: """
        vantage: bench
        regions:
          japan: {role: primary, share: 100}
        collect:
          - name: page
            region: japan
            interval: 1h
            timeout: 30s
            scrape: {url: "http://127.0.0.1:\(nginx.port)/files/foreign", sample_limit: 200000, body_size_limit: 64MiB}

        """, rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    try await waitUntil(timeout: .seconds(60), "the page is scraped") {
      (fetch(daemon.port, "/metrics")?.body.utf8.count ?? 0) > size * 100
    }
    // What both send: the page as it is now, and as gzip packs it.
    try Data(Connection(port: daemon.port).get("/metrics").body).write(to: URL(filePath: "\(files)/page"))
    try await ChildProcess.run(["gzip", "-k", "\(files)/page"])
    let bytes = try Data(contentsOf: URL(filePath: "\(files)/page")).count
    for (name, file, headers, goal) in [
      ("exposition-plain", "page", [], "ratio ≤ 1"),
      ("exposition-gzip", "page.gz", ["Accept-Encoding: gzip"], "ratio ≤ 2"),
    ] where choice.includes([name]) {
      var ours: [Double] = []
      var theirs: [Double] = []
      for _ in 0..<choice.repetitions {
        ours.append(
          try await MetricsPageBenchmark.microseconds(daemon.port, daemon.pid, "/metrics", headers: headers))
        theirs.append(try await MetricsPageBenchmark.microseconds(nginx.port, nginx.pid, "/files/\(file)"))
      }
      let sent = try Connection(port: daemon.port).get("/metrics", headers: headers).body.count
      say(
        ResultLine(
          name: name,
          what: "µs of CPU a request, \(size) series in \(bytes / 1000) kB, sent as \(sent / 1000) kB",
          ours: ours, theirs: theirs, peer: "nginx with \(file) in a file", goal: goal
        ).text)
    }
  }

  /// With the labels that a scrape adds, 130 bytes a series.
  private static func foreignPage(_ size: Int) -> String {
    var page = ""
    for family in 0..<families {
      let name = "bench_request_duration_\(100 + family)_seconds"
      page += "# HELP \(name) How long requests took.\n# TYPE \(name) gauge\n"
      for series in 0..<size / families {
        page +=
          "\(name){check=\"api-\(series)\",team=\"reliability\"} \(Double(series * family % 9973) / 1e4)\n"
      }
    }
    return page
  }

  // MARK: Rendered

  private func render(_ size: Int) throws {
    let store = SampleStore()
    var series: [SeriesID] = []
    for number in 0..<size {
      let place = number / (size / Self.families)
      let family = MetricFamily.gauge(
        "bench_request_duration_\(100 + place)_seconds", "How long requests took.")
      let labels: Labels = [
        "check": "api-\(number)", "instance": "127.0.0.1:12345", "job": "page", "region": "japan",
        "team": "reliability",
      ]
      guard let id = store.series(family, labels) else { throw BenchError("a series was refused") }
      series.append(id)
    }
    let renderer = PageRenderer(store)
    var time = Timestamp(milliseconds: 1_700_000_000_000)
    func step(_ changed: some Sequence<SeriesID>) -> (seconds: Double, bytes: Int) {
      time = time + .seconds(15)
      for (number, id) in changed.enumerated() { store.append(Self.value(number), at: time, to: id) }
      let began = SystemTime().monotonic
      let page = renderer.render()
      return ((SystemTime().monotonic - began).inSeconds, page.count)
    }
    _ = step(series)
    var speeds: [Double] = []
    var whole: [Double] = []
    var parts: [Double] = []
    for _ in 0..<max(choice.repetitions, 5) {
      let (seconds, bytes) = step(series)
      speeds.append(Double(bytes) / seconds / 1e6)
      whole.append(seconds * 1e6)
      parts.append(step(series.prefix(size / Self.families)).seconds * 1e6)
    }
    if choice.includes(["exposition-render"]) {
      say(
        ResultLine(
          name: "exposition-render", what: "MB/s, each of \(size) samples changed", ours: speeds,
          goal: "≥ 500"
        ).text)
    }
    if choice.includes(["exposition-one"]) {
      say(
        ResultLine(
          name: "exposition-one", what: "µs, 1 of \(Self.families) families changed, \(size) series",
          ours: parts,
          theirs: whole, peer: "all of them changed", goal: "ratio ≤ 0.03"
        ).text)
    }
  }

  /// A third are counts, a third durations to the microsecond, and a third use every bit.
  private static func value(_ number: Int) -> Double {
    switch number % 3 {
    case 0: Double(Int.random(in: 0...5_000_000))
    case 1: Double(Int.random(in: 100...30_000_000)) / 1e6
    default: Double.random(in: 0...10)
    }
  }
}
