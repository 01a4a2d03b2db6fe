import CollectorConfiguration
import Foundation
import Model
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
      ])
  #expect(declared.count > 80)
  #expect(declared.subtracting(listed) == [])
  // Collectors of clouds and of MySQL make some names of parts; the others stand in the sources as they are.
  #expect(Set(ProducedSeries.always).subtracting(declared) == [])
}
