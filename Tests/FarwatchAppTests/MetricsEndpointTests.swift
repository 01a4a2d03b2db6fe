import AlertmanagerAPI
import CheckIns
import Exposition
import FarwatchTesting
import HTTPServer
import Model
import StatusPage
import Notifying
import PrometheusAPI
import SampleStore
import Testing

@testable import FarwatchApp

/// A daemon that has a metrics page and nothing else.
private final class PageOnly: DaemonFace {
  let store = SampleStore()
  let pages: PageRenderer
  init() { pages = PageRenderer(store) }

  func metricsPage(_ format: ExpositionFormat) -> MetricsPage { pages.render(format) }
  func status() -> StatusSnapshot? { nil }
  var isAlive: Bool { true }
  var isReady: Bool { true }
  func reload() -> [String] { [] }
  func visit(_ visit: SubscriptionVisit) -> SNSAnswer? { nil }
  func signingCertificate(named name: String) -> String? { nil }
  func write(_ request: HTTPServerRequest) -> HTTPServerResponse? { nil }
  func checkIn(_ visit: CheckInVisit) -> CheckInBoard.Answer { .unknown }
  let prometheusAPI = PrometheusAPI(NoSeries(), QueryThreads(QuerySettings()))
  func events(_ query: EventsQuery) -> EventsOutcome { .busy }
  func proofs() -> [ProofStanding]? { nil }
  func prove(_ choice: ProofChoice) -> [ProofStanding]? { nil }
  let paging: any PagingFace = ScriptedPaging()
  let acknowledgeLink = testLink
  let wallClock = dayStart
}

@Suite struct MetricsEndpointTests {
  private let daemon = PageOnly()

  init() throws {
    let families: [(MetricFamily, Double)] = [
      (MetricFamily.gauge("farwatch_ready", "Whether."), 1.0),
      (.counter("farwatch_turns_total", "Turns."), 7),
      (.gauge("probe_success", "Whether a probe was good."), 1),
      (.gauge("up", "Whether."), 0), (.init("queue_depth", .untyped, help: "Foreign."), 3),
    ]
    for (family, value) in families {
      let series = try #require(daemon.store.series(family, .empty))
      daemon.store.append(value, at: dayStart, to: series)
    }
  }

  private func ask(
    _ query: [(String, String)] = [], headers: [(String, String)] = [], endpoint: MetricsEndpoint? = nil
  ) -> HTTPServerResponse {
    (endpoint ?? MetricsEndpoint(daemon: daemon)).answer(
      HTTPServerRequest(
        method: "GET", path: "/metrics", query: query.map { HTTPServerField($0.0, $0.1) },
        headers: headers.map { HTTPServerField($0.0, $0.1) }))
  }

  private func bytes(_ response: HTTPServerResponse) -> [UInt8] {
    switch response.body {
    case .empty, .stream, .deferred: []
    case .bytes(let bytes): bytes
    case .segments(let segments): segments.flatMap { Array($0.storage) }
    }
  }

  private func families(_ query: [(String, String)]) -> [String] {
    String(decoding: bytes(ask(query)), as: UTF8.self).split(separator: "\n").filter {
      $0.hasPrefix("# TYPE")
    }
    .map { String($0.split(separator: " ")[2]) }
  }

  private func header(_ name: String, _ response: HTTPServerResponse) -> String? {
    response.headers.first { $0.name == name }?.value
  }

  @Test func theRequestChoosesFormatAndCoding() {
    let plain = ask()
    #expect(plain.contentType == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
    #expect(header("Vary", plain) == "Accept, Accept-Encoding")
    #expect(header("Content-Encoding", plain) == nil)
    let open = ask(headers: [("accept", "application/openmetrics-text;version=1.0.0")])
    #expect(open.contentType?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
    #expect(String(decoding: bytes(open), as: UTF8.self).hasSuffix("# EOF\n"))
    let packed = ask(headers: [("Accept-Encoding", "gzip"), ("Accept-Encoding", "zstd;q=0.5")])
    #expect(header("Content-Encoding", packed) == "gzip" && bytes(packed).prefix(2) == [0x1f, 0x8b])
    let frames = ask(headers: [("Accept-Encoding", "gzip, zstd")])
    #expect(header("Content-Encoding", frames) == "zstd" && bytes(frames).prefix(2) == [0x28, 0xb5])
  }

  @Test func filtersLeaveWhatTheyName() {
    #expect(families([]) == ["farwatch_ready", "farwatch_turns_total", "probe_success", "queue_depth", "up"])
    #expect(families([("name[]", "up"), ("name[]", "farwatch_turns")]) == ["farwatch_turns_total", "up"])
    #expect(families([("name[]", "nothing")]) == [])
    #expect(families([("name[]", "")]).count == 5)
    #expect(families([("collect[]", "http")]) == ["probe_success"])
    #expect(families([("collect[]", "scrape")]) == ["queue_depth", "up"])
    #expect(families([("collect[]", "farwatch")]) == ["farwatch_ready", "farwatch_turns_total"])
    #expect(families([("collect[]", "scrape"), ("name[]", "up"), ("name[]", "farwatch_ready")]) == ["up"])
    let unknown = ask([("collect[]", "nothing")])
    #expect(unknown.status == 400)
    #expect(
      String(decoding: bytes(unknown), as: UTF8.self).hasPrefix("missing collector: nothing (there are: "))
    let open = ask([("name[]", "none")], headers: [("Accept", "application/openmetrics-text")])
    #expect(open.status == 200 && bytes(open) == Array("# EOF\n".utf8))
  }

  @Test func aTagChangesWithThePageAndWithItsCoding() throws {
    let first = ask()
    let tag = try #require(header("ETag", first))
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
    #expect(header("ETag", ask()) == tag)
    let others = [
      ask(headers: [("Accept-Encoding", "gzip")]), ask(headers: [("Accept-Encoding", "zstd")]),
      ask([("name[]", "up")]), ask(headers: [("Accept", "application/openmetrics-text")]),
      ask(headers: [("Accept", "text/plain;version=1.0.0")]),
    ].map { header("ETag", $0) ?? "" }
    #expect(Set(others + [tag]).count == 6)

    for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
      let same = ask(headers: [("If-None-Match", condition)])
      #expect(same.status == 304 && same.contentType == nil && header("ETag", same) == tag, "\(condition)")
    }
    #expect(ask(headers: [("If-None-Match", tag), ("Accept-Encoding", "gzip")]).status == 200)
    let series = try #require(daemon.store.series(.gauge("up", "Whether."), .empty))
    daemon.store.append(1, at: dayStart + .seconds(1), to: series)
    #expect(ask(headers: [("If-None-Match", tag)]).status == 200)
  }

  @Test func whatSlowReadersHoldHasALimit() throws {
    var endpoint = MetricsEndpoint(daemon: daemon)
    endpoint.heldBytesLimit = 0
    let series = try #require(daemon.store.series(.gauge("up", "Whether."), .empty))
    var held: [HTTPServerResponse] = []
    // Each holds a page of its own, as a reader that takes no byte does.
    for round in 0..<200 {
      daemon.store.append(Double(round), at: dayStart + .seconds(2 + round), to: series)
      held.append(ask(headers: [("Accept-Encoding", "gzip")], endpoint: endpoint))
      if held.last?.status == 503 { break }
    }
    #expect(held.last?.status == 503)
    #expect(header("Retry-After", try #require(held.last)) == "5")
  }
}
