@testable import Alerting
@testable import HTTPServer
import Model
import PromQL
import PrometheusAPI
import SampleStore
import Testing
import Threading

/// A daemon whose every word the test chooses.
struct ScriptedDaemon: PrometheusFace {
  static let start = Timestamp(year: 2026, month: 3, day: 1)

  var store = SampleStore()
  var otherReader: (any SeriesReader & Sendable)?
  var now = Self.start + .seconds(3600)
  var externalLabels = Labels.empty
  var snapshot: RulesSnapshot? = RulesSnapshot(groups: [])
  var shownTargets: [TargetInformation]? = []
  var shownFamilies: [MetricFamily] = []
  var reader: any SeriesReader & Sendable { otherReader ?? store }

  func information() -> DaemonInformation {
    DaemonInformation(
      version: "1.2.3", startedAt: Self.start, configuredAt: Self.start + .milliseconds(1500),
      isNewestConfiguration: false, workingDirectory: "/srv", retention: .seconds(3 * 86_400), corruptions: 2,
      flags: ["query.timeout": "30s", "config.file": "a<b"])
  }
  func configurationText() -> String { "regions:\n  r: {}\n" }
  func families() -> [MetricFamily] { shownFamilies }
  func storeSummary() -> StoreSummary {
    StoreSummary(series: 3, chunks: 4, oldest: Self.start, newest: Self.start + .seconds(60))
  }
  func rules() -> RulesSnapshot? { snapshot }
  func targets() -> [TargetInformation]? { shownTargets }

  /// Two counters and a gauge of two regions, a sample every 15 s for an hour; one histogram.
  static func filled() -> ScriptedDaemon {
    let daemon = ScriptedDaemon()
    for region in ["japan", "taiwan"] {
      for (name, growth) in [("requests_total", 15.0), ("errors_total", 1), ("lag_seconds", 0)] {
        let family = MetricFamily.gauge(name, "")
        guard let id = daemon.store.series(family, ["region": region]) else { continue }
        for step in 0..<240 {
          let value = growth == 0 ? 2.5 : Double(step) * growth
          daemon.store.append(value, at: start + .seconds(step * 15), to: id)
        }
      }
    }
    return daemon
  }
}

/// Asks the API as the server would, and waits for answers that come later.
struct Asking {
  let api: PrometheusAPI

  init(_ daemon: ScriptedDaemon, _ settings: QuerySettings = QuerySettings()) {
    api = PrometheusAPI(daemon, QueryThreads(settings))
  }

  struct Reply {
    var status: Int
    var body: String
    var headers: [HTTPServerField]
  }

  func get(_ path: String, _ items: (String, String)..., method: String = "GET") throws -> Reply {
    try reply(Self.request(path, items, method: method))
  }

  func post(_ path: String, _ form: String, query: [(String, String)] = []) throws -> Reply {
    var request = Self.request(path, query, method: "POST")
    request.headers = [HTTPServerField("Content-Type", "application/x-www-form-urlencoded")]
    request.body = Array(form.utf8)
    return try reply(request)
  }

  static func request(_ path: String, _ items: [(String, String)], method: String) -> HTTPServerRequest {
    HTTPServerRequest(
      method: method, path: path, pathSegments: path.split(separator: "/").map(String.init),
      query: items.map { HTTPServerField($0.0, $0.1) })
  }

  func reply(_ request: HTTPServerRequest) throws -> Reply {
    var response = api.answer(request)
    if let later = response.deferred {
      let given = Bell()
      later.whenGiven { _ in given.ring() }
      #expect(given.wait(upTo: .seconds(30)))
      response = try #require(later.response)
    }
    guard case .bytes(let bytes) = response.body else {
      return Reply(status: response.status, body: "", headers: response.headers)
    }
    return Reply(
      status: response.status, body: try #require(String(validating: bytes, as: UTF8.self)),
      headers: response.headers)
  }
}
