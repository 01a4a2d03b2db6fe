internal import Model
internal import Programs

/// A program that is run for each page (`protocol: exec`).
package struct ExecSettings: ReceiverSettings {
  package static let kinds = ["exec"]

  /// The program's absolute path and its arguments, as they are: no shell reads them.
  package var command: [String]
  /// Beside `PATH` and `FARWATCH_…`. May hold secrets.
  package var environment: [String: String] = [:]
  package var defaultTimeout: Duration { .seconds(30) }
  package var defaultInFlight: Int { 1 }
  package var templates = MessageTemplates()

  package init(command: [String]) { self.command = command }

  package var kind: String { "exec" }
  /// Arguments may hold secrets.
  package var shownEndpoint: String { "exec:\(command.first ?? "")" }
  package var keyParts: [String] { ["exec"] + command }

  package func channel(_ context: ChannelContext) -> any Channel {
    ExecChannel(settings: self, context: context)
  }
}

/// Gives a program the page as JSON on standard input, and what it needs most in its environment.
struct ExecChannel: Channel {
  let settings: ExecSettings
  let context: ChannelContext
  /// The kernel takes 128 KiB for one variable; nobody needs a tenth of it.
  private static let variableLimit = 8192

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    let text = PageText(page, context, settings.templates)
    var request = ProgramRequest(arguments: settings.command)
    request.environment = settings.environment.merging(variables(page, text)) { $1 }
    request.standardInput = Array((PageJSON(page, context, text).document.compact + "\n").utf8)
    return .program(request)
  }

  private func variables(_ page: Page, _ text: PageText) -> [String: String] {
    let notification = page.notification
    return [
      "FARWATCH_STATUS": notification.status.rawValue,
      "FARWATCH_KIND": notification.kind.rawValue,
      "FARWATCH_ALERTNAME": notification.commonLabels["alertname"] ?? "",
      "FARWATCH_MESSAGE_ID": page.messageID,
      "FARWATCH_THREAD": notification.thread,
      "FARWATCH_TOPIC": context.topicName, "FARWATCH_DRILL": notification.drill?.id ?? "",
      "FARWATCH_TITLE": text.title,
      "FARWATCH_EXTERNAL_URL": context.externalURL,
    ].mapValues { value in
      // A NUL ends a variable in C, and with it the page.
      String(decoding: value.utf8.prefix(Self.variableLimit).filter { $0 != 0 }, as: UTF8.self)
    }
  }
}
