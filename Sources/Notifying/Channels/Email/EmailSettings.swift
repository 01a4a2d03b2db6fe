package import HTTPClient
internal import Model

/// People's mailboxes (`protocol: email`).
package struct EmailSettings: ReceiverSettings {
  package static let kinds = ["email"]

  /// The mail server that takes our mails.
  package var host: String
  package var port: UInt16
  package var encryption: MailRequest.Encryption
  package var username: String?
  package var password: String?
  /// Addresses as `name@example.org`.
  package var from: String
  package var to: [String]
  /// Shown before ``from``.
  package var fromName: String?
  package var helloName: String?
  package var defaultTimeout: Duration { .seconds(30) }
  package var caFile: String?
  package var defaultInFlight: Int { 2 }
  package var templates = MessageTemplates()

  package init(
    host: String, port: UInt16 = 587, encryption: MailRequest.Encryption = .startTLS, from: String,
    to: [String]
  ) {
    self.host = host
    self.port = port
    self.encryption = encryption
    self.from = from
    self.to = to
  }

  package var kind: String { "email" }
  package var shownEndpoint: String { "mailto:\(to.joined(separator: ","))" }
  /// Another mail server on the way to the same people makes no other receiver.
  package var keyParts: [String] { ["email"] + to }

  package func channel(_ context: ChannelContext) -> any Channel {
    EmailChannel(settings: self, context: context)
  }
}

/// Writes mails.
struct EmailChannel: Channel {
  let settings: EmailSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    var request = MailRequest(
      host: settings.host, port: settings.port, encryption: settings.encryption, sender: settings.from,
      recipients: settings.to, message: mail(page).bytes)
    request.helloName = settings.helloName
    request.username = settings.username
    request.password = settings.password
    request.caFile = settings.caFile
    return .mail(request)
  }

  private func mail(_ page: Page) -> MailMessage {
    let text = PageText(page, context, settings.templates)
    let domain = MailMessage.domain(of: settings.from)
    let thread = MessageID.uuid(["mail-thread", page.notification.thread])
    return MailMessage(
      from: settings.from, fromName: settings.fromName, to: settings.to, subject: text.title,
      date: page.publishedAt, messageID: "\(page.messageID)@\(domain)",
      // No mail bears this name; mail programs put those together that answer the same one.
      thread: "\(thread).thread@\(domain)",
      headers: [
        ("X-Farwatch-Status", page.notification.status.rawValue),
        ("X-Farwatch-Topic", context.topicName),
      ], text: text.body)
  }
}
