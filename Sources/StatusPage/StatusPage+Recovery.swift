internal import Model

/// Links and backups: what there would be to go on with.
extension StatusPage {
  private static func word(_ link: StatusSnapshot.Link, _ now: Timestamp) -> String {
    switch link.verdict(at: now) {
    case .good, .degraded: "within objective"
    case .bad: "objective missed"
    case .unknown: "unknown"
    }
  }

  private static func word(_ backup: StatusSnapshot.Backup, _ now: Timestamp) -> String {
    switch backup.verdict(at: now) {
    case .good, .degraded: "in time"
    case .bad: backup.newestGood == nil ? "none" : "too old"
    case .unknown: "unknown"
    }
  }

  static func links(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.links.isEmpty else { return }
    page.section("links", "Replication") { page in
      page.table(
        "Replication links",
        ["Link", "State", "Path", "Lost if failed over now", lagsColumn(status), "Objective", "Trouble"]
      ) { page in
        for link in status.links {
          let verdict = link.verdict(at: status.takenAt)
          page.row { page in
            page.head { $0.link("/links/", link.name) }
            page.cell { $0.state(verdict.rawValue, word(link, status.takenAt)) }
            page.cell("Path", "\(link.source) → \(link.target)")
            page.cell("Lost if failed over now") { page in
              page.raw("<span class=\"number\">\(exposure(of: link, status.takenAt))</span> ")
              page.raw(Drawings.bar(link.exposure(at: status.takenAt), of: link.objective, verdict))
            }
            let line = Drawings.sparkline(link.lags, limit: link.objective.inSeconds)
            page.cell(line.isEmpty ? nil : lagsColumn(status)) { $0.raw(line) }
            page.cell("Objective", text(link.objective))
            page.cell(link.problem == nil ? nil : "Trouble", quiet: true, link.problem ?? "")
          }
        }
      }
    }
  }

  private static func lagsColumn(_ status: StatusSnapshot) -> String {
    "Last \(text(status.trendWindow)) against objective"
  }

  /// What is not measured now says so: it was so much when it was last known, and may have grown.
  private static func exposure(of link: StatusSnapshot.Link, _ now: Timestamp) -> String {
    guard let exposure = link.exposure(at: now) else { return "unknown" }
    return link.measured ? text(exposure) : "unknown, at worst \(text(exposure))"
  }

  static func backups(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.backups.isEmpty else { return }
    page.section("backups", "Backups") { page in
      page.table(
        "Backup jobs", ["Job", "State", "Region", "Newest good", "Objective", "Size", "Verified", "Trouble"]
      ) { page in
        for backup in status.backups {
          page.row { page in
            page.head { backupLink(backup, status, &$0) }
            page.cell {
              $0.state(backup.verdict(at: status.takenAt).rawValue, word(backup, status.takenAt))
            }
            page.cell("Region", backup.region)
            page.cell("Newest good") { newestGood(backup, status.takenAt, &$0) }
            page.cell("Objective", text(backup.objective))
            page.cell(backup.sizeBytes == nil ? nil : "Size") { page in
              page.raw(backup.sizeBytes.map(bytes) ?? "")
              page.raw(" \(Drawings.sparkline(backup.sizes))")
            }
            page.cell("Verified", quiet: true) { verified(backup, status.takenAt, &$0) }
            page.cell(backup.problem == nil ? nil : "Trouble", quiet: true, backup.problem ?? "")
          }
        }
      }
    }
  }

  private static func newestGood(
    _ backup: StatusSnapshot.Backup, _ now: Timestamp, _ page: inout HTMLText
  ) {
    guard let newest = backup.newestGood else { return page.raw(backup.measured ? "none" : "unknown") }
    page.ago(newest, now)
  }

  private static func verified(_ backup: StatusSnapshot.Backup, _ now: Timestamp, _ page: inout HTMLText) {
    var isFirst = true
    func say(_ words: String, _ page: inout HTMLText) {
      if !isFirst { page.raw("; ") }
      page.text(words)
      isFirst = false
    }
    if let bad = backup.foundBad, bad > 0 { say("\(NumberText.plain(bad)) files found bad", &page) }
    // None that is kept, and none that was not read: that proves nothing.
    if let left = backup.unverified, backup.retained != 0 {
      let kept = backup.retained.map(NumberText.plain)
      if left == 0 {
        say("content read and sound: \(kept.map { "all \($0) kept" } ?? "all that are kept")", &page)
      } else {
        let all = kept.map { " of \($0) kept" } ?? ""
        say("content of \(NumberText.plain(left))\(all) not read yet", &page)
      }
    }
    if let tested = backup.restoreTested {
      say("restored as a test ", &page)
      page.ago(tested, now)
    }
    if isFirst { page.raw("not known") }
  }

  // MARK: Pages of one

  /// The page of one link, which may have several targets; nil: there is none of that name.
  package static func link(_ name: String, _ status: StatusSnapshot) -> [UInt8]? {
    let found = status.links.filter { $0.name == name }
    guard !found.isEmpty else { return nil }
    return page("\(name) – Farwatch", at: "/links/", isLive: true, status) { page in
      page.raw("<h1>Link \(page.escape(name))</h1>\n")
      for (number, link) in found.enumerated() {
        page.section("link\(number)", "\(link.source) → \(link.target)") { page in
          page.raw("<dl>")
          term("State", &page) {
            $0.state(link.verdict(at: status.takenAt).rawValue, word(link, status.takenAt))
          }
          term("Lost if failed over now", &page) { page in
            page.text(exposure(of: link, status.takenAt))
            page.raw(" ")
            page.raw(
              Drawings.bar(
                link.exposure(at: status.takenAt), of: link.objective, link.verdict(at: status.takenAt)))
          }
          term("Objective", &page) { $0.text(text(link.objective)) }
          term("The target is complete up to", &page) { page in
            if let point = link.recoveryPoint { page.time(point) } else { page.raw("never known") }
          }
          term("Watched as", &page) { $0.text(link.engine) }
          term("Newest measurement", &page) {
            $0.text(link.measured ? "succeeded" : link.problem ?? "failed")
          }
          page.raw("</dl>\n")
          lags(of: link, status, &page)
        }
      }
      alerts(status, &page) { $0.labels["link"] == name }
    }
  }

  private static func lags(
    of link: StatusSnapshot.Link, _ status: StatusSnapshot, _ page: inout HTMLText
  ) {
    let known = link.lags.compactMap { $0 }
    guard known.count > 1, let most = known.max() else {
      return page.quiet("How it went is drawn here when it was measured for a while.")
    }
    page.raw(Drawings.sparkline(link.lags, isBig: true, limit: link.objective.inSeconds))
    page.quiet(
      "What would have been lost, over the last \(text(status.trendWindow)), from nothing at the bottom: at most "
        + "\(text(.milliseconds(Int64((min(most, 1e12) * 1000).rounded())))). The dashed line is the objective, "
        + "\(text(link.objective)); a gap: not measured.")
  }

  /// To the page of a job: by its name, and by its region where the name alone does not tell.
  static func backupLink(
    _ backup: StatusSnapshot.Backup, _ status: StatusSnapshot, _ page: inout HTMLText
  ) {
    let isAlone = status.backups.count { $0.job == backup.job } == 1
    page.link(isAlone ? "/backups/" : "/backups/\(HTMLText.segment(backup.region))/", backup.job)
  }

  /// The page of one backup job, or a list of those of that name where several regions have one; nil: there is none.
  ///
  /// - Parameter region: nil: any.
  package static func backup(
    _ job: String, region: String? = nil, _ status: StatusSnapshot
  ) -> [UInt8]? {
    let found = status.backups.filter { $0.job == job && (region == nil || $0.region == region) }
    guard let backup = found.first else { return nil }
    guard found.count == 1 || region != nil else {
      var here = status
      here.backups = found
      return page("\(job) – Farwatch", at: "/backups/", isLive: true, status) { page in
        page.raw("<h1>Backup jobs \(page.escape(job))</h1>\n")
        backups(here, &page)
      }
    }
    return page("\(job) – Farwatch", at: "/backups/", isLive: true, status) { page in
      page.raw("<h1>Backup job \(page.escape(job))</h1>\n<dl>")
      term("State", &page) {
        $0.state(backup.verdict(at: status.takenAt).rawValue, word(backup, status.takenAt))
      }
      term("Region", &page) { $0.link("/regions/", backup.region) }
      term("Newest good", &page) { page in
        newestGood(backup, status.takenAt, &page)
        if let newest = backup.newestGood {
          page.raw(", ")
          page.time(newest)
        }
      }
      term("Objective", &page) { $0.text("no older than \(text(backup.objective))") }
      term("Size", &page) { $0.text(backup.sizeBytes.map(bytes) ?? "unknown") }
      if let retained = backup.retained {
        term("Kept", &page) { $0.text(retained == 1 ? "1 backup" : "\(NumberText.plain(retained)) backups") }
      }
      term("Verified", &page) { verified(backup, status.takenAt, &$0) }
      term("Newest look at it", &page) {
        $0.text(backup.measured ? "succeeded" : backup.problem ?? "failed")
      }
      page.raw("</dl>\n")
      let known = backup.sizes.compactMap { $0 }
      if let least = known.min(), let most = known.max(), known.count > 1 {
        page.section("sizes", "Size of the newest good backup") { page in
          page.raw(Drawings.sparkline(backup.sizes, isBig: true))
          page.quiet(
            "Over the last \(text(backup.sizesWindow)), from nothing at the bottom: least \(bytes(least)), "
              + "most \(bytes(most)).")
        }
      }
      alerts(status, &page) { $0.labels["job"] == job }
    }
  }

  private static func term(
    _ name: String, _ page: inout HTMLText, _ content: (inout HTMLText) -> Void
  ) {
    page.raw("<div><dt>\(page.escape(name))</dt><dd>")
    content(&page)
    page.raw("</dd></div>")
  }
}
