internal import Model

/// CloudWatch alarms.
extension StatusPage {
  /// The worst first; what watches what, and who is told, stands under the name.
  static func alarms(_ status: StatusSnapshot, _ page: inout HTMLText) {
    guard !status.alarms.isEmpty else { return }
    page.section("alarms", "CloudWatch alarms") { page in
      page.table("CloudWatch alarms", ["Alarm", "State", "Why", "Actions", "For"]) { page in
        for alarm in status.alarms { row(alarm, status.takenAt, &page) }
      }
    }
  }

  private static func row(_ alarm: StatusSnapshot.Alarm, _ now: Timestamp, _ page: inout HTMLText) {
    page.row { page in
      page.head { page in
        page.text(alarm.name)
        for line in [alarm.description ?? "", alarm.watches] where !line.isEmpty {
          page.raw("<br><span class=\"quiet\">")
          page.text(line)
          page.raw("</span>")
        }
      }
      page.cell { $0.state(alarm.verdict.rawValue, alarm.state) }
      page.cell("Why", quiet: true, alarm.problem ?? alarm.reason)
      page.cell("Actions", quiet: true, actions(of: alarm, now))
      page.cell("For", age(alarm.since, now))
    }
  }

  private static func actions(of alarm: StatusSnapshot.Alarm, _ now: Timestamp) -> String {
    var parts = [alarm.topics.isEmpty ? "none" : alarm.topics.joined(separator: ", ")]
    if !alarm.actionsEnabled { parts.append("disabled: nobody is told") }
    if alarm.isSuppressed { parts.append("suppressed") }
    if let told = alarm.toldAt { parts.append("last page \(age(told, now)) ago") }
    return parts.joined(separator: "; ")
  }
}
