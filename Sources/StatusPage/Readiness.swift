package import Model

extension StatusSnapshot {
  /// What failing over to a region now would mean, as far as it was measured.
  package struct Readiness: Sendable {
    package var region: String
    /// Good only when everything that counts is known to be good.
    package var verdict: Verdict
    /// The largest loss of the region's links; nil when any link's is unknown, or there is no link.
    package var loses: Duration?
    /// The link that loses most.
    package var worstLink: String?
    /// Links whose loss is unknown.
    package var unknownLinks: [String]
    /// Links that would lose more than their objective allows.
    package var missed: [String] = []
    /// Of the region itself.
    package var health: Verdict = .unknown
    /// How long it takes; nil: not measured.
    package var takes: Duration?
    package var lastProven: Timestamp?

    /// One sentence.
    package var sentence: String {
      let loss =
        if let loses {
          "would lose \(StatusPage.text(loses))" + (worstLink.map { " (\($0))" } ?? "")
        } else if unknownLinks.isEmpty {
          "would lose an unknown amount: no replication is watched"
        } else {
          "would lose an unknown amount: nothing is known of \(Self.list(unknownLinks))"
        }
      let time =
        takes.map { " and take about \(StatusPage.text($0))" } ?? "; how long it takes is not measured yet"
      return "Failing over to \(region) now \(loss)\(time)"
    }

    /// The answer in a few words: whether one should. Never "safe" while that was not tried.
    package var call: String {
      switch verdict {
      case .good: lastProven == nil ? "looks safe" : "safe"
      case .degraded: "degraded"
      case .bad: "not safe"
      case .unknown: "not known to be safe"
      }
    }

    /// What speaks against it beside what the sentence says; empty: nothing.
    package var objections: [String] {
      var found: [String] = []
      switch health {
      case .good: break
      case .bad: found.append("the region itself is down")
      case .degraded: found.append("the region itself is degraded")
      case .unknown: found.append("the region's own state is not known")
      }
      if !missed.isEmpty {
        found.append("more would be lost than the objective allows: \(Self.list(missed))")
      }
      return found
    }

    static func list(_ names: [String]) -> String {
      let shown = names.prefix(3).joined(separator: ", ")
      return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
  }

  /// Of each region that others replicate to, or that stands by, in the order of the regions.
  package var readiness: [Readiness] {
    let standby: Set<String> = ["standby", "secondary", "backup"]
    var names = regions.filter { region in
      standby.contains(region.role) || links.contains { $0.target == region.name }
    }.map(\.name)
    for link in links where !names.contains(link.target) { names.append(link.target) }
    return names.map(readiness)
  }

  private func readiness(of region: String) -> Readiness {
    let links = links.filter { $0.target == region }
    // What is not measured now may have grown since: it is unknown, not what it was.
    let unknown = links.filter { !$0.measured || $0.recoveryPoint == nil }
    let worst = links.max { ($0.exposure(at: takenAt) ?? .zero) < ($1.exposure(at: takenAt) ?? .zero) }
    let verdicts = links.map { $0.verdict(at: takenAt) }
    let health = regions.first { $0.name == region }?.verdict ?? .unknown
    let verdict: Verdict =
      if health == .bad || verdicts.contains(.bad) {
        .bad
      } else if verdicts.isEmpty || health == .unknown || !unknown.isEmpty || verdicts.contains(.unknown) {
        .unknown
      } else {
        health
      }
    let rehearsal = rehearsals.first { $0.region == region }
    let isKnown = unknown.isEmpty && !links.isEmpty
    return Readiness(
      region: region, verdict: verdict, loses: isKnown ? worst?.exposure(at: takenAt) : nil,
      worstLink: isKnown ? worst?.name : nil, unknownLinks: unknown.map(\.name),
      missed: links.filter { $0.verdict(at: takenAt) == .bad }.map(\.name), health: health,
      takes: rehearsal?.takes, lastProven: rehearsal?.lastProven)
  }

  /// The newest of all good backups, with the job that made it; nil when none is known.
  package var newestBackup: (job: String, at: Timestamp)? {
    backups.compactMap { backup in backup.newestGood.map { (backup.job, $0) } }.max { $0.1 < $1.1 }
  }

  /// The whole in one line: never good while anything that counts is not known.
  package var headline: (verdict: Verdict, text: String) {
    if regions.isEmpty { return (.unknown, "Nothing is watched yet: no region is configured") }
    if !ready { return (.unknown, "Starting: not every collector has reported yet") }
    if isOffline == true { return (.unknown, "Farwatch itself is offline: what it shows may be old") }
    if let firing { return (.bad, firing) }
    func names(_ verdict: Verdict) -> String {
      regions.filter { $0.verdict == verdict }.map(\.name).joined(separator: ", ")
    }
    for (verdict, word) in [(Verdict.bad, "down"), (.degraded, "degraded")] where !names(verdict).isEmpty {
      return (verdict, "Nothing is firing, but \(names(verdict)) \(word)")
    }
    if !names(.unknown).isEmpty { return (.unknown, "Some regions are unknown: \(names(.unknown))") }
    if let link = links.first(where: { $0.verdict(at: takenAt) == .bad }) {
      return (.bad, "Nothing is firing, but \(link.name) misses its objective")
    }
    if let backup = backups.first(where: { $0.verdict(at: takenAt) == .bad }) {
      return (.bad, "Nothing is firing, but backup \(backup.job) misses its objective")
    }
    let unknown =
      links.filter { $0.verdict(at: takenAt) == .unknown }.map(\.name)
      + backups.filter { $0.verdict(at: takenAt) == .unknown }.map(\.job)
    if let first = unknown.first {
      let more = unknown.count > 1 ? " and \(unknown.count - 1) more" : ""
      return (.unknown, "Nothing is firing, but nothing is known of \(first)\(more)")
    }
    return (.good, "Nothing is firing")
  }

  /// `2 alerts are firing, 1 alarm is in ALARM`; nil: nothing is.
  var firing: String? {
    let alerts = alerts.count { $0.state == "firing" }
    let heldBack = self.alerts.count { $0.state == "firing" && $0.paging?.isHeldBack ?? false }
    let alarms = alarms.count { $0.verdict == .bad }
    let parts = [
      alerts == 0
        ? nil
        : (alerts == 1 ? "1 alert is firing" : "\(alerts) alerts are firing")
          + (heldBack == 0 ? "" : ", \(heldBack) of them held back"),
      alarms == 0 ? nil : alarms == 1 ? "1 alarm is in ALARM" : "\(alarms) alarms are in ALARM",
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
