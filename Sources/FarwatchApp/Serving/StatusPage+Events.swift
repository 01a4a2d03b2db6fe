internal import Journal
internal import Model
internal import Notifying

/// What happened, and who would hear of Farwatch's own end, on the status page.
extension StatusPage {
  static func heartbeats(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.heartbeats.isEmpty else { return }
    page.raw("<section><h2>Heartbeats</h2><table class=\"wide\"><tr><th></th><th>To</th><th>Every</th>")
    page.raw("<th>Last taken</th><th></th></tr>")
    for beat in status.heartbeats {
      let isGood = beat.withheld.isEmpty && beat.lastProblem == nil && beat.lastSuccess != nil
      let isBad = !beat.withheld.isEmpty && beat.lastSuccess != nil || beat.lastProblem != nil
      page.raw("<tr><td class=\"dot \(isGood ? "good" : isBad ? "bad" : "unknown")\"></td><td>")
      page.text(beat.name)
      page.raw("</td><td>\(text(beat.interval))</td><td>")
      page.raw(beat.lastSuccess.map { "\(age($0, status.takenAt)) ago" } ?? "never")
      page.raw("</td><td class=\"quiet\">")
      let reasons = beat.withheld.joined(separator: ", ")
      page.text(beat.withheld.isEmpty ? beat.lastProblem ?? "" : "withheld: \(reasons)")
      page.raw("</td></tr>")
    }
    page.raw("</table></section>\n")
  }

  static func events(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.raw("<section><h2>What happened</h2>")
    if status.events.isEmpty {
      page.raw("<p class=\"quiet\">Nothing yet.</p></section>\n")
      return
    }
    page.raw("<table class=\"wide\"><tr><th>When</th><th>What</th><th>Alert</th><th></th></tr>")
    for event in status.events {
      page.raw("<tr><td class=\"quiet when\">\(age(event.at, status.takenAt)) ago</td><td>")
      page.text(event.kind)
      page.raw("</td><td>")
      page.text(event.alert)
      page.raw("</td><td class=\"quiet\">")
      page.text(event.what)
      page.raw("</td></tr>")
    }
    page.raw("</table><p class=\"quiet\"><a href=\"/api/events\">All of it</a></p></section>\n")
  }
}

extension Conductor {
  private static let shownEvents = 20
  private static let notForPeople: Set<String> = ["message_id"]

  var newestEvents: [StatusSnapshot.Event] {
    // Of a receiver that fails the attempts alone would fill the page; its own row tells of them.
    let entries = journal.newest.reversed().lazy.map(\.entry).filter { $0.kind != .attempt }
    return entries.prefix(Self.shownEvents).map { entry in
      let detail = entry.detail.filter { !Self.notForPeople.contains($0.key) }
        .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      let labels = entry.labels?.dropping(["alertname"]).entries.map { "\($0.name)=\($0.value)" } ?? []
      return StatusSnapshot.Event(
        at: entry.at, kind: entry.kind.rawValue.replacing("_", with: " "),
        alert: entry.labels?["alertname"] ?? "",
        what: (labels + detail).joined(separator: " "))
    }
  }

  var heartbeatStatuses: [StatusSnapshot.Heartbeat] {
    heartbeats.standings.map {
      StatusSnapshot.Heartbeat(
        name: $0.name, interval: $0.interval, lastSuccess: $0.lastSuccess, lastProblem: $0.lastProblem,
        withheld: $0.withheld.map(\.text))
    }
  }
}
