import FarwatchTesting
import Foundation
import RegularExpressions
import Testing

@testable import Scraping

@Suite struct RelabelRuleTests {
  private let labels = ["__name__": "up", "a": "foo", "b": "bar", "c": "baz"]

  @Test func everyAction() throws {
    func apply(_ rule: RelabelRule) -> [String: String]? { rule.apply(to: labels) }
    #expect(
      apply(
        try RelabelRule(
          sourceLabels: ["a", "b"], regex: "f(.*);(.*)r", targetLabel: "d", replacement: "$1-$2"))?["d"]
        == "oo-ba")
    #expect(apply(try RelabelRule(sourceLabels: ["a"], regex: "x", targetLabel: "d"))?["d"] == nil)
    // An empty replacement takes the label away.
    #expect(apply(try RelabelRule(sourceLabels: ["a"], targetLabel: "b", replacement: ""))?["b"] == nil)
    #expect(apply(try RelabelRule(action: .keep, sourceLabels: ["a"], regex: "foo")) == labels)
    #expect(apply(try RelabelRule(action: .keep, sourceLabels: ["a"], regex: "fo")) == nil)
    #expect(apply(try RelabelRule(action: .drop, sourceLabels: ["a"], regex: "fo.*")) == nil)
    #expect(apply(try RelabelRule(action: .labelmap, regex: "(a|b)", replacement: "x_$1"))?["x_b"] == "bar")
    #expect(apply(try RelabelRule(action: .labeldrop, regex: "a|b"))?.keys.sorted() == ["__name__", "c"])
    #expect(
      apply(try RelabelRule(action: .labelkeep, regex: "__name__|b"))?.keys.sorted() == ["__name__", "b"])
    #expect(apply(try RelabelRule(action: .uppercase, sourceLabels: ["a"], targetLabel: "a"))?["a"] == "FOO")
    #expect(apply(try RelabelRule(action: .keepequal, sourceLabels: ["a"], targetLabel: "b")) == nil)
    #expect(apply(try RelabelRule(action: .dropequal, sourceLabels: ["a"], targetLabel: "b")) == labels)
    // What Prometheus' own test of the action has for this value.
    #expect(
      apply(try RelabelRule(action: .hashmod, sourceLabels: ["c"], modulus: 1000, targetLabel: "d"))?["d"]
        == "976")
  }

  @Test func whatCannotWorkIsRefused() {
    #expect(throws: RelabelRule.Mistake.self) { try RelabelRule(sourceLabels: ["a"]) }
    #expect(throws: RelabelRule.Mistake.self) { try RelabelRule(action: .keep) }
    #expect(throws: RelabelRule.Mistake.self) { try RelabelRule(action: .hashmod, targetLabel: "x") }
    #expect(throws: RegularExpressionError.self) { try RelabelRule(regex: "(", targetLabel: "x") }
  }
}
