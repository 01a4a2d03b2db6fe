package import Model
package import Terminal

/// The status as lines of text, as the status page says it. A function of its arguments: the same input, the same text.
package struct StatusLines {
  private let status: StatusAnswer
  private let now: Timestamp
  private let width: Int?
  private let order: StatusOrder
  private var lines: [StyledLine] = []

  /// The first line: the one that must be read.
  package static func headline(_ status: StatusAnswer) -> StyledLine {
    switch status.judgement {
    case .good: StyledLine("GOOD     \(status.summary)", .good)
    case .bad: StyledLine("BAD      \(status.summary)", .bad)
    case .unknown: StyledLine("UNKNOWN  \(status.summary)", .uncertain)
    }
  }

  /// Who says so.
  package static func origin(_ status: StatusAnswer, at now: Timestamp) -> StyledLine {
    var parts: [String] = []
    if !status.vantage.isEmpty { parts.append("seen from \(status.vantage)") }
    if let taken = status.takenAt { parts.append("at \(moment(taken))") }
    if !status.version.isEmpty { parts.append("version \(status.version)") }
    if let started = status.startedAt {
      parts.append("up \(AgeText.between(started, status.takenAt ?? now))")
    }
    return StyledLine(parts.joined(separator: ", "), .quiet)
  }

  /// All but headline and origin.
  ///
  /// - Parameter width: columns; nil: as in a pipe, where nothing is cut but what is very long.
  package static func body(
    _ status: StatusAnswer, at now: Timestamp, width: Int?, order: StatusOrder
  ) -> [StyledLine] {
    var text = StatusLines(status: status, now: status.takenAt ?? now, width: width, order: order)
    text.problems()
    text.readiness()
    text.regions()
    text.alerts()
    text.receivers()
    text.links()
    text.backups()
    text.alarms()
    return text.lines
  }

  private init(status: StatusAnswer, now: Timestamp, width: Int?, order: StatusOrder) {
    self.status = status
    self.now = now
    self.width = width
    self.order = order
  }

  // MARK: Sections

  private mutating func problems() {
    for problem in status.problems.prefix(Self.mostRows) {
      lines.append(StyledLine("! \(problem)", .uncertain))
    }
  }

  /// What failing over would cost: the question that this program is for.
  private mutating func readiness() {
    for region in order.sort(status.readiness, name: \.region, rank: \.verdict.rank) {
      let what = region.workload.map { "\(TerminalText.plain($0)) " } ?? ""
      var line = StyledLine("Failing \(what)over to \(region.region) now: loses ")
      line.append(region.exposureSeconds.map(AgeText.seconds) ?? "unknown data", tone(region.verdict))
      line.append(", takes ")
      let takes = region.takesSeconds.map { "about \(AgeText.seconds($0))" }
      line.append(takes ?? "unknown time", takes == nil ? .uncertain : .plain)
      if let proven = region.lastProven {
        line.append("; last proven \(AgeText.between(proven, now)) ago")
      } else {
        line.append("; never proven", .uncertain)
      }
      if let call = region.call { line.append("; \(call)", tone(region.verdict)) }
      lines.append(line)
      if region.verdict != .good, let reason = region.reason {
        lines.append(StyledLine("  \(TerminalText.plain(reason))", .quiet))
      }
    }
  }

  private mutating func regions() {
    var rows: [Row] = []
    for region in order.sort(status.regions, name: \.name, rank: \.verdict.rank) {
      let share = region.sharePercent.map { "\(NumberText.plain(rounded($0, 10))) % of traffic" }
      rows.append(
        Row(
          word(region.verdict), tone(region.verdict),
          [
            region.name, "",
            [region.role, share ?? "", region.traffic.map(Self.words) ?? ""].filter { !$0.isEmpty }
              .joined(separator: ", "),
          ]))
      for check in order.sort(region.checks, name: \.name, rank: \.verdict.rank) {
        var said = check.problem ?? check.latencySeconds.map(AgeText.latency) ?? "no answer yet"
        if check.problem != nil, check.consecutiveFailures > 1 {
          said += " (\(check.consecutiveFailures) in a row)"
        }
        rows.append(
          Row(
            word(check.verdict), tone(check.verdict),
            ["  \(check.name)", check.since.map { AgeText.between($0, now) } ?? "", said]))
      }
    }
    section("Regions", ["REGION", "SINCE", "STATE"], rows, whole: 0)
  }

  /// `47.4 requests/s, 0.5 % fail`; what is not known says so.
  private static func words(_ traffic: StatusAnswer.Traffic) -> String {
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    let requests = finite(traffic.requestsPerSecond)
    var words = requests.map { "\(NumberText.plain(rounded($0, 10))) requests/s" } ?? "requests unknown"
    switch (requests, finite(traffic.errorsPerSecond)) {
    case (let requests?, let errors?) where requests > 0:
      words += ", \(NumberText.plain(rounded(errors / requests * 100, 10))) % fail"
    // None of nobody knows how many says nothing.
    case (nil, 0?), (nil, nil): break
    case (_, let errors?): words += ", \(NumberText.plain(rounded(errors, 10))) fail/s"
    case (_, nil): words += ", failures unknown"
    }
    return words + (traffic.reason.map { " (\($0))" } ?? "")
  }

  private mutating func links() {
    let rows = order.sort(status.links, name: \.name, rank: \.verdict.rank).map { link in
      Row(
        objective(link.verdict), tone(link.verdict),
        [
          link.name, "\(link.source) > \(link.target)",
          link.exposureSeconds.map(AgeText.seconds) ?? "unknown",
          link.objectiveSeconds.map(AgeText.seconds) ?? "", link.problem ?? "",
        ])
    }
    section("Replication", ["LINK", "PATH", "WOULD LOSE", "OBJECTIVE", ""], rows, whole: 2)
  }

  private mutating func backups() {
    let rows = order.sort(status.backups, name: \.job, rank: \.verdict.rank).map { backup in
      Row(
        objective(backup.verdict), tone(backup.verdict),
        [
          backup.job, backup.region,
          backup.newestGood.map { "\(AgeText.between($0, now)) ago" }
            ?? (backup.measured ? "none" : "unknown"),
          backup.objectiveSeconds.map(AgeText.seconds) ?? "", backup.sizeBytes.map(AgeText.bytes) ?? "",
          backup.problem ?? "",
        ])
    }
    section("Backups", ["JOB", "REGION", "NEWEST GOOD", "OBJECTIVE", "SIZE", ""], rows, whole: 2)
  }

  private mutating func alerts() {
    let rows = order.sort(status.alerts, name: \.name, rank: { $0.isFiring ? 0 : 1 }).map { alert in
      let labels = alert.labels.filter { $0.key != "alertname" }.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      var notes = alert.heldBackBy
      if let by = alert.acknowledgedBy { notes.append("acknowledged by \(by)") }
      let note = notes.isEmpty ? "" : " [\(notes.joined(separator: "; "))]"
      return Row(
        alert.state, alert.isFiring ? .bad : .uncertain,
        [
          alert.name, alert.since.map { AgeText.between($0, now) } ?? "",
          (alert.summary.isEmpty ? labels : alert.summary) + note,
        ])
    }
    section("Alerts", ["ALERT", "FOR", ""], rows, whole: 1, otherwise: "No alert is active.")
    if status.alertsLeftOut > 0 {
      lines.append(
        StyledLine("         and \(status.alertsLeftOut) more, which `farwatch alerts` lists", .quiet))
    }
  }

  private mutating func alarms() {
    let rows = order.sort(
      status.alarms.filter { $0.verdict != .good }, name: \.name, rank: \.verdict.rank
    ).map { alarm in
      Row(
        alarm.state == "INSUFFICIENT_DATA" ? "no data" : alarm.state, tone(alarm.verdict),
        [alarm.name, alarm.since.map { AgeText.between($0, now) } ?? "", alarm.reason])
    }
    section("Alarms", ["ALARM", "FOR", ""], rows, whole: 1)
  }

  /// Those that do not take pages: of the others there is nothing to say.
  private mutating func receivers() {
    let rows = status.receivers.filter(\.isInTrouble).map { receiver in
      var said: [String] = []
      if !receiver.confirmed { said.append("not confirmed, or unsubscribed") }
      if receiver.consecutiveFailures > 0 {
        said.append(
          "failed \(receiver.consecutiveFailures) times in a row" + (receiver.problem.map { ": \($0)" } ?? "")
        )
      }
      if receiver.isFallenBack, let fallback = receiver.fallback {
        said.append("told in its place: \(fallback)")
      }
      if receiver.givenUp > 0 { said.append("pages given up: \(receiver.givenUp)") }
      return Row(
        receiver.confirmed ? "failing" : "unknown", receiver.confirmed ? .bad : .uncertain,
        ["\(receiver.topic)/\(receiver.name)", "\(receiver.waiting)", said.joined(separator: "; ")])
    }
    section("Receivers in trouble", ["RECEIVER", "WAITING", ""], rows, whole: 1)
  }

  // MARK: Tables

  private struct Row {
    var mark: String
    var tone: Tone
    var cells: [String]
    init(_ mark: String, _ tone: Tone, _ cells: [String]) {
      self.mark = mark
      self.tone = tone
      self.cells = cells
    }
  }

  /// Rows of one list: more is said to be there, and not shown.
  private static let mostRows = 1000
  private static let markWidth = 9

  /// A title, the names of the columns and the rows, each behind its mark.
  private mutating func section(
    _ title: String, _ header: [String], _ rows: [Row], whole: Int, otherwise: String? = nil
  ) {
    guard !rows.isEmpty else {
      if let otherwise { lines += [StyledLine(), StyledLine(otherwise, .quiet)] }
      return
    }
    lines += [StyledLine(), StyledLine(title, .heading)]
    let shown = rows.prefix(Self.mostRows)
    let table = TerminalText.table(
      header, shown.map(\.cells), whole: whole, width: width.map { max(20, $0 - Self.markWidth) })
    let margin = String(repeating: " ", count: Self.markWidth)
    lines.append(StyledLine(margin + (table.first ?? ""), .quiet))
    for (row, text) in zip(shown, table.dropFirst()) {
      let mark = TerminalText.cell(row.mark, limit: Self.markWidth - 1)
      var line = StyledLine(mark, row.tone)
      let gap = String(repeating: " ", count: max(1, Self.markWidth - TerminalText.length(mark)))
      line.append(gap + text)
      lines.append(line)
    }
    if rows.count > shown.count {
      lines.append(StyledLine("\(margin)and \(rows.count - shown.count) more", .quiet))
    }
  }

  private func tone(_ verdict: StatusAnswer.Verdict) -> Tone {
    switch verdict {
    case .good: .good
    case .degraded, .bad: .bad
    case .unknown: .uncertain
    }
  }

  private func word(_ verdict: StatusAnswer.Verdict) -> String {
    switch verdict {
    case .good: "up"
    case .degraded: "degraded"
    case .bad: "DOWN"
    case .unknown: "unknown"
    }
  }

  private func objective(_ verdict: StatusAnswer.Verdict) -> String {
    switch verdict {
    case .good: "met"
    case .degraded, .bad: "MISSED"
    case .unknown: "unknown"
    }
  }

  /// `2026-11-21 18:00:13 UTC`
  static func moment(_ time: Timestamp) -> String {
    let text = time.iso8601.prefix(19)
    return "\(text.prefix(10)) \(text.dropFirst(11)) UTC"
  }
}

private func rounded(_ value: Double, _ parts: Double) -> Double { (value * parts).rounded() / parts }
