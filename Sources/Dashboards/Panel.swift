/// One thing to look at: a question in words, the queries that answer it, and how the answer is drawn.
package struct Panel: Sendable {
  package enum Drawing: Sendable, Equatable {
    /// The newest value of each series, large; with `sparkline` its course behind it.
    case stat(sparkline: Bool)
    case timeSeries(stacked: Bool)
    /// A band for each series, coloured by the names of its values.
    case stateTimeline
    /// A row for each series: the labels, then a column for each query, by its legend.
    case table
    case barGauge
    /// Markdown, and no query.
    case text(String)
  }

  package var title: String
  /// What it says and what to think of it: behind the (i) of the panel.
  package var description: String
  package var drawing: Drawing
  package var queries: [Query]
  package var unit: Unit
  package var thresholds: [Threshold]
  /// Names for values, in the order of the values.
  package var names: [ValueName]
  /// In columns of 24, and in rows of the grid.
  package var width: Int
  package var height: Int
  /// What it means that nothing is there, shown in its place. Nil: every Farwatch has something to show.
  package var whenEmpty: String?
  /// Another dashboard, opened from a value with the label `link`'s variable set to that of the value.
  package var opens: Opening?

  package struct Opening: Sendable, Equatable {
    package var dashboard: String
    package var variable: String
    package var label: String
  }

  init(
    _ title: String, _ description: String, _ drawing: Drawing, _ queries: [Query], unit: Unit = .count,
    thresholds: [Threshold] = [], names: [ValueName] = [], width: Int = 12, height: Int = 8,
    whenEmpty: String? = nil, opens: Opening? = nil
  ) {
    self.title = title
    self.description = description
    self.drawing = drawing
    self.queries = queries
    self.unit = unit
    self.thresholds = thresholds
    self.names = names
    self.width = width
    self.height = height
    self.whenEmpty = whenEmpty
    self.opens = opens
  }
}

/// A query in PromQL, with Grafana's variables in it, and the name of what it gives.
package struct Query: Sendable, Equatable {
  package var expression: String
  /// Labels stand in `{{ }}`; of a table, the column's title.
  package var legend: String
  /// Of a table's column, where it is not the panel's.
  package var unit: Unit?

  init(_ expression: String, _ legend: String = "", _ unit: Unit? = nil) {
    self.expression = expression
    self.legend = legend
    self.unit = unit
  }
}

/// What is measured, as Grafana names it (`@grafana/data` value formats).
package enum Unit: String, Sendable, CaseIterable {
  case count = "short"
  case plain = "none"
  case seconds = "s"
  case bytes = "bytes"
  /// 0 to 1.
  case ratio = "percentunit"
  case perSecond = "cps"
  case bytesPerSecond = "binBps"
  /// Milliseconds since 1970, shown as "6 hours ago".
  case timeAgo = "dateTimeFromNow"
}

/// From `value` on this colour holds; the first holds below all others and has no value.
package struct Threshold: Sendable, Equatable {
  package enum Colour: String, Sendable { case green, yellow, orange, red, blue, text }
  package var value: Double?
  package var colour: Colour

  /// Good, and from these values on worth a look and wrong.
  static func rising(_ yellow: Double, _ red: Double) -> [Threshold] {
    [
      Threshold(colour: .green), Threshold(value: yellow, colour: .yellow),
      Threshold(value: red, colour: .red),
    ]
  }
  /// Wrong, and from these values on worth a look and good.
  static func falling(_ yellow: Double, _ green: Double) -> [Threshold] {
    [
      Threshold(colour: .red), Threshold(value: yellow, colour: .yellow),
      Threshold(value: green, colour: .green),
    ]
  }
  /// Good as long as there is none.
  static let none = [Threshold(colour: .green), Threshold(value: 1, colour: .red)]
  /// Worth a look when there is one.
  static let few = [Threshold(colour: .green), Threshold(value: 1, colour: .yellow)]
  static let neutral = [Threshold(colour: .text)]
}

/// A word and a colour for one value.
package struct ValueName: Sendable, Equatable {
  package var value: Int
  package var text: String
  package var colour: Threshold.Colour

  init(_ value: Int, _ text: String, _ colour: Threshold.Colour) {
    self.value = value
    self.text = text
    self.colour = colour
  }

  static let health = [
    ValueName(0, "up", .green), ValueName(1, "degraded", .yellow), ValueName(2, "unknown", .orange),
    ValueName(3, "down", .red),
  ]
  static func yes(_ yes: String, no: String, colours: (yes: Threshold.Colour, no: Threshold.Colour))
    -> [ValueName]
  {
    [ValueName(0, no, colours.no), ValueName(1, yes, colours.yes)]
  }
}
