internal import Model
internal import Terminal

/// A replay as people read it.
enum TimelineText {
  private static let timeColumn = 13
  private static let kindColumn = 12

  static func lines(
    _ timeline: Timeline, _ summary: ReplaySummary, _ plan: ReplayPlan, remarks: [String], isVerbose: Bool,
    width: Int?
  ) -> [String] {
    let width = width.map { min(max($0, 80), 200) }
    var lines = [
      "Replay of \(DurationText.format(plan.duration)) from \(plan.clock.start.iso8601), seed \(plan.seed)"
    ]
    lines += remarks.map { "  \($0)" }
    lines.append("")
    for entry in timeline.entries where isVerbose || !entry.kind.isDetail { lines += text(of: entry) }
    if timeline.leftOut > 0 { lines.append("… and \(timeline.leftOut) more that are not kept") }
    lines.append("")
    lines += summaryLines(summary)
    guard let width else { return lines }
    return lines.flatMap { wrapped($0, width) }
  }

  private static func text(of entry: TimelineEntry) -> [String] {
    let time = column("+" + elapsedText(entry.at), timeColumn)
    let indent = String(repeating: " ", count: timeColumn + kindColumn + 2)
    let head = "\(time) \(column(entry.kind.rawValue, kindColumn)) "
    func value(_ name: String) -> String? { entry.detail.first { $0.name == name }?.value }
    guard let title = value("title") else {
      let rest = entry.detail.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
      return [head + plain(entry.subject) + (rest.isEmpty ? "" : "  " + plain(rest))]
    }
    let endpoint = value("endpoint").map { " (\($0))" } ?? ""
    let more = entry.detail.filter { !["title", "endpoint", "delay"].contains($0.name) }
      .map { "; \($0.name) \($0.value)" }.joined()
    return [
      head + plain(entry.subject + endpoint), indent + plain(title),
      indent + plain((value("delay") ?? "") + more),
    ]
  }

  private static func summaryLines(_ summary: ReplaySummary) -> [String] {
    let pages = summary.receivers.reduce(0) { $0 + $1.pages }
    var lines = [
      "\(counted(pages, "page")); \(counted(summary.fired, "alert")) fired: \(summary.told) told, "
        + "\(summary.heldBack.count) held back, \(summary.untold.count) that nobody was told of"
    ]
    for receiver in summary.receivers {
      let failed = receiver.notTaken > 0 ? ", \(counted(receiver.notTaken, "attempt")) not taken" : ""
      lines.append(
        "  \(receiver.topic) → \(receiver.receiver) (\(receiver.endpoint)): "
          + "\(counted(receiver.pages, "page"))\(failed)")
    }
    for first in summary.firstPages {
      guard let delay = first.delay else {
        lines.append("Nobody was paged after \(first.loss) was lost")
        continue
      }
      lines.append("First page \(seconds(delay)) after \(first.loss) was lost: \(first.title ?? "")")
    }
    lines += list("Held back:", summary.heldBack) + list("Nobody was told of:", summary.untold)
    return lines.map(plain)
  }

  private static func list(_ head: String, _ alerts: [ReplaySummary.Unheard]) -> [String] {
    alerts.isEmpty ? [] : [head] + alerts.map { "  +\(elapsedText($0.at)) \($0.alert): \($0.why)" }
  }

  private static func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func plain(_ text: String) -> String { TerminalText.plain(text) }

  /// The same words in lines of at most `width` characters: nothing is cut, for why nobody was told may stand last.
  /// What goes on stands in the column of what happened.
  private static func wrapped(_ line: String, _ width: Int) -> [String] {
    var rest = Array(line)
    let indent = Array(repeating: Character(" "), count: timeColumn + kindColumn + 2)
    var lines: [String] = []
    while rest.count > width {
      let space = rest[..<(width + 1)].lastIndex(of: " ") ?? 0
      // A word that leaves most of the line empty, or never ends, is broken.
      let end = space > indent.count + (width - indent.count) / 3 ? space : width
      let full = rest[..<end]
      lines.append(String(full[...(full.lastIndex { $0 != " " } ?? 0)]))
      rest = indent + rest[end...].drop { $0 == " " }
    }
    return lines + (rest.contains { $0 != " " } || lines.isEmpty ? [String(rest)] : [])
  }
}

/// `1:02:03.004`, hours as many as there are.
func elapsedText(_ elapsed: Duration) -> String {
  let milliseconds = max(0, elapsed.milliseconds)
  func digits(_ number: Int64, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
  let seconds = milliseconds / 1000
  return "\(digits(seconds / 3600, 2)):\(digits(seconds / 60 % 60, 2)):\(digits(seconds % 60, 2))"
    + ".\(digits(milliseconds % 1000, 3))"
}
