import Alerting
import Model
import StrictYAML
import Testing

private let down = """
  groups:
    - name: regions
      interval: 60s
      rules:
        - alert: Down
          expr: up == 0
          for: 30s
          labels: {severity: page, where: "{{ $labels.region }}!"}
          annotations: {summary: "{{ $labels.region }} is {{ $value }}"}
  """

@Test func firesExactlyWhenTheHoldElapses() {
  let bench = Bench(down)
  bench.sample("up", ["region": "a"], 1)
  bench.sample("up", ["region": "b"], 1)
  #expect(bench.advance(to: 100) == [])
  bench.sample("up", ["region": "b"], 0)
  #expect(bench.run() == [])
  #expect(bench.engine.snapshot().alerts.map(\.state) == [.pending])
  #expect(bench.rows.count == 1)
  #expect(bench.advance(to: 129.9) == [])
  #expect(bench.advance(to: 140) == ["130: fired Down{region=\"b\", severity=\"page\", where=\"b!\"}"])
  let event = bench.events[0]
  #expect(event.startsAt == Timestamp(seconds: 100) && event.decidedAt == Timestamp(seconds: 130))
  #expect(event.annotations == ["summary": "b is 0"] && event.value == 0 && event.endsAt == nil)
  #expect(
    event.origin
      == AlertOrigin(
        group: "regions", alertName: "Down", expression: "up == 0", holdSeconds: 30, intervalSeconds: 60))
  bench.sample("up", ["region": "b"], 1)
  #expect(bench.run() == ["resolved Down{region=\"b\", severity=\"page\", where=\"b!\"}"])
  #expect(bench.events[1].endsAt == Timestamp(seconds: 140) && bench.events[1].startsAt == event.startsAt)
  #expect(bench.events[1].identity == event.identity)
  #expect(bench.rows.isEmpty)
}

@Test func aPendingAlertThatEndsIsNotTold() {
  let bench = Bench(down)
  bench.sample("up", ["region": "b"], 0)
  bench.run()
  bench.jump(to: 10)
  bench.sample("up", ["region": "b"], 1)
  #expect(bench.run() == [] && bench.rows.isEmpty)
  bench.jump(to: 20)
  bench.sample("up", ["region": "b"], 0)
  #expect(bench.advance(to: 60).first?.hasPrefix("50: fired") == true)
}

@Test func writesItsOwnSeries() {
  let bench = Bench(down)
  bench.jump(to: 5)
  bench.sample("up", ["region": "b"], 0)
  bench.run()
  bench.advance(to: 35)
  bench.jump(to: 36)
  bench.sample("up", ["region": "b"], 1)
  bench.run()
  let labels = "region=\"b\", severity=\"page\", where=\"b!\"}"
  let pending = bench.store.log("ALERTS{alertname=\"Down\", alertstate=\"pending\", \(labels)")
  #expect(pending.hasPrefix("1@5 ") && pending.hasSuffix("stale@35"))
  #expect(bench.store.log("ALERTS{alertname=\"Down\", alertstate=\"firing\", \(labels)") == "1@35 stale@36")
  let forState = bench.store.log("ALERTS_FOR_STATE{alertname=\"Down\", \(labels)")
  #expect(forState.hasPrefix("5@5 ") && forState.hasSuffix("5@35 stale@36"))
}

@Test func keepsFiringThroughAGap() {
  let bench = Bench(
    "groups: [{name: g, interval: 1h, rules: [{alert: A, expr: up == 0, keep_firing_for: 1m}]}]")
  bench.run()
  bench.jump(to: 10)
  bench.sample("up", .empty, 0)
  #expect(bench.run() == ["fired A{}"])
  bench.jump(to: 20)
  bench.sample("up", .empty, 1)
  #expect(bench.run() == [])
  bench.jump(to: 70)
  bench.sample("up", .empty, 0)
  #expect(bench.run() == [])
  bench.jump(to: 80)
  bench.sample("up", .empty, 1)
  #expect(bench.run() == [])
  #expect(bench.advance(to: 150) == ["140: resolved A{}"])
}

@Test func intervalsAreKeptWithoutSamples() {
  let bench = Bench("groups: [{name: g, interval: 10s, rules: [{alert: Old, expr: time() - seen > 25}]}]")
  bench.sample("seen", .empty, 0)
  let told = bench.advance(to: 60)
  // The first interval is cut short to spread groups; from then on ten seconds.
  #expect(told.count == 1 && bench.events[0].decidedAt > Timestamp(seconds: 25))
  #expect(bench.events[0].decidedAt <= Timestamp(seconds: 35))
  #expect((6...8).contains(bench.engine.totals.evaluations))
}

@Test func aLateRunCountsTheMissedIntervals() {
  let bench = Bench("groups: [{name: g, interval: 10s, rules: [{alert: A, expr: up == 0}]}]")
  bench.run()
  bench.jump(to: 100)
  bench.run()
  #expect((8...9).contains(bench.engine.totals.missedIntervals) && bench.engine.totals.evaluations == 2)
}

@Test func recordedSeriesWakeOthersInTheSameRun() {
  let bench = Bench(
    """
    groups:
      - name: first
        interval: 1h
        rules: [{alert: A, expr: "b:c > 10", labels: {group: first}}]
      - name: second
        interval: 1h
        labels: {team: x, tier: y}
        rules:
          - {record: "b:c", expr: "raw", labels: {team: z}}
          - {alert: B, expr: "b:c > 10"}
    """)
  bench.sample("raw", ["k": "1"], 5)
  bench.run()
  bench.advance(to: 10)
  bench.sample("raw", ["k": "1"], 50)
  #expect(
    bench.run() == [
      "fired B{k=\"1\", team=\"x\", tier=\"y\"}", "fired A{group=\"first\", k=\"1\", team=\"z\", tier=\"y\"}",
    ])
  #expect(bench.store.log("b:c{k=\"1\", team=\"z\", tier=\"y\"}") == "5@0 50@10")
  #expect(bench.last.statistics.evaluations == 3)
}

@Test func recordedSeriesEndWithTheirInput() {
  let bench = Bench("groups: [{name: g, interval: 1h, rules: [{record: r, expr: raw > 1}]}]")
  bench.sample("raw", ["k": "1"], 5)
  bench.sample("raw", ["k": "2"], 5)
  bench.run()
  bench.jump(to: 1)
  bench.sample("raw", ["k": "1"], 0)
  bench.run()
  #expect(bench.store.log("r{k=\"1\"}") == "5@0 stale@1")
  #expect(bench.store.log("r{k=\"2\"}") == "5@0")
}

@Test func rulesInACircleComeToRest() {
  let bench = Bench(
    """
    groups:
      - name: g
        interval: 1h
        rules: [{record: a, expr: time() - b}, {record: b, expr: time() - a}, {record: c, expr: time() - c}]
    """)
  bench.sample("a", .empty, 1)
  bench.sample("c", .empty, 1)
  bench.run()
  bench.advance(to: 1000)
  bench.sample("c", ["other": "1"], 1)
  bench.run()
  bench.advance(to: 1001)
  #expect(bench.engine.totals.evaluations < 200)
}

@Test func costlyRulesAreWokenLessOften() {
  let bench = Bench("groups: [{name: g, interval: 1h, rules: [{alert: A, expr: m == 0}]}]")
  for k in 0..<1000 { bench.sample("m", ["k": "\(k)"], 1) }
  bench.run()
  bench.advance(to: 10)
  let before = bench.engine.totals.evaluations
  bench.sample("m", ["k": "1"], 0)
  #expect(bench.run().count == 1)
  bench.jump(to: 10.02)
  bench.sample("m", ["k": "2"], 0)
  #expect(bench.run() == [])
  #expect(bench.engine.nextDeadline == MonotonicInstant(nanoseconds: 10_050_000_000))
  #expect(bench.advance(to: 10.06) == ["10.05: fired A{k=\"2\"}"])
  #expect(bench.engine.totals.evaluations == before + 2)
}

@Test func twoSamplesInOneMillisecondAreBothSeen() {
  let bench = Bench("groups: [{name: g, interval: 1h, rules: [{alert: A, expr: m == 0}]}]")
  bench.sample("m", ["k": "1"], 0)
  #expect(bench.run().count == 1)
  bench.sample("m", ["k": "2"], 0)
  #expect(bench.run() == [])
  #expect(bench.advance(to: 0.01) == ["0.001: fired A{k=\"2\"}"])
  #expect(bench.store.refused == 0)
}

@Test func onlyDependentRulesAreWoken() {
  let bench = Bench(
    """
    groups:
      - name: g
        interval: 1h
        rules:
          - {alert: A, expr: 'm{k="1"} == 0'}
          - {alert: B, expr: 'm{k="2"} == 0'}
          - {alert: C, expr: 'n == 0'}
    """)
  bench.run()
  for (k, alert) in [("1", "A"), ("2", "B"), ("3", "")] {
    bench.jump(to: bench.now + 1)
    bench.sample("m", ["k": k], 0)
    #expect(bench.run() == (alert.isEmpty ? [] : ["fired \(alert){k=\"\(k)\"}"]))
    #expect(bench.last.statistics.evaluations == (alert.isEmpty ? 0 : 1))
  }
}

/// An expression that fails while there are two series of `gate`.
let fragile = "up * on () group_left () gate == 0"

@Test func anErrorLeavesAlertsAlone() {
  let bench = Bench(down.replacing("for: 30s", "for: 0s").replacing("up == 0", fragile))
  bench.sample("gate", .empty, 1)
  bench.sample("up", ["region": "b"], 0)
  #expect(bench.run().count == 1)
  bench.jump(to: 10)
  bench.sample("gate", ["second": "1"], 1)
  bench.sample("up", ["region": "b"], 1)
  #expect(bench.run() == [] && bench.last.statistics.failures == 1)
  let rule = bench.engine.snapshot().groups[0].rules[0]
  #expect(
    rule.health == .err && rule.lastError?.contains("duplicate series") == true && rule.state == "firing")
  bench.jump(to: 20)
  bench.sample("gate", ["second": "1"], StaleMarker.value)
  #expect(bench.run().count == 1)
  #expect(bench.engine.snapshot().groups[0].rules[0].health == .ok)
}

@Test func anErrorInAPendingAlertsHoldDoesNotSpin() {
  let bench = Bench(down.replacing("up == 0", fragile))
  bench.sample("gate", .empty, 1)
  bench.sample("up", ["region": "b"], 0)
  bench.run()
  bench.jump(to: 5)
  bench.sample("gate", ["second": "1"], 1)
  bench.run()
  bench.advance(to: 50)
  #expect(bench.engine.totals.failures > 0 && bench.engine.totals.evaluations < 6)
}

@Test func overTheLimitAlertsAreCleared() {
  let bench = Bench("groups: [{name: g, limit: 2, rules: [{alert: A, expr: m == 0}]}]")
  bench.sample("m", ["k": "1"], 0)
  bench.sample("m", ["k": "2"], 0)
  #expect(bench.run().count == 2)
  bench.jump(to: 1)
  bench.sample("m", ["k": "3"], 0)
  #expect(bench.run() == ["resolved A{k=\"1\"}", "resolved A{k=\"2\"}"])
  let rule = bench.engine.snapshot().groups[0].rules[0]
  #expect(rule.lastError == "exceeded limit of 2 with 3 alerts" && rule.alerts.isEmpty && bench.rows.isEmpty)
}

@Test func equalLabelsAfterTemplatingAreAnError() {
  let bench = Bench("groups: [{name: g, rules: [{alert: A, expr: m == 0, labels: {k: same}}]}]")
  bench.sample("m", ["k": "1"], 0)
  #expect(bench.run() == ["fired A{k=\"same\"}"])
  bench.jump(to: 1)
  bench.sample("m", ["k": "2"], 0)
  #expect(bench.run() == [])
  let rule = bench.engine.snapshot().groups[0].rules[0]
  #expect(rule.health == .err && rule.alerts.count == 1)
}

@Test func aBrokenTemplateDoesNotSilenceTheAlert() {
  let bench = Bench(
    "groups: [{name: g, rules: [{alert: A, expr: m == 0, annotations: {a: '{{ query \"nonsense(\" }}'}}]}]")
  bench.sample("m", .empty, 0)
  #expect(bench.run() == ["fired A{}"])
  #expect(bench.events[0].annotations["a"]?.hasPrefix("<error expanding template: ") == true)
  #expect(bench.last.statistics.templateFailures == 1)
}

@Test func queryOffsetLooksBack() {
  let bench = Bench(
    "groups: [{name: g, interval: 10s, query_offset: 30s, rules: [{alert: A, expr: m == 0}]}]")
  bench.run()
  bench.jump(to: 100)
  bench.sample("m", .empty, 0)
  bench.run()
  let told = bench.advance(to: 200)
  #expect(told.count == 1 && bench.events[0].startsAt >= Timestamp(seconds: 130))
  #expect(bench.events[0].startsAt <= Timestamp(seconds: 141))
}

@Test func anEmptyLabelRemovesOne() {
  let bench = Bench("groups: [{name: g, rules: [{alert: A, expr: m == 0, labels: {k: ''}}]}]")
  bench.sample("m", ["k": "1", "l": "2"], 0)
  #expect(bench.run() == ["fired A{l=\"2\"}"])
}

extension String {
  func replacing(_ old: String, _ new: String) -> String {
    var out = ""
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(old) {
        out += new
        rest = rest.dropFirst(old.count)
      } else {
        out.append(rest.removeFirst())
      }
    }
    return out
  }
}

@Test func rulesThatTakeTooLongFailAndTheOthersGoOn() throws {
  let store = MemoryStore()
  var text = "groups:\n- name: g\n  rules:\n"
  for number in 0..<8 {
    text +=
      "  - {alert: Endless\(number), expr: 'quantile_over_time(0.\(number), (vector(time()) + 1)[2h:1ms]) > 0'}\n"
  }
  text += "  - {alert: Quick, expr: vector(1)}\n"
  let problems = Problems(file: "r.yml")
  var settings = RuleSettings()
  settings.evaluationTimeLimit = .milliseconds(100)
  settings.quickTimeLimit = .milliseconds(20)
  settings.runTimeLimit = .milliseconds(20)
  let clock = SystemTime()
  let engine = RuleEngine(
    groups: RuleFile.read(text, file: "r.yml", problems).groups, settings: settings, reader: store,
    appender: store, clock: clock, restoring: [])
  #expect(problems.isEmpty)
  var now = Timestamp(seconds: 1_000_000_000)
  var events: [String?] = []
  var failuresBefore: Int?
  // One run after the other, as turns would be: each ends after a rule that took long.
  for _ in 0..<40 {
    let began = clock.monotonic
    events += engine.run(now: now, monotonic: clock.monotonic).events.map { $0.labels["alertname"] }
    #expect(clock.monotonic - began < .seconds(5))
    if !events.isEmpty, failuresBefore == nil { failuresBefore = engine.totals.failures }
    now = now + .milliseconds(1)
  }
  #expect(events == ["Quick"])
  // It did not wait for slow ones to use up their time; one may have, at the end of the same run.
  #expect(failuresBefore.map { $0 <= 1 } == true)
  // Each failed once and rests.
  #expect(engine.totals.failures == 8)
  let error = try #require(engine.snapshot().groups[0].rules[0].lastError)
  #expect(error.contains("timed out") && error.contains("rests for 30s"), "\(error)")
}
