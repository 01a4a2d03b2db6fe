internal import Model

/// Who is told, on the status page.
extension StatusPage {
  static func receivers(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.raw("<section><h2>Who is told</h2>")
    if status.receivers.isEmpty {
      page.raw("<p class=\"notice\">No subscription is configured: nobody is paged.</p></section>\n")
      return
    }
    page.raw("<table class=\"wide\"><tr><th></th><th>Topic</th><th>Receiver</th><th>Endpoint</th>")
    page.raw("<th>Waiting</th><th>Last taken</th><th>Last proven</th><th></th></tr>")
    for receiver in status.receivers {
      page.raw("<tr><td class=\"dot \(verdict(receiver))\"></td><td>")
      page.text(receiver.topic)
      page.raw("</td><td>")
      page.text(receiver.name)
      page.raw("</td><td class=\"quiet\">")
      page.text(receiver.endpoint)
      page.raw("</td><td data-is=\"Waiting\">\(receiver.waiting)")
      if receiver.waiting > 0, let oldest = receiver.oldestWaiting { page.raw(", \(text(oldest)) old") }
      page.raw("</td><td data-is=\"Last taken\">")
      page.raw(receiver.lastSuccess.map { "\(age($0, status.takenAt)) ago" } ?? "never")
      page.raw("</td><td data-is=\"Last proven\">")
      page.raw(receiver.lastProven.map { "\(age($0, status.takenAt)) ago" } ?? "never")
      if receiver.failedProofs > 0 { page.raw(", \(receiver.failedProofs) failed since") }
      let trouble = trouble(receiver)
      page.raw(trouble.isEmpty ? "</td><td></td></tr>" : "</td><td class=\"quiet\" data-is=\"Trouble\">")
      if trouble.isEmpty { continue }
      page.text(trouble)
      page.raw("</td></tr>")
    }
    page.raw("</table></section>\n")
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
