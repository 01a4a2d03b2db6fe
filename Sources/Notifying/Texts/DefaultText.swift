internal import Model

/// Title and body that need no template: what is wrong, since when, what it puts at risk, where to look, what to do.
struct DefaultText {
  /// Alerts of one state that a body lists.
  static let listed = 20

  let facts: PageFacts
  /// Where the receiver shows the links beside the text, as buttons.
  var linksStandApart = false

  // MARK: Title

  /// `[FIRING] LagHigh (page) in japan: 73 s behind`
  var title: String {
    var line = "[\(state)] "
    if let single = facts.single {
      line += cut(single.name, characters: 200)
      if let severity = facts.severity { line += " (\(cut(severity, characters: 40)))" }
      if let region = facts.region { line += " in \(cut(region, characters: 80))" }
      if let summary = single.annotations["summary"] { line += ": \(summary)" }
    } else {
      line += cut(facts.name, characters: 400)
      if let severity = facts.severity { line += " \(cut(severity, characters: 40))" }
      line += ": \(names)"
    }
    return oneLine(cut(line, bytes: 4 * PageText.titleBytes))
  }

  /// `FIRING`, `STILL FIRING for 2h`, `RESOLVED`, `ENDED`, `FIRING, delayed by 12m`.
  var state: String {
    var word = stateWord
    switch facts.notification.kind {
    case .proof: word = "TEST"
    case .reminder where facts.status == .firing: word = "STILL \(word)\(age)"
    case .escalation where facts.status == .firing:
      word = "NOT ACKNOWLEDGED, \(word)\(age)"
    case .acknowledgement: word = "ACKNOWLEDGED, \(word)"
    case .news, .reminder, .escalation, .refresh: break
    }
    if let delay = facts.page.delay { word += ", delayed by \(spell(delay))" }
    return word
  }

  private var stateWord: String {
    if let single = facts.single {
      if let alarm = single.alarm { return alarm.newState }
      // What ended unseen is not called resolved.
      return single.status == .firing ? "FIRING" : single.endedWell ? "RESOLVED" : "ENDED"
    }
    let (firing, resolved) = (facts.firing.count, facts.resolved.count)
    let over = facts.resolved.allSatisfy(\.endedWell) ? "RESOLVED" : "ENDED"
    if firing == 0 { return "\(over) \(resolved)" }
    return "FIRING \(firing)" + (resolved == 0 ? "" : ", \(over) \(resolved)")
  }

  /// `CheckDown (9), RegionDown`: the names in the group, most frequent first.
  private var names: String {
    var counts: [String: Int] = [:]
    for alert in facts.firing.isEmpty ? facts.resolved : facts.firing { counts[alert.name, default: 0] += 1 }
    let sorted = counts.sorted { $0.value == $1.value ? byteOrder($0.key, $1.key) : $0.value > $1.value }
    let shown = sorted.prefix(5).map { cut($0.key, characters: 100) + ($0.value > 1 ? " (\($0.value))" : "") }
    return shown.joined(separator: ", ") + (sorted.count > 5 ? " and \(sorted.count - 5) more" : "")
  }

  // MARK: Body

  var body: String {
    var parts: [String] = []
    if let note { parts.append(note) }
    if let single = facts.single { parts += one(single) } else { parts += many }
    if !linksStandApart { parts.append(whereToLook.joined(separator: "\n")) }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// Why this is told now, when it is not simply news.
  private var note: String? {
    var lines: [String] = []
    if let delay = facts.page.delay {
      lines.append(
        "This page is delayed by \(spell(delay)): it was decided at \(facts.notification.decidedAt.toTheSecond)."
      )
    }
    switch facts.notification.kind {
    case .proof:
      lines.append(
        "This is a test: Farwatch proves that its pages reach this receiver. Nothing is wrong, nothing is to do."
      )
    case .reminder where facts.status == .firing: lines.append("Reminder: this still fires.")
    case .escalation where facts.status == .firing:
      lines.append("Nobody has acknowledged this, so it comes to you.")
    case .acknowledgement: lines.append("Somebody has taken this on.")
    case .news, .reminder, .escalation, .refresh: break
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  private func one(_ event: AlertEvent) -> [String] {
    let words = [event.annotations["summary"], event.annotations["description"] ?? event.alarm?.description]
      .compactMap { $0 }.map { cut($0, bytes: 16 << 10) }.joined(separator: "\n")
    let over =
      event.status == .firing
      ? "" : event.endedWell ? "It is over. It was:\n" : "The alert has ended. It was:\n"
    var lines: [String] = []
    if let severity = event.labels["severity"] { lines.append("Severity: \(severity)") }
    if let region = event.labels["region"] { lines.append("Region: \(region)") }
    lines.append(since(event))
    if !event.endedWell, let risk = Self.atRisk(event) { lines.append("At risk: \(cut(risk, bytes: 4096))") }
    if event.status == .firing, event.alarm == nil, let value = event.knownValue {
      let held =
        event.origin.expression.isEmpty ? "" : " of \(cut(oneLine(event.origin.expression), bytes: 2048))"
      lines.append("Value: \(NumberText.shortest(value))\(held)")
    }
    if let reason = reason(event) { lines.append(reason) }
    return [
      words.isEmpty ? "" : over + words, lines.joined(separator: "\n"),
      "Labels: \(cut(event.labels.listed, bytes: 8192))",
    ]
  }

  /// How much data is in danger, in the rule's own words.
  static func atRisk(_ event: AlertEvent) -> String? {
    event.annotations["data_at_risk"] ?? event.annotations["at_risk"] ?? event.annotations["impact"]
  }

  private func since(_ event: AlertEvent) -> String {
    let began = event.startsAt.toTheSecond
    if event.status == .firing {
      let lasted = facts.now - event.startsAt
      let age = lasted < .seconds(1) ? "" : ", for \(spell(lasted))"
      let fired = event.decidedAt.toTheSecond
      return "Since: \(began)\(age)"
        + (event.decidedAt > event.startsAt && fired != began ? "; fired at \(fired)" : "")
    }
    let end = event.endsAt ?? event.decidedAt
    let lasted = end - event.startsAt
    return "From \(began) to \(end.toTheSecond)" + (lasted < .seconds(1) ? "" : ", for \(spell(lasted))")
  }

  /// Why it changed: of an alarm in its own words, of a rule what its end truly means.
  private func reason(_ event: AlertEvent) -> String? {
    if let alarm = event.alarm { return "Reason: \(cut(alarm.reason, bytes: 4096))" }
    guard event.status == .resolved else { return nil }
    return EndingText(event: event, expression: cut(oneLine(event.origin.expression), bytes: 2048)).text
  }

  private var many: [String] {
    var parts: [String] = []
    let left = facts.notification.truncatedAlerts
    var head = "\(facts.firing.count) firing, \(facts.resolved.count) over"
    if left > 0 { head += ", \(left) more not told here" }
    if !facts.commonLabels.isEmpty { head += "\nAll of them: \(cut(facts.commonLabels.listed, bytes: 4096))" }
    parts.append(head)
    for (word, alerts) in [("Firing", facts.firing), ("Over", facts.resolved)] where !alerts.isEmpty {
      var lines = ["\(word):"] + alerts.prefix(Self.listed).map { "- \(line($0))" }
      if alerts.count > Self.listed { lines.append("- and \(alerts.count - Self.listed) more") }
      parts.append(lines.joined(separator: "\n"))
    }
    return parts
  }

  private func line(_ event: AlertEvent) -> String {
    let common = Set(facts.commonLabels.entries.map(\.name)).union(["alertname"])
    let own = event.labels.dropping(common).listed
    var text = event.name + (own.isEmpty ? "" : " {\(cut(own, bytes: 512))}")
    if let summary = event.annotations["summary"] { text += ": \(cut(summary, bytes: 512))" }
    if event.status == .firing {
      text += " (since \(event.startsAt.toTheSecond))"
      if let risk = Self.atRisk(event) { text += " At risk: \(cut(risk, bytes: 512))" }
    } else {
      text += " (ended \((event.endsAt ?? event.decidedAt).toTheSecond)"
      text += event.endedWell ? ")" : "; whether the trouble is over is not known)"
    }
    if facts.runbook == nil, let runbook = event.annotations["runbook_url"].flatMap(webLink) {
      text += " What to do: \(runbook)"
    }
    return oneLine(text)
  }

  private var whereToLook: [String] {
    var lines: [String] = []
    if !isOver, let runbook = facts.runbook { lines.append("What to do: \(runbook)") }
    if let dashboard = facts.dashboard { lines.append("Dashboard: \(dashboard)") }
    if let page = facts.statusPage { lines.append("Where to look: \(page)") }
    if let link = facts.acknowledgeURL { lines.append("Acknowledge: \(link)") }
    return lines
  }

  /// All of it, for certain: there is nothing left to do.
  private var isOver: Bool { facts.firing.isEmpty && facts.resolved.allSatisfy(\.endedWell) }

  /// ` for 2h`; nothing below one second, of which nobody need be told.
  private var age: String {
    let lasted = facts.now - facts.startsAt
    return lasted < .seconds(1) ? "" : " for \(spell(lasted))"
  }

  /// In whole seconds from one second on.
  private func spell(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    return DurationText.format(
      milliseconds.magnitude < 1000 ? duration : .milliseconds(milliseconds / 1000 * 1000))
  }
}

extension Timestamp {
  /// `2012-05-02T00:54:06Z`, for people.
  var toTheSecond: String { iso8601.dropLast(5) + "Z" }
}
