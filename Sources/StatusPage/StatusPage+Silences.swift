internal import Model

/// Silences: what holds, and a form for a new one.
extension StatusPage {
  private static let mostRows = 200

  /// On the front page: to see, not to change.
  static func silences(_ status: StatusSnapshot, limit: Int, _ page: inout HTMLText) {
    guard !status.silences.isEmpty else { return }
    page.section("silences", "Silences") { page in
      list(status, limit: limit, canExpire: false, &page)
      page.raw("<p class=\"quiet\"><a href=\"/silences\">All silences, and new ones</a></p>\n")
    }
  }

  private static func list(
    _ status: StatusSnapshot, limit: Int, canExpire: Bool, _ page: inout HTMLText
  ) {
    let columns = ["Alerts with", "By", "Why", "Holds back", "Ends"] + (canExpire ? ["End it"] : [])
    page.table("Silences that hold or will", columns) { page in
      for silence in status.silences.prefix(limit) {
        page.row(id: "s-\(silence.id)") { page in
          page.head { page in
            page.raw("<span class=\"dot held\">")
            page.text(silence.matchers)
            page.raw("</span>")
          }
          page.cell("By", silence.by)
          page.cell("Why", silence.comment)
          page.cell("Holds back") { page in
            page.text(
              silence.startsAt > status.takenAt
                ? "begins in \(age(status.takenAt, silence.startsAt))" : count(silence.alerts, "alert"))
          }
          page.cell("Ends") { page in
            page.raw("in \(age(status.takenAt, silence.endsAt)) <span class=\"quiet\">")
            page.time(silence.endsAt)
            page.raw("</span>")
          }
          if canExpire { page.cell { expiry(silence, &$0) } }
        }
      }
    }
    if status.silences.count > limit { page.quiet("and \(status.silences.count - limit) more") }
  }

  private static func expiry(_ silence: StatusSnapshot.Silenced, _ page: inout HTMLText) {
    page.raw("<form method=\"post\" action=\"/silences\"><input type=\"hidden\" name=\"expire\"")
    page.attribute("value", silence.id)
    page.raw("><button type=\"submit\"")
    page.attribute("aria-label", "Expire the silence of \(silence.matchers)")
    page.raw(">Expire</button></form>")
  }

  /// What was just done at `/silences`, as its address says. Nobody need believe an address: what is said is looked up.
  package enum SilenceDeed: String, Sendable { case made, expired }

  /// What is said of a deed; nil: it is not so, or no longer.
  private static func outcome(_ deed: SilenceDeed?, _ id: String?, _ status: StatusSnapshot) -> String? {
    guard let deed, let id else { return nil }
    let silence = status.silences.first { $0.id == id }
    switch (deed, silence) {
    case (.made, let silence?):
      return silence.startsAt > status.takenAt
        ? "The silence begins in \(age(status.takenAt, silence.startsAt))." : "The silence is in force."
    case (.expired, nil): return "The silence is over."
    case (.made, nil), (.expired, _?): return nil
    }
  }

  /// The page at `/silences`.
  ///
  /// - Parameter id: of the silence that `done` is about.
  package static func silences(
    _ status: StatusSnapshot, _ form: SilenceForm, done: SilenceDeed? = nil, of id: String? = nil
  ) -> [UInt8] {
    page("Silences – Farwatch", at: "/silences", isLive: false, status) { page in
      page.raw("<h1>Silences</h1>\n")
      // Its place is there in any case, so that the script finds everything else where it was.
      if let outcome = outcome(done, id, status) {
        page.raw("<p class=\"done\" id=\"done\" data-keep role=\"status\">\(page.escape(outcome))</p>\n")
      } else {
        page.raw("<p id=\"done\" hidden></p>\n")
      }
      page.section("holding", "In force or to come") { page in
        if status.silences.isEmpty { return page.quiet("None.") }
        list(status, limit: mostRows, canExpire: true, &page)
      }
      page.section("new", "New silence") { creation(form, &$0) }
    }
  }

  private static func creation(_ form: SilenceForm, _ page: inout HTMLText) {
    page.raw("<form class=\"fields\" data-keep method=\"post\" action=\"/silences\" novalidate>\n")
    if let problem = form.problem {
      page.raw("<p class=\"error\" role=\"alert\">\(page.escape(problem))</p>")
    }
    // The first field that is wrong has the focus: without script, too.
    let first = SilenceForm.Field.allCases.first { form.problems[$0] != nil }
    for field in SilenceForm.Field.allCases {
      let problem = form.problems[field]
      let name = field.rawValue
      page.raw("<div class=\"field\"><label for=\"\(name)\">\(page.escape(field.label))</label>")
      page.raw(field == .matchers ? "<textarea rows=\"3\"" : "<input")
      page.raw(" id=\"\(name)\" name=\"\(name)\" required maxlength=\"\(field == .matchers ? 4000 : 500)\"")
      page.raw(" aria-describedby=\"\(name)-hint\(problem == nil ? "" : " \(name)-error")\"")
      if problem != nil { page.raw(" aria-invalid=\"true\"") }
      if field == first { page.raw(" autofocus") }
      if field == .by { page.raw(" autocomplete=\"name\"") }
      if field == .matchers {
        // A line break right behind the tag is not part of the text; one of its own is.
        page.raw(">\n")
        page.text(form.value(field))
        page.raw("</textarea>")
      } else {
        page.attribute("value", form.value(field))
        page.raw(">")
      }
      if let problem { page.raw("<p class=\"error\" id=\"\(name)-error\">\(page.escape(problem))</p>") }
      page.raw("<p class=\"quiet\" id=\"\(name)-hint\">\(page.escape(field.hint))</p></div>\n")
    }
    page.raw("<p><button type=\"submit\">Silence</button></p></form>\n")
  }
}
