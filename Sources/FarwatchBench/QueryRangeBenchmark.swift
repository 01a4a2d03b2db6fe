import Alerting
import FarwatchTesting
import Foundation
import HTTPServer
import Model
import PrometheusAPI
import SampleStore

/// Time of a range query over HTTP: Farwatch's query API and store in this process, Prometheus as it runs, both on the
/// same samples: an hour of 1,000 series, one every 15 s.
///
/// Prometheus has them in a block that promtool made, Farwatch in memory. Both are asked in turn, by curl, which takes the
/// time until the last byte.
struct QueryRangeBenchmark {
  static let name = "query-range"
  private static let seriesCount = 1000
  private static let steps = 240
  private static let rounds = 5
  private static let metric = "load"
  private let choice: Choice
  private let start: Timestamp

  init(_ choice: Choice) {
    self.choice = choice
    // On a whole block of two hours, long enough ago that it is one.
    let block: Int64 = 7_200_000
    start = Timestamp(milliseconds: (SystemTime().now.milliseconds / block - 2) * block)
  }

  func run() async throws {
    let directory = try TemporaryDirectory("farwatch-bench-query")
    let server = try ownServer()
    defer { server.stop() }
    let (peer, port) = try await startPeer(in: directory)
    defer { peer.stop() }
    let end = start + .seconds(15 * (Self.steps - 1))
    for (name, expression) in [
      ("all series, all samples", "load"),
      ("sum by (region) (rate(load[1m]))", "sum by (region) (rate(load[1m]))"),
    ] {
      let form =
        "query=\(expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        + "&start=\(start.milliseconds / 1000)&end=\(end.milliseconds / 1000)&step=15"
      var (ours, theirs): ([Double], [Double]) = ([], [])
      for round in 0...(choice.repetitions * Self.rounds) {
        let own = try await milliseconds(server.boundAddress, form)
        let other = try await milliseconds("127.0.0.1:\(port)", form)
        guard abs(own.bytes - other.bytes) * 50 < other.bytes else {
          throw BenchError("answers of \(own.bytes) and \(other.bytes) bytes are not the same")
        }
        // The first time files are opened and memory is taken.
        if round > 0 {
          ours.append(own.took)
          theirs.append(other.took)
        }
      }
      say(
        ResultLine(
          name: Self.name, what: "ms of query_range over 1,000 series x 1 h, \(name)", ours: ours,
          theirs: theirs,
          peer: "Prometheus"
        ).text)
    }
  }

  private func labels(_ number: Int) -> Labels {
    ["instance": "api-\(number)", "region": "region-\(number % 7)", "job": "load"]
  }

  private func value(_ number: Int, _ step: Int) -> Double {
    Double(step * (number % 13 + 1)) + Double(number) / 8
  }

  private func ownServer() throws -> HTTPServer {
    let store = SampleStore()
    let family = MetricFamily.counter(Self.metric, "")
    for number in 0..<Self.seriesCount {
      guard let id = store.series(family, labels(number)) else { throw BenchError("a series was refused") }
      for step in 0..<Self.steps {
        store.append(value(number, step), at: start + .seconds(step * 15), to: id)
      }
    }
    let api = PrometheusAPI(BenchFace(store: store), QueryThreads(QuerySettings()))
    return try HTTPServer(HTTPServerSettings(address: "127.0.0.1:0")) { api.answer($0) }
  }

  private func startPeer(in directory: TemporaryDirectory) async throws -> (ChildProcess, Int) {
    var page = "# TYPE load gauge\n"
    for number in 0..<Self.seriesCount {
      let shown = labels(number).entries.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
      for step in 0..<Self.steps {
        page += "load{\(shown)} \(value(number, step)) \((start + .seconds(step * 15)).milliseconds / 1000)\n"
      }
    }
    let file = try directory.write("load.txt", page + "# EOF\n")
    let blocks = directory.file("tsdb")
    _ = try await ChildProcess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", file, blocks])
    let port = try freeLoopbackPort()
    let configuration = try directory.write("prometheus.yml", "global: {}\n")
    let child = try ChildProcess(
      [
        "prometheus", "--config.file=\(configuration)", "--storage.tsdb.path=\(blocks)",
        "--web.listen-address=127.0.0.1:\(port)",
      ], output: .file(directory.file("prometheus.log")))
    try await waitUntil(timeout: .seconds(60), "Prometheus is ready") {
      fetch(port, "/-/ready")?.status == 200
    }
    return (child, port)
  }

  private func milliseconds(_ address: String, _ form: String) async throws -> (took: Double, bytes: Int) {
    let output = try await ChildProcess.run([
      "curl", "-s", "-o", "/dev/null", "-d", form, "-w", "%{http_code} %{time_total} %{size_download}",
      "http://\(address)/api/v1/query_range",
    ])
    let words = output.split(separator: " ")
    guard words.count == 3, words[0] == "200", let seconds = Double(words[1]), let bytes = Int(words[2])
    else {
      throw BenchError("\(address) answered \(output)")
    }
    return (seconds * 1000, bytes)
  }
}

/// A daemon that has samples and nothing else.
private struct BenchFace: PrometheusFace {
  let store: SampleStore

  var reader: any SeriesReader & Sendable { store }
  var now: Timestamp { SystemTime().now }
  var externalLabels: Labels { .empty }
  func information() -> DaemonInformation {
    DaemonInformation(
      version: "", startedAt: now, configuredAt: now, isNewestConfiguration: true, workingDirectory: "",
      retention: .seconds(86_400), corruptions: 0, flags: [:])
  }
  func configurationText() -> String { "" }
  func families() -> [MetricFamily] { [] }
  func storeSummary() -> StoreSummary { StoreSummary(series: 0, chunks: 0, oldest: nil, newest: nil) }
  func rules() -> RulesSnapshot? { nil }
  func targets() -> [TargetInformation]? { nil }
}
