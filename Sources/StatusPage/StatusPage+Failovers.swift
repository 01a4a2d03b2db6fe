internal import Model

/// Failovers and drills: what happened when, and what it cost against what was promised.
extension StatusPage {
  static func failovers(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.failovers.isEmpty else { return }
    page.section("failovers", "Failovers and drills") { page in
      page.table(
        "Failovers, newest first",
        ["Workload", "State", "Path", "Began", "Took", "Lost", "Steps since the first bad sample"]
      ) { page in
        for one in status.failovers { row(one, status.takenAt, &page) }
      }
    }
  }

  private static func row(_ one: StatusSnapshot.Failover, _ now: Timestamp, _ page: inout HTMLText) {
    page.row(id: "f-\(one.workload)-\(one.startedAt.milliseconds)") { page in
      page.head { $0.text(one.workload + (one.drill.map { " (drill \($0))" } ?? "")) }
      page.cell { page in
        let isUnderWay = !one.isOver && one.recoveryTime == nil
        let words =
          isUnderWay
          ? "under way" : ["good": "as promised", "bad": "not as promised"][one.verdict.rawValue] ?? "over"
        page.state(isUnderWay ? "degraded" : one.verdict.rawValue, words)
      }
      page.cell("Path", "\(one.from) → \(one.to ?? "nowhere yet")")
      page.cell("Began") { $0.ago(one.startedAt, now) }
      page.cell("Took", against(one.recoveryTime, one.recoveryTimeObjective, orElse: "not over"))
      page.cell("Lost", against(one.lost, one.lostObjective, orElse: "unknown"))
      page.cell("Steps", quiet: true) { page in
        page.raw("<ol class=\"plain\">")
        for step in one.steps {
          page.raw("<li>\(text(max(.zero, step.at - one.startedAt))) ")
          page.text(step.name)
          page.raw("</li>")
        }
        page.raw("</ol>")
      }
    }
  }

  /// `42s of 1m allowed`
  private static func against(_ measured: Duration?, _ limit: Duration?, orElse nothing: String) -> String {
    (measured.map(text) ?? nothing) + (limit.map { " of \(text($0)) allowed" } ?? "")
  }
}
