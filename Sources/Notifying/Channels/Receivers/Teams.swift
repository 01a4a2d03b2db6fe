internal import HTTPClient
internal import Model

/// A workflow of Microsoft Teams that takes webhook requests ("Post to a channel when a webhook request is received").
package struct TeamsSettings: ReceiverSettings {
  package static let kinds = ["teams"]
  package let kind = "teams"

  /// Holds its own signature: the secret itself.
  package var url: String
  /// Where the secret came from: it stays when the secret is changed, and so do the pages that wait.
  package var secretPlace: String?
  package var templates = MessageTemplates()
  package var options = PostOptions()

  package init(url: String) { self.url = url }

  package var shownEndpoint: String { shownURL(url, from: secretPlace) }
  package var keyParts: [String] { [secretPlace ?? url] }
  package func channel(_ context: ChannelContext) -> any Channel {
    TeamsChannel(settings: self, context: context)
  }
}

/// A message with one Adaptive Card.
struct TeamsChannel: Channel {
  /// Teams refuses messages above 28 KB.
  static let maximumBytes = 27 << 10

  let settings: TeamsSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    let facts = PageFacts(page, context)
    let text = PageText(page, context, settings.templates, linksStandApart: true)
    var json = card(facts, text, 16 << 10)
    // What escapes to several bytes may take more room than its text.
    for limit in [8 << 10, 4096, 1024, 0] where json.compact.utf8.count > Self.maximumBytes {
      json = card(facts, text, limit)
    }
    return .http(settings.options.post(settings.url, json))
  }

  /// The older connectors say with 200 that they could not deliver.
  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    let secrets = secretParts(ofURL: settings.url)
    guard let status = answer.status, (200..<300).contains(status) else {
      return .explained(answer, now: now, hiding: secrets)
    }
    let words = answer.words
    let isDenied = words.contains("returned HTTP error") || words.contains("delivery failed")
    return isDenied ? .denied(status).explained(words).hiding(secrets) : .answered(status)
  }

  private func card(_ facts: PageFacts, _ text: PageText, _ limit: Int) -> OrderedJSON {
    func block(_ text: String, _ more: [OrderedJSON.Member] = []) -> OrderedJSON {
      .object(
        [.init("type", .string("TextBlock")), .init("text", .string(text)), .init("wrap", .boolean(true))]
          + more)
    }
    let title = Self.plain(limit < 4096 ? cut(text.title, bytes: 256) : text.title)
    var body = [
      block(
        title,
        [
          .init("weight", .string("Bolder")), .init("size", .string("Medium")),
          .init("color", .string(colour(facts))),
        ])
    ]
    let paragraphs = cut(text.body, bytes: limit).split(separator: "\n").prefix(60)
    body += paragraphs.map { block(Self.plain(String($0)), [.init("spacing", .string("Small"))]) }
    var content: [OrderedJSON.Member] = [
      .init("$schema", .string("http://adaptivecards.io/schemas/adaptive-card.json")),
      .init("type", .string("AdaptiveCard")), .init("version", .string("1.4")),
      .init("msteams", .object([.init("width", .string("Full"))])), .init("body", .array(body)),
    ]
    let links = facts.links + (facts.acknowledgeURL.map { [(name: "Acknowledge", url: $0)] } ?? [])
    if !links.isEmpty, limit > 0 {
      let actions = links.map { link in
        OrderedJSON.object([
          .init("type", .string("Action.OpenUrl")), .init("title", .string(link.name)),
          .init("url", .string(link.url)),
        ])
      }
      content.append(.init("actions", .array(actions)))
    }
    return .object([
      .init("type", .string("message")),
      .init(
        "attachments",
        .array([
          .object([
            .init("contentType", .string("application/vnd.microsoft.card.adaptive")),
            .init("contentUrl", .null), .init("content", .object(content)),
          ])
        ])),
    ])
  }

  private func colour(_ facts: PageFacts) -> String {
    if facts.notification.kind == .proof { return "Accent" }
    guard facts.status == .firing else { return facts.resolved.allSatisfy(\.endedWell) ? "Good" : "Default" }
    return switch Severity(facts.severity ?? "") {
    case .critical, .error: "Attention"
    case .warning: "Warning"
    case .info: "Accent"
    }
  }

  /// A text block reads links in Markdown: what a label holds must not become one under another's name.
  static func plain(_ text: String) -> String {
    text.split(separator: "](", omittingEmptySubsequences: false).joined(separator: "] (")
  }
}
