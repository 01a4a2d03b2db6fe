import Model
import Testing

@testable import Paging

@Suite struct RouteTreeTests {
  private let tree = RouteTree([
    RouteSettings(match: [LabelMatcher("severity", equals: "info")], topic: "log"),
    RouteSettings(
      match: [LabelMatcher("team", equals: "db")], topic: "db",
      routes: [
        RouteSettings(
          match: [LabelMatcher("severity", equals: "critical")], topic: "db-night", continue: true),
        RouteSettings(match: [LabelMatcher("region", equals: "eu")], topic: "eu"),
        RouteSettings(match: [LabelMatcher("kind", equals: "lag")]),
      ]),
    RouteSettings(match: [LabelMatcher("audit", equals: "", negated: true)], topic: "audit", continue: true),
    RouteSettings(match: [LabelMatcher("team", equals: "web")], topic: "web"),
    RouteSettings(match: [LabelMatcher("team", equals: "web")], topic: "never"),
    RouteSettings(match: [LabelMatcher("team", equals: "void")]),
  ])

  @Test(
    arguments: [
      (["severity": "info", "team": "db"], ["log"]),
      (["team": "db"], ["db"]),
      (["team": "db", "severity": "critical"], ["db-night"]),
      (["team": "db", "severity": "critical", "region": "eu"], ["db-night", "eu"]),
      (["team": "db", "kind": "lag"], ["db"]),
      (["team": "web"], ["web"]),
      (["team": "web", "audit": "yes"], ["audit", "web"]),
      (["audit": "yes"], ["audit"]),
      (["team": "void"], []),
      (["team": "unknown"], []),
    ] as [(Labels, [String])])
  func firstMatchUnlessContinueAndChildrenFirst(labels: Labels, topics: [String]) {
    #expect(tree.routes(for: labels).map(\.topic) == topics)
  }

  @Test func aNodeHasWhatItLeavesOutFromItsParentAndDefaultsDependOnGrouping() {
    var parent = RouteSettings(topic: "pager")
    parent.grouping = .by(["region"])
    parent.groupInterval = .seconds(60)
    parent.muteTimes = ["night"]
    parent.escalation = [EscalationStep(after: .seconds(600), topic: "lead")]
    var alone = RouteSettings(match: [LabelMatcher("a", equals: "b")])
    alone.grouping = .alone
    alone.groupInterval = .zero
    alone.muteTimes = []
    parent.routes = [alone, RouteSettings(match: [LabelMatcher("a", equals: "c")], topic: "other")]
    let tree = RouteTree([parent])
    let first = tree.routes(for: ["a": "b"])[0]
    #expect(first.topic == "pager" && first.groupWait == .zero && first.repeatInterval == .zero)
    #expect(first.muteTimes == [] && first.escalation == parent.escalation)
    let second = tree.routes(for: ["a": "c"])[0]
    #expect(second.topic == "other" && second.groupWait == .seconds(30))
    #expect(second.groupInterval == .seconds(60) && second.repeatInterval == .seconds(14_400))
    #expect(second.muteTimes == ["night"])
    #expect(second.id == #"{}/{}/{a="c"}"#)
  }

  @Test func aTopicThatWouldBeToldTheSameSingleAlertTwiceIsToldOnce() {
    let tree = RouteTree([
      RouteSettings(topic: "pager", continue: true), RouteSettings(topic: "pager", continue: true),
      RouteSettings(topic: "chat"),
    ])
    #expect(tree.routes(for: ["a": "b"]).map(\.topic) == ["pager", "chat"])
  }
}
