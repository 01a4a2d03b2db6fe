internal import Model

/// Alerts and silences on the status page.
extension StatusPage {
  /// More than anybody reads; the API has them all.
  private static let shownRows = 200

  static func alerts(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.raw("<section><h2>Alerts</h2>")
    if status.alerts.isEmpty {
      page.raw("<p class=\"quiet\">None is pending or firing.</p></section>\n")
      return
    }
    page.raw("<table class=\"wide\"><tr><th></th><th>Alert</th><th>What</th><th>Paging</th><th>Labels</th>")
    page.raw("<th>For</th></tr>")
    for alert in status.alerts.prefix(shownRows) {
      let verdict = alert.state != "firing" ? "degraded" : alert.paging?.isHeldBack ?? false ? "held" : "bad"
      page.raw("<tr><td class=\"dot \(verdict)\"></td><td>")
      page.text("\(alert.name) (\(alert.state)\(alert.held.map { ", \($0)" } ?? ""))")
      page.raw("</td><td>")
      page.text(alert.summary.isEmpty ? alert.expression : alert.summary)
      page.raw("</td><td data-is=\"Paging\">")
      paging(alert, status.takenAt, &page)
      page.raw("</td><td class=\"quiet\" data-is=\"Labels\">")
      page.text(alert.labels.dropping(["alertname"]).description)
      page.raw("</td><td data-is=\"For\">\(age(alert.since, status.takenAt))</td></tr>")
    }
    page.raw("</table>")
    more(status.alerts.count, &page)
    page.raw("</section>\n")
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
    if !paging.told.isEmpty {
      let when = paging.toldAt.map { ", last \(age($0, now)) ago" } ?? ""
      lines.append("told: \(paging.told.joined(separator: ", "))\(when)")
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

  static func silences(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.silences.isEmpty else { return }
    page.raw("<section><h2>Silences</h2><table class=\"wide\"><tr><th></th><th>Alerts with</th><th>By</th>")
    page.raw("<th>Why</th><th>Holds back</th><th>Ends</th></tr>")
    for silence in status.silences.prefix(shownRows) {
      let isPending = silence.startsAt > status.takenAt
      page.raw("<tr><td class=\"dot held\"></td><td>")
      page.text(silence.matchers)
      page.raw("</td><td data-is=\"By\">")
      page.text(silence.by)
      page.raw("</td><td data-is=\"Why\">")
      page.text(silence.comment)
      page.raw("</td><td data-is=\"Holds back\">")
      page.raw(
        isPending
          ? "begins in \(age(status.takenAt, silence.startsAt))"
          : silence.alerts == 1 ? "1 alert" : "\(silence.alerts) alerts")
      page.raw("</td><td data-is=\"Ends\">in \(age(status.takenAt, silence.endsAt))")
      page.raw(" <span class=\"quiet\">\(time(silence.endsAt))</span></td></tr>")
    }
    page.raw("</table>")
    more(status.silences.count, &page)
    page.raw("</section>\n")
  }

  private static func more(_ count: Int, _ page: inout HTMLText) {
    if count > shownRows { page.raw("<p class=\"quiet\">and \(count - shownRows) more</p>") }
  }
}
