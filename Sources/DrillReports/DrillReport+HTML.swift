internal import Drills
internal import Model
internal import Readiness
internal import StatusPage

/// The report as a page that needs nothing beside it: no script, no picture, no style from elsewhere.
extension DrillReport {
  /// For whoever serves it, too: nothing in it loads or runs.
  package static let contentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  private static let css = """
    .chart { background: var(--card); border: 1px solid var(--line); border-radius: .3rem; display: block;
      height: auto; max-width: 100%; width: 100%; }
    .chart path { fill: none; stroke: var(--link); stroke-width: 1.5; }
    .chart .edge, .chart .step { stroke: var(--line); stroke-width: 1; }
    .chart .step { stroke: var(--degraded); stroke-dasharray: 3 3; }
    .chart .limit { stroke: var(--bad); stroke-dasharray: 6 3; stroke-width: 1; }
    .chart text { fill: var(--unknown); font: 11px system-ui, sans-serif; }
    figure { margin: 0 0 1.2rem; } figcaption { font-weight: 600; margin-bottom: .2rem; }
    code { font-size: .85em; overflow-wrap: anywhere; }
    td.missed { color: var(--bad); font-weight: 700; } td.met { color: var(--good); font-weight: 600; }
    @media print { body { max-width: none; } section { break-inside: avoid-page; } }

    """

  func html(digest: String) -> String {
    var page = HTMLText()
    page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
    page.text(title)
    page.raw("</title>\n<meta http-equiv=\"Content-Security-Policy\" ")
    page.raw("content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    page.raw(
      "<meta name=\"color-scheme\" content=\"light dark\">\n<style>\n\(StatusStyle.css)\(Self.css)</style>")
    page.raw("</head>\n<body><header><p class=\"brand\">Farwatch</p><h1>")
    page.text(title)
    page.raw("</h1></header>\n<main>\n<h2 class=\"headline\"><span class=\"verdict \(look)\">")
    page.text(verdict)
    page.raw("</span></h2>\n")
    list(facts, &page)
    page.section("measured", "What it measured") { page in
      let rows = measures.map { [$0.name, $0.value, $0.objective, $0.met] }
      table("Measured", ["", "Measured", "Objective", "Kept"], rows, &page)
    }
    if !drill.phases.isEmpty {
      page.section("phases", "Phases") {
        table("Phases", ["Phase", "Target", "Reached", "After", "In time"], phaseRows, &$0)
      }
    }
    if !failoverRows.isEmpty {
      page.section("failover", "The failover") {
        table("Steps", ["Step", "At", "Since the first bad sample"], failoverRows, &$0)
      }
    }
    drawn(&page)
    people(&page)
    evidence(digest, &page)
    page.raw("</main>\n</body></html>\n")
    return String(decoding: page.bytes, as: UTF8.self)
  }

  private var look: String {
    switch drill.outcome {
    case .passed?: metRecoveryTime == false || metRecoveryPoint == false ? "degraded" : "good"
    case .failed?: "bad"
    case .aborted?, .expired?: "degraded"
    case nil: "unknown"
    }
  }

  private func list(_ rows: [(name: String, value: String)], _ page: inout HTMLText) {
    page.raw("<dl>")
    for row in rows {
      page.raw("<div><dt>\(page.escape(row.name))</dt><dd>\(page.escape(row.value))</dd></div>\n")
    }
    page.raw("</dl>\n")
  }

  private func table(_ caption: String, _ heads: [String], _ rows: [[String]], _ page: inout HTMLText) {
    page.table(caption, heads) { page in
      for row in rows {
        page.row { page in
          page.head { $0.text(row[0]) }
          for (head, value) in zip(heads.dropFirst(), row.dropFirst()) {
            let look = value == "MISSED" ? " class=\"missed\"" : value == "met" ? " class=\"met\"" : ""
            page.raw("<td role=\"cell\"\(look) data-is=\"\(page.escape(head))\">\(page.escape(value))</td>")
          }
        }
      }
    }
  }

  private func drawn(_ page: inout HTMLText) {
    let drawn = charts.filter { $0.points.contains { $0.value != nil } }
    guard !drawn.isEmpty else { return }
    page.section("charts", "Lag and health") { page in
      let marks = failover.map { failover in
        [Failover.Step.firstBad, .paged, .serving, .failedBack].compactMap { step in
          failover.times[step].map { (name: Self.words(step), at: $0) }
        }
      }
      for chart in drawn {
        page.raw("<figure><figcaption>\(page.escape(chart.title)) (\(page.escape(chart.unit)))</figcaption>")
        page.raw(ReportDrawing(chart: chart, marks: marks ?? []).svg)
        page.raw("</figure>\n")
      }
    }
  }

  private func people(_ page: inout HTMLText) {
    page.section("pages", "Who was paged") { page in
      if pages.isEmpty {
        page.quiet("No page about it was taken by a receiver.")
      } else {
        table("Pages", ["Alert", "Labels", "Receiver", "Taken", "Acknowledged"], pageRows, &page)
      }
    }
    guard !drill.notes.isEmpty else { return }
    page.section("notes", "Notes") {
      table("Notes", ["At", "By", "Note"], drill.notes.map { [$0.at.iso8601, $0.by, $0.text] }, &$0)
    }
  }

  private func evidence(_ digest: String, _ page: inout HTMLText) {
    page.section("timeline", "Timeline") { page in
      if timeline.isEmpty { page.quiet("The journal no longer had it when this report was made.") }
      page.table("Timeline", ["Entry", "At", "Kind", "What", "Hash"]) { page in
        for line in timeline {
          page.row { page in
            page.head { $0.text(String(line.sequence)) }
            page.cell("At") { $0.time(line.at) }
            page.cell("Kind", line.kind)
            page.cell("What", line.what)
            page.cell("Hash") { $0.raw("<code>\($0.escape(line.hash))</code>") }
          }
        }
      }
    }
    page.section("evidence", "Evidence") { page in
      list(evidenceRows(digest: digest), &page)
      page.raw(
        "<p>Check it with <code>farwatch drill verify FILE</code>: it needs nothing but this file.</p>\n")
    }
  }
}
