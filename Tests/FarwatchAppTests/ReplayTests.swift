import FarwatchTesting
import Foundation
import Testing

@testable import FarwatchApp

/// Whole replays: a configuration and what happens go in, the pages come out.
@Suite struct ReplayTests {
  /// A configuration in a directory of its own.
  struct Bench {
    let directory: TemporaryDirectory
    var options = ReplayOptions()

    init(
      receiver: String = "https://pager.test/sns", routes: String = "routes: [{topic: pager}]",
      rules: String = Bench.regionRules, more: String = ""
    ) throws {
      directory = try TemporaryDirectory("farwatch-replay")
      (options.after, options.lasts, options.until) = ("1m", "4m", "12m")
      _ = try directory.write("rules.yml", rules)
      options.configuration = try directory.write(
        "farwatch.yml",
        """
        vantage: test
        regions: {taiwan: {role: primary}, japan: {role: secondary}}
        health:
          defaults: {interval: 5s, timeout: 1s, failures: 2, successes: 2, confirm: 500ms}
          checks:
            - {name: api, region: taiwan, http: {url: "\(receiver)"}}
            - {name: api, region: japan, http: {url: "\(receiver)"}}
            - {name: web, region: japan, http: {url: "\(receiver)"}}
        replication:
          - {link: orders, source: {region: taiwan, dsn_env: FARWATCH_NO_DSN}, targets: [{region: japan, dsn_env: FARWATCH_NO_DSN}], rpo: 30s, engine: postgres}
        backups:
          - {job: dump, region: japan, every: 1d, directory: {path: /nonexistent, match: "*.gz"}}
        rule_files: [rules.yml]
        topics:
          pager: {subscriptions: [{protocol: https, endpoint: "\(receiver)", fallback: chat, fallback_after: 1m}]}
          chat: {subscriptions: [{protocol: https, endpoint: "\(receiver)/chat", name: room}]}
        \(routes)
        \(more)

        """)
    }

    static let regionRules = """
      groups:
        - name: regions
          rules:
            - {alert: RegionDown, expr: 'farwatch_region_state{state="down"} == 1', labels: {severity: page}}
            - {alert: CheckDown, expr: 'farwatch_check_state{state="down"} == 1', labels: {severity: warn}}

      """

    func run(_ change: (inout ReplayOptions) -> Void) throws -> Replay.Report {
      var options = options
      change(&options)
      return try Replay.run(options)
    }
  }

  /// The titles of pages, in order.
  private func pages(_ report: Replay.Report) -> [String] {
    report.lines.filter { $0.hasPrefix("   ") && $0.contains("[") }
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private func entries(_ report: Replay.Report, _ kind: String) -> [String] {
    report.lines.filter { $0.hasPrefix("+") && $0.dropFirst(14).hasPrefix(kind + " ") }
  }

  @Test func aLostRegionPagesAsTheRulesSayAndNothingLeaves() throws {
    let server = try LoopbackServer { _ in LoopbackServer.answer(200) }
    let bench = try Bench(
      receiver: "http://127.0.0.1:\(server.port)/sns".replacingOccurrences(of: "http:", with: "https:"),
      routes: "routes: [{match: {severity: page}, topic: pager}]")
    let report = try bench.run { $0.lostRegions = ["japan"] }
    #expect(
      pages(report) == [
        "[FIRING] RegionDown (page) in japan",
        "[RESOLVED] RegionDown (page) in japan",
      ], "\(report.lines.joined(separator: "\n"))")
    #expect(!report.everyAlertWasTold, "CheckDown matches no route")
    #expect(report.lines.contains { $0.contains("CheckDown") && $0.hasSuffix("it matches no route") })
    #expect(
      report.lines.contains { $0.hasPrefix("First page") && $0.contains("after region japan was lost") })
    #expect(server.requests.isEmpty && server.connections == 0)
  }

  @Test func theSameSeedGivesTheSameBytes() throws {
    let bench = try Bench()
    func run(_ seed: UInt64) throws -> [String] {
      try bench.run {
        $0.lostRegions = ["japan@2m..9m", "taiwan@4m..5m"]
        $0.failingReceivers = ["pager@1m..4m"]
        $0.isVerbose = true
        $0.seed = seed
      }.lines
    }
    #expect(try run(7) == run(7))
    #expect(try run(7) != run(8))
  }

  @Test func aGroupIsOnePage() throws {
    let bench = try Bench(routes: "routes: [{topic: pager, group_by: [region], group_wait: 30s}]")
    let report = try bench.run { $0.lostRegions = ["japan"] }
    #expect(entries(report, "firing").count == 3)
    #expect(
      pages(report).count { $0.hasPrefix("[FIRING 3] 3 alerts") } == 1,
      "\(report.lines.joined(separator: "\n"))")
    #expect(report.lines.contains { $0.contains("alerts 3 firing") })
    #expect(report.everyAlertWasTold)
  }

  @Test func inhibitionFoldsWhatFollowsFromALoss() throws {
    let bench = try Bench(
      more: """
        inhibit_rules:
          - source_matchers: [alertname="RegionDown"]
            target_matchers: [alertname="CheckDown"]
            equal: [region]
            wait: 10s
        """)
    let report = try bench.run { $0.lostRegions = ["japan"] }
    #expect(pages(report).allSatisfy { $0.contains("RegionDown") } && pages(report).count == 2)
    #expect(entries(report, "inhibited").count == 2)
    #expect(report.everyAlertWasTold, "what is held back on purpose is no fault")
    #expect(report.lines.contains { $0.contains("CheckDown") && $0.contains("inhibited by") })
  }

  @Test func aSilenceHoldsBackAndLetsGo() throws {
    let bench = try Bench()
    let over = try bench.run {
      $0.lostRegions = ["japan@1m..3m"]
      $0.silences = ["region=japan@30s..10m"]
    }
    #expect(pages(over).isEmpty && over.everyAlertWasTold)
    #expect(over.lines.contains { $0.contains("silenced by silence region=japan") })
    let short = try bench.run {
      $0.lostRegions = ["japan@1m..8m"]
      $0.silences = ["RegionDown@30s..5m"]
    }
    let late = entries(short, "page").filter { $0.contains("+00:05:00") }
    #expect(late.count == 1, "told when the silence ends: \(short.lines.joined(separator: "\n"))")
  }

  @Test func whatNoReceiverTakesGoesToTheFallback() throws {
    let bench = try Bench(routes: "routes: [{match: {severity: page}, topic: pager}, {topic: chat}]")
    let report = try bench.run {
      $0.lostRegions = ["japan@1m..20m"]
      $0.failingReceivers = ["pager"]
    }
    #expect(entries(report, "not taken").count >= 1)
    #expect(entries(report, "page").contains { $0.contains("chat → room") })
    #expect(report.everyAlertWasTold)
    let nobody = try bench.run {
      $0.lostRegions = ["japan@1m..20m"]
      $0.failingReceivers = ["pager", "chat/room"]
    }
    #expect(!nobody.everyAlertWasTold)
    #expect(nobody.lines.contains { $0.hasSuffix("no receiver took its page") })
    #expect(nobody.lines.contains("Nobody was paged after region japan was lost"))
  }

  @Test func aLostCheckIsNoLostRegion() throws {
    let bench = try Bench()
    let report = try bench.run { $0.lostChecks = ["japan/web@1m..5m"] }
    #expect(pages(report).count == 2 && pages(report).allSatisfy { $0.contains("CheckDown") })
  }

  @Test func lossesReachReplicationAndBackups() throws {
    let rules = """
      groups:
        - name: others
          rules:
            - {alert: LinkDown, expr: farwatch_replication_up == 0}
            - {alert: LagTooHigh, expr: time() - farwatch_replication_recovery_point_timestamp_seconds > 60}
            - {alert: BackupGone, expr: backup_up == 0}

      """
    let report = try Bench(rules: rules).run { $0.lostRegions = ["japan"] }
    let alerts = ["LinkDown", "LagTooHigh", "BackupGone"]
    for alert in alerts {
      #expect(pages(report).filter { $0.contains(alert) }.count == 2, "\(alert): \(pages(report))")
    }
    let quiet = try Bench(rules: rules).run { $0.lostChecks = ["web"] }
    #expect(pages(quiet).isEmpty, "the rest is well: \(pages(quiet))")
  }

  @Test func theTimeOfDayCounts() throws {
    let bench = try Bench(
      routes: "routes: [{topic: pager, active_time_intervals: [office]}]",
      more: """
        time_intervals:
          - name: office
            time_intervals: [{times: [{start_time: "09:00", end_time: "17:00"}], weekdays: ["monday:friday"]}]
        """)
    #expect(try !pages(bench.run { $0.lostRegions = ["japan"] }).isEmpty, "a Monday morning")
    let night = try bench.run {
      $0.lostRegions = ["japan"]
      $0.from = "2026-01-10T03:00:00Z"
    }
    #expect(pages(night).isEmpty && night.everyAlertWasTold)
    #expect(entries(night, "muted").count == 3)
  }

  @Test func jsonIsOneDocument() throws {
    let report = try Bench().run {
      $0.lostRegions = ["japan"]
      $0.asJSON = true
    }
    let text = report.lines.joined(separator: "\n")
    let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let events = document?["events"] as? [[String: Any]]
    #expect(events?.contains { $0["kind"] as? String == "page" && $0["title"] != nil } == true)
    let summary = document?["summary"] as? [String: Any]
    #expect(summary?["fired"] as? Int == 3 && summary?["told"] as? Int == 3)
  }

  @Test func linesFitTheTerminalAndSayAll() throws {
    let bench = try Bench(routes: "routes: [{match: {severity: page}, topic: pager}]")
    func words(_ width: Int?) throws -> (lines: [String], words: [Substring]) {
      let lines = try bench.run {
        $0.lostRegions = ["japan@1m..2m"]
        $0.until = "4m"
        $0.width = width
      }.lines
      return (lines, lines.flatMap { $0.split(separator: " ") })
    }
    let whole = try words(nil)
    #expect(whole.lines.contains { $0.count > 80 }, "else nothing is proved")
    for (width, longest) in [(40, 80), (80, 80), (500, 200)] {
      let narrow = try words(width)
      #expect(narrow.lines.allSatisfy { $0.count <= longest })
      #expect(narrow.words == whole.words, "nothing is cut")
    }
  }

  @Test func wrongUseIsNamed() throws {
    func check(_ expected: String, _ change: (inout ReplayOptions) -> Void) throws {
      let bench = try Bench()
      let lines: [String]
      do {
        lines = ["taken"] + (try bench.run(change).lines)
      } catch let failure as ReplayFailure { lines = failure.lines }
      #expect(lines.count == 1 && lines[0].contains(expected), "\(lines)")
    }
    try check("nothing to replay") { _ in }
    try check("there is no region \"japn\": taiwan, japan") { $0.lostRegions = ["japn"] }
    try check("there is no check \"japan/none\"") { $0.lostChecks = ["japan/none"] }
    try check("expected a part of the replay such as 5m..15m") { $0.lostRegions = ["japan@9m..2m"] }
    try check("there is no such file") { $0.files = ["/nonexistent/dump.om"] }
    try check("there is no topic or receiver \"nobody\"") {
      $0.lostRegions = ["japan"]
      $0.failingReceivers = ["nobody"]
    }
    try check("--silence:") {
      $0.lostRegions = ["japan"]
      $0.silences = ["a=~\"(\""]
    }
    try check("--until and --to say the same") {
      $0.lostRegions = ["japan"]
      $0.to = "2026-01-05T12:00:00Z"
    }
    try check("too long") {
      $0.lostRegions = ["japan"]
      $0.until = "2y"
    }
  }
}
