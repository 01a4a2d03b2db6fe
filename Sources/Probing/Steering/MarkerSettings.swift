package import Collecting
internal import HTTPClient
package import Model
internal import RegularExpressions

/// Which region really answers: asked through the front door, told by a marker in the answer.
package struct MarkerSettings: CollectorSettings {
  package enum Source: Hashable, Sendable {
    case header(String)
    /// Keys from the top, joined by dots.
    case json(String)
    /// RE2: the first group, or the whole match where there is none.
    case body(String)
  }

  /// The name is the service's.
  package var basics: MeasurementBasics
  /// What is asked, and which answers count at all: an error page has no say in who serves.
  package var http: HTTPCheckSettings
  package var source: Source
  package var map: RegionMap
  /// Requests of one pass, each over a connection of its own: one shows one region, several a split.
  package var requests = 4
  /// A region with no more than this part of a pass' answers is not counted as one that serves.
  package var minimumShare = 0.0
  package static let requestLimit = 64

  package init(basics: MeasurementBasics, url: String, source: Source, map: RegionMap) {
    self.basics = basics
    http = HTTPCheckSettings(name: basics.name, url: url)
    http.basics.timeout = basics.timeout
    self.source = source
    self.map = map
  }

  package static let up = MetricFamily.gauge(
    "farwatch_marker_up",
    "Whether more than half of the requests of the last pass were answered with a marker.")
  package static let share = MetricFamily.gauge(
    "farwatch_marker_share",
    "The region's part of the answers of the last pass (\"unknown\": another marker).")
  package static let answers = MetricFamily.counter(
    "farwatch_marker_answers_total",
    "Answers that came from the region; over time they show how traffic is split.")
  package static let failures = MetricFamily.counter(
    "farwatch_marker_failed_requests_total", "Requests without an answer, or with one without a marker.")
  package static let changed = MetricFamily.gauge(
    "farwatch_marker_changed_timestamp_seconds",
    "When the answering regions last changed; absent until they do.")

  package static let families = [up, share, answers, failures, changed]

  package var description: CollectorDescription {
    basics.description(kind: "marker", labels: ["service": basics.name])
  }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    let probe = try MarkerProbe(self, client: clients.http, resolver: clients.resolver, time: clients.time)
    return MarkerCollector(self, probe, clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal {
    RegionRehearsal(up: Self.up, families: [Self.share], map: map)
  }

  package func validate() throws(InvalidSettings) {
    try http.validate()
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    try require(!map.entries.isEmpty, "regions", "needs at least one region")
    try require(
      (1...Self.requestLimit).contains(requests), "requests", "must be between 1 and \(Self.requestLimit)")
    let isHeader = if case .header = source { true } else { false }
    try require(http.method != "HEAD" || isHeader, "method", "HEAD brings no body to look at")
  }
}
