@testable import Alerting
import HTTPServer
import Model
import PrometheusAPI
import SampleStore

/// Farwatch's query API on a port of its own, over a store in memory.
final class APIUnderTest: Sendable {
  private let server: HTTPServer
  let threads: QueryThreads
  let baseURL: String

  init(_ store: SampleStore, _ change: (inout StoreFace, inout QuerySettings) -> Void = { _, _ in }) throws {
    var face = StoreFace(store: store)
    var settings = QuerySettings()
    settings.maximumSamples = 50_000_000
    change(&face, &settings)
    let threads = QueryThreads(settings)
    let api = PrometheusAPI(face, threads)
    self.threads = threads
    var listening = HTTPServerSettings(address: "127.0.0.1:0")
    listening.maxBodyBytes = 8 << 20
    server = try HTTPServer(listening) { api.answer($0) }
    baseURL = "http://\(server.boundAddress)"
  }

  func stop() { server.stop() }
}

/// A daemon that has samples and nothing else.
struct StoreFace: PrometheusFace {
  var store: SampleStore
  var fixedNow: Timestamp?
  var externalLabels = Labels.empty

  var reader: any SeriesReader & Sendable { store }
  var now: Timestamp { fixedNow ?? SystemTime().now }
  func information() -> DaemonInformation {
    DaemonInformation(
      version: "1", startedAt: now, configuredAt: now, isNewestConfiguration: true, workingDirectory: "/",
      retention: .seconds(86_400), corruptions: 0, flags: [:])
  }
  func configurationText() -> String { "" }
  func families() -> [MetricFamily] { [] }
  func storeSummary() -> StoreSummary { StoreSummary(series: 0, chunks: 0, oldest: nil, newest: nil) }
  func rules() -> RulesSnapshot? { RulesSnapshot(groups: []) }
  func targets() -> [TargetInformation]? { [] }
}
