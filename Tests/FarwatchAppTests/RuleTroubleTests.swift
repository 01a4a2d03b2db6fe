import Model
import Testing

@testable import Alerting
@testable import FarwatchApp

private let brokenRules =
  pageRules
    + """
      - name: broken
        interval: 5s
        rules:
          - record: many
            expr: probe_success + on() probe_success
          - alert: Mute
            expr: probe_success == 1
            annotations: {summary: '{{ template "no such" }}'}

    """

/// Rules that fail are seen: in the log once, on the status page, in the metrics of their group.
@Suite struct RuleTroubleTests {
  @Test func aRuleThatFailsIsInTheLogOnce() {
    let world = CoreWorld(rules: brokenRules)
    world.run(.seconds(60))
    #expect(world.conductor.engine.totals.failures > 5)
    #expect(world.trace.count { $0.hasSuffix("note rule cannot be evaluated") } == 1)
    #expect(world.trace.count { $0.hasSuffix("note template of a rule fails") } == 1)
    let problems = world.conductor.engine.snapshot().groups.flatMap(\.rules).map {
      ($0.lastError != nil, $0.templateError != nil)
    }
    #expect(problems.map(\.0) == [false, true, false] && problems.map(\.1) == [false, false, true])
  }

  @Test func aFileOfBrokenRulesIsNoFlood() {
    func news(_ problem: String?) -> RuleNews {
      RuleNews(group: "g", file: "f", rule: "r", subject: .evaluation, problem: problem)
    }
    let notices = Notice.of([RuleNews](repeating: news("many"), count: 1000))
    #expect(notices.count == 21 && notices.last?.metadata["rules"] == "980")
    #expect(
      notices.first
        == Notice(
          .warning, "rule cannot be evaluated", ["group": "g", "file": "f", "rule": "r", "problem": "many"]))
    #expect(Notice.of([news(nil)]).map(\.message) == ["rule is evaluated again"])
  }

  @Test func groupsAreCountedUpToALimit() {
    let text =
      "groups:\n"
      + (0..<300).map { "  - {name: g\($0), rules: [{record: r\($0), expr: x\($0)}]}\n" }.joined()
    let engine = RuleEngine(
      groups: ruleGroups(text), settings: RuleSettings(), reader: CoreWorld().store,
      appender: RuleOutput(CoreWorld().store), clock: SimulatedTime(), restoring: [])
    let readings = SelfMetrics.groupReadings(engine.snapshot().groups)
    #expect(readings.count == 2 * (SelfMetrics.mostGroups + 1))
    #expect(Set(readings.map { "\($0.family.name)\($0.labels)" }).count == readings.count)
    #expect(readings.last?.labels == .empty && readings.first?.labels == ["group": "g0"])
  }

  @Test func intervalsThatPassedUnusedAreCountedByGroup() {
    let world = CoreWorld()
    let engine = RuleEngine(
      groups: ruleGroups("groups: [{name: g, interval: 10s, rules: [{record: r, expr: x}]}]\n"),
      settings: RuleSettings(), reader: world.store, appender: RuleOutput(world.store),
      clock: SimulatedTime(),
      restoring: [])
    func run(at seconds: Int64) -> [String: Double] {
      _ = engine.run(
        now: Timestamp(milliseconds: seconds * 1000), monotonic: .init(nanoseconds: seconds * 1_000_000_000))
      let readings = TimelinessFamilies.readings(engine.snapshot().groups)
      return Dictionary(readings.map { ($0.family.name, $0.value) }) { first, _ in first }
    }
    #expect(run(at: 100)["farwatch_rule_group_iterations_missed_total"] == 0)
    #expect(run(at: 111)["farwatch_rule_group_iterations_missed_total"] == 0)
    let late = run(at: 151)
    #expect((2...4).contains(late["farwatch_rule_group_iterations_missed_total"] ?? 0))
    #expect(late["farwatch_rule_group_interval_seconds"] == 10)
    #expect(late["farwatch_rule_group_last_duration_seconds"] ?? -1 >= 0)
  }

  @Test func theLongestTurnIsForgotten() {
    func at(_ seconds: Int64) -> MonotonicInstant { .init(nanoseconds: seconds * 1_000_000_000) }
    var recent = RecentMaximum()
    #expect(recent.value(at: at(0)) == .zero)
    recent.note(.seconds(3), at: at(30))
    for minute in Int64(1)...4 { recent.note(.milliseconds(20), at: at(minute * 60)) }
    #expect(recent.value(at: at(299)) == .seconds(3))
    for minute in Int64(5)...7 { recent.note(.milliseconds(10), at: at(minute * 60)) }
    #expect(recent.value(at: at(425)) == .milliseconds(20))
    #expect(recent.value(at: at(5000)) == .zero)
  }
}
