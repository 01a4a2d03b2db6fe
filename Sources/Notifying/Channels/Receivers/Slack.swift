internal import HTTPClient
internal import Model

/// An incoming webhook of Slack, or of a program that takes Slack's (Mattermost, Rocket.Chat).
package struct SlackSettings: ReceiverSettings {
  package static let kinds = ["slack"]
  package let kind = "slack"

  /// The secret itself.
  package var url: String
  /// Where the secret came from: it stays when the secret is changed, and so do the pages that wait.
  package var secretPlace: String?
  /// For webhooks that may choose; nil: the webhook's own.
  package var channel: String?
  package var username: String?
  package var templates = MessageTemplates()
  package var options = PostOptions()

  package init(url: String) { self.url = url }

  package var shownEndpoint: String { shownURL(url, from: secretPlace) + (channel.map { " \($0)" } ?? "") }
  package var keyParts: [String] { [secretPlace ?? url, channel ?? ""] }
  package func channel(_ context: ChannelContext) -> any Channel {
    SlackChannel(settings: self, context: context)
  }
}

/// A line for the notification, and below it the text in blocks with a colour and buttons.
struct SlackChannel: Channel {
  /// Of one section's text; Slack takes 3000.
  static let sectionCharacters = 2900
  static let sections = 6

  let settings: SlackSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.page()
    return .http(
      settings.options.post(
        settings.url,
        body(PageFacts(page, context), PageText(page, context, settings.templates, linksStandApart: true))))
  }

  /// Slack says `ok`. Whatever else comes with 200 is an error: such programs put it there.
  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    let secrets = secretParts(ofURL: settings.url)
    guard let status = answer.status, (200..<300).contains(status) else {
      return .explained(answer, now: now, hiding: secrets)
    }
    let words = answer.words
    let isTaken =
      words.hasPrefix("{")
      ? !words.contains("\"ok\":false") && !words.contains("\"ok\": false")
        && !words.contains("\"success\":false") && !words.contains("\"success\": false")
      : words.isEmpty || words.lowercased() == "ok"
    return isTaken ? .answered(status) : .denied(status).explained(words).hiding(secrets)
  }

  private func body(_ facts: PageFacts, _ text: PageText) -> OrderedJSON {
    var blocks = Self.pieces(text.body).map { piece in
      OrderedJSON.object([
        .init("type", .string("section")),
        .init("text", .object([.init("type", .string("mrkdwn")), .init("text", .string(piece))])),
      ])
    }
    let links = facts.links + (facts.acknowledgeURL.map { [(name: "Acknowledge", url: $0)] } ?? [])
    let buttons = links.map { link in
      OrderedJSON.object([
        .init("type", .string("button")),
        .init(
          "text", .object([.init("type", .string("plain_text")), .init("text", .string(link.name))])),
        .init("url", .string(link.url)),
      ])
    }
    if !buttons.isEmpty {
      blocks.append(.object([.init("type", .string("actions")), .init("elements", .array(buttons))]))
    }
    var members: [OrderedJSON.Member] = []
    if let channel = settings.channel { members.append(.init("channel", .string(channel))) }
    if let name = settings.username { members.append(.init("username", .string(name))) }
    members += [
      .init("text", .string(Self.escaped(text.title))),
      .init(
        "attachments",
        .array([
          .object([
            .init("color", .string(colour(facts))), .init("fallback", .string(Self.escaped(text.title))),
            .init("blocks", .array(blocks)),
          ])
        ])),
    ]
    return .object(members)
  }

  private func colour(_ facts: PageFacts) -> String {
    if facts.notification.kind == .proof { return "#439fe0" }
    guard facts.status == .firing else {
      return facts.resolved.allSatisfy(\.endedWell) ? "#2eb886" : "#a0a0a0"
    }
    return switch Severity(facts.severity ?? "") {
    case .critical, .error: "#d00000"
    case .warning: "#daa038"
    case .info: "#439fe0"
    }
  }

  /// The three characters that are control characters to Slack; so no label can call `<!channel>`.
  static func escaped(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): out += Array("&amp;".utf8)
      case UInt8(ascii: "<"): out += Array("&lt;".utf8)
      case UInt8(ascii: ">"): out += Array("&gt;".utf8)
      default: out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// Escaped texts of whole lines where that goes, none of them empty or too long.
  static func pieces(_ body: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var count = 0
    for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
      // An escape is up to five characters for one.
      let line = escaped(cut(String(line), characters: sectionCharacters / 5))
      let size = line.unicodeScalars.count + 1
      if count + size > sectionCharacters {
        pieces.append(piece)
        (piece, count) = ("", 0)
      }
      piece += (piece.isEmpty ? "" : "\n") + line
      count += size
    }
    pieces.append(piece)
    let shown = pieces.filter { !oneLine($0).isEmpty }
    if shown.count > sections { return shown.prefix(sections) + ["_[cut]_"] }
    return shown.isEmpty ? ["-"] : shown
  }
}
