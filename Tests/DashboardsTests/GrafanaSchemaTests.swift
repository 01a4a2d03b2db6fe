import Foundation
import Model
import Testing

@testable import Dashboards

/// No Grafana takes part in these tests: the files are held against what its documentation says of dashboard JSON,
/// panel by panel, so that a panel that Grafana would draw empty or not at all is found here.
@Suite struct GrafanaSchemaTests {
  @Test(arguments: Dashboard.all) func theDashboardHasWhatGrafanaWants(dashboard: Dashboard) throws {
    let json = try object(dashboard)
    #expect(json["id"] == nil, "the id is each Grafana's own")
    #expect(json["uid"] as? String == dashboard.uid)
    #expect(json["schemaVersion"] as? Int ?? 0 >= 39)
    #expect(Set((json["time"] as? [String: String] ?? [:]).keys) == ["from", "to"])
    let links = try #require(json["links"] as? [[String: Any]])
    #expect(links.allSatisfy { $0["includeVars"] as? Bool == true && $0["keepTime"] as? Bool == true })
    let tags = try #require(json["tags"] as? [String])
    #expect(links.allSatisfy { Set($0["tags"] as? [String] ?? []).isSubset(of: tags) })
  }

  @Test(arguments: Dashboard.all) func variablesAreAllAskedOfTheChosenSource(dashboard: Dashboard) throws {
    let variables = try list(dashboard, "templating")
    #expect(variables.first?["type"] as? String == "datasource")
    #expect(variables.first?["name"] as? String == "datasource")
    var names: Set<String> = []
    for variable in variables {
      let name = try #require(variable["name"] as? String)
      #expect(names.insert(name).inserted)
      guard variable["type"] as? String == "query" else { continue }
      #expect((variable["datasource"] as? [String: String])?["uid"] == "${datasource}")
      let query = try #require((variable["query"] as? [String: Any])?["query"] as? String)
      #expect(query.wholeMatch(of: #/label_values\([a-z_]+, [a-z_]+\)/#) != nil, "\(query)")
    }
    // No query names a variable that is not there, and none is there for nothing.
    let built: Set<String> = ["__rate_interval", "__range", "__interval", "__url_time_range"]
    let text = dashboard.grafana.compact
    let used = Set(text.matches(of: #/\$([a-z_]+)/#).map { String($0.output.1) }).subtracting(built)
    #expect(used == names.subtracting(["datasource"]).union(text.contains("$__all") ? ["__all"] : []))
  }

  @Test(arguments: Dashboard.all) func annotationsAreQueries(dashboard: Dashboard) throws {
    let annotations = try list(dashboard, "annotations")
    #expect(annotations.count == 1 + Dashboard.annotations.count)
    #expect(annotations.count { $0["builtIn"] as? Int == 1 } == 1)
    for one in annotations where one["builtIn"] == nil {
      #expect((one["datasource"] as? [String: String])?["uid"] == "${datasource}")
      #expect(one["enable"] as? Bool == true && one["iconColor"] is String && one["titleFormat"] is String)
    }
  }

  @Test(arguments: Dashboard.all) func panelsFitTheGridAndDoNotOverlap(dashboard: Dashboard) throws {
    var taken: [String: String] = [:]
    var ids: Set<Int> = []
    for panel in try panels(dashboard) {
      let title = try #require(panel["title"] as? String)
      #expect(ids.insert(try #require(panel["id"] as? Int)).inserted)
      let place = try #require(panel["gridPos"] as? [String: Int])
      let (x, y, w, h) = (place["x"] ?? -1, place["y"] ?? -1, place["w"] ?? 0, place["h"] ?? 0)
      #expect(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24, "\(title)")
      for column in x..<x + w {
        for row in y..<y + h {
          let other = taken.updateValue(title, forKey: "\(column),\(row)")
          #expect(other == nil, "\(title) lies on \(other ?? "")")
        }
      }
    }
  }

  @Test(arguments: Dashboard.all) func panelsAreDrawn(dashboard: Dashboard) throws {
    for panel in try panels(dashboard) {
      let title = try #require(panel["title"] as? String)
      let type = try #require(panel["type"] as? String)
      let options = panel["options"] as? [String: Any]
      switch type {
      case "row":
        #expect((panel["panels"] as? [Any])?.isEmpty == true && panel["collapsed"] as? Bool == false)
        continue
      case "text":
        #expect(options?["mode"] as? String == "markdown" && options?["content"] is String)
        continue
      case "stat", "bargauge": #expect(options?["reduceOptions"] is [String: Any], "\(title)")
      case "timeseries", "state-timeline": #expect(options?["legend"] is [String: Any], "\(title)")
      case "table": #expect(options?["showHeader"] is Bool, "\(title)")
      default: Issue.record("\(title): no panel of Grafana is called \(type)")
      }
      try expectTargets(of: panel, title)
      try expectFields(of: panel, title)
    }
  }

  private func expectTargets(of panel: [String: Any], _ title: String) throws {
    #expect((panel["datasource"] as? [String: String]) == ["type": "prometheus", "uid": "${datasource}"])
    let targets = try #require(panel["targets"] as? [[String: Any]])
    #expect((1...8).contains(targets.count), "\(title)")
    let references = targets.compactMap { $0["refId"] as? String }
    #expect(references == (0..<targets.count).map { String("ABCDEFGH".dropFirst($0).prefix(1)) }, "\(title)")
    let isTable = panel["type"] as? String == "table"
    for target in targets {
      #expect(target["expr"] is String && target["legendFormat"] is String)
      #expect(target["format"] as? String == (isTable ? "table" : "time_series"))
      #expect((target["instant"] as? Bool) == (target["range"] as? Bool).map { !$0 }, "\(title)")
      if isTable { #expect(target["instant"] as? Bool == true, "\(title)") }
    }
  }

  private func expectFields(of panel: [String: Any], _ title: String) throws {
    let fields = try #require(panel["fieldConfig"] as? [String: Any])
    let defaults = try #require(fields["defaults"] as? [String: Any])
    #expect(knownUnits.contains(defaults["unit"] as? String ?? ""), "\(title)")
    let steps = try #require((defaults["thresholds"] as? [String: Any])?["steps"] as? [[String: Any]])
    #expect(steps.first?["value"] is NSNull, "\(title): the first threshold has no value")
    let values = steps.dropFirst().compactMap { $0["value"] as? Double }
    #expect(values.count == steps.count - 1 && values == values.sorted(), "\(title)")
    #expect(steps.allSatisfy { knownColours.contains($0["color"] as? String ?? "") }, "\(title)")
    for mapping in defaults["mappings"] as? [[String: Any]] ?? [] {
      let options = try #require(mapping["options"] as? [String: [String: Any]])
      #expect(mapping["type"] as? String == "value" && !options.isEmpty)
      #expect(options.allSatisfy { Double($0.key) != nil && $0.value["text"] is String }, "\(title)")
    }
    let legends = Set(
      (panel["targets"] as? [[String: Any]] ?? []).compactMap { $0["legendFormat"] as? String })
    for override in fields["overrides"] as? [[String: Any]] ?? [] {
      let matcher = try #require(override["matcher"] as? [String: String])
      #expect(matcher["id"] == "byName" && legends.contains(matcher["options"] ?? ""), "\(title)")
      let properties = try #require(override["properties"] as? [[String: String]])
      #expect(
        properties.allSatisfy { $0["id"] == "unit" && knownUnits.contains($0["value"] ?? "") }, "\(title)")
    }
  }

  @Test(arguments: Dashboard.all) func everyPanelSaysWhatItShows(dashboard: Dashboard) {
    let titles = dashboard.panels.map(\.title)
    #expect(Set(titles).count == titles.count, "two panels of one title")
    for panel in dashboard.panels {
      #expect(panel.description.count > 10, "\(panel.title)")
    }
  }

  // MARK: Reading

  private func object(_ dashboard: Dashboard) throws -> [String: Any] {
    let data = Data(dashboard.grafana.indented.utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func list(_ dashboard: Dashboard, _ name: String) throws -> [[String: Any]] {
    try #require((try object(dashboard)[name] as? [String: Any])?["list"] as? [[String: Any]])
  }

  private func panels(_ dashboard: Dashboard) throws -> [[String: Any]] {
    try #require(try object(dashboard)["panels"] as? [[String: Any]])
  }
}

/// Of Grafana's value formats and colours, those that are in use.
private let knownUnits: Set<String> = [
  "short", "none", "s", "bytes", "percentunit", "cps", "binBps", "dateTimeFromNow",
]
private let knownColours: Set<String> = ["green", "yellow", "orange", "red", "blue", "text"]
