internal import Drills
internal import Journal
internal import Model
internal import Readiness
internal import StatusPage

/// What both texts say, in words.
extension DrillReport {
  var title: String { "Drill \(drill.id)" }

  /// One sentence for who reads nothing else.
  var verdict: String {
    let name = "\(drill.kind.rawValue) failover drill of \(drill.workload), away from \(drill.region)"
    guard let outcome = drill.outcome else { return "A \(name) is running: this is how far it has come." }
    let words =
      switch outcome {
      case .passed: "The \(name) passed"
      case .failed: "The \(name) failed"
      case .aborted: "The \(name) was aborted"
      case .expired: "The \(name) was not ended by anybody and expired"
      }
    let missed = [
      metRecoveryTime == false ? "the recovery time objective was missed" : nil,
      metRecoveryPoint == false ? "the recovery point objective was missed" : nil,
      missedPhases.isEmpty ? nil : "late: \(missedPhases.joined(separator: ", "))",
    ].compactMap { $0 }
    return words + (missed.isEmpty ? "." : "; " + missed.joined(separator: "; ") + ".")
  }

  /// Name, what was measured, what was promised, whether it was kept.
  var measures: [(name: String, value: String, objective: String, met: String)] {
    [
      ("Detection: from the first bad sample to the page", Self.text(failover?.detectionTime), "–", "–"),
      (
        "Recovery time (RTO)", Self.text(failover?.recoveryTime), Self.limit(drill.objectives.recoveryTime),
        Self.word(metRecoveryTime, drill.objectives.recoveryTime)
      ),
      (
        "Data lost, as time (RPO)", Self.text(failover?.lost), Self.limit(drill.objectives.recoveryPoint),
        Self.word(metRecoveryPoint, drill.objectives.recoveryPoint)
      ),
    ]
  }

  private static func text(_ duration: Duration?) -> String {
    duration.map { StatusPage.text($0) } ?? "not measured"
  }

  private static func limit(_ milliseconds: Int64?) -> String {
    milliseconds.map { "at most " + StatusPage.text(.milliseconds($0)) } ?? "none"
  }

  private static func word(_ met: Bool?, _ objective: Int64?) -> String {
    switch (met, objective) {
    case (true?, _): "met"
    case (false?, _): "MISSED"
    case (nil, nil): "–"
    case (nil, _): "not known"
    }
  }

  /// Name and value.
  var facts: [(name: String, value: String)] {
    var facts = [
      ("Workload", drill.workload), ("Region that was left", drill.region), ("Kind", drill.kind.rawValue),
      ("Started", "\(drill.startedAt.iso8601) by \(drill.by.isEmpty ? "somebody" : drill.by)"),
      (
        "Ended",
        drill.endedAt.map { "\($0.iso8601), after \(StatusPage.text($0 - drill.startedAt))" } ?? "it runs"
      ),
      ("Outcome", drill.outcome?.rawValue ?? "open"),
    ]
    if !drill.comment.isEmpty { facts.append(("Comment", drill.comment)) }
    facts.append(
      ("Pages went to", drill.topic.map { "topic \($0), in place of their own" } ?? "their own topics"))
    if let failover {
      facts.append(("Failover", "\(failover.from) → \(failover.to ?? "nowhere")"))
    }
    facts.append(("Measured by", "\(vantage), Farwatch \(version)"))
    return facts
  }

  /// Name, target, reached, took, whether in time.
  var phaseRows: [[String]] {
    drill.phases.map { phase in
      let met = phase.isMet(startedAt: drill.startedAt, now: end)
      return [
        phase.name, phase.within.map { "within " + StatusPage.text(.milliseconds($0)) } ?? "–",
        phase.reachedAt?.iso8601 ?? "not reached",
        phase.reachedAt.map { StatusPage.text($0 - drill.startedAt) } ?? "–",
        met.map { $0 ? "met" : "MISSED" } ?? (phase.within == nil ? "–" : "open"),
      ]
    }
  }

  /// Step, when, since the first bad sample.
  var failoverRows: [[String]] {
    guard let failover else { return [] }
    let steps = Failover.Step.allCases.compactMap { step in failover.times[step].map { (step, $0) } }
    return steps.sorted { $0.1 < $1.1 }.map { step, at in
      [Self.words(step), at.iso8601, "+" + StatusPage.text(max(.zero, at - failover.startedAt))]
    }
  }

  static func words(_ step: Failover.Step) -> String {
    switch step {
    case .firstBad: "first bad sample"
    case .confirmed: "confirmed"
    case .paged: "paged"
    case .acknowledged: "acknowledged"
    case .roleChanged: "another region accepts writes"
    case .steeringChanged: "people are sent to another region"
    case .serving: "another region serves"
    case .caughtUp: "the region that failed has caught up"
    case .failedBack: "failed back"
    case .recovered: "recovered by itself"
    case .superseded: "overtaken by another failover"
    }
  }

  var pageRows: [[String]] {
    pages.map { page in
      let labels = page.labels.dropping(["alertname", "severity"]).entries.map { "\($0.name)=\($0.value)" }
      return [
        page.alert, labels.joined(separator: ", "), "\(page.topic)/\(page.receiver)", page.takenAt.iso8601,
        page.acknowledgedAt.map {
          "\($0.iso8601), after \(StatusPage.text(max(.zero, $0 - page.takenAt)))"
            + (page.acknowledgedBy.isEmpty ? "" : ", by \(page.acknowledgedBy)")
        } ?? "nobody",
      ]
    }
  }

  /// How the evidence stands.
  func evidenceRows(digest: String) -> [(name: String, value: String)] {
    var rows: [(String, String)] = []
    if let stretch, let first = stretch.entries.first, let last = stretch.entries.last {
      let some = isComplete ? "" : " (only the first of them)"
      rows.append(("Journal entries", "\(first.record.sequence) to \(last.record.sequence)\(some)"))
      rows.append(("Journal's head at the start", stretch.previous))
      rows.append(("Journal's head at the end", stretch.hash))
    } else {
      rows.append(("Journal entries", "none: they were no longer kept when this was made"))
    }
    rows.append(("SHA-256 of the JSON report", digest))
    rows.append(("SHA-256 of the certificate", fingerprint))
    rows.append(("Made", madeAt.iso8601))
    return rows
  }
}
