package import Model

extension Dashboard {
  /// As Grafana 11 and 12 import and provision it (schema 39). Without `id`: that is each Grafana's own.
  package var grafana: OrderedJSON {
    .of(
      ("uid", .string(uid)), ("title", .string(title)), ("description", .string(description)),
      ("tags", .array([.string("farwatch")])), ("schemaVersion", .integer(39)), ("version", .integer(1)),
      ("editable", .boolean(true)), ("graphTooltip", .integer(1)), ("refresh", .string("30s")),
      ("timezone", .string("browser")), ("weekStart", .string("")), ("fiscalYearStartMonth", .integer(0)),
      ("time", .of(("from", .string(from)), ("to", .string("now")))), ("timepicker", .object([])),
      ("links", .array([Self.otherPages])),
      ("annotations", .of(("list", .array([Self.ownNotes] + Self.annotations.map(\.grafana))))),
      ("templating", .of(("list", .array([Self.sourceChoice] + variables.map(\.grafana))))),
      ("panels", .array(placedPanels)))
  }

  /// The other dashboards, with the time and the choices of this one.
  private static let otherPages = OrderedJSON.of(
    ("type", .string("dashboards")), ("title", .string("")), ("tags", .array([.string("farwatch")])),
    ("asDropdown", .boolean(false)), ("includeVars", .boolean(true)), ("keepTime", .boolean(true)),
    ("targetBlank", .boolean(false)), ("icon", .string("external link")), ("tooltip", .string("")),
    ("url", .string("")))

  /// What people write into Grafana itself; Grafana wants it to be named.
  private static let ownNotes = OrderedJSON.of(
    ("builtIn", .integer(1)),
    ("datasource", .of(("type", .string("grafana")), ("uid", .string("-- Grafana --")))),
    ("enable", .boolean(true)), ("hide", .boolean(true)), ("iconColor", .string("rgba(0, 211, 255, 1)")),
    ("name", .string("Annotations & Alerts")), ("type", .string("dashboard")))

  private static let sourceChoice = OrderedJSON.of(
    ("name", .string("datasource")), ("label", .string("Data source")), ("type", .string("datasource")),
    ("query", .string("prometheus")), ("current", .object([])), ("options", .array([])),
    ("regex", .string("")), ("hide", .integer(0)), ("refresh", .integer(1)), ("multi", .boolean(false)),
    ("includeAll", .boolean(false)), ("skipUrlSync", .boolean(false)))

  /// Panels from the left to the right, a new line where the next one does not fit; each row begins a new line.
  private var placedPanels: [OrderedJSON] {
    var placed: [OrderedJSON] = []
    var (x, y, lineHeight) = (0, 0, 0)
    func endLine() { (x, y, lineHeight) = (0, y + lineHeight, 0) }
    for row in rows {
      endLine()
      placed.append(row.grafana(id: placed.count + 1, y: y))
      y += 1
      for panel in row.panels {
        if x + panel.width > 24 { endLine() }
        placed.append(panel.grafana(id: placed.count + 1, x: x, y: y))
        x += panel.width
        lineHeight = max(lineHeight, panel.height)
      }
    }
    return placed
  }
}

extension Dashboard.Row {
  fileprivate func grafana(id: Int, y: Int) -> OrderedJSON {
    .of(
      ("id", .integer(id)), ("type", .string("row")), ("title", .string(title)),
      ("collapsed", .boolean(false)),
      ("gridPos", .grid(x: 0, y: y, width: 24, height: 1)), ("panels", .array([])))
  }
}

extension Dashboard.Variable {
  fileprivate var grafana: OrderedJSON {
    let query = "label_values(\(metric), \(of))"
    let all = OrderedJSON.of(
      ("selected", .boolean(true)), ("text", .array([.string("All")])), ("value", .array([.string("$__all")]))
    )
    return .of(
      ("name", .string(name)), ("label", .string(label)), ("type", .string("query")),
      ("datasource", .prometheus), ("definition", .string(query)),
      (
        "query",
        .of(
          ("qryType", .integer(1)), ("query", .string(query)),
          ("refId", .string("PrometheusVariableQueryEditor-VariableQuery")))
      ),
      ("current", all), ("options", .array([])), ("regex", .string("")), ("hide", .integer(0)),
      ("refresh", .integer(2)), ("sort", .integer(1)), ("multi", .boolean(true)),
      ("includeAll", .boolean(true)),
      // Series without the label belong to "All", too.
      ("allValue", .string(".*")), ("skipUrlSync", .boolean(false)))
  }
}

extension Dashboard.Annotation {
  fileprivate var grafana: OrderedJSON {
    .of(
      ("name", .string(name)), ("datasource", .prometheus), ("enable", .boolean(true)),
      ("hide", .boolean(false)), ("expr", .string(expression)), ("step", .string("30s")),
      ("titleFormat", .string(title)), ("iconColor", .string(colour.rawValue)))
  }
}

extension OrderedJSON {
  static func of(_ members: (String, OrderedJSON)...) -> OrderedJSON {
    .object(members.map { Member($0.0, $0.1) })
  }

  /// The data source that is chosen at the top of the page.
  static let prometheus = OrderedJSON.of(("type", .string("prometheus")), ("uid", .string("${datasource}")))

  static func grid(x: Int, y: Int, width: Int, height: Int) -> OrderedJSON {
    .of(("h", .integer(height)), ("w", .integer(width)), ("x", .integer(x)), ("y", .integer(y)))
  }
}
