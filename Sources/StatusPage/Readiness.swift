package import Model

extension StatusSnapshot {
  /// What failing over to a region now would mean, as far as it was measured: the one judgement for the page, the API and
  /// whoever asks them.
  package struct Readiness: Sendable {
    /// What would be failed over; nil: everything that the region's links carry.
    package var workload: String?
    package var region: String
    /// Good only when everything that counts is known to be good.
    package var verdict: Verdict
    /// The largest loss of the region's data; nil when that of any of it is unknown, or there is none.
    package var loses: Duration?
    /// The link, or the data, that loses most.
    package var worst: String?
    /// Links, or data, whose loss is unknown.
    package var unknown: [String] = []
    /// What speaks against it, or is not known, beside what the sentence says; empty: nothing.
    package var objections: [String] = []
    /// How long it takes; nil: not measured.
    package var takes: Duration?
    /// From what that is known: `failover`, `drill` or `restore`.
    package var takesFrom: String?
    package var lastProven: Timestamp?

    package init(workload: String? = nil, region: String, verdict: Verdict) {
      self.workload = workload
      self.region = region
      self.verdict = verdict
    }

    /// One sentence.
    package var sentence: String {
      let loss =
        if let loses {
          "would lose \(StatusPage.text(loses))" + (worst.map { " (\($0))" } ?? "")
        } else if unknown.isEmpty {
          "would lose an unknown amount: no replication is watched"
        } else {
          "would lose an unknown amount: nothing is known of \(Self.list(unknown))"
        }
      let time =
        takes.map { " and take about \(StatusPage.text($0))" } ?? "; how long it takes is not measured yet"
      return "Failing \(workload.map { "\($0) " } ?? "")over to \(region) now \(loss)\(time)"
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

    /// `japan`, `shop in japan`.
    package var name: String { workload.map { "\($0) in \(region)" } ?? region }

    /// Everything that keeps it from being good and proven, the sentence's own doubts among it.
    package var reasons: [String] {
      var found = objections
      if loses == nil {
        found.append(
          unknown.isEmpty
            ? "no replication to it is watched" : "what would be lost of \(Self.list(unknown)) is not known")
      }
      if takes == nil { found.append("how long it takes is not measured") }
      return found
    }

    static func list(_ names: [String]) -> String {
      let shown = names.prefix(3).joined(separator: ", ")
      return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
  }

  /// Of each workload in each region that is not in charge of it; where there are none, of each region that others
  /// replicate to, or that stands by, in the order of the regions.
  package var readiness: [Readiness] {
    if let standings { return standings }
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
    var readiness = Readiness(region: region, verdict: verdict)
    if unknown.isEmpty, let worst {
      readiness.loses = worst.exposure(at: takenAt)
      readiness.worst = worst.name
    }
    readiness.unknown = unknown.map(\.name)
    switch health {
    case .good: break
    case .bad: readiness.objections.append("the region itself is down")
    case .degraded: readiness.objections.append("the region itself is degraded")
    case .unknown: readiness.objections.append("the region's own state is not known")
    }
    let missed = links.filter { $0.verdict(at: takenAt) == .bad }.map(\.name)
    if !missed.isEmpty {
      readiness.objections.append("more would be lost than the objective allows: \(Readiness.list(missed))")
    }
    (readiness.takes, readiness.lastProven) = (rehearsal?.takes, rehearsal?.lastProven)
    return readiness
  }

  /// The newest of all good backups, with the job that made it; nil when none is known.
  package var newestBackup: (backup: Backup, at: Timestamp)? {
    backups.compactMap { backup in backup.newestGood.map { (backup, $0) } }.max { $0.1 < $1.1 }
  }
}
