internal import Model

/// CloudWatch alarms and the store on the status page.
extension StatusPage {
  /// The worst first; what watches what, and who is told, stands under the name.
  static func alarms(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.alarms.isEmpty else { return }
    page.raw("<section><h2>CloudWatch alarms</h2><table class=\"wide\"><tr><th></th><th>Alarm</th>")
    page.raw("<th>State</th><th>Why</th><th>Actions</th><th>For</th></tr>")
    for alarm in status.alarms {
      page.raw("<tr><td class=\"dot \(alarm.verdict.rawValue)\"></td><td>")
      page.text(alarm.name)
      for line in [alarm.description ?? "", alarm.watches] where !line.isEmpty {
        page.raw("<br><span class=\"quiet\">")
        page.text(line)
        page.raw("</span>")
      }
      page.raw("</td><td>")
      page.text(alarm.state)
      page.raw("</td><td class=\"quiet\">")
      page.text(alarm.problem ?? alarm.reason)
      page.raw("</td><td class=\"quiet\">")
      page.text(actions(of: alarm, status.takenAt))
      page.raw("</td><td>\(age(alarm.since, status.takenAt))</td></tr>")
    }
    page.raw("</table></section>\n")
  }

  private static func actions(of alarm: StatusSnapshot.Alarm, _ now: Timestamp) -> String {
    var parts = [alarm.topics.isEmpty ? "none" : alarm.topics.joined(separator: ", ")]
    if !alarm.actionsEnabled { parts.append("disabled: nobody is told") }
    if alarm.isSuppressed { parts.append("suppressed") }
    if let told = alarm.toldAt { parts.append("last page \(age(told, now)) ago") }
    return parts.joined(separator: "; ")
  }

  static func store(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard let store = status.store else { return }
    page.raw("<section><h2>Samples</h2><p class=\"\(store.isFailing ? "notice" : "quiet")\">")
    page.raw("\(store.series) of at most \(store.seriesLimit) series &middot; kept \(text(store.retention))")
    page.raw(" &middot; \(bytes(Double(store.diskBytes))) on disk")
    if store.isFailing {
      page.raw(" &middot; the disk takes nothing, new samples are in memory only: ")
      page.text(store.failure)
    }
    page.raw("</p></section>\n")
  }
}

extension StatusSnapshot {
  /// `2 alerts are firing, 1 alarm is in ALARM`; nil: nothing is.
  var firing: String? {
    let alerts = alerts.count { $0.state == "firing" }
    let heldBack = self.alerts.count { $0.state == "firing" && $0.paging?.isHeldBack ?? false }
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
