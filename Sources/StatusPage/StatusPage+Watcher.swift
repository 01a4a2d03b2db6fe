internal import Model

/// Who is told, who hears of Farwatch's own end, and how Farwatch itself is.
extension StatusPage {
  static func receivers(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.section("receivers", "Who is told") { page in
      if status.receivers.isEmpty {
        return page.notice("No subscription is configured: nobody is paged.")
      }
      page.table(
        "Receivers of pages",
        ["Topic", "State", "Receiver", "Endpoint", "Waiting", "Last taken", "Last proven", "Trouble"]
      ) { page in
        for receiver in status.receivers { row(receiver, status.takenAt, &page) }
      }
    }
  }

  private static func row(_ receiver: StatusSnapshot.Receiver, _ now: Timestamp, _ page: inout HTMLText) {
    page.row { page in
      page.head { $0.text(receiver.topic) }
      let verdict = verdict(receiver)
      page.cell { $0.state(verdict, ["good": "takes pages", "bad": "fails"][verdict] ?? "unknown") }
      page.cell(nil, receiver.name)
      page.cell(nil, quiet: true, receiver.endpoint)
      page.cell("Waiting") { page in
        page.raw("\(receiver.waiting)")
        if receiver.waiting > 0, let oldest = receiver.oldestWaiting { page.raw(", \(text(oldest)) old") }
      }
      page.cell("Last taken") { page in
        if let last = receiver.lastSuccess { page.ago(last, now) } else { page.raw("never") }
      }
      page.cell("Last proven") { page in
        if let last = receiver.lastProven { page.ago(last, now) } else { page.raw("never") }
        if receiver.failedProofs > 0 { page.raw(", \(receiver.failedProofs) failed since") }
      }
      let trouble = trouble(receiver)
      page.cell(trouble.isEmpty ? nil : "Trouble", quiet: true, trouble)
    }
  }

  static func heartbeats(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.heartbeats.isEmpty else { return }
    page.section("heartbeats", "Heartbeats") { page in
      page.table("Dead man's switches", ["To", "State", "Every", "Last taken", "Trouble"]) { page in
        for beat in status.heartbeats {
          let isGood = beat.withheld.isEmpty && beat.lastProblem == nil && beat.lastSuccess != nil
          let isBad = !beat.withheld.isEmpty && beat.lastSuccess != nil || beat.lastProblem != nil
          page.row { page in
            page.head { $0.text(beat.name) }
            page.cell {
              $0.state(
                isGood ? "good" : isBad ? "bad" : "unknown", isGood ? "taken" : isBad ? "fails" : "unknown")
            }
            page.cell("Every", text(beat.interval))
            page.cell("Last taken") { page in
              if let last = beat.lastSuccess { page.ago(last, status.takenAt) } else { page.raw("never") }
            }
            let why =
              beat.withheld.isEmpty
              ? beat.lastProblem ?? "" : "withheld: \(beat.withheld.joined(separator: ", "))"
            page.cell(why.isEmpty ? nil : "Trouble", quiet: true, why)
          }
        }
      }
    }
  }

  /// What one must know before one believes the rest.
  static func watcher(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.section("watcher", "Farwatch itself") { page in
      page.raw("<ul class=\"plain\">")
      line(
        status.stuckCollectors == 0 ? "good" : "bad",
        status.stuckCollectors == 0
          ? "every collector comes back" : "\(count(status.stuckCollectors, "collector")) stuck", &page)
      line(
        status.overruns == 0 ? "good" : "degraded",
        status.overruns == 0
          ? "no collection left out of late"
          : "\(count(Int(clamping: status.overruns), "collection")) of the last 5m left out because the one before "
            + "still ran", &page)
      if let isOffline = status.isOffline {
        line(
          isOffline ? "bad" : "good", isOffline ? "offline: no canary answers" : "online: canaries answer",
          &page)
      }
      line(
        status.lastReloadProblem == nil ? "good" : "bad",
        status.lastReloadProblem == nil
          ? "the configuration on disk was taken" : "the configuration on disk is not in force", &page)
      line(
        status.ruleProblems.isEmpty ? "good" : "bad",
        status.ruleProblems.isEmpty
          ? "rules and stored samples are sound"
          : "\(count(status.ruleProblems.count, "problem")), named above",
        &page)
      page.raw("</ul>\n")
      if let store = status.store { samples(store, &page) }
    }
  }

  private static func line(_ look: String, _ words: String, _ page: inout HTMLText) {
    page.raw("<li>")
    page.state(look, words)
    page.raw("</li>\n")
  }

  private static func samples(_ store: StatusSnapshot.Store, _ page: inout HTMLText) {
    page.raw("<p class=\"\(store.isFailing ? "notice" : "quiet")\">")
    page.raw("\(store.series) of at most \(store.seriesLimit) series &middot; kept \(text(store.retention))")
    page.raw(" &middot; \(bytes(Double(store.diskBytes))) on disk")
    if store.isFailing {
      page.raw(" &middot; the disk takes nothing, new samples are in memory only: ")
      page.text(store.failure)
    }
    page.raw("</p>\n")
  }

  private static func verdict(_ receiver: StatusSnapshot.Receiver) -> String {
    if !receiver.confirmed { return "unknown" }
    return receiver.consecutiveFailures > 0 ? "bad" : "good"
  }

  private static func trouble(_ receiver: StatusSnapshot.Receiver) -> String {
    var parts: [String] = []
    if receiver.isUnsubscribed {
      parts.append("unsubscribed")
    } else if !receiver.confirmed {
      parts.append("subscription not confirmed yet")
    }
    if receiver.consecutiveFailures > 0 {
      let why = receiver.lastProblem.map { ": \($0)" } ?? ""
      let count = receiver.consecutiveFailures
      parts.append(count == 1 ? "failed once\(why)" : "failed \(count) times in a row\(why)")
    }
    if receiver.givenUp > 0 { parts.append("pages given up: \(receiver.givenUp)") }
    if let fallback = receiver.fallback {
      if receiver.isFallenBack {
        parts.append("told in its place: \(fallback)")
      } else if receiver.consecutiveFailures > 0 {
        parts.append("if it goes on so, \(fallback) is told")
      }
    }
    return parts.joined(separator: "; ")
  }
}
