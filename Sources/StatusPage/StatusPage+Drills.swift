internal import Model

/// Rehearsals that run: above everything else, so that nobody takes what follows from them for the real thing.
extension StatusPage {
  static func drills(_ status: StatusSnapshot, _ page: inout HTMLText) {
    for drill in status.drills {
      page.raw("<p class=\"notice\" role=\"status\"><strong>DRILL</strong> ")
      page.text("\(drill.kind) failover of \(drill.workload), away from \(drill.region), since ")
      page.ago(drill.startedAt, status.takenAt)
      page.text(drill.by.isEmpty ? "" : " by \(drill.by)")
      page.text("; ends by itself in \(age(status.takenAt, drill.expiresAt))")
      if let phase = drill.nextPhase { page.text("; next: \(phase)") }
      page.raw(" (<a href=\"/events?kind=drill\">what was noted</a>).</p>\n")
    }
  }
}
