extension StatusSnapshot {
  /// The whole in one line, and all that it follows from.
  package struct Judgement: Sendable {
    package struct Finding: Sendable {
      package var verdict: Verdict
      package var text: String
    }

    /// Good only when nothing speaks against it and everything that counts is known.
    package var verdict: Verdict
    /// `2 alerts are firing; japan down`
    package var text: String
    /// What keeps it from being good, the worst first.
    package var findings: [Finding]
    /// What failing over would mean where that is worst; nil: there is nowhere to fail over to.
    package var failover: String?
  }

  /// For the page, the API and the command line alike.
  package var judgement: Judgement {
    let failover = failoverSentence
    func only(_ text: String) -> Judgement {
      Judgement(verdict: .unknown, text: text, findings: [.init(verdict: .unknown, text: text)])
    }
    if regions.isEmpty { return only("Nothing is watched yet: no region is configured") }
    if !ready { return only("Starting: not every collector has reported yet") }
    var judgement = Judgement(verdict: .good, text: firing ?? "Nothing is firing", findings: [])
    judgement.failover = failover
    // Stable: of one verdict in the order in which one wants to know.
    var others: [Judgement.Finding] = []
    for verdict in [Verdict.bad, .degraded, .unknown] { others += findings.filter { $0.verdict == verdict } }
    if let firing { judgement.findings.append(.init(verdict: .bad, text: firing)) }
    judgement.findings += others
    judgement.verdict = judgement.findings.first?.verdict ?? .good
    if isOffline == true {
      judgement.verdict = .unknown
      judgement.text = "Farwatch itself is offline: what it shows may be old"
      return judgement
    }
    let shown = others.prefix(2).map(\.text).joined(separator: ", ")
    if !others.isEmpty { judgement.text += (firing == nil ? ", but " : "; ") + shown }
    if others.count > 2 { judgement.text += " and \(others.count - 2) more" }
    return judgement
  }

  private var failoverSentence: String? {
    let order: [Verdict] = [.bad, .unknown, .degraded, .good]
    let all = readiness
    for verdict in order {
      guard let worst = all.first(where: { $0.verdict == verdict }) else { continue }
      return worst.sentence + (all.count > 1 ? "; \(all.count - 1) more below" : "")
    }
    return nil
  }

  /// Without what fires.
  private var findings: [Judgement.Finding] {
    var found: [Judgement.Finding] = []
    func add(_ verdict: Verdict, _ names: [String], _ say: (String) -> String) {
      if !names.isEmpty { found.append(.init(verdict: verdict, text: say(Readiness.list(names)))) }
    }
    if isOffline == true { add(.unknown, ["offline"]) { "Farwatch itself is \($0)" } }
    for (verdict, word) in [(Verdict.bad, "down"), (.degraded, "degraded"), (.unknown, "unknown")] {
      add(verdict, regions.filter { $0.verdict == verdict }.map(\.name)) { "\($0) \(word)" }
    }
    let links = links.map { ($0.name, $0.verdict(at: takenAt)) }
    let backups = backups.map { ("backup \($0.job)", $0.verdict(at: takenAt)) }
    add(.bad, (links + backups).filter { $0.1 == .bad }.map(\.0)) { "\($0) missing the objective" }
    add(.unknown, (links + backups).filter { $0.1 == .unknown }.map(\.0)) { "nothing is known of \($0)" }
    let readiness = readiness
    add(.bad, readiness.filter { $0.verdict == .bad }.map(\.name)) { "failing over is not safe: \($0)" }
    add(.unknown, readiness.filter { $0.verdict == .unknown }.map(\.name)) {
      "failing over is not known to be safe: \($0)"
    }
    watcherFindings(add)
    return found
  }

  /// Whoever would be told, and what Farwatch needs itself.
  private func watcherFindings(_ add: (Verdict, [String], (String) -> String) -> Void) {
    func names(_ verdict: Verdict) -> [String] {
      receivers.filter { $0.verdict == verdict }.map {
        $0.name.isEmpty || $0.name == $0.topic ? $0.topic : "\($0.topic)/\($0.name)"
      }
    }
    add(.bad, names(.bad)) { "no pages are taken by \($0)" }
    add(.unknown, names(.unknown)) { "nobody knows whether pages are taken by \($0)" }
    for verdict in [Verdict.bad, .unknown] {
      add(verdict, heartbeats.filter { $0.verdict == verdict }.map(\.name)) {
        "no heartbeat is taken by \($0)"
      }
    }
    if let store, store.isFailing { add(.bad, ["the disk"]) { "\($0) takes no samples" } }
    if stuckCollectors > 0 { add(.bad, [StatusPage.count(stuckCollectors, "collector")]) { "\($0) stuck" } }
    if lastReloadProblem != nil { add(.degraded, ["the configuration on disk"]) { "\($0) is not in force" } }
    // The store's failure is among them, and was named.
    let isStoreFailing = store?.isFailing ?? false
    let problems = ruleProblems.count - (isStoreFailing ? 1 : 0)
    if problems > 0 {
      add(.degraded, [StatusPage.count(problems, "problem")]) { "\($0) with rules or stored samples" }
    }
  }

  /// `2 alerts are firing, 1 alarm is in ALARM`; nil: nothing is.
  var firing: String? {
    let alerts = alertCounts.firing
    let heldBack = alertCounts.heldBack
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

extension StatusSnapshot.Receiver {
  /// Whether it takes pages: unknown until it has confirmed that it wants them.
  package var verdict: StatusSnapshot.Verdict {
    if consecutiveFailures > 0 { return .bad }
    return confirmed ? .good : .unknown
  }
}

extension StatusSnapshot.Heartbeat {
  /// Whether it was taken when it was last due.
  package var verdict: StatusSnapshot.Verdict {
    if lastProblem != nil || !withheld.isEmpty && lastSuccess != nil { return .bad }
    return lastSuccess != nil && withheld.isEmpty ? .good : .unknown
  }
}
