import FarwatchTesting
import Model
import Testing

@testable import Paging

private func rule(_ source: String, _ target: String, _ equal: [String] = [], wait: Int = 0) throws
  -> InhibitionRule
{
  InhibitionRule(
    source: try MatcherText.parseList(source), target: try MatcherText.parseList(target), equal: equal,
    wait: .seconds(wait))
}

@Suite struct InhibitorTests {
  @Test func aRegionThatIsDownFoldsItsChildren() throws {
    var inhibitor = Inhibitor(rules: [try rule("alertname=RegionDown", "severity=warning", ["region"])])
    let child: Labels = ["alertname": "Slow", "severity": "warning", "region": "tw"]
    let elsewhere: Labels = ["alertname": "Slow", "severity": "warning", "region": "jp"]
    #expect(inhibitor.fires(identity: "child", labels: child) == [])
    #expect(inhibitor.fires(identity: "elsewhere", labels: elsewhere) == [])
    #expect(!inhibitor.isInhibited("child", labels: child))
    let down: Labels = ["alertname": "RegionDown", "region": "tw"]
    #expect(inhibitor.fires(identity: "down", labels: down) == ["child"])
    #expect(inhibitor.fires(identity: "down", labels: down) == [])
    #expect(inhibitor.inhibitors(of: "child", labels: child) == ["down"])
    #expect(inhibitor.inhibitors(of: "elsewhere", labels: elsewhere) == [])
    // One that comes later is inhibited too, known or not.
    #expect(inhibitor.inhibitors(of: "later", labels: child.setting("alertname", to: "Slower")) == ["down"])
    // A second source turns nothing, and neither does its end.
    #expect(inhibitor.fires(identity: "down2", labels: down.setting("zone", to: "a")) == [])
    #expect(inhibitor.inhibitors(of: "child", labels: child) == ["down", "down2"])
    #expect(inhibitor.inhibitors(of: "child", labels: child, limit: 1) == ["down"])
    #expect(inhibitor.ends(identity: "down") == [])
    #expect(inhibitor.ends(identity: "down2") == ["child"])
    #expect(inhibitor.ends(identity: "down2") == [])
    #expect(!inhibitor.isInhibited("child", labels: child))
  }

  /// What both sides take inhibits neither itself nor its like, but what only the target side takes.
  @Test func alertsOnBothSides() throws {
    var inhibitor = Inhibitor(rules: [try rule("severity=~page|critical", "severity=~warning|page")])
    let page: Labels = ["severity": "page"]
    let warning: Labels = ["severity": "warning"]
    _ = inhibitor.fires(identity: "w", labels: warning)
    #expect(inhibitor.fires(identity: "p1", labels: page) == ["w"])
    #expect(inhibitor.fires(identity: "p2", labels: page) == [])
    #expect(inhibitor.inhibitors(of: "p1", labels: page) == [])
    #expect(inhibitor.inhibitors(of: "w", labels: warning) == ["p1", "p2"])
    #expect(inhibitor.fires(identity: "c", labels: ["severity": "critical"]) == ["p1", "p2"])
    #expect(inhibitor.inhibitors(of: "p1", labels: page) == ["c"])
    #expect(inhibitor.inhibitors(of: "w", labels: warning) == ["c", "p1", "p2"])
    #expect(inhibitor.ends(identity: "c") == ["p1", "p2"])
    #expect(inhibitor.ends(identity: "p1") == [])
    #expect(inhibitor.ends(identity: "p2") == ["w"])
  }

  @Test func missingLabelsAreEqual() throws {
    var inhibitor = Inhibitor(rules: [try rule("a=s", "a=t", ["region", "zone", "region"])])
    _ = inhibitor.fires(identity: "s", labels: ["a": "s", "region": "tw"])
    #expect(inhibitor.isInhibited("t", labels: ["a": "t", "region": "tw", "zone": ""]))
    #expect(!inhibitor.isInhibited("t", labels: ["a": "t", "region": "tw", "zone": "z"]))
    #expect(!inhibitor.isInhibited("t", labels: ["a": "t"]))
  }

  @Test func otherLabelsAndOtherRules() throws {
    var inhibitor = Inhibitor(rules: [try rule("a=s", "a=t")])
    _ = inhibitor.fires(identity: "t", labels: ["a": "t"])
    #expect(inhibitor.fires(identity: "s", labels: ["a": "s"]) == ["t"])
    #expect(inhibitor.fires(identity: "s", labels: ["a": "x"]) == ["t"])
    #expect(!inhibitor.isInhibited("t", labels: ["a": "t"]))
    let other = inhibitor.replacing(rules: [try rule("a=x", "a=t"), try rule("a=~.+", "a=~t|u")])
    #expect(other.inhibitors(of: "t", labels: ["a": "t"]) == ["s"])
    #expect(inhibitor.replacing(rules: []).inhibitors(of: "t", labels: ["a": "t"]) == [])
  }

  @Test func theLongestWaitHolds() throws {
    let inhibitor = Inhibitor(rules: [
      try rule("a=s", "b=t", wait: 5), try rule("a=s", "b=~t|u", wait: 9), try rule("a=s", "c=v", wait: 60),
    ])
    #expect(
      inhibitor.waits(for: ["b": "t"]) == .seconds(9) && inhibitor.waits(for: ["b": "u"]) == .seconds(9))
    #expect(inhibitor.waits(for: ["a": "s"]) == .zero)
  }

  /// Against Alertmanager's own definition, pair by pair; and every alert that turned was told.
  @Test func anyStormAgreesWithTheDefinition() throws {
    let seed = UInt64.random(in: 1 ... .max)
    var random = SeededNumbers(seed: seed)
    let rules = [
      try rule("s=1", "t=1", ["r"]), try rule("s=~1|2", "t=~1|2"), try rule("s=2", "t!=1", ["r", "z"]),
      try rule("x=~.*", "t=2", ["s"]),
    ]
    var inhibitor = Inhibitor(rules: rules)
    var firing: [String: Labels] = [:]
    func expected(_ identity: String, _ labels: Labels) -> [String] {
      firing.filter { source in
        source.key != identity
          && rules.contains { rule in
            rule.takesTarget(labels) && rule.takesSource(source.value)
              && rule.equal.allSatisfy { source.value[$0] == labels[$0] }
              && !(rule.takesSource(labels) && rule.takesTarget(source.value))
          }
      }.keys.sorted()
    }
    for _ in 0..<120 {
      let identity = "alert-\(Int.random(in: 0..<20, using: &random))"
      let before = firing.mapValues { $0 }.map { ($0.key, !expected($0.key, $0.value).isEmpty) }
      let told: [String]
      if random.chance(40) {
        firing[identity] = nil
        told = inhibitor.ends(identity: identity)
      } else {
        let labels = Labels(
          ["s", "t", "r", "z", "x"].map { Label($0, random.pick(["", "1", "2"])) })
        firing[identity] = labels
        told = inhibitor.fires(identity: identity, labels: labels)
      }
      #expect(told == told.sorted() && !told.contains(identity), "seed \(seed)")
      for (other, was) in before where other != identity {
        guard let labels = firing[other] else { continue }
        if expected(other, labels).isEmpty == was { #expect(told.contains(other), "seed \(seed)") }
      }
      for (other, labels) in firing {
        #expect(
          inhibitor.inhibitors(of: other, labels: labels, limit: .max) == expected(other, labels),
          "seed \(seed)")
      }
    }
  }

  /// The source of ten thousand alerts: each change costs its own part only.
  @Test func aStormIsFoldedQuickly() throws {
    var inhibitor = Inhibitor(rules: [try rule("severity=page", "severity=warning", ["region"])])
    let spent = ContinuousClock().measure {
      for place in 0..<5000 {
        let labels: Labels = ["severity": "warning", "region": "tw", "instance": "\(place)"]
        _ = inhibitor.fires(identity: "w\(place)", labels: labels)
        let told = inhibitor.fires(identity: "p\(place)", labels: labels.setting("severity", to: "page"))
        #expect(told.count == (place == 0 ? 1 : 0))
        #expect(inhibitor.isInhibited("w\(place)", labels: labels))
      }
    }
    #expect(inhibitor.ends(identity: "p7") == [])
    #expect(spent < .seconds(5), "\(spent) for 10,000 alerts")
  }
}
