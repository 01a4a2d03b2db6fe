internal import Model

extension Panel {
  func grafana(id: Int, x: Int, y: Int) -> OrderedJSON {
    var members: [(String, OrderedJSON)] = [
      ("id", .integer(id)), ("type", .string(type)), ("title", .string(title)),
      ("description", .string(description)),
      ("gridPos", .grid(x: x, y: y, width: width, height: height)),
    ]
    if case .text(let markdown) = drawing {
      members.append(("options", .of(("mode", .string("markdown")), ("content", .string(markdown)))))
    } else {
      members += [
        ("datasource", .prometheus), ("targets", .array(targets)), ("fieldConfig", fieldConfiguration),
        ("options", options),
      ]
      if drawing == .table { members.append(("transformations", .array(tableTransformations))) }
    }
    return .object(members.map { OrderedJSON.Member($0.0, $0.1) })
  }

  private var type: String {
    switch drawing {
    case .stat: "stat"
    case .timeSeries: "timeseries"
    case .stateTimeline: "state-timeline"
    case .table: "table"
    case .barGauge: "bargauge"
    case .text: "text"
    }
  }

  /// Whether only the newest value is asked for.
  package var isInstant: Bool {
    switch drawing {
    case .stat(let sparkline): !sparkline
    case .table, .barGauge: true
    case .timeSeries, .stateTimeline, .text: false
    }
  }

  private var targets: [OrderedJSON] {
    queries.enumerated().map { place, query in
      .of(
        ("refId", .string(Self.reference(place))), ("datasource", .prometheus),
        ("editorMode", .string("code")), ("expr", .string(query.expression)),
        ("legendFormat", .string(query.legend)),
        ("format", .string(drawing == .table ? "table" : "time_series")),
        ("instant", .boolean(isInstant)), ("range", .boolean(!isInstant)))
    }
  }

  private static func reference(_ place: Int) -> String {
    String(decoding: [UInt8(ascii: "A") + UInt8(min(place, 25))], as: UTF8.self)
  }

  // MARK: How values look

  private var fieldConfiguration: OrderedJSON {
    var defaults: [(String, OrderedJSON)] = [
      ("unit", .string(unit.rawValue)),
      ("color", .of(("mode", .string(colourMode)))),
      ("mappings", .array(names.isEmpty ? [] : [mapping])),
      ("thresholds", .of(("mode", .string("absolute")), ("steps", .array(steps)))),
      ("custom", custom),
    ]
    if let whenEmpty { defaults.append(("noValue", .string(whenEmpty))) }
    if unit == .ratio || unit == .seconds { defaults.append(("min", .integer(0))) }
    if let opens { defaults.append(("links", .array([link(opens)]))) }
    return .of(
      ("defaults", .object(defaults.map { OrderedJSON.Member($0.0, $0.1) })),
      ("overrides", .array(columnUnits)))
  }

  private var columnUnits: [OrderedJSON] {
    queries.compactMap { query in
      query.unit.map { unit in
        .of(
          ("matcher", .of(("id", .string("byName")), ("options", .string(query.legend)))),
          (
            "properties",
            .array([.of(("id", .string("unit")), ("value", .string(unit.rawValue)))])
          ))
      }
    }
  }

  private var colourMode: String {
    if case .timeSeries = drawing { return "palette-classic" }
    return "thresholds"
  }

  private var steps: [OrderedJSON] {
    (thresholds.isEmpty ? Threshold.neutral : thresholds).map {
      .of(("color", .string($0.colour.rawValue)), ("value", $0.value.map { .number($0) } ?? .null))
    }
  }

  private var mapping: OrderedJSON {
    .of(
      ("type", .string("value")),
      (
        "options",
        .object(
          names.enumerated().map { place, name in
            OrderedJSON.Member(
              "\(name.value)",
              .of(
                ("text", .string(name.text)), ("color", .string(name.colour.rawValue)),
                ("index", .integer(place))))
          })
      ))
  }

  private func link(_ opening: Opening) -> OrderedJSON {
    .of(
      ("title", .string("Open")), ("targetBlank", .boolean(false)),
      (
        "url",
        .string(
          "/d/\(opening.dashboard)?${__url_time_range}&${datasource:queryparam}"
            + "&var-\(opening.variable)=${__field.labels.\(opening.label)}")
      ))
  }

  private var custom: OrderedJSON {
    switch drawing {
    case .timeSeries(let stacked):
      return .of(
        ("drawStyle", .string("line")), ("lineWidth", .integer(1)),
        ("fillOpacity", .integer(stacked ? 40 : 0)),
        ("showPoints", .string("never")), ("spanNulls", .boolean(false)),
        ("stacking", .of(("mode", .string(stacked ? "normal" : "none")), ("group", .string("A")))),
        ("thresholdsStyle", .of(("mode", .string(thresholds.isEmpty ? "off" : "dashed")))))
    case .stateTimeline: return .of(("lineWidth", .integer(0)), ("fillOpacity", .integer(80)))
    case .table: return .of(("align", .string("auto")), ("filterable", .boolean(false)))
    case .stat, .barGauge, .text: return .object([])
    }
  }

  private var options: OrderedJSON {
    let newest = OrderedJSON.of(
      ("calcs", .array([.string("lastNotNull")])), ("fields", .string("")), ("values", .boolean(false)))
    switch drawing {
    case .stat(let sparkline):
      return .of(
        ("reduceOptions", newest), ("colorMode", .string(names.isEmpty ? "value" : "background")),
        ("graphMode", .string(sparkline ? "area" : "none")), ("justifyMode", .string("auto")),
        ("orientation", .string("auto")), ("textMode", .string("auto")), ("wideLayout", .boolean(true)))
    case .timeSeries:
      return .of(
        (
          "legend",
          .of(
            ("displayMode", .string("list")), ("placement", .string("bottom")),
            ("showLegend", .boolean(true)),
            ("calcs", .array([])))
        ),
        ("tooltip", .of(("mode", .string("multi")), ("sort", .string("desc")))))
    case .stateTimeline:
      return .of(
        ("mergeValues", .boolean(true)), ("showValue", .string("auto")), ("alignValue", .string("left")),
        ("rowHeight", .number(0.8)),
        (
          "legend",
          .of(
            ("displayMode", .string("list")), ("placement", .string("bottom")), ("showLegend", .boolean(true))
          )
        ), ("tooltip", .of(("mode", .string("single")), ("sort", .string("none")))))
    case .table: return .of(("showHeader", .boolean(true)), ("cellHeight", .string("sm")))
    case .barGauge:
      return .of(
        ("reduceOptions", newest), ("orientation", .string("horizontal")), ("displayMode", .string("basic")),
        ("valueMode", .string("color")), ("showUnfilled", .boolean(true)))
    case .text: return .object([])
    }
  }

  /// One row for each set of labels, whichever queries know it; the moment of the query says nothing.
  private var tableTransformations: [OrderedJSON] {
    let titles = queries.enumerated().map { place, query in
      OrderedJSON.Member(
        queries.count == 1 ? "Value" : "Value #\(Self.reference(place))", .string(query.legend))
    }
    return [
      .of(("id", .string("merge")), ("options", .object([]))),
      .of(
        ("id", .string("organize")),
        (
          "options",
          .of(
            ("excludeByName", .of(("Time", .boolean(true)))), ("indexByName", .object([])),
            ("renameByName", .object(titles)))
        )),
    ]
  }
}
