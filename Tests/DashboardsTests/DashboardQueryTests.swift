import FarwatchTesting
import Foundation
import Model
import PromQL
import Testing

@testable import Dashboards

/// Every query of every panel and annotation, with values in the place of Grafana's variables.
@Suite struct DashboardQueryTests {
  struct Asked: CustomTestStringConvertible, Sendable {
    var place: String
    var expression: String
    var testDescription: String { place }
  }

  static let all: [Asked] =
    Dashboard.all.flatMap { dashboard in
      dashboard.panels.flatMap { panel in
        panel.queries.map { Asked(place: "\(dashboard.uid): \(panel.title)", expression: $0.expression) }
      }
    } + Dashboard.annotations.map { Asked(place: "annotation \($0.name)", expression: $0.expression) }

  static func substituted(_ expression: String) -> String {
    var text = expression
    for (name, value) in [
      ("$__rate_interval", "1m"), ("$__range", "5m"), ("$__interval", "15s"), ("$region", ".*"),
      ("$link", ".*"), ("$job", ".*"), ("$instance", ".*"),
    ] { text = text.replacingOccurrences(of: name, with: value) }
    return text
  }

  @Test func ourParserTakesAll() {
    #expect(Self.all.count > 100)
    for asked in Self.all {
      let text = Self.substituted(asked.expression)
      #expect(!text.contains("$"), "\(asked.place): \(text)")
      #expect(throws: Never.self, "\(asked.place): \(text)") { _ = try parseExpression(text) }
    }
  }

  /// promtool reads them as rules; older ones than Grafana's users have must do, too.
  @Test func promtoolTakesAll() async throws {
    let folder = try TemporaryDirectory("farwatch-dashboards")
    let rules = Self.all.enumerated().map { number, asked in
      let text = OrderedJSON.string(Self.substituted(asked.expression)).compact
      return "      - {record: \"panel:number_\(number)\", expr: \(text)}"
    }
    let file = try folder.write(
      "rules.yml", "groups:\n  - name: panels\n    rules:\n" + rules.joined(separator: "\n") + "\n")
    let output = try await ChildProcess.run(["promtool", "check", "rules", file])
    #expect(output.contains("SUCCESS: \(Self.all.count) rules found"), "\(output)")
  }

  /// A query that asks for a series that nobody makes shows nothing for ever.
  @Test func everySeriesIsMadeSomewhere() throws {
    var made: Set<String> = ["ALERTS"]
    let sources = repository.appending(path: "Sources").resolvingSymlinksInPath()
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    for case let file as URL in try #require(files) where file.pathExtension == "swift" {
      guard !file.path.contains("/Dashboards/") else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      made.formUnion(text.matches(of: #/"([a-z][a-z0-9_]+_[a-z0-9_]+)"/#).map { String($0.output.1) })
    }
    let recorded = try String(contentsOf: repository.appending(path: "rules/dashboards.yml"), encoding: .utf8)
    made.formUnion(recorded.matches(of: #/record: (\S+)/#).map { String($0.output.1) })
    for asked in Self.all {
      let parsed = try parseExpression(Self.substituted(asked.expression))
      for name in metricNames(in: "\(parsed)") { #expect(made.contains(name), "\(asked.place): \(name)") }
    }
    for variable in Dashboard.all.flatMap(\.variables) { #expect(made.contains(variable.metric)) }
  }

  /// Names before `{` and the rest of the names with an underscore that are no function, label or keyword.
  private func metricNames(in text: String) -> [String] {
    text.matches(
      of: #/((?:farwatch|backup|probe|process|region:|link_|job_)[a-z0-9_:]*[a-z0-9])(?:\{|\[|\)| )/#
    )
    .map { String($0.output.1) }
    .filter { !$0.hasSuffix("_region") }
  }
}
