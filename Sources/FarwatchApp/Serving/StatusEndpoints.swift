internal import AlertmanagerAPI
internal import HTTPServer
internal import Journal
internal import Model
internal import Paging
internal import StatusPage

/// The pages for people, and the one form among them.
struct StatusEndpoints: Sendable {
  private static let eventsOnPage = 100
  private static let folders = ["regions", "links", "backups"]

  let daemon: any DaemonFace

  /// nil: the path is none of these.
  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    switch request.path {
    case "/": return reading(request) { shown { StatusPage.render($0) } }
    case "/alerts": return reading(request) { shown { StatusPage.alerts($0) } }
    case "/events": return reading(request) { events(request) }
    case "/silences":
      if request.method == "POST" { return changeSilences(request) }
      return reading(request, "GET, HEAD, POST") { silences(request) }
    case "/status.css": return reading(request) { file(StatusStyle.css, "text/css") }
    case "/status.js": return reading(request) { file(StatusScript.javascript, "text/javascript") }
    default:
      let parts = request.pathSegments
      guard let folder = parts.first, Self.folders.contains(folder) else { return nil }
      return reading(request) {
        parts.count == 2 ? one(folder, parts[1]) : notFound("There is no such page.")
      }
    }
  }

  /// For addresses that nothing answers; nil where no browser asks.
  func notFound(_ request: HTTPServerRequest) -> HTTPServerResponse? {
    guard request.method == "GET" || request.method == "HEAD",
      request.header("Accept")?.contains("text/html") == true
    else { return nil }
    return notFound("There is no page at this address.")
  }

  private func one(_ folder: String, _ name: String) -> HTTPServerResponse {
    guard let status = daemon.status() else { return busy }
    let found: [UInt8]?
    let what: String
    switch folder {
    case "regions": (found, what) = (StatusPage.region(name, status), "region")
    case "links": (found, what) = (StatusPage.link(name, status), "link")
    default: (found, what) = (StatusPage.backup(name, status), "backup job")
    }
    return found.map { page(200, $0) } ?? notFound("No \(what) has the name \(name).")
  }

  // MARK: Events

  private func events(_ request: HTTPServerRequest) -> HTTPServerResponse {
    let now = daemon.wallClock
    let kinds = JournalEntry.Kind.allCases.map(\.rawValue)
    // A form sends what is left empty, too.
    let asked = request.query.filter {
      !$0.value.isEmpty && ["kind", "alert", "label", "before"].contains($0.name)
    }
    var view = StatusPage.EventsView(
      events: [], kinds: kinds, kind: request.queryValue("kind") ?? "",
      alert: request.queryValue("alert") ?? "",
      labels: asked.filter { $0.name == "label" }.map(\.value))
    let query: EventsQuery
    do {
      var read = try EventsQuery(asked.map { ($0.name, $0.value) }, now: now)
      read.limit = Self.eventsOnPage
      query = read
    } catch {
      view.problem = "\(error)"
      return page(400, StatusPage.events(view, now: now))
    }
    switch daemon.events(query) {
    case .answer(.entries(let records, let isPartial)):
      view.events = records.map { StatusSnapshot.Event($0) }
      if records.count == query.limit { view.older = records.last?.sequence }
      if isPartial { view.problem = "The time was over before everything had been looked at." }
      return page(200, StatusPage.events(view, now: now))
    case .answer(.verified): return busy
    case .busy:
      view.problem = "Another question about events is being answered. Try again."
      return page(503, StatusPage.events(view, now: now))
    case .failed(let why):
      view.problem = why
      return page(500, StatusPage.events(view, now: now))
    }
  }

  // MARK: Silences

  private func silences(_ request: HTTPServerRequest) -> HTTPServerResponse {
    shown { status in
      StatusPage.silences(
        status, SilenceForm(matchers: request.queryValue("matchers") ?? ""),
        done: request.queryValue("done").flatMap { StatusPage.SilenceDeed(rawValue: $0) })
    }
  }

  private func changeSilences(_ request: HTTPServerRequest) -> HTTPServerResponse {
    guard let items = request.formItems else {
      return refused("This form cannot be read.", SilenceForm(), 400)
    }
    do throws(PagingRefusal) {
      if let id = items.first(where: { $0.name == "expire" })?.value {
        try daemon.paging.expireSilence(id: id)
        return seeOther(.expired)
      }
      var form = SilenceForm(items: items.map { ($0.name, $0.value) })
      let matchers = read(&form)
      guard form.isSound, let length = form.length else { return answer(form, 400) }
      _ = try daemon.paging.setSilence(
        SilenceDraft(
          matchers: matchers, endsAt: daemon.wallClock + length, createdBy: form.by, comment: form.comment))
      return seeOther(.made)
    } catch {
      let form = SilenceForm(items: items.map { ($0.name, $0.value) })
      switch error {
      case .busy: return refused("Farwatch is busy: it may or may not have happened.", form, 503)
      case .notDurable:
        return refused("Done, but the disk does not take it: a restart would forget it.", form, 500)
      case .notFound: return refused("There is no such silence any more.", form, 404)
      case .invalid(let why): return refused(why, form, 400)
      case .full(let why): return refused(why, form, 503)
      }
    }
  }

  /// The matchers of the form; what is wrong with them is noted there.
  private func read(_ form: inout SilenceForm) -> [LabelMatcher] {
    var matchers: [LabelMatcher] = []
    for line in form.matcherLines {
      switch AlertmanagerAPI.readMatcher(line) {
      case .success(let matcher): matchers.append(matcher)
      case .failure(let fault):
        form.problems[.matchers] = fault.message
        return []
      }
    }
    if !matchers.isEmpty, LabelMatcher.takeEverything(matchers) {
      form.problems[.matchers] = "This would silence everything: at least one matcher must name something."
    }
    return matchers
  }

  /// The form again, with what is wrong beside its fields.
  private func answer(_ form: SilenceForm, _ code: Int) -> HTTPServerResponse {
    guard let status = daemon.status() else { return busy }
    return page(code, StatusPage.silences(status, form))
  }

  private func refused(_ why: String, _ form: SilenceForm, _ code: Int) -> HTTPServerResponse {
    var form = form
    form.problems = [:]
    form.problem = why
    return answer(form, code)
  }

  /// So that loading the page again does not do it again.
  private func seeOther(_ deed: StatusPage.SilenceDeed) -> HTTPServerResponse {
    HTTPServerResponse(
      status: 303, contentType: nil,
      headers: [
        HTTPServerField("Location", "/silences?done=\(deed.rawValue)"),
        HTTPServerField("Cache-Control", "no-store"),
      ], body: .empty)
  }

  // MARK: Answers

  private func reading(
    _ request: HTTPServerRequest, _ methods: String = "GET, HEAD", _ answer: () -> HTTPServerResponse
  ) -> HTTPServerResponse {
    guard request.method == "GET" || request.method == "HEAD" else {
      var refusal = HTTPServerResponse.text(405, "Only \(methods) are answered here.\n")
      refusal.headers.append(HTTPServerField("Allow", methods))
      return refusal
    }
    return answer()
  }

  private func shown(_ render: (StatusSnapshot) -> [UInt8]) -> HTTPServerResponse {
    daemon.status().map { page(200, render($0)) } ?? busy
  }

  private func notFound(_ what: String) -> HTTPServerResponse { page(404, StatusPage.notFound(what)) }

  private var busy: HTTPServerResponse {
    var response = page(503, StatusPage.unavailable("Farwatch's core is busy and did not answer in time."))
    response.headers.append(HTTPServerField("Retry-After", "1"))
    return response
  }

  private func page(_ code: Int, _ bytes: [UInt8]) -> HTTPServerResponse {
    HTTPServerResponse(
      status: code, contentType: "text/html; charset=utf-8",
      headers: [HTTPServerField("Cache-Control", "no-store")], body: .bytes(bytes)
    ).withSecurityHeaders(contentSecurityPolicy: StatusPage.contentSecurityPolicy)
  }

  private func file(_ text: String, _ type: String) -> HTTPServerResponse {
    HTTPServerResponse(
      status: 200, contentType: "\(type); charset=utf-8",
      headers: [HTTPServerField("Cache-Control", "no-store")], body: .bytes(Array(text.utf8))
    ).withSecurityHeaders(contentSecurityPolicy: StatusPage.contentSecurityPolicy)
  }
}
