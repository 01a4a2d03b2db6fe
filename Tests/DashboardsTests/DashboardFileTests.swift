import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Dashboards

let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
let dashboardFolder = repository.appending(path: "grafana/dashboards")

/// What stands in `grafana/` is what the source says, and nothing else.
@Suite struct DashboardFileTests {
  @Test(arguments: Dashboard.all) func theFileIsWhatTheSourceMakes(dashboard: Dashboard) throws {
    let file = dashboardFolder.appending(path: dashboard.fileName)
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(
      text == dashboard.grafana.indented,
      "\(dashboard.fileName) is out of date: farwatch dashboards --output grafana/dashboards")
  }

  @Test func noOtherFileIsThere() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: dashboardFolder.path)
    #expect(Set(files) == Set(Dashboard.all.map(\.fileName)))
  }

  @Test func identitiesAreDistinctAndLinksLeadToOne() {
    let uids = Dashboard.all.map(\.uid)
    #expect(Set(uids).count == uids.count)
    // Grafana's limit.
    #expect(uids.allSatisfy { $0.utf8.count <= 40 })
    for panel in Dashboard.all.flatMap(\.panels) {
      guard let opens = panel.opens else { continue }
      let target = Dashboard.all.first { $0.uid == opens.dashboard }
      #expect(target?.variables.contains { $0.name == opens.variable } == true, "\(panel.title)")
      #expect(panel.queries.allSatisfy { $0.legend.contains("{{\(opens.label)}}") }, "\(panel.title)")
    }
  }

  /// With the rules that stand here in the place of those that are installed.
  @Test func promtoolTakesTheShippedExample() async throws {
    let folder = try TemporaryDirectory("farwatch-dashboards")
    let text = try String(contentsOf: repository.appending(path: "examples/prometheus.yml"), encoding: .utf8)
    let here = text.replacingOccurrences(of: "/usr/local/share/farwatch/", with: repository.path + "/")
    let file = try folder.write("prometheus.yml", here)
    let output = try await ChildProcess.run(["promtool", "check", "config", file])
    #expect(output.contains("1 rule files found") && output.contains("SUCCESS: 3 rules found"), "\(output)")
  }

  /// Grafana reads these two as they are; a wrong path shows nothing at all, and says so only in its log.
  @Test func provisioningPointsAtWhatIsInstalled() throws {
    func read(_ path: String) throws -> String {
      try String(contentsOf: repository.appending(path: path), encoding: .utf8)
    }
    let makefile = try read("Makefile")
    let provider = try read("grafana/provisioning/dashboards/farwatch.yml")
    #expect(provider.contains("path: /usr/local/share/farwatch/grafana/dashboards\n"))
    #expect(makefile.contains("share/farwatch/grafana/dashboards/"))
    #expect(try read("grafana/provisioning/datasources/farwatch.yml").contains("type: prometheus\n"))
  }
}

extension Dashboard: CustomTestStringConvertible {
  /// The name of the file.
  public var testDescription: String { uid }
}
