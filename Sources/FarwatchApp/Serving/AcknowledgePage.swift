internal import AlertmanagerAPI
internal import HTTPServer
internal import Model
internal import Notifying
internal import Paging
internal import StatusPage

/// The page behind the link in a page. Opening it shows the alerts and changes nothing, for chat programs and mail
/// filters open every link; the button acknowledges. The token in the link is the right to do so, from any address.
struct AcknowledgePage: Sendable {
  /// The one page here with a form: it posts to where it came from.
  static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
  private static let longestText = 500
  private static let mostAlertsShown = 50

  let daemon: any PagingDaemonFace

  func answer(_ request: HTTPServerRequest) -> HTTPServerResponse {
    let isPost = request.method == "POST"
    guard isPost || request.method == "GET" || request.method == "HEAD" else {
      var refusal = HTTPServerResponse.text(405, "Only GET, HEAD and POST are answered here.\n")
      refusal.headers.append(HTTPServerField("Allow", "GET, HEAD, POST"))
      return refusal
    }
    guard let form = isPost ? request.formItems : [] else {
      return page(400, "This form cannot be read", nil)
    }
    guard let subject = subject(request, form) else {
      return page(403, "This link is not valid. Copy the whole link from the page that you got.", nil)
    }
    let choice = AlertChoice.thread(subject.thread, until: subject.until)
    guard let alerts = daemon.paging.firing(choice) else {
      return page(503, "Farwatch is busy. Try again.", nil)
    }
    guard !alerts.isEmpty else { return page(200, "It is over: none of these alerts fires any more.", nil) }
    guard isPost else { return question(alerts) }
    func entered(_ name: String) -> String {
      String((form.first { $0.name == name }?.value ?? "").prefix(Self.longestText))
    }
    let by = entered("by").isEmpty ? "link in a page" : entered("by")
    do throws(PagingRefusal) {
      let changed = try daemon.paging.acknowledge(choice, by: by, comment: entered("comment"))
      return page(
        200, changed.isEmpty ? "It is over: none of these alerts fires any more." : "Acknowledged by \(by).",
        changed.isEmpty ? nil : alerts)
    } catch {
      switch error {
      case .busy: return page(503, "Farwatch is busy: it may or may not be acknowledged. Try again.", nil)
      case .notDurable:
        return page(
          500, "Acknowledged, but the disk does not take it: Farwatch would forget it with a restart.", alerts
        )
      case .notFound(let why), .invalid(let why): return page(400, why, nil)
      case .full(let why): return page(503, why, nil)
      }
    }
  }

  /// Of a POST the form counts, and the link where the form lacks it.
  private func subject(_ request: HTTPServerRequest, _ form: [HTTPServerField]) -> AcknowledgeLink.Subject? {
    func item(_ name: String) -> String {
      form.first { $0.name == name }?.value ?? request.queryValue(name) ?? ""
    }
    return daemon.acknowledgeLink.verify(
      thread: item("thread"), until: item("until"), token: item("token"))
  }

  private func question(_ alerts: [PagedAlert]) -> HTTPServerResponse {
    let count = alerts.count == 1 ? "this alert" : "these \(alerts.count) alerts"
    return page(200, "Take on \(count)?", alerts) { html in
      // The form posts to its own address, which holds the token.
      html.raw("<form method=\"post\"><p><label>Your name <input name=\"by\" maxlength=\"100\"></label></p>")
      html.raw("<p><label>Comment <input name=\"comment\" maxlength=\"300\"></label></p>")
      html.raw("<p><button type=\"submit\">Acknowledge</button></p></form>")
    }
  }

  private func page(
    _ status: Int, _ heading: String, _ alerts: [PagedAlert]?, _ form: (inout HTMLText) -> Void = { _ in }
  ) -> HTTPServerResponse {
    var html = HTMLText()
    html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Farwatch</title>")
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
    html.raw(
      "<meta name=\"robots\" content=\"noindex\"><link rel=\"stylesheet\" href=\"/status.css\"></head>")
    html.raw(
      "<body><header><h1>Farwatch</h1><p class=\"verdict unknown\">\(html.escape(heading))</p></header><section>"
    )
    list(alerts ?? [], &html)
    form(&html)
    html.raw("</section></body></html>\n")
    return HTTPServerResponse(
      status: status, contentType: "text/html; charset=utf-8",
      headers: [HTTPServerField("Cache-Control", "no-store")], body: .bytes(html.bytes)
    ).withSecurityHeaders(contentSecurityPolicy: Self.contentSecurityPolicy)
  }

  private func list(_ alerts: [PagedAlert], _ html: inout HTMLText) {
    guard !alerts.isEmpty else { return }
    html.raw("<table class=\"wide\"><tr><th>Alert</th><th>Since</th><th>What</th><th>Acknowledged</th></tr>")
    for alert in alerts.prefix(Self.mostAlertsShown) {
      let others = alert.labels.dropping(["alertname"])
      let summary = alert.annotations["summary"] ?? alert.annotations["description"] ?? ""
      html.raw("<tr><td>")
      html.text(alert.labels["alertname"] ?? alert.fingerprint)
      html.raw("</td><td data-is=\"Since\">\(StatusPage.time(alert.startsAt))</td><td>")
      html.text(summary.isEmpty ? others.description : "\(summary) \(others)")
      html.raw(alert.acknowledgement == nil ? "</td><td>" : "</td><td data-is=\"Acknowledged\">")
      html.text(alert.acknowledgement.map { "by \($0.by)" } ?? "")
      html.raw("</td></tr>")
    }
    html.raw("</table>")
    let left = alerts.count - Self.mostAlertsShown
    if left > 0 { html.raw("<p class=\"quiet\">and \(left) more</p>") }
  }
}
