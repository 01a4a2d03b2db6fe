import FarwatchTesting
import Foundation
import Model

/// 10,000 alerts in ten groups posted at once, and all ended again: when the pages come and what memory stays.
struct PagingStormBenchmark {
  static let name = "paging-storm"
  private static let groupWait: Duration = .seconds(2)
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
    let directory = try TemporaryDirectory("farwatch-bench")
    let counter = try PageCounter()
    defer { counter.stop() }
    let daemon = try await FarwatchDaemon(
      binary: choice.binary,
      configuration: """
        vantage: bench
        regions: {taiwan: {}}
        topics: {chat: {subscriptions: [{protocol: webhook, url: "\(counter.url)"}]}}
        routes: [{topic: chat, group_by: [cluster], group_wait: 2s, group_interval: 5s}]

        """, rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    // The start's own garbage is not the storm's.
    try await Task.sleep(for: .seconds(3))
    var result = try await storm(daemon.port, daemon.pid, counter)
    // Longer than the pause between two looks at memory that is free.
    let page = fetch(daemon.port, "/metrics")?.body ?? ""
    let line = page.split(separator: "\n").first { $0.hasPrefix("farwatch_core_longest_turn_seconds ") }
    result.longestTurnMilliseconds =
      line?.split(separator: " ").last.flatMap { Double($0) }.map { $0 * 1e3 } ?? .nan
    return result
  }

  private func alertmanager() async throws -> Result {
    let directory = try TemporaryDirectory("farwatch-bench")
    let counter = try PageCounter()
    defer { counter.stop() }
    let daemon = try await AlertmanagerDaemon(
      route: "group_by: [cluster], group_wait: 2s, group_interval: 5s", webhook: counter.url, in: directory)
    defer { daemon.stop() }
    return try await storm(daemon.port, daemon.pid, counter)
  }

  private func storm(_ port: Int, _ pid: pid_t, _ counter: PageCounter) async throws -> Result {
    var result = Result()
    result.megabytes.before = try ProcessUse.residentMegabytes([pid])
    let starts = Date()
    let firing = PostedAlerts(startsAt: starts)
    let began = SystemTime().monotonic
    try firing.post(to: port)
    let pages = try await counter.arrivals(PostedAlerts.clusters, within: .seconds(60))
    result.lateSeconds = ((pages.max() ?? began) - began - Self.groupWait).inSeconds
    result.megabytes.peak = try ProcessUse.residentMegabytes([pid])
    // Until the groups may speak again, so that the ends of each are one page.
    try await Task.sleep(for: .seconds(6))
    try PostedAlerts(startsAt: starts, isOver: true).post(to: port)
    _ = try await counter.arrivals(2 * PostedAlerts.clusters, within: .seconds(60))
    result.megabytes.peak = max(result.megabytes.peak, try ProcessUse.residentMegabytes([pid]))
    try await Task.sleep(for: .seconds(15))
    result.pages = counter.all.count
    result.megabytes.after = try ProcessUse.residentMegabytes([pid])
    return result
  }
}
