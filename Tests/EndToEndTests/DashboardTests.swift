import Dashboards
import FarwatchTesting
import Foundation
import Testing

/// Every query of every dashboard, asked of a running daemon and of a real Prometheus that scrapes it: both have data
/// wherever this world has some, and both say the same.
@Suite(.serialized) struct DashboardTests {
  /// Panels that have nothing to show in this world, and why.
  private static let empty: [String: String] = [
    "Where DNS sends people": "no name server", "Who answers": "no front door",
    "Who serves": "neither of them",
    "Heartbeat age": "the standby is measured by its log", "Room left to slots": "no max_slot_wal_keep_size",
    "Subscriptions that stand still": "no logical replication", "MySQL: behind the source": "no MySQL",
    "Redis: stream position": "no Redis", "Kafka: not mirrored": "no Kafka",
    "Object stores: not copied": "no object store", "Do not count": "every dump is good",
    "Last restore test": "no job tells of one", "Missing log segments": "no archive",
    "Firing alerts of links": "the link is well", "Firing alerts of backups": "the dumps are fresh",
    "Failed attempts": "the receiver takes all", "Last proven": "no proof is asked for",
    "Last heartbeat": "no switch", "Heartbeats held back": "no switch", "Way out": "no canary",
    "Time to recover (RTO)": "no workload",
    "Collections left out": "each ends in time",
  ]

  @Test(.timeLimit(.minutes(10))) func everyPanelShowsTheSameFromBothSources() async throws {
    let world = try await World()
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let recorded = repository.appending(path: "rules/dashboards.yml").path
    // Prometheus judges the world's own alerts, too: ours stay off the metrics page.
    let daemon = try await world.startFarwatch(moreRules: [recorded])
    try await daemon.becomeReady()
    let prometheus = try await world.startPrometheus(
      scraping: daemon, rules: [recorded, world.directory.file("rules.yml")])
    // A region that is down brings alerts, pages and a line in the timelines.
    world.japan.down()
    try await world.expectPage("RegionDown", "ALARM", within: .seconds(90))
    let ours = QuerySource(baseURL: daemon.baseURL)
    let theirs = QuerySource(baseURL: prometheus.baseURL)
    try await waitUntil(timeout: .seconds(60), "both have recorded what the dashboards ask") {
      for source in [ours, theirs] {
        let known = try? await source.instant(
          """
          count(link_target_region:farwatch_replication_objective_used:ratio) \
          + count(job_repo_region:backup_objective_used:ratio) + count(region:farwatch_region_available:max) \
          + count(ALERTS) + count(rate(farwatch_store_samples_appended_total[1m]))
          """)
        if known?.isEmpty ?? true { return false }
      }
      return true
    }
    var asked = 0
    for dashboard in Dashboard.all {
      for panel in dashboard.panels where !panel.queries.isEmpty {
        asked += try await expectAgreement(on: panel, of: dashboard, ours, theirs)
      }
    }
    #expect(asked > 100)
    for annotation in Dashboard.annotations {
      let query = QuerySource.substituted(annotation.expression)
      let known = try await ours.instant(query)
      #expect(known.keys == (try await theirs.instant(query)).keys, "\(annotation.name)")
    }
    daemon.child.stop(with: SIGTERM)
  }

  /// Each of the panel's queries gives the same from both, and one of them gives something, where the world has it.
  private func expectAgreement(
    on panel: Panel, of dashboard: Dashboard, _ ours: QuerySource, _ theirs: QuerySource
  ) async throws -> Int {
    var hasData = false
    for query in panel.queries {
      let expression = QuerySource.substituted(query.expression)
      let place: Comment = "\(dashboard.uid), \(panel.title): \(expression)"
      var (first, second) = (try await ours.instant(expression), try await theirs.instant(expression))
      // One may have seen something new that the other sees with the next scrape.
      for _ in 0..<20 where !alike(first, second, panel.unit) {
        try await Task.sleep(for: .milliseconds(500))
        (first, second) = (try await ours.instant(expression), try await theirs.instant(expression))
      }
      #expect(alike(first, second, panel.unit), "\(place) \(first) \(second)")
      hasData = hasData || !first.isEmpty
      let course = try await ours.range(expression)
      let theirCourse = try await theirs.range(expression)
      #expect(course.isEmpty == theirCourse.isEmpty, "\(place): over time")
    }
    if hasData {
      // What this world has not got cannot have data either; of the rest it may be so for a while.
      let why = Self.empty[panel.title] ?? ""
      #expect(!why.hasPrefix("no "), "\(dashboard.uid), \(panel.title): there is something to see")
      return panel.queries.count
    }
    #expect(Self.empty[panel.title] != nil, "\(dashboard.uid), \(panel.title): nothing to see")
    #expect(panel.whenEmpty != nil, "\(dashboard.uid), \(panel.title): it does not say what nothing means")
    return panel.queries.count
  }

  /// The same series, and values that differ by no more than what passes between two scrapes.
  private func alike(
    _ a: [[String: String]: Double], _ b: [[String: String]: Double], _ unit: Dashboards.Unit
  ) -> Bool {
    guard Set(a.keys) == Set(b.keys) else { return false }
    return a.allSatisfy { labels, value in
      guard let other = b[labels] else { return false }
      if value.isNaN || other.isNaN { return value.isNaN == other.isNaN }
      let tolerance: Double =
        switch unit {
        case .plain: 0
        case .ratio: 1  // of an objective of few seconds
        case .timeAgo: 15_000
        // Of a world that is a minute old: one has seen counters begin, the other has not.
        case .perSecond: max(5, 0.5 * max(abs(value), abs(other)))
        default: max(5, 0.1 * max(abs(value), abs(other)))
        }
      return abs(value - other) <= tolerance
    }
  }
}

/// Prometheus' query API, whoever answers it.
struct QuerySource {
  let baseURL: String

  /// With values in the place of Grafana's variables.
  static func substituted(_ expression: String) -> String {
    let values = [
      ("$__rate_interval", "1m"), ("$__range", "5m"), ("$__interval", "15s"), ("$region", ".*"),
      ("$link", ".*"), ("$job", ".*"), ("$instance", ".*"),
    ]
    return values.reduce(expression) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }

  /// The value of each series. Labels that a scrape adds are left out.
  func instant(_ query: String) async throws -> [[String: String]: Double] {
    try await ask("query", ["query": query]).reduce(into: [:]) { found, one in
      let value = (one["value"] as? [Any])?.last as? String ?? ""
      found[labels(of: one)] = Double(value) ?? .nan
    }
  }

  /// How many points each series has in the last half minute.
  func range(_ query: String) async throws -> [[String: String]: Int] {
    let now = Date().timeIntervalSince1970
    let fields = ["query": query, "start": "\(now - 30)", "end": "\(now)", "step": "5"]
    return try await ask("query_range", fields).reduce(into: [:]) { found, one in
      found[labels(of: one)] = (one["values"] as? [Any])?.count ?? 0
    }
  }

  private func labels(of one: [String: Any]) -> [String: String] {
    (one["metric"] as? [String: String] ?? [:]).filter { $0.key != "instance" && $0.value != "farwatch" }
  }

  private func ask(_ path: String, _ fields: [String: String]) async throws -> [[String: Any]] {
    let form = fields.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }
    let type = "Content-Type: application/x-www-form-urlencoded"
    let answer = await Web.post(
      "\(baseURL)/api/v1/\(path)", headers: [type], body: form.joined(separator: "&"))
    guard let answer, answer.status == 200,
      let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any],
      let result = (json["data"] as? [String: Any])?["result"] as? [[String: Any]]
    else { throw BenchError("\(baseURL) \(path): \(answer?.status ?? 0) \(answer?.body ?? "no answer")") }
    return result
  }
}
