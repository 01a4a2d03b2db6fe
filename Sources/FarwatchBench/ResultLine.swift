import Foundation

/// One benchmark's outcome: the median of its repetitions and how far they lie apart.
struct ResultLine {
  var name: String
  /// What was measured, with the unit.
  var what: String
  var ours: [Double]
  var theirs: [Double] = []
  /// Whom we are compared with.
  var peer = "-"
  var goal = ""

  static let heading = columns(["benchmark", "ours", "theirs", "ratio", "ours min–max", "theirs min–max"])

  var text: String {
    let ratio = theirs.isEmpty ? "-" : Self.number(median(ours) / median(theirs))
    var line = Self.columns([
      name, Self.number(median(ours)), theirs.isEmpty ? "-" : Self.number(median(theirs)), ratio,
      Self.spread(ours), Self.spread(theirs),
    ])
    line += " \(what)"
    if peer != "-" { line += ", against \(peer)" }
    if !goal.isEmpty { line += "; goal: \(goal)" }
    return line
  }

  private static func spread(_ values: [Double]) -> String {
    guard let low = values.min(), let high = values.max() else { return "-" }
    return "\(number(low))–\(number(high))"
  }

  /// Three significant digits, without an exponent.
  private static func number(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let digits = value == 0 ? 0 : max(0, 2 - Int(log10(abs(value)).rounded(.down)))
    return String(format: "%.\(min(digits, 6))f", value)
  }

  private static func columns(_ texts: [String]) -> String {
    let widths = [16, 9, 9, 8, 17, 17]
    return zip(texts, widths).map { text, width in
      text + String(repeating: " ", count: max(1, width - text.count))
    }.joined()
  }
}

func median(_ values: [Double]) -> Double { quantile(0.5, values) }

/// The smallest value that at least the share `q` of all values do not exceed; NaN of nothing.
func quantile(_ q: Double, _ values: [Double]) -> Double {
  guard !values.isEmpty else { return .nan }
  let sorted = values.sorted()
  return sorted[max(0, min(sorted.count - 1, Int((q * Double(sorted.count)).rounded(.up)) - 1))]
}

/// Prints a line at once, also into a pipe.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
