import Foundation
import ServiceLevels
import Testing

@testable import FarwatchApp

@Suite struct RunbookTests {
  /// Every link that a shipped rule puts into a page leads somewhere, and no runbook is left without a rule.
  @Test func everyShippedRuleHasItsRunbook() throws {
    let rules = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "rules")
    var linked: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(at: rules, includingPropertiesForKeys: nil)
    where file.pathExtension == "yml" && !file.lastPathComponent.hasSuffix("_test.yml") {
      let text = try String(contentsOf: file, encoding: .utf8)
      let alerts = text.matches(of: #/- alert: /#).count
      let links = text.matches(of: #/runbook_url: "\{\{ \$externalURL \}\}/runbooks/([a-z0-9-]+)"/#)
      #expect(alerts == links.count, "\(file.lastPathComponent): an alert without a runbook")
      linked.formUnion(links.map { String($0.1) })
    }
    // Rules that are made, not shipped.
    let made = ServiceLevelRules.text([ServiceLevel(workload: "w", check: "c", objective: 0.99)])
    linked.formUnion(made.matches(of: #/\/runbooks\/([a-z-]+)"/#).map { String($0.1) })
    #expect(linked == Set(Runbooks.pages.keys))
    for slug in linked {
      let page = String(decoding: try #require(Runbooks.render(slug)), as: UTF8.self)
      #expect(page.contains("<li>"))
    }
    #expect(Runbooks.render("nothing") == nil)
  }
}
