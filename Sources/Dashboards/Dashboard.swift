/// A page of panels, as the files in `grafana/dashboards` have it.
package struct Dashboard: Sendable {
  package struct Row: Sendable {
    package var title: String
    package var panels: [Panel]

    init(_ title: String, _ panels: [Panel]) {
      self.title = title
      self.panels = panels
    }
  }

  /// A choice at the top of the page, which queries name as `$name`; every value unless one is chosen.
  package struct Variable: Sendable {
    package var name: String
    package var label: String
    /// The metric and the label whose values are offered.
    package var metric: String
    package var of: String
  }

  /// Moments drawn as lines across every panel.
  package struct Annotation: Sendable {
    package var name: String
    package var expression: String
    package var title: String
    package var colour: Threshold.Colour
  }

  /// Never to be changed: links and bookmarks name it.
  package var uid: String
  package var title: String
  package var description: String
  /// From when on it shows, as Grafana writes it.
  package var from: String
  package var variables: [Variable]
  package var rows: [Row]

  package static let all = [overview, replication, backups, alerting, itself]

  /// The name of the file.
  package var fileName: String { "\(uid).json" }

  package var panels: [Panel] { rows.flatMap(\.panels) }

  /// The same on every page, so that a failover is seen in all of them.
  package static let annotations = [
    Annotation(
      name: "Region states",
      expression: "sum by (region) (changes(farwatch_region_state{state=\"up\"}[$__interval])) > 0",
      title: "{{region}} changed state", colour: .yellow),
    Annotation(
      name: "Failovers",
      expression: """
        sum by (region) (changes(farwatch_replication_writer[$__interval])) > 0
          or sum by (region) (changes(farwatch_serving_region[$__interval])) > 0
        """,
      title: "Failover: the part of {{region}} changed", colour: .red),
    Annotation(
      name: "Pages",
      expression: "max by (alertname, region) (ALERTS{alertstate=\"firing\", severity=\"page\"})",
      title: "{{alertname}} {{region}}", colour: .orange),
  ]
}

extension Dashboard.Variable {
  static let region = Self(name: "region", label: "Region", metric: "farwatch_region_state", of: "region")
  static let link = Self(
    name: "link", label: "Link", metric: "farwatch_replication_objective_seconds", of: "link")
  static let job = Self(name: "job", label: "Backup job", metric: "backup_up", of: "job")
  /// Which Farwatch, where one Prometheus scrapes several.
  static let instance = Self(
    name: "instance", label: "Farwatch", metric: "farwatch_build_info", of: "instance")
}
