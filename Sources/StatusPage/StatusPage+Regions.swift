internal import Model

/// Regions: their cards on the front page, and a page for each.
extension StatusPage {
  /// More checks than anybody reads in a card; the region's page has them all.
  private static let shownChecks = 25
  /// In a card, of those that are well.
  private static let openChecks = 6
  private static let mostChecks = 1000

  static func regions(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.section("regions", "Regions") { page in
      page.raw("<div class=\"cards\">\n")
      for region in status.regions {
        page.raw("<article class=\"card \(region.verdict.rawValue)\"><h3>")
        page.link("/regions/", region.name)
        page.raw("</h3>")
        standing(region, &page)
        checks(region, status.takenAt, limit: shownChecks, open: openChecks, &page)
        page.raw("</article>\n")
      }
      page.raw("</div>\n")
    }
  }

  /// State, role, traffic, zones and tiers.
  private static func standing(_ region: StatusSnapshot.Region, _ page: inout HTMLText) {
    page.raw("<p class=\"state\">")
    page.state(region.verdict.rawValue, word(region.verdict))
    page.raw("</p><p class=\"quiet\">")
    page.text(region.role)
    if let share = region.share { page.raw(" &middot; meant for \(NumberText.plain(share)) % of traffic") }
    if let served = region.servedShare {
      page.raw(" &middot; \(served > 0 ? "DNS sends \(percent(served)) here" : "DNS sends nobody here")")
    }
    page.raw("</p>\n")
    guard !region.zones.isEmpty || !region.tiers.isEmpty else { return }
    page.raw("<ul class=\"parts\">")
    for zone in region.zones { part("zone \(zone.name)", zone, &page) }
    for tier in region.tiers {
      let share = tier.healthyShare.map { ", \(percent($0)) well" } ?? ""
      part((tier.zone.isEmpty ? "" : "\(tier.zone)/") + tier.name + share, tier, &page)
    }
    page.raw("</ul>\n")
  }

  private static func part(_ name: String, _ part: StatusSnapshot.Part, _ page: inout HTMLText) {
    page.raw("<li>")
    page.state(part.verdict.rawValue, word(part.verdict))
    page.text(" \(name)")
    page.raw("</li>")
  }

  /// What is wrong stands first and open, for it is not to be searched for; of what is well a few.
  private static func checks(
    _ region: StatusSnapshot.Region, _ now: Timestamp, limit: Int, open: Int, _ page: inout HTMLText
  ) {
    guard !region.checks.isEmpty else {
      page.notice("No check watches this region: nothing is known of it.")
      return
    }
    let sorted = region.checks.enumerated().sorted {
      (urgency($0.element.verdict), $0.offset) < (urgency($1.element.verdict), $1.offset)
    }.map(\.element)
    let wrong = region.checks.count { $0.verdict != .good }
    let shown = sorted.prefix(limit)
    let above = shown.prefix(max(wrong, open))
    let below = shown.dropFirst(above.count)
    table("Checks of \(region.name)", above, now, &page)
    if !below.isEmpty {
      page.raw("<details><summary>\(count(below.count, "more check")), all up</summary>")
      table("More checks of \(region.name)", below, now, &page)
      page.raw("</details>\n")
    }
    if shown.count < sorted.count { page.quiet("and \(sorted.count - shown.count) more") }
  }

  private static func table(
    _ caption: String, _ checks: ArraySlice<StatusSnapshot.Check>, _ now: Timestamp, _ page: inout HTMLText
  ) {
    page.raw("<table class=\"checks\"><caption>\(page.escape(caption))</caption><thead><tr>")
    page.raw("<th scope=\"col\">Check</th><th scope=\"col\">Answer, last hour</th>")
    page.raw("<th scope=\"col\">For</th></tr></thead><tbody>\n")
    for check in checks {
      page.raw("<tr><th scope=\"row\"><span class=\"dot \(check.verdict.rawValue)\">")
      page.raw("<span class=\"unseen\">\(word(check.verdict)): </span>")
      page.text(check.name)
      page.raw("</span></th><td>")
      if let problem = check.problem {
        page.text(problem)
        if check.consecutiveFailures > 1 { page.raw(" (\(check.consecutiveFailures) in a row)") }
      } else if let latency = check.latencySeconds {
        page.raw("<span class=\"number\">\(milliseconds(latency))</span>")
      } else {
        page.raw("no answer yet")
      }
      page.raw(" \(Drawings.sparkline(check.latencies))</td><td class=\"quiet when\">")
      if let since = check.since { page.raw("\(age(since, now))") }
      page.raw("</td></tr>\n")
    }
    page.raw("</tbody></table>\n")
  }

  private static func urgency(_ verdict: StatusSnapshot.Verdict) -> Int {
    switch verdict {
    case .bad: 0
    case .degraded: 1
    case .unknown: 2
    case .good: 3
    }
  }

  /// The page of one region; nil: there is none of that name.
  package static func region(_ name: String, _ status: StatusSnapshot) -> [UInt8]? {
    guard let region = status.regions.first(where: { $0.name == name }) else { return nil }
    return page("\(name) – Farwatch", at: "/regions/", isLive: true, status) { page in
      page.raw("<h1>Region \(page.escape(name))</h1>\n")
      standing(region, &page)
      if let readiness = status.readiness.first(where: { $0.region == name }) {
        page.raw("<p><strong>")
        page.text(readiness.sentence)
        page.raw(".</strong></p>\n")
      }
      page.section("checks", "Checks") { page in
        checks(region, status.takenAt, limit: mostChecks, open: mostChecks, &page)
      }
      var here = status
      here.links = status.links.filter { $0.source == name || $0.target == name }
      here.backups = status.backups.filter { $0.region == name }
      here.alerts = status.alerts.filter { alert in
        ["region", "source_region", "target_region"].contains { alert.labels[$0] == name }
      }
      links(here, &page)
      backups(here, &page)
      alerts(here, limit: 50, &page)
    }
  }
}
