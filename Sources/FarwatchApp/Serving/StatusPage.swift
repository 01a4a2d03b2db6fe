internal import Model

/// The page at `/`: HTML without script, its style sheet served beside it. Everything foreign is escaped.
enum StatusPage {
  static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  static func render(_ status: StatusSnapshot) -> [UInt8] {
    var page = HTMLText()
    page.raw(
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>Farwatch \(page.escape(status.vantage))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="5">
      <link rel="stylesheet" href="/status.css"></head><body>

      """)
    header(status, &page)
    regions(status, &page)
    links(status, &page)
    backups(status, &page)
    alerts(status, &page)
    silences(status, &page)
    alarms(status, &page)
    receivers(status, &page)
    heartbeats(status, &page)
    events(status, &page)
    store(status, &page)
    page.raw("</body></html>\n")
    return page.bytes
  }

  private static func header(_ status: StatusSnapshot, _ page: inout HTMLText) {
    let firing = status.firing
    let verdict: (String, String) =
      if !status.ready {
        ("unknown", "Starting: not every collector has reported yet")
      } else if let firing {
        ("bad", firing)
      } else if status.regions.contains(where: { $0.verdict == .unknown }) {
        ("unknown", "Some regions are unknown")
      } else {
        ("good", "Nothing is firing")
      }
    page.raw("<header><h1>Farwatch</h1><p class=\"verdict \(verdict.0)\">\(page.escape(verdict.1))</p>")
    page.raw("<p class=\"quiet\">seen from ")
    page.text(status.vantage)
    page.raw(" at \(status.takenAt.iso8601) &middot; version \(page.escape(status.version)) &middot; ")
    page.raw("up \(age(status.startedAt, status.takenAt)) &middot; <a href=\"/metrics\">metrics</a></p>")
    if let problem = status.lastReloadProblem {
      page.raw("<p class=\"notice\">The configuration on disk is not in force: ")
      page.text(problem)
      page.raw("</p>")
    }
    for problem in status.ruleProblems {
      page.raw("<p class=\"notice\">")
      page.text(problem)
      page.raw("</p>")
    }
    page.raw("</header>\n")
  }

  private static func regions(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.raw("<section class=\"cards\">\n")
    for region in status.regions {
      page.raw("<article class=\"card \(region.verdict.rawValue)\"><h2>")
      page.text(region.name)
      page.raw("</h2><p class=\"state\">\(word(region.verdict))</p><p class=\"quiet\">")
      page.text(region.role)
      if let share = region.share { page.raw(" &middot; \(NumberText.plain(share)) % of traffic") }
      page.raw("</p><table>")
      for check in region.checks {
        page.raw("<tr><td class=\"dot \(check.verdict.rawValue)\"></td><td>")
        page.text(check.name)
        page.raw("</td><td>")
        if let problem = check.problem {
          page.text(problem)
          if check.consecutiveFailures > 1 { page.raw(" (\(check.consecutiveFailures) in a row)") }
        } else if let latency = check.latencySeconds {
          page.raw("\(milliseconds(latency))")
        } else {
          page.raw("no answer yet")
        }
        page.raw("</td><td class=\"quiet when\">")
        if let since = check.since { page.raw("\(age(since, status.takenAt))") }
        page.raw("</td></tr>")
      }
      page.raw("</table></article>\n")
    }
    page.raw("</section>\n")
  }

  private static func links(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.links.isEmpty else { return }
    page.raw("<section><h2>Replication</h2><table class=\"wide\"><tr><th></th><th>Link</th><th>Path</th>")
    page.raw("<th>Lost if failed over now</th><th>Objective</th><th></th></tr>")
    for link in status.links {
      page.raw("<tr><td class=\"dot \(link.verdict(at: status.takenAt).rawValue)\"></td><td>")
      page.text(link.name)
      page.raw("</td><td>")
      page.text("\(link.source) → \(link.target)")
      page.raw("</td><td data-is=\"Lost if failed over now\">")
      page.text(link.exposure(at: status.takenAt).map(text) ?? "unknown")
      page.raw("</td><td data-is=\"Objective\">\(text(link.objective))</td><td class=\"quiet\">")
      page.text(link.problem ?? "")
      page.raw("</td></tr>")
    }
    page.raw("</table></section>\n")
  }

  private static func backups(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.backups.isEmpty else { return }
    page.raw("<section><h2>Backups</h2><table class=\"wide\"><tr><th></th><th>Job</th><th>Region</th>")
    page.raw("<th>Newest good</th><th>Objective</th><th>Size</th><th></th></tr>")
    for backup in status.backups {
      page.raw("<tr><td class=\"dot \(backup.verdict(at: status.takenAt).rawValue)\"></td><td>")
      page.text(backup.job)
      page.raw("</td><td>")
      page.text(backup.region)
      page.raw("</td><td data-is=\"Newest good\">")
      page.text(
        backup.newestGood.map { "\(age($0, status.takenAt)) ago" } ?? (backup.measured ? "none" : "unknown"))
      page.raw("</td><td data-is=\"Objective\">\(text(backup.objective))</td><td>")
      page.text(backup.sizeBytes.map(bytes) ?? "")
      page.raw("</td><td class=\"quiet\">")
      page.text(backup.problem ?? "")
      page.raw("</td></tr>")
    }
    page.raw("</table></section>\n")
  }

  // MARK: Words and numbers

  private static func word(_ verdict: StatusSnapshot.Verdict) -> String {
    switch verdict {
    case .good: "up"
    case .bad: "down"
    case .degraded: "degraded"
    case .unknown: "unknown"
    }
  }

  /// `2026-11-21 18:00:13 UTC`
  static func time(_ moment: Timestamp) -> String {
    String(moment.iso8601.prefix(19)).replacing("T", with: " ") + " UTC"
  }

  static func age(_ from: Timestamp, _ to: Timestamp) -> String { text(max(.zero, to - from)) }

  /// Two units at most, which is what a person reads: `3d4h`, `2m5s`, `1.2s`.
  static func text(_ duration: Duration) -> String {
    let seconds = Int(duration.milliseconds / 1000)
    switch duration.milliseconds {
    case ..<1000: return "\(duration.milliseconds)ms"
    case ..<60_000:
      let tenths = duration.milliseconds / 100
      return tenths % 10 == 0 ? "\(tenths / 10)s" : "\(tenths / 10).\(tenths % 10)s"
    case ..<3_600_000: return pair(seconds / 60, "m", seconds % 60, "s")
    case ..<86_400_000: return pair(seconds / 3600, "h", seconds / 60 % 60, "m")
    default: return pair(seconds / 86_400, "d", seconds / 3600 % 24, "h")
    }
  }

  private static func pair(_ large: Int, _ unit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(large)\(unit)" : "\(large)\(unit)\(small)\(smallUnit)"
  }

  private static func milliseconds(_ seconds: Double) -> String {
    let tenths = (seconds * 10_000).rounded()
    return "\(NumberText.plain(tenths / 10)) ms"
  }

  static func bytes(_ count: Double) -> String {
    var value = count
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1000 { return "\(NumberText.plain((value * 10).rounded() / 10)) \(unit)" }
      value /= 1000
    }
    return "\(NumberText.plain((value * 10).rounded() / 10)) TB"
  }
}

/// HTML being written: raw markup is ours, text is foreign and escaped.
struct HTMLText {
  private(set) var bytes: [UInt8] = []

  mutating func raw(_ markup: String) { bytes.append(contentsOf: markup.utf8) }
  mutating func text(_ foreign: String) { raw(escape(foreign)) }

  func escape(_ foreign: String) -> String { escapedMarkup(foreign) }

}
