import Foundation
import Model

/// 10,000 alerts in ten groups posted at once, and all ended again: when the pages come and what memory stays.
struct PagingStormBenchmark {
  static let name = "paging-storm"
  private static let groupWait: Duration = .seconds(2)
  /// As both write it.
  private static let route = "group_by: [cluster], group_wait: 2s, group_interval: 5s"
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  private struct Result {
    /// From the first post to the last group's page, beyond the group's wait.
    var lateSeconds = 0.0
    var pages = 0
    var megabytes: (before: Double, peak: Double, after: Double) = (0, 0, 0)
    var longestTurnMilliseconds = 0.0
  }

  func run() async throws {
    var ours: [Result] = []
    var theirs: [Result] = []
    for _ in 0..<choice.repetitions {
      ours.append(try await farwatch())
      theirs.append(try await alertmanager())
    }
    let load = "\(PostedAlerts.count) alerts at once, \(PostedAlerts.clusters) groups"
    let peer = "Alertmanager"
    say(
      ResultLine(
        name: "\(Self.name)-page", what: "s from the first post to the last page beyond group_wait, \(load)",
        ours: ours.map(\.lateSeconds), theirs: theirs.map(\.lateSeconds), peer: peer, goal: "≤ 2 s"
      ).text)
    say(
      ResultLine(
        name: "\(Self.name)-pages", what: "pages, beginnings and ends, \(load)",
        ours: ours.map { Double($0.pages) }, theirs: theirs.map { Double($0.pages) }, peer: peer,
        goal: "\(2 * PostedAlerts.clusters)"
      ).text)
    for (part, value) in [
      ("before", { (result: Result) in result.megabytes.before }), ("peak", { $0.megabytes.peak }),
      ("after", { $0.megabytes.after }),
    ] {
      say(
        ResultLine(
          name: "\(Self.name)-\(part)", what: "MB resident, \(part), \(load)", ours: ours.map(value),
          theirs: theirs.map(value), peer: peer
        ).text)
    }
    say(
      ResultLine(
        name: "\(Self.name)-turn", what: "ms, longest turn of the core, \(load)",
        ours: ours.map(\.longestTurnMilliseconds)
      ).text)
  }

  private func farwatch() async throws -> Result {
    let bench = try await PostedAlertsBench.farwatch(
      binary: choice.binary, route: ", \(Self.route)"
    ) { "{protocol: webhook, url: \"\($0)\"}" }
    defer { bench.stop() }
    // The start's own garbage is not the storm's.
    try await Task.sleep(for: .seconds(3))
    var result = try await storm(bench)
    // Longer than the pause between two looks at memory that is free.
    let page = fetch(bench.port, "/metrics")?.body ?? ""
    let line = page.split(separator: "\n").first { $0.hasPrefix("farwatch_core_longest_turn_seconds ") }
    result.longestTurnMilliseconds =
      line?.split(separator: " ").last.flatMap { Double($0) }.map { $0 * 1e3 } ?? .nan
    return result
  }

  private func alertmanager() async throws -> Result {
    let bench = try await PostedAlertsBench.alertmanager(route: Self.route)
    defer { bench.stop() }
    return try await storm(bench)
  }

  private func storm(_ bench: PostedAlertsBench) async throws -> Result {
    var result = Result()
    result.megabytes.before = try ProcessUse.residentMegabytes([bench.pid])
    let starts = Date()
    let firing = PostedAlerts(startsAt: starts)
    let began = SystemTime().monotonic
    try firing.post(to: bench.port)
    let pages = try await bench.counter.arrivals(PostedAlerts.clusters, within: .seconds(60))
    result.lateSeconds = ((pages.max() ?? began) - began - Self.groupWait).inSeconds
    result.megabytes.peak = try ProcessUse.residentMegabytes([bench.pid])
    // Until the groups may speak again, so that the ends of each are one page.
    try await Task.sleep(for: .seconds(6))
    try PostedAlerts(startsAt: starts, isOver: true).post(to: bench.port)
    _ = try await bench.counter.arrivals(2 * PostedAlerts.clusters, within: .seconds(60))
    result.megabytes.peak = max(result.megabytes.peak, try ProcessUse.residentMegabytes([bench.pid]))
    try await Task.sleep(for: .seconds(15))
    result.pages = bench.counter.all.count
    result.megabytes.after = try ProcessUse.residentMegabytes([bench.pid])
    return result
  }
}
