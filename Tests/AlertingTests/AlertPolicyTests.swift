import Alerting
import Model
import PromQL
import StrictYAML
import Testing

private func policy(
  _ missing: AlertPolicy.MissingData = .resolve, match: [String: String] = [:], holdDown: Duration = .zero,
  clear: String? = nil
) throws -> AlertPolicy {
  var policy = AlertPolicy()
  policy.match = match.map { LabelMatcher($0.key, equals: $0.value) }
  policy.missingData = missing
  policy.holdDown = holdDown
  policy.clear = try clear.map { try parseExpression($0) }
  return policy
}

private func rules(_ expression: String, _ more: String = "") -> String {
  "groups: [{name: g, interval: 30s, rules: [{alert: A, expr: '\(expression)'\(more)}]}]"
}

private func bench(_ rules: String, _ policies: AlertPolicy...) -> Bench {
  var settings = RuleSettings()
  settings.policies = policies
  return Bench(rules, settings: settings)
}

private func held(_ bench: Bench) -> [AlertInstance.Hold?] { bench.engine.snapshot().alerts.map(\.heldBy) }

@Suite struct MissingDataTests {
  /// Two replicas of a region are behind; then the region is gone, with all that measured it.
  @Test(arguments: [AlertPolicy.MissingData.resolve, .keep, .fire])
  func aRegionThatDisappears(missing: AlertPolicy.MissingData) throws {
    let bench = bench(rules("lag > 5"), try policy(missing))
    for replica in ["1", "2"] { bench.sample("lag", ["region": "eu", "replica": replica], 9) }
    bench.sample("lag", ["region": "us", "replica": "1"], 9)
    #expect(bench.run().count == 3)
    bench.jump(to: 20)
    for replica in ["1", "2"] {
      bench.sample("lag", ["region": "eu", "replica": replica], StaleMarker.value)
    }
    bench.sample("lag", ["region": "us", "replica": "1"], 1)
    // What is there and good ends whatever the policy says.
    let us = #"resolved A{region="us", replica="1"}"#
    if missing == .resolve {
      #expect(
        bench.run() == [
          #"resolved A{region="eu", replica="1"}"#, #"resolved A{region="eu", replica="2"}"#, us,
        ])
      return
    }
    #expect(bench.run() == [us])
    #expect(bench.advance(to: 100_000) == [], "for as long as it takes")
    #expect(held(bench) == [.missingData, .missingData])
    bench.sample("lag", ["region": "eu", "replica": "1"], 1)
    #expect(bench.run() == [#"resolved A{region="eu", replica="1"}"#])
    bench.jump(to: 100_001)
    bench.sample("lag", ["region": "eu", "replica": "2"], 8)
    #expect(bench.run() == [] && held(bench) == [nil], "the same episode goes on")
  }

  @Test func samplesThatGrowOldAreMissingToo() throws {
    let bench = bench(rules("lag > 5"), try policy(.keep))
    bench.sample("lag", .empty, 9)
    #expect(bench.run() == ["fired A{}"])
    #expect(bench.advance(to: 10_000) == [] && held(bench) == [.missingData])
  }

  @Test func theFirstPolicyThatMatchesHolds() throws {
    let bench = bench(
      rules("lag > 5", ", labels: {tier: '{{ $labels.t }}'}"), try policy(.resolve, match: ["tier": "low"]),
      try policy(.keep, match: ["alertname": "A"]))
    for tier in ["low", "high"] { bench.sample("lag", ["t": tier], 9) }
    #expect(bench.run().count == 2)
    bench.jump(to: 10)
    for tier in ["low", "high"] { bench.sample("lag", ["t": tier], StaleMarker.value) }
    #expect(bench.run() == [#"resolved A{t="low", tier="low"}"#])
  }

  @Test func anAggregationIsSeenAsLongAsOneOfItsSeriesIs() throws {
    let bench = bench(rules("max by (region) (lag) > 5"), try policy(.keep))
    for region in ["eu", "us"] {
      for replica in ["1", "2"] { bench.sample("lag", ["region": region, "replica": replica], 9) }
    }
    #expect(bench.run().count == 2)
    bench.jump(to: 10)
    for replica in ["1", "2"] {
      bench.sample("lag", ["region": "eu", "replica": replica], StaleMarker.value)
    }
    #expect(bench.run() == [], "other regions say nothing of this one")
    bench.jump(to: 20)
    bench.sample("lag", ["region": "eu", "replica": "2"], 1)
    #expect(bench.run() == [#"resolved A{region="eu"}"#])
    bench.jump(to: 30)
    bench.sample("lag", ["region": "us", "replica": "1"], StaleMarker.value)
    bench.sample("lag", ["region": "us", "replica": "2"], 1)
    #expect(bench.run() == [#"resolved A{region="us"}"#])
  }

  @Test func whatWasAbsentFromTheBeginningIsNotWaitedFor() throws {
    let gone = bench(rules("absent(heartbeat)"), try policy(.keep))
    #expect(gone.run() == ["fired A{}"])
    gone.jump(to: 10)
    gone.sample("heartbeat", .empty, 1)
    #expect(gone.run() == ["resolved A{}"])

    let muted = bench(rules("down == 1 unless on (t) silence"), try policy(.keep))
    muted.sample("down", ["t": "x"], 1)
    #expect(muted.run() == [#"fired A{t="x"}"#])
    muted.jump(to: 10)
    muted.sample("silence", ["t": "x"], 1)
    #expect(muted.run() == [#"resolved A{t="x"}"#], "the expression does not hold, and its data is there")
  }

  @Test func bothSidesOfAComparisonAreWaitedFor() throws {
    let bench = bench(rules("lag > on (t) limit"), try policy(.keep))
    bench.sample("lag", ["t": "x"], 9)
    bench.sample("limit", ["t": "x"], 5)
    #expect(bench.run() == [#"fired A{t="x"}"#])
    bench.jump(to: 10)
    bench.sample("limit", ["t": "x"], StaleMarker.value)
    bench.sample("lag", ["t": "x"], 1)
    #expect(bench.run() == [])
    bench.jump(to: 20)
    bench.sample("limit", ["t": "x"], 5)
    #expect(bench.run() == [#"resolved A{t="x"}"#])
  }

  @Test func aPendingAlertGoesOnOnlyUnderFire() throws {
    for missing in [AlertPolicy.MissingData.keep, .fire] {
      let bench = bench(rules("lag > 5", ", for: 1m"), try policy(missing))
      bench.sample("lag", .empty, 9)
      #expect(bench.run() == [])
      bench.jump(to: 10)
      bench.sample("lag", .empty, StaleMarker.value)
      #expect(bench.advance(to: 300) == (missing == .fire ? ["60: fired A{}"] : []))
      bench.sample("lag", .empty, 1)
      #expect(bench.run() == (missing == .fire ? ["resolved A{}"] : []))
    }
  }

  @Test func restartsAndReloadsChangeNothing() throws {
    let text = rules("lag > 5 unless on (t) silence")
    let keep = try policy(.keep)
    let bench = bench(text, keep)
    bench.sample("lag", ["t": "x"], 9)
    #expect(bench.run() == [#"fired A{t="x"}"#])
    bench.jump(to: 10)
    bench.sample("lag", ["t": "x"], StaleMarker.value)
    #expect(bench.run() == [])
    for round in 1...4 {
      bench.jump(to: Double(round) * 5000)
      if round % 2 == 0 {
        bench.restart(text)
      } else {
        bench.engine.replaceRules(groups(text), policies: [keep])
      }
      #expect(bench.run() == [] && held(bench) == [.missingData])
    }
    bench.sample("lag", ["t": "x"], 1)
    bench.jump(to: 20_001)
    bench.sample("lag", ["t": "x"], 1)
    #expect(bench.run() == [#"resolved A{t="x"}"#])
    #expect(bench.rows.isEmpty)
  }

  @Test func takingThePolicyAwayEndsWhatOnlyItKept() throws {
    let bench = bench(rules("lag > 5"), try policy(.keep))
    bench.sample("lag", .empty, 9)
    bench.run()
    bench.jump(to: 10)
    bench.sample("lag", .empty, StaleMarker.value)
    #expect(bench.run() == [])
    bench.engine.replaceRules(groups(rules("lag > 5")), policies: [])
    bench.jump(to: 20)
    #expect(bench.run() == ["resolved A{}"])
  }
}

@Suite struct FlappingTests {
  @Test func theEndWaitsUntilItHasLasted() throws {
    let bench = bench(rules("lag > 5"), try policy(holdDown: .seconds(60)))
    bench.sample("lag", .empty, 9)
    #expect(bench.run() == ["fired A{}"])
    for (second, value) in [(10.0, 1.0), (40, 9), (50, 1)] {
      #expect(bench.advance(to: second) == [])
      bench.sample("lag", .empty, value)
      #expect(bench.run() == [])
    }
    #expect(bench.advance(to: 300) == ["110: resolved A{}"])
  }

  @Test func theLongerWaitCounts() throws {
    for (rule, expected) in [("2m", "130: resolved A{}"), ("10s", "70: resolved A{}")] {
      let bench = bench(rules("lag > 5", ", keep_firing_for: \(rule)"), try policy(holdDown: .seconds(60)))
      bench.sample("lag", .empty, 9)
      bench.run()
      bench.jump(to: 10)
      bench.sample("lag", .empty, 1)
      bench.run()
      #expect(bench.advance(to: 300) == [expected])
    }
  }

  /// Fires above 5, clears below 3.
  @Test func aConditionOfItsOwnEndsIt() throws {
    let bench = bench(rules("lag > 5"), try policy(clear: "lag < 3"))
    for (target, value) in [("x", 9.0), ("y", 7)] { bench.sample("lag", ["t": target], value) }
    #expect(bench.run().count == 2)
    bench.jump(to: 10)
    bench.sample("lag", ["t": "x"], 4)
    bench.sample("lag", ["t": "y"], 2)
    #expect(bench.run() == [#"resolved A{t="y"}"#] && held(bench) == [.notClear])
    bench.jump(to: 20)
    bench.sample("lag", ["t": "x"], 6)
    #expect(bench.run() == [] && held(bench) == [nil])
    bench.jump(to: 30)
    bench.sample("lag", ["t": "x"], StaleMarker.value)
    #expect(bench.run() == [] && held(bench) == [.notClear], "what is not seen is not clear")
    bench.jump(to: 40)
    bench.sample("lag", ["t": "x"], 2.5)
    #expect(bench.run() == [#"resolved A{t="x"}"#])
  }

  /// The condition reads another series: its samples wake the rule.
  @Test func theConditionMayReadAnything() throws {
    let bench = bench(
      rules("lag > 5"), try policy(holdDown: .seconds(30), clear: "max by (t) (connected) == 1"))
    bench.sample("lag", ["t": "x"], 9)
    #expect(bench.run().count == 1)
    bench.jump(to: 10)
    bench.sample("lag", ["t": "x"], 1)
    #expect(bench.advance(to: 95) == [])
    bench.sample("connected", ["t": "x", "n": "1"], 1)
    #expect(bench.run() == [])
    #expect(bench.advance(to: 300) == [#"125: resolved A{t="x"}"#])
  }
}

/// One column per evaluation, ten seconds apart: `x` it holds, `.` it does not, `h` it does not and something holds it.
@Test(arguments: [
  // for, kept, input, expected
  (0, 0, "xhh.", "FffR"), (20, 0, "xhx.", "ppFR"), (20, 0, "xhhh.", "ppFfR"), (0, 20, "x.h...", "FkfkkR"),
  (0, 20, "x..h.x..", "FkkfkfkkR".prefix(8).description),
])
func held(hold: Int, keep: Int, input: String, expected: String) {
  let timing = AlertInstance.Timing(hold: .seconds(hold), keepFiring: .seconds(keep))
  var alert = AlertInstance(labels: ["alertname": "A"], activeAt: Timestamp(seconds: 0))
  var out = ""
  for (step, sign) in input.enumerated() {
    let time = Timestamp(seconds: Double(step * 10))
    let transition =
      switch sign {
      case "x": alert.holds(value: 1, annotations: .empty, at: time, timing: timing)
      case "h": alert.isHeld(by: .missingData, at: time, timing: timing)
      default: alert.ceases(at: time, timing: timing)
      }
    #expect((alert.heldBy != nil) == (sign == "h"))
    switch transition {
    case .fired: out += "F"
    case .resolved: out += "R"
    case .dropped: out += "D"
    default: out += alert.state == .pending ? "p" : alert.keepFiringSince == nil ? "f" : "k"
    }
  }
  #expect(out == expected)
}

/// Samples come, change and vanish at random, the process dies and is reloaded: under `keep` an alert ends only at a
/// moment at which its series is there and good, under any policy what is told alternates, and restarts are invisible.
@Test(arguments: [UInt64.random(in: .min ... .max), 1, 2, 3])
func aKeptAlertEndsOnlyOnEvidence(seed: UInt64) throws {
  let text = rules("lag > 5")
  let keep = try policy(
    .keep, holdDown: .seconds(seed % 2 == 0 ? 0 : 20), clear: seed % 3 == 0 ? "lag < 3" : nil)
  func day(dying: Bool) -> [String] {
    var random = Noise(state: seed)
    var chance = Noise(state: ~seed)
    let bench = bench(text, keep)
    var values: [String: Double?] = [:]
    var told: [String] = []
    for step in 1...300 {
      let before = bench.events.count
      told += bench.advance(to: Double(step) * 7 + Double(step) / 1000)
      if dying, Int.random(in: 0..<5, using: &chance) == 0 { bench.restart(text) }
      if dying, Int.random(in: 0..<5, using: &chance) == 0 {
        bench.engine.replaceRules(groups(text), policies: [keep])
      }
      let target = String(Int.random(in: 1...3, using: &random))
      let value: Double? =
        Int.random(in: 0..<3, using: &random) == 0 ? nil : .random(in: 0...9, using: &random)
      bench.sample("lag", ["t": target], value ?? StaleMarker.value)
      for event in bench.events[before...] where event.status == .resolved {
        let last = values[event.labels["t"] ?? ""] ?? nil
        #expect(last.map { $0 <= 5 } == true, "seed \(seed) step \(step)")
      }
      values[target] = value
      told += bench.run()
      for event in bench.last.events where event.status == .resolved {
        let last = values[event.labels["t"] ?? ""] ?? nil
        #expect(last.map { $0 <= 5 } == true, "seed \(seed) step \(step)")
      }
    }
    var firing: Set<String> = []
    for event in bench.events {
      switch event.status {
      case .firing: #expect(firing.insert(event.identity).inserted, "seed \(seed)")
      case .resolved: #expect(firing.remove(event.identity) != nil, "seed \(seed)")
      }
    }
    #expect(bench.events.count > 20, "seed \(seed)")
    return bench.events.map { "\($0.decidedAt) \($0.status) \($0.labels)" }.sorted()
  }
  #expect(day(dying: false).count > 20 && !day(dying: true).isEmpty, "seed \(seed)")
}
