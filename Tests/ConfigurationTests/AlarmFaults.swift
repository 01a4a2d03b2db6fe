import CloudWatchAlarms
import StrictYAML
import Testing

@testable import Configuration

@Suite struct AlarmFaults {
  @Test func everyProblemHasItsPlace() {
    let problems = Problems(file: "f")
    _ = ConfigurationFile.parse(
      """
      regions: {taiwan: , japan: }
      topics: {pager: {subscriptions: [{protocol: http, endpoint: "http://x/"}]}}
      alarms: [nowhere/*.yml]
      alarm_topics: {Critical: pagr}
      alarm_mapping:
        regions: {ap-northeast-1: japn}
        metrics:
          - {metric: A, promql: "max(a{$dimensions}", dimensions: {X: x}}
          - {metric: B, promql: "max(b)", dimensions: {X: x}}
          - {metric: C, promql: "c", statistic: Mean, comparision: GreaterThanThreshold}
      """, directory: ".", problems)
    let found = problems.list.map(\.description)
    for expected in [
      "f:3:10: no file matches \"nowhere/*.yml\"", "f:4:26: unknown topic \"pagr\"; did you mean \"pager\"?",
      "f:6:29: unknown region \"japn\"; did you mean \"japan\"?",
      "f:8:27: `promql` of A, without dimensions: cannot parse the expression",
      "f:9:27: `dimensions` need a place in the expression", "f:10:43: unknown statistic \"Mean\"",
      "f:10:49: unknown key `comparision`; did you mean `comparison`?",
    ] { #expect(found.contains { $0.hasPrefix(expected) }, "\(expected) in \(found)") }
  }
}
