internal import Model
internal import StatusPage

/// A chart as SVG in the page's own markup: a line with gaps where nothing is known, never a zero; the objective
/// across, steps of the failover down.
struct ReportDrawing {
  let chart: DrillReport.Chart
  let marks: [(name: String, at: Timestamp)]

  private static let (width, height) = (900.0, 180.0)
  private static let (left, right, top, bottom) = (60.0, 10.0, 18.0, 22.0)

  var svg: String {
    guard let first = chart.points.first?.at, let last = chart.points.last?.at, last > first else {
      return ""
    }
    let known = chart.points.compactMap(\.value).filter(\.isFinite)
    guard let highest = (known + [chart.limit].compactMap { $0 }).max() else { return "" }
    let most = highest > 0 ? highest : 1
    let span = (last - first).inSeconds
    func x(_ at: Timestamp) -> Double {
      Self.left + (at - first).inSeconds / span * (Self.width - Self.left - Self.right)
    }
    func y(_ value: Double) -> Double {
      Self.height - Self.bottom - max(0, value) / most * (Self.height - Self.top - Self.bottom)
    }
    var out = "<svg class=\"chart\" viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" "
    out += "aria-label=\"\(escapedMarkup(chart.title)), at most \(Self.short(known.max() ?? 0)) "
    out += "\(escapedMarkup(chart.unit))\">"
    for value in [0, most] {
      out += Self.line("edge", Self.left, y(value), Self.width - Self.right, y(value))
      out += Self.text(Self.left - 6, y(value) + 4, "end", NumberText.shortest((value * 100).rounded() / 100))
    }
    if let limit = chart.limit {
      out += Self.line("limit", Self.left, y(limit), Self.width - Self.right, y(limit))
      out += Self.text(Self.width - Self.right, y(limit) - 4, "end", "objective")
    }
    for (place, mark) in marks.enumerated() where mark.at >= first && mark.at <= last {
      out += Self.line("step", x(mark.at), Self.top, x(mark.at), Self.height - Self.bottom)
      // One below the other: steps often follow each other within seconds.
      out += Self.text(x(mark.at) + 3, Self.top + 10 + 13 * Double(place), "start", mark.name)
    }
    var path = ""
    var isDrawing = false
    for point in chart.points {
      guard let value = point.value, value.isFinite else {
        isDrawing = false
        continue
      }
      path += "\(isDrawing ? "L" : "M")\(Self.short(x(point.at))) \(Self.short(y(value)))"
      if !isDrawing { path += "h0.1" }
      isDrawing = true
    }
    out += "<path d=\"\(path)\"/>"
    out += Self.text(Self.left, Self.height - 6, "start", StatusPage.time(first))
    out += Self.text(Self.width - Self.right, Self.height - 6, "end", StatusPage.time(last))
    return out + "</svg>"
  }

  private static func line(_ look: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<line class=\"\(look)\" x1=\"\(short(x1))\" y1=\"\(short(y1))\" x2=\"\(short(x2))\" y2=\"\(short(y2))\"/>"
  }

  private static func text(_ x: Double, _ y: Double, _ anchor: String, _ words: String) -> String {
    "<text x=\"\(short(x))\" y=\"\(short(y))\" text-anchor=\"\(anchor)\">\(escapedMarkup(words))</text>"
  }

  private static func short(_ value: Double) -> String { NumberText.plain((value * 10).rounded() / 10) }
}
