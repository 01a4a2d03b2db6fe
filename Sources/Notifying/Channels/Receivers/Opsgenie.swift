internal import HTTPClient
internal import Model

/// An account of Opsgenie, by its Alert API.
package struct OpsgenieSettings: ReceiverSettings {
  package static let kinds = ["opsgenie"]
  package let kind = "opsgenie"

  package enum Region: String, Sendable, CaseIterable { case us, eu }

  package struct Responder: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable { case team, user, escalation, schedule }
    package var kind: Kind
    /// A user's is the user name, an e-mail address.
    package var name: String

    package init(_ kind: Kind, _ name: String) {
      self.kind = kind
      self.name = name
    }
  }

  package var apiKey: String
  /// Where the secret came from: it stays when the secret is changed, and so do the pages that wait.
  package var secretPlace: String?
  /// The API's base, or the whole address of its alerts.
  package var url: String
  package var responders: [Responder] = []
  package var tags: [String] = []
  /// P1 to P5 by the value of the label `severity`, before our own reading of the word.
  package var priorities: [String: String] = [:]
  package var templates = MessageTemplates()
  package var options = PostOptions()

  package init(apiKey: String, region: Region = .us) {
    self.apiKey = apiKey
    url = region == .eu ? "https://api.eu.opsgenie.com" : "https://api.opsgenie.com"
  }

  package var hearsAcknowledgements: Bool { true }
  package var shownEndpoint: String { shownURL(url) }
  package var keyParts: [String] { [url, secretPlace ?? apiKey] }
  package func channel(_ context: ChannelContext) -> any Channel {
    OpsgenieChannel(settings: self, context: context)
  }
}

/// One alert a thread, by its alias: created while anything in it fires, acknowledged when somebody here took on all
/// of it, closed when nothing does any more.
struct OpsgenieChannel: Channel {
  let settings: OpsgenieSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let page = try message.pageOrAcknowledgement()
    let given = SNSLinks.trimmed(settings.url)
    let base = given.hasSuffix("/v2/alerts") ? given : given + "/v2/alerts"
    let alias = threadKey(page.notification.thread, bytes: 512)
    let key = [HTTPHeader("Authorization", "GenieKey \(settings.apiKey)", isSecret: true)]
    if page.notification.kind == .acknowledgement {
      let url = "\(base)/\(percentEncoded(alias))/acknowledge?identifierType=alias"
      return .http(settings.options.post(url, taking(page.notification), headers: key))
    }
    let facts = PageFacts(page, context)
    let text = PageText(page, context, settings.templates)
    guard facts.status == .resolved else {
      return .http(settings.options.post(base, creation(facts, text, alias), headers: key))
    }
    let closing = OrderedJSON.object([
      .init("source", .string("Farwatch")), .init("note", .string(cut(text.body, characters: 25_000))),
    ])
    // What only ceased to be seen is noted, and closed by people.
    let action = facts.resolved.allSatisfy(\.endedWell) ? "close" : "notes"
    let url = "\(base)/\(percentEncoded(alias))/\(action)?identifierType=alias"
    return .http(settings.options.post(url, closing, headers: key))
  }

  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    .explained(answer, now: now, hiding: [settings.apiKey])
  }

  private func taking(_ notification: Notification) -> OrderedJSON {
    let person = cut(oneLine(notification.acknowledgedBy ?? ""), characters: 100)
    let note = person.isEmpty ? "Acknowledged in Farwatch." : "Acknowledged in Farwatch by \(person)."
    return .object([.init("source", .string("Farwatch")), .init("note", .string(note))])
  }

  /// Every field within the length that the API sets.
  private func creation(_ facts: PageFacts, _ text: PageText, _ alias: String) -> OrderedJSON {
    let proof = facts.notification.kind == .proof
    var members: [OrderedJSON.Member] = [
      .init("message", .string(cut(text.title, characters: 130))), .init("alias", .string(alias)),
      .init("description", .string(cut(text.body, characters: 15_000))),
    ]
    if !settings.responders.isEmpty {
      let list = settings.responders.prefix(50).map { responder in
        OrderedJSON.object([
          .init(responder.kind == .user ? "username" : "name", .string(responder.name)),
          .init("type", .string(responder.kind.rawValue)),
        ])
      }
      members.append(.init("responders", .array(list)))
    }
    let tags =
      settings.tags + (facts.severity.map { [$0] } ?? []) + (proof ? ["farwatch-proof"] : [])
      + (facts.notification.drill == nil ? [] : ["drill"])
    members.append(.init("tags", .array(tags.prefix(20).map { .string(cut(oneLine($0), characters: 50)) })))
    members.append(.init("details", .strings(details(facts))))
    if let entity = facts.region { members.append(.init("entity", .string(cut(entity, characters: 512)))) }
    members += [
      .init("source", .string("Farwatch")),
      .init("priority", .string(proof ? "P5" : priority(facts.severity ?? ""))),
    ]
    return .object(members)
  }

  private func priority(_ word: String) -> String {
    if let chosen = settings.priorities[word] { return chosen }
    return switch Severity(word) {
    case .critical: "P1"
    case .error: "P2"
    case .warning: "P3"
    case .info: "P5"
    }
  }

  /// Common labels and links, within 8000 characters in all.
  private func details(_ facts: PageFacts) -> Labels {
    var left = 7500
    var kept: [Label] = []
    let links = facts.links + (facts.acknowledgeURL.map { [(name: "Acknowledge", url: $0)] } ?? [])
    for label in links.map({ Label($0.name, $0.url) }) + facts.commonLabels.entries {
      let label = Label(cut(label.name, characters: 200), cut(label.value, characters: 1000))
      let size = label.name.unicodeScalars.count + label.value.unicodeScalars.count
      guard size <= left else { continue }
      left -= size
      kept.append(label)
    }
    return Labels(kept)
  }
}
