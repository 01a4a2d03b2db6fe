internal import Model

/// Alerts: on the front page, and all of them.
extension StatusPage {
  /// More than anybody reads; the API has them all.
  private static let mostRows = 200

  static func alerts(_ status: StatusSnapshot, limit: Int, _ page: inout HTMLText) {
    page.section("alerts", "Alerts") { page in
      if status.alerts.isEmpty, status.alertsLeftOut == 0 {
        return page.quiet("None is pending or firing.")
      }
      table(status.alerts.prefix(limit), status.takenAt, &page)
      let left = max(0, status.alerts.count - limit) + status.alertsLeftOut
      guard left > 0 else { return }
      page.raw("<p class=\"quiet\">and \(left) more")
      page.raw(limit < mostRows ? ": <a href=\"/alerts\">all alerts</a></p>" : "; the API has them all</p>")
    }
  }

  /// Those that name one thing, on its page.
  static func alerts(
    _ status: StatusSnapshot, _ page: inout HTMLText, where isWanted: (StatusSnapshot.ActiveAlert) -> Bool
  ) {
    let found = status.alerts.filter(isWanted)
    page.section("alerts", "Alerts") { page in
      if found.isEmpty {
        page.quiet(status.alertsLeftOut == 0 ? "None is pending or firing." : "None among the most urgent.")
      } else {
        table(found.prefix(50), status.takenAt, &page)
      }
      if found.count > 50 { page.quiet("and \(found.count - 50) more") }
      guard status.alertsLeftOut > 0 else { return }
      page.quiet(
        "\(count(status.alertsLeftOut, "alert")) of all are not looked through here, for there are too many: the API "
          + "has them all.")
    }
  }

  private static func table(
    _ alerts: ArraySlice<StatusSnapshot.ActiveAlert>, _ now: Timestamp, _ page: inout HTMLText
  ) {
    // Alerts of two sources may have the same labels.
    var seen: [String: Int] = [:]
    page.table("Active alerts", ["Alert", "State", "What", "Paging", "Labels", "For"]) { page in
      for alert in alerts {
        let key = identity(alert)
        let ordinal = seen[key, default: 0]
        seen[key] = ordinal + 1
        row(alert, id: ordinal == 0 ? key : "\(key)-\(ordinal)", now, &page)
      }
    }
  }

  private static func row(
    _ alert: StatusSnapshot.ActiveAlert, id: String, _ now: Timestamp, _ page: inout HTMLText
  ) {
    let isHeld = alert.paging?.isHeldBack ?? false
    let look = alert.state != "firing" ? "degraded" : isHeld ? "held" : "bad"
    page.row(id: id) { page in
      page.head { $0.text(alert.name) }
      page.cell { $0.state(look, alert.state + (alert.held.map { ", \($0)" } ?? "")) }
      page.cell(nil, alert.summary.isEmpty ? alert.expression : alert.summary)
      page.cell("Paging") { paging(alert, now, &$0) }
      page.cell("Labels", quiet: true, alert.labels.dropping(["alertname"]).description)
      page.cell("For") { page in
        page.raw("<time class=\"age\" datetime=\"\(alert.since.iso8601)\" title=\"\(time(alert.since))\">")
        page.raw("\(age(alert.since, now))</time>")
      }
    }
  }

  /// The same for the same alert in each rendering: where it comes from, and its labels.
  private static func identity(_ alert: StatusSnapshot.ActiveAlert) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(alert.expression)\n\(alert.labels)".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return "a-" + String(hash, radix: 36)
  }

  /// Why nobody is paged, who took it on, and who was told: a line each.
  private static func paging(
    _ alert: StatusSnapshot.ActiveAlert, _ now: Timestamp, _ page: inout HTMLText
  ) {
    guard let paging = alert.paging else { return }
    var lines = paging.silencedBy.map { "silenced by \($0)" }
    lines += paging.inhibitedBy.map { "inhibited by \($0)" }
    lines += paging.mutedBy.map { "muted by \($0)" }
    if let by = paging.acknowledgedBy {
      lines.append("acknowledged by \(by)" + (paging.acknowledgedAt.map { " \(age($0, now)) ago" } ?? ""))
    }
    if !paging.tellings.isEmpty {
      lines += paging.tellings.map { $0.words + ($0.at.map { " \(age($0, now)) ago" } ?? "") }
    } else if paging.topics.isEmpty {
      lines.append("no route takes it: nobody is told")
    } else if !paging.isHeldBack {
      lines.append("to be told: \(paging.topics.joined(separator: ", "))")
    }
    for (number, line) in lines.enumerated() {
      if number > 0 { page.raw("<br>") }
      page.text(line)
    }
  }

  /// The page at `/alerts`.
  package static func alerts(_ status: StatusSnapshot) -> [UInt8] {
    page("Alerts – Farwatch", at: "/alerts", isLive: true, status) { page in
      page.raw("<h1>What fires</h1>\n<p><span id=\"headline\" aria-live=\"polite\" class=\"verdict ")
      page.raw("\(status.firing == nil ? "good" : "bad")\">")
      page.text(status.firing ?? "Nothing is firing")
      page.raw("</span></p>\n")
      alerts(status, limit: mostRows, &page)
      alarms(status, &page)
      page.raw("<p><a href=\"/silences\">Silence some of them</a></p>\n")
    }
  }
}
