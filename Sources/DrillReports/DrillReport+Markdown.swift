internal import Drills
internal import Model
internal import StatusPage

/// The report as Markdown: for a ticket or a wiki. What is foreign cannot become markup.
extension DrillReport {
  func markdown(digest: String) -> String {
    var out = "# \(Self.plain(title))\n\n**\(Self.plain(verdict))**\n\n"
    out += Self.table(["", ""], facts.map { [$0.name, $0.value] })
    out += "\n## What it measured\n\n"
    out += Self.table(
      ["", "measured", "objective", ""], measures.map { [$0.name, $0.value, $0.objective, $0.met] })
    if !drill.phases.isEmpty {
      out += "\n## Phases\n\n"
      out += Self.table(["Phase", "target", "reached", "after", ""], phaseRows)
    }
    if !failoverRows.isEmpty {
      out += "\n## The failover\n\n" + Self.table(["Step", "at", "since the first bad sample"], failoverRows)
    }
    out += "\n## Who was paged\n\n"
    out +=
      pages.isEmpty
      ? "No page about it was taken by a receiver.\n"
      : Self.table(["Alert", "labels", "receiver", "taken", "acknowledged"], pageRows)
    if !drill.notes.isEmpty {
      out += "\n## Notes\n\n"
      out += drill.notes.map { "- \($0.at.iso8601) \(Self.plain($0.by)): \(Self.plain($0.text))\n" }.joined()
    }
    out += chartsText
    out += "\n## Timeline\n\n"
    out +=
      timeline.isEmpty
      ? "The journal no longer had it when this report was made.\n"
      : Self.table(
        ["Entry", "at", "kind", "what", "hash"],
        timeline.map {
          [String($0.sequence), $0.at.iso8601, $0.kind, $0.what, String($0.hash.prefix(16)) + "…"]
        })
    out += "\n## Evidence\n\n"
    out += Self.table(["", ""], evidenceRows(digest: digest).map { [$0.name, $0.value] })
    return out + "\nCheck it with `farwatch drill verify FILE`: it needs nothing but this file.\n"
  }

  /// Pictures are in the HTML report; here the figures that people ask for.
  private var chartsText: String {
    let rows = charts.compactMap { chart -> [String]? in
      let known = chart.points.compactMap(\.value)
      guard let least = known.min(), let most = known.max(), let last = known.last else { return nil }
      return [chart.title, chart.unit]
        + [least, most, last].map { NumberText.shortest(($0 * 1000).rounded() / 1000) }
    }
    if rows.isEmpty { return "" }
    return "\n## Lag and health\n\n" + Self.table(["", "unit", "least", "most", "at the end"], rows)
  }

  private static func table(_ heads: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    return line(heads) + line(heads.map { _ in "---" }) + rows.map { line($0.map(plain)) }.joined()
  }

  /// On one line, with everything escaped that Markdown or HTML in it could take for markup.
  static func plain(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "&": out += "&amp;"
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!":
        out += "\\"
        out.unicodeScalars.append(scalar)
      case _
      where scalar.value < 0x20 || scalar.value == 0x7f || scalar.properties.generalCategory == .format:
        out += " "
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
