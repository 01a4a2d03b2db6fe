import CollectorConfiguration
import Configuration
import FarwatchTesting
import Foundation
import Model
import StrictYAML
import Testing

@testable import FarwatchApp

/// The lint `no-series` knows the metrics by a list: here it is held against the sources.
@Test func everyMetricThatIsDeclaredIsListed() throws {
  let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")
  let declaration = try Regex(#"MetricFamily\.(?:gauge|counter)\(\s*"(\w+)""#)
  var declared: Set<String> = []
  for case let file as URL in try #require(
    FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
  where file.pathExtension == "swift" {
    let text = try String(contentsOf: file, encoding: .utf8)
    for match in text.matches(of: declaration) {
      if let name = match.output[1].substring { declared.insert(String(name)) }
    }
  }
  declared.subtract(["ALERTS", "ALERTS_FOR_STATE"])
  let listed = Set(
    CollectorFamilies.all.map(\.name) + ProducedSeries.always
      + [
        "farwatch_check_state", "farwatch_check_consecutive_failures", "farwatch_region_state",
        "farwatch_zone_state",
        "farwatch_tier_state", "farwatch_tier_healthy_ratio",
      ] + TrafficWatch.families.map(\.name))
  #expect(declared.count > 80)
  #expect(declared.subtracting(listed) == [])
  // Collectors of clouds and of MySQL make some names of parts; the others stand in the sources as they are.
  #expect(Set(ProducedSeries.always).subtracting(declared) == [])
}

/// What others name is not known before it is there: a rule about it is no mistake. Our own names are all known.
@Test(arguments: [
  ("remote_write: {}", true), ("collect: [{name: s, scrape: {url: 'http://h/metrics'}}]", true),
  ("health: {checks: [{name: c, region: r, exec: {command: [/bin/true], output: metrics}}]}", true),
  ("health: {checks: [{name: c, region: r, exec: {command: [/bin/true]}}]}", false), ("", false),
]) func seriesOfOthersMayHaveAnyName(more: String, mayBe: Bool) throws {
  let folder = try TemporaryDirectory()
  let file = try folder.write(
    "farwatch.yml", "regions: {r: {role: primary}}\nrule_files: [rules.yml]\n\(more)\n")
  _ = try folder.write(
    "rules.yml",
    "groups: [{name: g, rules: [{record: a, expr: depth_of_queue}, {record: b, expr: farwatch_redy}]}]\n")
  let report = ConfigurationCheck.run(file)
  #expect(report.problems == [])
  func isDoubted(_ name: String) -> Bool { report.warnings.contains { $0.contains("no series `\(name)`") } }
  #expect(isDoubted("depth_of_queue") == !mayBe)
  #expect(isDoubted("farwatch_redy"))
}

/// CloudWatch's own metrics have names that follow from the configuration.
@Test func metricsOfCloudWatchThatAreNamedAreKnown() throws {
  let folder = try TemporaryDirectory()
  let file = try folder.write(
    "farwatch.yml",
    """
    regions: {r: {role: primary}}
    rule_files: [rules.yml]
    collect:
      - name: shop
        cloudwatch:
          regions: [eu-west-1]
          metrics: [{namespace: Shop, name: Orders, statistics: [Sum]}]

    """)
  _ = try folder.write(
    "rules.yml", "groups: [{name: g, rules: [{record: a, expr: shop_orders_sum + shop_refunds_sum}]}]\n")
  let report = ConfigurationCheck.run(file)
  #expect(report.problems == [])
  #expect(report.warnings.count { $0.contains("no series") } == 1)
  #expect(report.warnings.contains { $0.contains("no series `shop_refunds_sum`") })
}
