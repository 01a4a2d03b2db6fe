internal import Model

/// Small pictures in the page's own markup. What they show stands in words beside them, so they are hidden from who
/// hears the page.
enum Drawings {
  /// A line over steps of equal length; a step without a value is a gap, never a zero. Nothing where fewer than two
  /// values are known.
  ///
  /// - Parameter limit: what should not be exceeded, drawn as a line across.
  static func sparkline(_ values: [Double?], isBig: Bool = false, limit: Double? = nil) -> String {
    let known = values.compactMap { $0 }.filter(\.isFinite)
    guard known.count > 1, values.count > 1, let highest = known.max() else { return "" }
    let (width, height) = isBig ? (600.0, 80.0) : (90.0, 18.0)
    let reach = max(highest, limit.map { $0 * 1.1 } ?? 0)
    let top = reach > 0 ? reach : 1
    func level(_ value: Double) -> Double { height - 1 - max(0, value) / top * (height - 2) }
    var path = ""
    var isDrawing = false
    for (place, value) in values.enumerated() {
      guard let value, value.isFinite else {
        isDrawing = false
        continue
      }
      let x = Double(place) / Double(values.count - 1) * width
      let y = level(value)
      // A value between two gaps is a dot: a line of no length with round ends.
      path += isDrawing ? "L\(short(x)) \(short(y))" : "M\(short(x)) \(short(y))h0"
      isDrawing = true
    }
    return "<svg class=\"spark\(isBig ? " big" : "")\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
      + "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      + (limit.map { "<path class=\"limit\" d=\"M0 \(short(level($0)))H\(Int(width))\"/>" } ?? "")
      + "<path d=\"\(path)\"/></svg>"
  }

  /// How much of what is allowed is used up: the mark in the middle is the objective.
  static func bar(_ exposure: Duration?, of objective: Duration, _ verdict: StatusSnapshot.Verdict) -> String
  {
    var markup = "<svg class=\"bar \(verdict.rawValue)\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
    markup += "aria-hidden=\"true\"><rect class=\"track\" width=\"100\" height=\"8\"/>"
    if let exposure {
      let allowed = Double(max(1, objective.milliseconds))
      let used = min(100, max(0.5, Double(exposure.milliseconds) / allowed * 50))
      markup += "<rect class=\"used\" width=\"\(short(used))\" height=\"8\"/>"
    }
    return markup + "<rect class=\"mark\" x=\"49.5\" width=\"1\" height=\"8\"/></svg>"
  }

  /// To a tenth, and no longer than it must be.
  private static func short(_ value: Double) -> String { NumberText.plain((value * 10).rounded() / 10) }
}
