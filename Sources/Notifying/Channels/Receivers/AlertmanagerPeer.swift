internal import HTTPClient
internal import Model

/// One Alertmanager that is given alerts as a Prometheus gives them. Every peer of a cluster is told, each by a
/// subscription of its own: the cluster itself pages once.
package struct AlertmanagerPeerSettings: ReceiverSettings {
  package static let kinds = ["alertmanager"]
  package let kind = "alertmanager"

  /// Without `/api/v2/alerts`, which follows a path prefix where there is one.
  package var url: String
  /// How long an alert still fires there after the last word of it: our own death must be no "resolved".
  package var endsAfter: Duration = .seconds(3600)
  package var options = PostOptions()

  package init(url: String) { self.url = url }

  package var shownEndpoint: String { shownURL(url) }
  package var keyParts: [String] { [url] }
  package var refreshInterval: Duration? { .seconds(60) }
  package func channel(_ context: ChannelContext) -> any Channel {
    AlertmanagerPeerChannel(settings: self, context: context)
  }
}

/// Posts to `/api/v2/alerts`.
struct AlertmanagerPeerChannel: Channel {
  static let maximumBytes = 8 << 20

  let settings: AlertmanagerPeerSettings
  let context: ChannelContext

  func request(for message: OutgoingMessage) throws -> OutgoingRequest {
    let facts = PageFacts(try message.page(), context)
    // None may be left out, so only values are cut.
    let json = fitting(Self.maximumBytes) { value, _ in alerts(facts, value) }
    return .http(settings.options.post(SNSLinks.trimmed(settings.url) + "/api/v2/alerts", json))
  }

  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    .explained(answer, now: now, hiding: secretParts(ofURL: settings.url))
  }

  func alerts(_ facts: PageFacts, _ limit: Int) -> OrderedJSON {
    let writer = AlertJSON(facts: facts, limit: limit)
    return .array(
      facts.notification.alerts.map { event in
        // An end before the beginning is refused there.
        let end =
          event.status == .firing
          ? facts.now + settings.endsAfter : max(event.startsAt, writer.end(event))
        var members: [OrderedJSON.Member] = [
          .init("labels", .strings(Self.named(writer.bounded(event.labels)))),
          .init("annotations", .strings(Self.named(writer.bounded(event.toldAnnotations)))),
          .init("startsAt", .string(event.startsAt.rfc3339)), .init("endsAt", .string(end.rfc3339)),
        ]
        if let url = facts.generatorURL(event) { members.append(.init("generatorURL", .string(url))) }
        return .object(members)
      })
  }

  /// Names that an Alertmanager before 0.27 takes: letters, digits and `_`. It would refuse the alert for another.
  static func named(_ labels: Labels) -> Labels {
    let areGood = labels.entries.allSatisfy { isName($0.name) }
    return areGood ? labels : Labels(labels.entries.map { Label(name($0.name), $0.value) })
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy(isPart)
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || byte == 0x5f
  }

  private static func name(_ name: String) -> String {
    let part = String(decoding: name.utf8.map { isPart($0) ? $0 : 0x5f }, as: UTF8.self)
    return isName(part) ? part : "_" + part
  }
}
