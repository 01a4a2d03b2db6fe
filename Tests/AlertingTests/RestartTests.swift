import Alerting
import Model
import Testing

private func rules(hold: String = "5m", name: String = "Down", extra: String = "") -> String {
  "groups: [{name: g, interval: 1m, rules: [{alert: \(name), expr: up == 0, for: \(hold)\(extra)}]}]"
}

@Test func aPendingAlertGoesOnAfterARestart() {
  let bench = Bench(rules())
  bench.jump(to: 100)
  bench.sample("up", .empty, 0)
  #expect(bench.run() == [])
  bench.jump(to: 250)
  bench.restart(rules())
  bench.sample("up", .empty, 0)
  #expect(bench.advance(to: 500) == ["400: fired Down{}"])
  #expect(bench.events[0].startsAt == Timestamp(seconds: 100))
}

@Test func aFiringAlertIsNotToldAgain() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", .empty, 0)
  #expect(bench.run() == ["fired Down{}"])
  for restart in 1...3 {
    bench.jump(to: Double(restart) * 50)
    bench.restart(rules(hold: "0s"))
    #expect(bench.engine.restoreProblems == [])
    #expect(bench.engine.snapshot().alerts.map(\.state) == [.firing])
    bench.sample("up", .empty, 0)
    #expect(bench.run() == [])
  }
  bench.jump(to: 200)
  bench.restart(rules(hold: "0s"))
  bench.sample("up", .empty, 1)
  #expect(bench.run() == ["resolved Down{}"])
  #expect(bench.events.map(\.identity).count == 2 && Set(bench.events.map(\.identity)).count == 1)
  #expect(bench.rows.isEmpty)
}

@Test func theKeepFiringClockGoesOnAfterARestart() {
  let keep = rules(hold: "0s", extra: ", keep_firing_for: 2m")
  let bench = Bench(keep)
  bench.sample("up", .empty, 0)
  bench.run()
  bench.jump(to: 10)
  bench.sample("up", .empty, 1)
  bench.run()
  bench.jump(to: 60)
  bench.restart(keep)
  #expect(bench.advance(to: 300) == ["130: resolved Down{}"])
}

@Test func anErrorAtTheFirstEvaluationDoesNotResolve() {
  let text = rules(hold: "0s").replacing("up == 0", fragile)
  let bench = Bench(text)
  bench.sample("gate", .empty, 1)
  bench.sample("up", .empty, 0)
  #expect(bench.run().count == 1)
  bench.jump(to: 10)
  bench.restart(text)
  bench.sample("up", .empty, 1)
  bench.sample("gate", ["second": "1"], 1)
  #expect(bench.run() == [] && bench.last.statistics.failures == 1)
  #expect(bench.engine.snapshot().alerts.count == 1)
}

@Test func alertsOfRulesThatAreGoneEnd() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", .empty, 0)
  bench.run()
  bench.jump(to: 10)
  bench.restart(rules(name: "Other"))
  #expect(bench.run() == ["resolved Down{}"])
  #expect(bench.events[1].endsAt == Timestamp(seconds: 10) && bench.events[1].origin.alertName == "Down")
  // Only the new rule's pending alert is left.
  #expect(bench.rows.count == 1)
}

@Test func rowsThatCannotBeReadAreToldAndRemoved() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", ["k": "1"], 0)
  bench.sample("up", ["k": "2"], 0)
  bench.run()
  let good = bench.rows.sorted { $0.key < $1.key }
  let store = bench.store
  let rows: [(key: String, value: [UInt8])] = [
    (good[0].key, good[0].value), ("x", Array("{".utf8)), (good[1].key, Array("null".utf8)),
    ("moved", good[1].value), ("", []), ("v", Array("{\"version\":2}".utf8)),
  ]
  let engine = RuleEngine(
    groups: groups(rules(hold: "0s")), settings: RuleSettings(), reader: store, appender: store,
    clock: StoppedClock(), restoring: rows)
  #expect(engine.restoreProblems.count == 5)
  #expect(engine.snapshot().alerts.count == 1)
  let decisions = engine.run(now: Timestamp(seconds: 1), monotonic: MonotonicInstant(nanoseconds: 0))
  #expect(decisions.changes.prefix(5).allSatisfy { $0.value == nil })
  #expect(decisions.events.count == 1)
}

@Test func everyByteOfARowMayRot() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", ["k": "1"], 0)
  bench.run()
  guard let row = bench.rows.first else { return }
  for place in row.value.indices {
    for value in [UInt8(0), UInt8(ascii: "\""), UInt8(ascii: "9"), 0xff] {
      var bytes = row.value
      bytes[place] = value
      let engine = RuleEngine(
        groups: [], settings: RuleSettings(), reader: bench.store, appender: bench.store,
        clock: StoppedClock(),
        restoring: [(row.key, bytes)])
      _ = engine.run(now: Timestamp(seconds: 1), monotonic: MonotonicInstant(nanoseconds: 0))
    }
  }
}

@Test func reloadKeepsWhatStays() {
  let bench = Bench(
    """
    groups:
      - name: g
        rules:
          - {alert: Stays, expr: up == 0, for: 1m, annotations: {a: old}}
          - {alert: Goes, expr: up == 0}
          - {record: "r:gone", expr: up}
    """)
  bench.sample("up", .empty, 0)
  #expect(bench.run() == ["fired Goes{}"])
  bench.jump(to: 10)
  bench.engine.replaceRules(
    groups(
      """
      groups:
        - name: g
          rules:
            - {alert: New, expr: up == 0}
            - {alert: Stays, expr: up == 0, for: 30s, annotations: {a: new}}
      """, "elsewhere.yml"))
  #expect(bench.run() == ["resolved Goes{}", "fired New{}"])
  #expect(bench.store.log("r:gone") == "0@0 stale@10")
  #expect(bench.store.log("ALERTS{alertname=\"Goes\", alertstate=\"firing\"}") == "1@0 stale@10")
  #expect(bench.advance(to: 40).contains("30: fired Stays{}"))
  #expect(
    bench.events.last?.annotations == ["a": "new"] && bench.events.last?.startsAt == Timestamp(seconds: 0))
}

@Test func aRuleThatComesBackBeforeTheNextRunNeverLeft() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", .empty, 0)
  bench.run()
  bench.jump(to: 10)
  bench.engine.replaceRules([])
  bench.engine.replaceRules(groups(rules(hold: "0s")))
  #expect(bench.run() == [])
  bench.jump(to: 20)
  bench.restart("groups: []")
  bench.engine.replaceRules(groups(rules(hold: "0s")))
  #expect(bench.run() == [] && bench.rows.count == 1)
}

@Test func rulesThatSayTheSameAreToldApart() {
  let text = "groups: [{name: g, rules: [{alert: A, expr: up == 0}, {alert: A, expr: up == 0}]}]"
  let bench = Bench(text)
  bench.sample("up", .empty, 0)
  #expect(bench.run().count == 2 && Set(bench.events.map(\.identity)).count == 2)
  bench.jump(to: 10)
  bench.restart(text)
  #expect(bench.run() == [])
}

/// Stored identities must never change: this one was computed by the first version.
@Test func identitiesAreStable() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", ["k": "1"], 0)
  bench.run()
  #expect(bench.events[0].identity == "7b9bed609cb4daae1be5a33e8d27acb9")
}

@Test func silenceAfterARestartIsNoEnd() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", ["job": "a"], 0)
  #expect(bench.run() == [#"fired Down{job="a"}"#])
  // Beyond every look-back: to the new process it is as if the target had never been measured.
  bench.jump(to: 1000)
  bench.restart(rules(hold: "0s"))
  bench.sample("up", ["job": "b"], 1)
  #expect(bench.run() == [], "another target's health is no evidence about this one")
  bench.jump(to: 1100)
  bench.sample("up", ["job": "a"], 1)
  #expect(bench.run() == [#"resolved Down{job="a"}"#])
}

@Test func silenceAfterARestartEndsAnAlertAfterAll() {
  let bench = Bench(rules(hold: "0s"))
  bench.sample("up", ["job": "a"], 0)
  bench.run()
  bench.jump(to: 1000)
  bench.restart(rules(hold: "0s"))
  let told = bench.advance(to: 3000)
  #expect(told.count == 1 && told[0].hasSuffix(#"resolved Down{job="a"}"#), "\(told)")
  #expect(bench.events[1].endsAt.map { $0 >= Timestamp(seconds: 1900) } == true)
}

/// Messages are named after episodes: were two the same, a receiver would drop the second as a repeat.
@Test func episodesDifferEvenWhenTheClockIsSetBackToTheVeryMoment() {
  let bench = Bench(rules(hold: "0s"))
  var episodes: [UInt64?] = []
  for round in 0..<2 {
    let second = Int64(round) * 100
    for (value, offset) in [(0.0, Int64(1)), (1, 2)] {
      guard let id = bench.store.series(.gauge("up", ""), ["round": "x"]) else { return }
      bench.store.append(value, at: Timestamp(seconds: Double(round * 10) + Double(offset)), to: id)
      bench.engine.seriesChanged(id)
      let decisions = bench.engine.run(
        now: Timestamp(seconds: 50 + Double(offset)),
        monotonic: MonotonicInstant(nanoseconds: (second + offset) * 1_000_000_000))
      #expect(decisions.events.map(\.startsAt) == [Timestamp(seconds: 51)])
      episodes += decisions.events.map(\.episode)
    }
  }
  #expect(episodes.count == 4 && episodes[0] == episodes[1] && episodes[2] == episodes[3])
  #expect(episodes[0] != episodes[2])
}
