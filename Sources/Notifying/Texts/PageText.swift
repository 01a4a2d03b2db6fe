internal import Model
package import Templating

/// Templates in place of the texts that channels write of themselves; nil: ours.
package struct MessageTemplates: Sendable {
  /// One line.
  package var title: Template?
  package var body: Template?

  package init(title: Template? = nil, body: Template? = nil) {
    self.title = title
    self.body = body
  }
}

/// What people read of a page: one line, and everything that helps at night. Plain text; a channel escapes it.
package struct PageText: Sendable {
  package let title: String
  package let body: String
  /// Why a template's text was not used where it was not; the page says so too.
  package let problem: String?

  package init(_ page: Page, _ context: ChannelContext, _ templates: MessageTemplates = .init()) {
    let notification = page.notification
    let name = notification.alerts.first?.labels["alertname"] ?? ""
    title = "[\(notification.status == .firing ? "FIRING" : "RESOLVED")] \(name)"
    body = notification.alerts.compactMap { $0.annotations["summary"] }.joined(separator: "\n")
    problem = nil
  }
}
