import Model
import Testing

@testable import Alerting

private func rules(_ expression: String, _ more: String = "") -> String {
  "groups: [{name: g, interval: 30s, rules: [{alert: A, expr: '\(expression)'\(more)}]}]"
}

private func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) }

/// What is told of an alert's end: when its expression last held, and what its end means.
@Suite struct AlertEndingTests {
  @Test func anEndByTheExpressionIsOne() throws {
    let bench = Bench(rules("lag > 5"))
    bench.sample("lag", ["t": "x"], 9)
    bench.run()
    bench.jump(to: 10)
    bench.sample("lag", ["t": "x"], 1)
    #expect(bench.run().count == 1)
    var expected = AlertEnding(.ceased, ceasedAt: at(10))
    expected.seriesRead = 1
    #expect(bench.events.last?.ending == expected && bench.events.first?.ending == nil)
  }

  @Test(arguments: [true, false])
  func whatKeepsAnAlertIsNotTheTimeThatItHeld(holdDown: Bool) throws {
    var settings = RuleSettings()
    var policy = AlertPolicy()
    policy.holdDown = holdDown ? .seconds(8) : .seconds(2)
    settings.policies = [policy]
    let bench = Bench(rules("lag > 5", ", keep_firing_for: 5s"), settings: settings)
    bench.sample("lag", ["t": "x"], 9)
    bench.run()
    bench.jump(to: 10)
    bench.sample("lag", ["t": "x"], 1)
    #expect(bench.advance(to: 29).count == 1)
    let event = try #require(bench.events.last)
    #expect(event.endsAt == at(holdDown ? 18 : 15) && event.ending?.ceasedAt == at(10))
    #expect(event.ending?.keeper == (holdDown ? .holdDown : .keepFiringFor))
  }

  @Test func theTimeOutlivesTheProcess() throws {
    let text = rules("lag > 5", ", keep_firing_for: 60s")
    let bench = Bench(text)
    bench.sample("lag", ["t": "x"], 9)
    bench.run()
    bench.jump(to: 10)
    bench.sample("lag", ["t": "x"], 1)
    bench.run()
    bench.jump(to: 20)
    bench.restart(text)
    bench.sample("lag", ["t": "x"], 1)
    #expect(bench.advance(to: 90).count == 1)
    #expect(bench.events.last?.ending?.ceasedAt == at(10) && bench.events.last?.endsAt == at(70))
  }

  @Test(arguments: [true, false])
  func anAlertWhoseSeriesIsGone(ended: Bool) throws {
    let bench = Bench(rules("probe == 0"))
    bench.sample("probe", ["t": "x"], 0)
    bench.sample("probe", ["t": "y"], 1)
    bench.run()
    bench.jump(to: 10)
    bench.sample("probe", ["t": "x"], 0)
    if ended {
      bench.advance(to: 40)
      bench.sample("probe", ["t": "x"], StaleMarker.value)
    }
    bench.advance(to: 250)
    bench.sample("probe", ["t": "y"], 1)
    bench.advance(to: 400)
    let ending = try #require(bench.events.last?.ending)
    #expect(bench.events.count == 2 && ending.cause == .seriesGone)
    #expect(ending.lastSampleAt == at(10) && ending.seriesWereEnded == ended)
    #expect((ending.seriesRead, ending.seriesGone) == (1, 1))
  }

  /// One of the two that it needs is gone: the other does not make that good news.
  @Test func anAlertThatLostAPart() throws {
    let bench = Bench(rules("lag > on(t) objective"))
    bench.sample("lag", ["t": "x"], 9)
    bench.sample("objective", ["t": "x"], 5)
    bench.run()
    bench.jump(to: 20)
    bench.sample("lag", ["t": "x"], StaleMarker.value)
    #expect(bench.run().count == 1)
    let ending = try #require(bench.events.last?.ending)
    #expect(ending.cause == .ceased && (ending.seriesRead, ending.seriesGone) == (2, 1))
  }

  @Test func anAlertOfARuleThatWasRemoved() throws {
    let bench = Bench(rules("lag > 5"))
    bench.sample("lag", ["t": "x"], 9)
    bench.run()
    bench.jump(to: 10)
    bench.engine.replaceRules([])
    #expect(bench.run().count == 1)
    #expect(bench.events.last?.ending == AlertEnding(.ruleRemoved))
  }

  @Test func alertsOverTheirLimit() throws {
    let bench = Bench("groups: [{name: g, interval: 30s, limit: 1, rules: [{alert: A, expr: lag > 5}]}]")
    bench.sample("lag", ["t": "x"], 9)
    bench.run()
    bench.jump(to: 10)
    bench.sample("lag", ["t": "y"], 9)
    #expect(bench.run().count == 1)
    #expect(bench.events.last?.ending?.cause == .overLimit)
  }

  /// Numbers that JSON does not have are kept, and end no process.
  @Test func aRowOfStrangeNumbers() throws {
    var instance = AlertInstance(labels: ["alertname": "A"], activeAt: at(1))
    _ = instance.holds(
      value: .nan, annotations: .empty, at: at(2), timing: .init(hold: .zero, keepFiring: .zero))
    let origin = AlertOrigin(
      group: "g", alertName: "A", expression: "x", holdSeconds: .infinity, intervalSeconds: 1)
    let row = AlertRow(instance, rule: "r", origin: origin)
    let bytes = try #require(row.bytes)
    let key = alertIdentity(rule: "r", labels: instance.labels)
    let back = try AlertRow(key: key, bytes: bytes)
    #expect(back.origin.holdSeconds == .infinity && back.instance.value.isNaN)
  }
}
