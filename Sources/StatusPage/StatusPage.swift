internal import Model

/// The pages: a snapshot in, HTML out. Everything foreign is escaped; style and script are files of their own.
package enum StatusPage {
  /// Nothing but what Farwatch itself serves is loaded, run, asked or posted to.
  package static let contentSecurityPolicy =
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

  private static let pages = [
    (path: "/", name: "Status"), ("/alerts", "Alerts"), ("/silences", "Silences"), ("/events", "Events"),
  ]

  /// The page at `/`.
  package static func render(_ status: StatusSnapshot) -> [UInt8] {
    page("Farwatch \(status.vantage)", at: "/", isLive: true, status) { page in
      headline(status, &page)
      if status.regions.isEmpty {
        firstSteps(&page)
      } else {
        readiness(status, &page)
        regions(status, &page)
      }
      links(status, &page)
      backups(status, &page)
      alerts(status, limit: 20, &page)
      silences(status, limit: 10, &page)
      alarms(status, &page)
      receivers(status, &page)
      heartbeats(status, &page)
      events(status, &page)
      watcher(status, &page)
    }
  }

  /// A whole document around what a page shows.
  ///
  /// - Parameters:
  ///   - path: of the page; nil where it has none of its own to be reloaded from.
  ///   - isLive: renewed by itself where no script runs; not where somebody may be typing.
  static func page(
    _ title: String, at path: String?, isLive: Bool, _ status: StatusSnapshot?,
    _ content: (inout HTMLText) -> Void
  ) -> [UInt8] {
    var page = HTMLText()
    page.raw(
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(page.escape(title))</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
      <link rel="stylesheet" href="/status.css">
      """)
    if path != nil { page.raw("<script src=\"/status.js\" defer></script>") }
    if isLive { page.raw("<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>") }
    page.raw("</head>\n<body><a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>")
    page.raw("<p class=\"brand\"><a href=\"/\">Farwatch</a></p><nav aria-label=\"Pages\"><ul>")
    for (target, name) in pages {
      page.raw("<li><a href=\"\(target)\"\(target == path ? " aria-current=\"page\"" : "")>\(name)</a></li>")
    }
    page.raw("</ul></nav></header>\n<p id=\"cut\" role=\"alert\" hidden></p>\n")
    page.raw("<main id=\"main\" tabindex=\"-1\">\n")
    content(&page)
    if let status { foot(status, &page) }
    page.raw("</main>\n</body></html>\n")
    return page.bytes
  }

  private static func foot(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.raw("<p class=\"quiet foot\">seen from ")
    page.text(status.vantage)
    page.raw(" at ")
    page.time(status.takenAt)
    page.raw(" &middot; version \(page.escape(status.version)) &middot; ")
    page.raw("up \(age(status.startedAt, status.takenAt)) &middot; <a href=\"/metrics\">metrics</a></p>\n")
  }

  private static func headline(_ status: StatusSnapshot, _ page: inout HTMLText) {
    let headline = status.headline
    page.raw("<h1 class=\"headline\"><span id=\"headline\" aria-live=\"polite\" ")
    page.raw("class=\"verdict \(headline.verdict.rawValue)\">\(page.escape(headline.text))</span></h1>\n")
    if let problem = status.lastReloadProblem {
      page.notice("The configuration on disk is not in force: \(problem)")
    }
    for problem in status.ruleProblems { page.notice(problem) }
  }

  /// What one wants to know before one fails over, for who has five seconds: the answer first, and big.
  private static func readiness(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.section("readiness", "If you failed over now") { page in
      if status.readiness.isEmpty { page.notice("There is no region to fail over to.") }
      page.raw("<ul class=\"calls\">\n")
      for one in status.readiness {
        page.raw("<li class=\"card \(one.verdict.rawValue)\">")
        call(one, status.takenAt, &page)
        page.raw("</li>\n")
      }
      page.raw("</ul>\n<p class=\"quiet\">Newest good backup: ")
      if let newest = status.newestBackup {
        page.ago(newest.at, status.takenAt)
        page.raw(" (")
        page.link("/backups/", newest.job)
        page.raw(")")
      } else {
        page.text(status.backups.isEmpty ? "no backup is watched" : "none is known")
      }
      page.raw("</p>\n")
    }
  }

  static func call(_ one: StatusSnapshot.Readiness, _ now: Timestamp, _ page: inout HTMLText) {
    page.raw("<p class=\"state\">")
    page.state(one.verdict.rawValue, "\(one.region): \(one.call)")
    page.raw("</p><p><strong>")
    page.text(one.sentence)
    page.raw("</strong>; ")
    if let proven = one.lastProven {
      page.raw("last proven ")
      page.ago(proven, now)
    } else {
      page.raw("never proven")
    }
    page.raw(".</p>\n")
    for objection in one.objections {
      page.notice(objection.prefix(1).uppercased() + objection.dropFirst() + ".")
    }
  }

  /// What an install without any region is told.
  private static func firstSteps(_ page: inout HTMLText) {
    page.section("first", "Tell Farwatch what to watch") { page in
      page.raw(
        """
        <p>Farwatch runs, and watches nothing yet. Put regions and checks into its configuration file:</p>
        <pre tabindex="0"><code>regions:
          taiwan: { role: primary }
          japan: { role: standby }

        health:
          checks:
            - name: api
              region: taiwan
              http: { url: "https://taiwan.example.com/health" }
            - name: api
              region: japan
              http: { url: "https://japan.example.com/health" }
        </code></pre>
        <ol><li>Look it over: <code>farwatch check config farwatch.yml</code></li>
        <li>Put it in force: <code>systemctl reload farwatch</code>, or send SIGHUP.</li>
        <li>This page shows the regions as soon as their checks have reported.</li></ol>

        """)
    }
  }

  /// The page for what is not there.
  package static func notFound(_ what: String) -> [UInt8] {
    page("Not here – Farwatch", at: nil, isLive: false, nil) { page in
      page.raw("<h1>Not here</h1><p>")
      page.text(what)
      page.raw("</p><p><a href=\"/\">Back to the status page</a></p>\n")
    }
  }

  /// The page for what cannot be shown now.
  package static func unavailable(_ why: String) -> [UInt8] {
    page("Farwatch is busy", at: nil, isLive: true, nil) { page in
      page.raw("<h1>Not now</h1><p class=\"notice\">")
      page.text(why)
      page.raw("</p><p><a href=\"/\">Back to the status page</a></p>\n")
    }
  }
}
