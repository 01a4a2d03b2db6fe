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
        standing(region, status.trendWindow, &page)
        parts(region, &page)
        checks(region, status, &page)
        page.raw("</article>\n")
      }
      page.raw("</div>\n")
    }
  }

  /// State, role, what is meant for it and what it serves.
  private static func standing(
    _ region: StatusSnapshot.Region, _ window: Duration, isBig: Bool = false, _ page: inout HTMLText
  ) {
    page.raw("<p class=\"state\">")
    page.state(region.verdict.rawValue, word(region.verdict))
    page.raw("</p><p class=\"quiet\">")
    page.text(region.role)
    if let share = region.share { page.raw(" &middot; meant for \(NumberText.plain(share)) % of traffic") }
    if let served = region.servedShare {
      page.raw(" &middot; \(served > 0 ? "DNS sends \(percent(served)) here" : "DNS sends nobody here")")
    }
    page.raw("</p>\n")
    if let traffic = region.traffic { line(traffic, window, isBig: isBig, &page) }
  }

  private static func line(
    _ traffic: StatusSnapshot.Traffic, _ window: Duration, isBig: Bool, _ page: inout HTMLText
  ) {
    page.raw("<p class=\"traffic\">")
    if let requests = traffic.requests {
      page.raw("<span class=\"number\">\(rate(requests)) requests/s</span>")
    } else {
      page.raw("requests unknown")
    }
    if let share = traffic.errorShare {
      page.raw(" &middot; <span class=\"number\">\(share == 0 ? "none" : percent(share)) fail</span>")
    } else if let errors = traffic.errors {
      page.raw(" &middot; <span class=\"number\">\(rate(errors)) fail/s</span>")
    } else {
      page.raw(" &middot; failures unknown")
    }
    if !isBig { page.raw(" \(Drawings.sparkline(traffic.history))") }
    if let problem = traffic.problem { page.raw(" <span class=\"quiet\">(\(page.escape(problem)))</span>") }
    page.raw("</p>\n")
    guard isBig, let most = traffic.history.compactMap({ $0 }).max() else { return }
    page.raw(Drawings.sparkline(traffic.history, isBig: true))
    page.quiet(
      "Requests a second over the last \(text(window)), from none at the bottom: at most \(rate(most)).")
  }

  /// Three digits say enough.
  private static func rate(_ value: Double) -> String {
    let step = value >= 100 ? 1.0 : value >= 10 ? 10 : 100
    return NumberText.plain((value * step).rounded() / step)
  }

  /// What the region's state follows from, short.
  private static func parts(_ region: StatusSnapshot.Region, _ page: inout HTMLText) {
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
    _ region: StatusSnapshot.Region, _ status: StatusSnapshot, _ page: inout HTMLText
  ) {
    guard !region.checks.isEmpty else {
      page.notice("No check watches this region: nothing is known of it.")
      return
    }
    let sorted = byUrgency(region.checks)
    let wrong = region.checks.count { $0.verdict != .good }
    let shown = sorted.prefix(shownChecks)
    let above = shown.prefix(max(wrong, openChecks))
    let below = shown.dropFirst(above.count)
    table("Checks of \(region.name)", above, status, &page)
    if !below.isEmpty {
      page.raw("<details><summary>\(count(below.count, "more check")), all up</summary>")
      table("More checks of \(region.name)", below, status, &page)
      page.raw("</details>\n")
    }
    if shown.count < sorted.count { page.quiet("and \(sorted.count - shown.count) more") }
  }

  private static func byUrgency(_ checks: [StatusSnapshot.Check]) -> [StatusSnapshot.Check] {
    checks.enumerated().sorted {
      (urgency($0.element.verdict), $0.offset) < (urgency($1.element.verdict), $1.offset)
    }.map(\.element)
  }

  private static func table(
    _ caption: String, _ checks: ArraySlice<StatusSnapshot.Check>, _ status: StatusSnapshot,
    _ page: inout HTMLText
  ) {
    page.raw("<table class=\"checks\"><caption>\(page.escape(caption))</caption><thead><tr>")
    page.raw("<th scope=\"col\">Check</th><th scope=\"col\">Answer, last \(text(status.trendWindow))</th>")
    page.raw("<th scope=\"col\">For</th></tr></thead><tbody>\n")
    for check in checks {
      page.raw("<tr><th scope=\"row\"><span class=\"dot \(check.verdict.rawValue)\">")
      page.raw("<span class=\"unseen\">\(word(check.verdict)): </span>")
      page.text(check.name)
      page.raw("</span></th><td>")
      answer(check, &page)
      page.raw("</td><td class=\"quiet when\">")
      if let since = check.since { page.raw("\(age(since, status.takenAt))") }
      page.raw("</td></tr>\n")
    }
    page.raw("</tbody></table>\n")
  }

  private static func answer(_ check: StatusSnapshot.Check, _ page: inout HTMLText) {
    if let problem = check.problem {
      page.text(problem)
      if check.consecutiveFailures > 1 { page.raw(" (\(check.consecutiveFailures) in a row)") }
    } else if let latency = check.latencySeconds {
      page.raw("<span class=\"number\">\(milliseconds(latency))</span>")
    } else if let madeOf = check.madeOf {
      page.text(madeOf)
    } else {
      page.raw("no answer yet")
    }
    page.raw(" \(Drawings.sparkline(check.latencies))")
  }

  private static func urgency(_ verdict: StatusSnapshot.Verdict) -> Int {
    switch verdict {
    case .bad: 0
    case .degraded: 1
    case .unknown: 2
    case .good: 3
    }
  }

  // MARK: The page of one

  /// The page of one region; nil: there is none of that name.
  package static func region(_ name: String, _ status: StatusSnapshot) -> [UInt8]? {
    guard let region = status.regions.first(where: { $0.name == name }) else { return nil }
    return page("\(name) – Farwatch", at: "/regions/", isLive: true, status) { page in
      page.raw("<h1>Region \(page.escape(name))</h1>\n")
      standing(region, status.trendWindow, isBig: true, &page)
      if let readiness = status.readiness.first(where: { $0.region == name }) {
        page.section("readiness", "If you failed over to it now") { page in
          page.raw("<div class=\"calls\"><div class=\"card \(readiness.verdict.rawValue)\">")
          call(readiness, status.takenAt, &page)
          page.raw("</div></div>\n")
        }
      }
      rollUp(region, &page)
      page.section("checks", "Checks") { allChecks(of: region, status, &$0) }
      var here = status
      here.links = status.links.filter { $0.source == name || $0.target == name }
      here.backups = status.backups.filter { $0.region == name }
      here.alerts = status.alerts.filter { alert in
        ["region", "source_region", "target_region"].contains { alert.labels[$0] == name }
      }
      links(here, &page)
      backups(here, &page)
      alerts(here, limit: 50, &page)
      page.section("events", "What happened here") { page in
        if region.events.isEmpty {
          page.quiet("Nothing of late.")
        } else {
          list(region.events, status.takenAt, &page)
        }
        page.raw("<p class=\"quiet\"><a href=\"/events?label=region%3D\(HTMLText.segment(name))\">")
        page.raw("All that names this region</a></p>\n")
      }
    }
  }

  /// What the region's state follows from: zones, their tiers, and the checks in each.
  private static func rollUp(_ region: StatusSnapshot.Region, _ page: inout HTMLText) {
    guard !region.zones.isEmpty || !region.tiers.isEmpty else { return }
    page.section("parts", "What its state follows from") { page in
      page.table("Zones and tiers of \(region.name)", ["Part", "State", "Checks up", "Of its weight"]) {
        page in
        for tier in region.tiers where tier.zone.isEmpty { row("tier \(tier.name)", tier, region, &page) }
        for zone in region.zones {
          row("zone \(zone.name)", zone, region, &page)
          for tier in region.tiers where tier.zone == zone.name {
            row("tier \(tier.name) in \(zone.name)", tier, region, &page)
          }
        }
      }
    }
  }

  private static func row(
    _ name: String, _ part: StatusSnapshot.Part, _ region: StatusSnapshot.Region, _ page: inout HTMLText
  ) {
    let isTier = part.healthyShare != nil
    let checks = region.checks.filter { check in
      isTier ? check.zone == part.zone && check.tier == part.name : check.zone == part.name
    }
    page.row { page in
      page.head { $0.text(name) }
      page.cell { $0.state(part.verdict.rawValue, word(part.verdict)) }
      page.cell("Checks up", "\(checks.count { $0.verdict == .good }) of \(checks.count)")
      let share = part.healthyShare.map { "\(percent($0)) well" }
      page.cell(share == nil ? nil : "Of its weight", share ?? "")
    }
  }

  /// Every check with its place; what is wrong stands first.
  private static func allChecks(
    of region: StatusSnapshot.Region, _ status: StatusSnapshot, _ page: inout HTMLText
  ) {
    guard !region.checks.isEmpty else {
      return page.notice("No check watches this region: nothing is known of it.")
    }
    let answer = "Answer, last \(text(status.trendWindow))"
    page.table("Checks of \(region.name)", ["Check", "State", "Zone", "Tier", answer, "For"]) { page in
      for check in byUrgency(region.checks).prefix(mostChecks) {
        page.row { page in
          page.head { $0.text(check.name) }
          page.cell { $0.state(check.verdict.rawValue, word(check.verdict)) }
          page.cell(check.zone.isEmpty ? nil : "Zone", check.zone)
          page.cell(check.tier.isEmpty ? nil : "Tier", check.tier)
          page.cell("Answer") { Self.answer(check, &$0) }
          page.cell(check.since == nil ? nil : "For", check.since.map { age($0, status.takenAt) } ?? "")
        }
      }
    }
    if region.checks.count > mostChecks { page.quiet("and \(region.checks.count - mostChecks) more") }
  }
}
