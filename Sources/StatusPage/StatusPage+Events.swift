package import Model

/// What happened: the newest on the front page, and page by page back to the beginning.
extension StatusPage {
  static func events(_ status: StatusSnapshot, _ page: inout HTMLText) {
    page.section("events", "What happened") { page in
      if status.events.isEmpty { return page.quiet("Nothing yet.") }
      list(status.events, status.takenAt, &page)
      page.raw("<p class=\"quiet\"><a href=\"/events\">All of it</a></p>\n")
    }
  }

  /// Bad or good news; nil: neither.
  private static func look(_ kind: String) -> String? {
    switch kind {
    case "firing", "check down", "given up", "dropped": "bad"
    case "resolved", "check up": "good"
    default: nil
    }
  }

  static func list(
    _ events: [StatusSnapshot.Event], _ now: Timestamp, _ page: inout HTMLText
  ) {
    page.table("Events, newest first", ["When", "What", "About", "Details"]) { page in
      for event in events {
        page.row(id: event.sequence > 0 ? "e-\(event.sequence)" : nil) { page in
          page.cell { $0.ago(event.at, now) }
          page.head { page in
            // In one piece: it is looked for down the column.
            let kind = event.kind.replacing(" ", with: "\u{a0}")
            if let look = look(event.kind) { page.state("\(look) tight", kind) } else { page.text(kind) }
          }
          page.cell(nil, event.alert)
          page.cell(nil, quiet: true, event.what)
        }
      }
    }
  }

  /// What of the journal is shown at `/events`.
  package struct EventsView: Sendable {
    /// Newest first.
    package var events: [StatusSnapshot.Event]
    /// All kinds that there are, as the journal names them.
    package var kinds: [String]
    /// "" for any.
    package var kind: String
    package var alert: String
    /// `NAME=VALUE`, all of which an entry has.
    package var labels: [String] = []
    /// The next page has the entries before this one; nil: there is no more.
    package var older: Int?
    /// Why there is none, or not all.
    package var problem: String?

    package init(
      events: [StatusSnapshot.Event], kinds: [String], kind: String = "", alert: String = "",
      labels: [String] = [], older: Int? = nil, problem: String? = nil
    ) {
      self.events = events
      self.kinds = kinds
      self.kind = kind
      self.alert = alert
      self.labels = labels
      self.older = older
      self.problem = problem
    }
  }

  /// The page at `/events`.
  package static func events(_ view: EventsView, now: Timestamp) -> [UInt8] {
    page("Events – Farwatch", at: "/events", isLive: false, nil) { page in
      page.raw("<h1>What happened</h1>\n<form class=\"filter\" data-keep method=\"get\" action=\"/events\">")
      page.raw(
        "<p><label for=\"kind\">Kind</label> <select id=\"kind\" name=\"kind\"><option value=\"\">any</option>"
      )
      for kind in view.kinds {
        page.raw("<option")
        page.attribute("value", kind)
        page.raw(kind == view.kind ? " selected>" : ">")
        page.text(kind.replacing("_", with: " "))
        page.raw("</option>")
      }
      page.raw("</select></p><p><label for=\"alert\">Alert</label> <input id=\"alert\" name=\"alert\"")
      page.attribute("value", view.alert)
      page.raw("></p>")
      for (number, label) in (view.labels.isEmpty ? [""] : view.labels).enumerated() {
        let id = number == 0 ? "label" : "label\(number)"
        page.raw("<p><label for=\"\(id)\">Label</label> <input id=\"\(id)\" name=\"label\" ")
        page.raw("placeholder=\"region=NAME\"")
        page.attribute("value", label)
        page.raw("></p>")
      }
      page.raw("<p><button type=\"submit\">Show</button></p></form>\n")
      if let problem = view.problem { page.notice(problem) }
      if view.events.isEmpty {
        page.quiet("Nothing that matches.")
      } else {
        list(view.events, now, &page)
      }
      guard let older = view.older else { return }
      page.raw("<p><a rel=\"next\" href=\"/events?before=\(older)")
      if !view.kind.isEmpty { page.raw("&amp;kind=\(HTMLText.segment(view.kind))") }
      if !view.alert.isEmpty { page.raw("&amp;alert=\(HTMLText.segment(view.alert))") }
      for label in view.labels where !label.isEmpty { page.raw("&amp;label=\(HTMLText.segment(label))") }
      page.raw("\">Older</a></p>\n")
    }
  }
}
