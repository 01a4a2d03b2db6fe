import Model
import Testing

@testable import Alerting

/// A rule that begins to fail is told once, and so is its recovery.
@Suite struct RuleNewsTests {
  private let manyToMany =
    "groups: [{name: g, interval: 10s, rules: [{record: many, expr: probe + on() probe}, "
    + "{alert: Fine, expr: probe == 0}]}, {name: h, interval: 10s, rules: [{record: r, expr: probe}]}]"

  @Test func aFailureIsToldOnceAndItsEnd() {
    let bench = Bench(manyToMany)
    bench.sample("probe", ["t": "x"], 1)
    bench.run()
    #expect(bench.last.news == [])
    bench.jump(to: 1)
    bench.sample("probe", ["t": "y"], 1)
    bench.run()
    #expect(bench.last.news.map(\.rule) == ["many"] && bench.last.news.first?.group == "g")
    #expect(bench.last.news.first?.file == "rules.yml" && bench.last.news.first?.problem != nil)
    var news = 0
    for second in 2...40 {
      bench.advance(to: Double(second))
      news += bench.last.news.count
    }
    #expect(news == 0 && bench.engine.totals.failures >= 4)
    let groups = bench.engine.snapshot().groups
    #expect(groups.map(\.failures) == [bench.engine.totals.failures, 0])
    bench.sample("probe", ["t": "y"], StaleMarker.value)
    bench.run()
    #expect(bench.last.news.map(\.problem) == [nil])
    // A group goes on counting when its file is read again.
    bench.engine.replaceRules(groups2(manyToMany))
    #expect(bench.engine.snapshot().groups.map(\.failures) == [bench.engine.totals.failures, 0])
  }

  private func groups2(_ text: String) -> [RuleGroup] { groups(text) }

  @Test func aRuleThatFailsByTurnsIsToldOnceAMinute() {
    var trouble = RuleTrouble()
    var told = 0
    for second in Int64(0)..<180 {
      let moment = MonotonicInstant(nanoseconds: second * 1_000_000_000)
      if second % 2 == 0 {
        told += trouble.fails(at: moment) ? 1 : 0
      } else {
        told += trouble.works() ? 1 : 0
      }
    }
    #expect(told == 6)
  }

  @Test func aTemplateThatFailsIsToldAndShown() {
    let bench = Bench(
      "groups: [{name: g, interval: 10s, rules: [{alert: A, expr: probe == 0, "
        + "annotations: {summary: '{{ template \"no such\" }}'}}]}]")
    bench.sample("probe", ["t": "x"], 0)
    bench.run()
    #expect(bench.last.news.map(\.subject) == [.template])
    #expect(bench.last.news.first?.problem?.hasPrefix("summary: ") == true)
    let rule = bench.engine.snapshot().groups.first?.rules.first
    #expect(rule?.templateError?.hasPrefix("summary: ") == true && rule?.lastError == nil)
    bench.advance(to: 60)
    #expect(bench.last.news == [] && (bench.engine.snapshot().groups.first?.templateFailures ?? 0) > 3)
  }

  /// Two files may each have a group of one name: what is known of one is not taken for the other's.
  @Test func groupsOfOneNameInTwoFiles() {
    let text = "groups: [{name: g, interval: 10s, rules: [{record: many, expr: probe + on() probe}]}]"
    let bench = Bench(text, file: "a.yml")
    bench.sample("probe", ["t": "x"], 1)
    bench.sample("probe", ["t": "y"], 1)
    bench.run()
    let other = "groups: [{name: g, interval: 10s, rules: [{record: r, expr: probe}]}]"
    bench.engine.replaceRules(groups(other, "b.yml") + groups(text, "a.yml"))
    let snapshot = bench.engine.snapshot().groups
    #expect(snapshot.map(\.failures) == [0, 1])
    #expect(snapshot.map { $0.lastEvaluation != nil } == [false, true])
  }
}
