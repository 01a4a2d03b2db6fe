internal import Crypto
internal import FoundationEssentials
package import Model
internal import RowCoding

/// What the database keeps of one page for one subscription. Written when the page is accepted, rewritten only when
/// it is given up, folded or told to a fallback, removed when the receiver has taken it: retries cost no commit, and
/// start afresh after a restart.
struct OutboxRow: Equatable, Sendable {
  struct GivenUp: Codable, Equatable, Sendable {
    var at: Timestamp
    var reason: String
  }

  /// Version 1 held one `AlertEvent`; it is read as the news of that alert.
  static let currentVersion = 2
  static let readableVersions = 1...2

  var version = OutboxRow.currentVersion
  /// Order of acceptance, over all subscriptions and restarts.
  var sequence: UInt64
  /// ``SubscriptionKey/text``.
  var subscription: String
  var topicARN: String
  var messageID: String
  var acceptedAt: Timestamp
  var notification: Notification
  var givenUp: GivenUp?
  /// The fallback was told of it.
  var toldFallback: Bool?
  /// ``SubscriptionKey/text`` of the subscription that this page comes from, as a dead letter or to its fallback.
  var cameFrom: String?

  /// The key of a row: a later event of another status has another key, the same event again the same.
  static func key(subscription: String, messageID: String) -> String { "\(subscription)/\(messageID)" }

  var key: String { Self.key(subscription: subscription, messageID: messageID) }

  /// Whether it must reach somebody: it fires, and is neither a test nor somebody's answer.
  var isAlarm: Bool { notification.status == .firing && !isPassing }

  /// Of use only while it is new: not kept when it is given up, and no page that was lost.
  var isPassing: Bool { notification.kind == .proof || notification.kind == .acknowledgement }
}

extension OutboxRow: Codable {
  private enum Key: String, CodingKey {
    case version, sequence, subscription, topicARN, messageID, acceptedAt, notification, event, givenUp
    case toldFallback, cameFrom
  }

  init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    let version = try row.decode(Int.self, forKey: .version)
    guard Self.readableVersions.contains(version) else {
      throw DecodingError.dataCorruptedError(forKey: .version, in: row, debugDescription: "unknown version")
    }
    sequence = try row.decode(UInt64.self, forKey: .sequence)
    subscription = try row.decode(String.self, forKey: .subscription)
    topicARN = try row.decode(String.self, forKey: .topicARN)
    messageID = try row.decode(String.self, forKey: .messageID)
    acceptedAt = try row.decode(Timestamp.self, forKey: .acceptedAt)
    notification =
      version == 1
      ? Notification(try row.decode(AlertEvent.self, forKey: .event))
      : try row.decode(Notification.self, forKey: .notification)
    givenUp = try row.decodeIfPresent(GivenUp.self, forKey: .givenUp)
    toldFallback = try row.decodeIfPresent(Bool.self, forKey: .toldFallback)
    cameFrom = try row.decodeIfPresent(String.self, forKey: .cameFrom)
    guard !notification.alerts.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: .notification, in: row, debugDescription: "a page of no alert")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: Key.self)
    try row.encode(version, forKey: .version)
    try row.encode(sequence, forKey: .sequence)
    try row.encode(subscription, forKey: .subscription)
    try row.encode(topicARN, forKey: .topicARN)
    try row.encode(messageID, forKey: .messageID)
    try row.encode(acceptedAt, forKey: .acceptedAt)
    try row.encode(notification, forKey: .notification)
    try row.encodeIfPresent(givenUp, forKey: .givenUp)
    try row.encodeIfPresent(toldFallback, forKey: .toldFallback)
    try row.encodeIfPresent(cameFrom, forKey: .cameFrom)
  }
}

extension OutboxRow {
  /// What is to be written to keep this row; nil when it cannot be encoded.
  func saved() -> StateChange? {
    guard let bytes = try? RowCoding.encode(self) else { return nil }
    return StateChange(.outbox, key, bytes)
  }

  /// As ``saved()`` of a new row, with its notification as it was encoded for another subscription: a topic of a hundred
  /// subscriptions encodes it once.
  func saved(sharing notification: [UInt8]) -> StateChange? {
    guard givenUp == nil, toldFallback == nil, let sequence = Int(exactly: sequence) else { return saved() }
    let before = OrderedJSON.object(
      [.init("acceptedAt", .object([.init("milliseconds", .integer(Int(acceptedAt.milliseconds)))]))]
        + (cameFrom.map { [.init("cameFrom", .string($0))] } ?? []) + [.init("messageID", .string(messageID))]
    )
    let after = OrderedJSON.object([
      .init("sequence", .integer(sequence)), .init("subscription", .string(subscription)),
      .init("topicARN", .string(topicARN)), .init("version", .integer(version)),
    ])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(notification.count + 400)
    bytes += before.compact.utf8.dropLast()
    bytes += ",\"notification\":".utf8
    bytes += notification
    bytes.append(UInt8(ascii: ","))
    bytes += after.compact.utf8.dropFirst()
    return StateChange(.outbox, key, bytes)
  }

  /// What is to be removed once the receiver has taken this page, or it is dropped.
  ///
  /// With the end of a single alert goes the firing page of its episode, again: if an earlier removal did not become
  /// durable, a restart would otherwise send the alarm after its end.
  func removed() -> [StateChange] {
    var changes = [StateChange(.outbox, key, nil)]
    if notification.isNewsOfOneAlert, notification.status == .resolved, var firing = notification.alerts.first
    {
      firing.status = .firing
      let id = MessageID.of(firing, topicARN: topicARN)
      changes.append(StateChange(.outbox, Self.key(subscription: subscription, messageID: id), nil))
    }
    return changes
  }
}

extension Notification {
  /// What its alert's episode and status name without a serial.
  var isNewsOfOneAlert: Bool { kind == .news && serial.isEmpty && alerts.count == 1 }

  /// The labels of its alert, or what names the group.
  var subject: String {
    isGrouped
      ? "\(groupLabels.description) (\(alerts.count) \(alerts.count == 1 ? "alert" : "alerts"))"
      : alerts.first?.labels.description ?? ""
  }
}

/// Names of messages. A message has one name for ever: over retries, restarts and subscriptions.
package enum MessageID {
  /// A UUID made from topic, alert, episode and status.
  package static func of(_ event: AlertEvent, topicARN: String) -> String {
    uuid(
      [topicARN, event.identity, String(event.startsAt.milliseconds), event.status.rawValue]
        + (event.episode.map { [String($0)] } ?? []))
  }

  /// Of a page: as above for the news of one alert, else made from topic, thread, kind and serial.
  static func of(_ notification: Notification, topicARN: String) -> String {
    if notification.isNewsOfOneAlert, let event = notification.alerts.first {
      return of(event, topicARN: topicARN)
    }
    return uuid([topicARN, notification.thread, notification.kind.rawValue, notification.serial])
  }

  /// SHA-256 over the parts, each followed by a byte that no text contains, cut to a UUID of version 8 (RFC 9562:
  /// free use), because version 5 would promise SHA-1.
  static func uuid(_ parts: [String]) -> String {
    var hash = SHA256()
    for part in parts {
      hash.update(data: Array(part.utf8))
      hash.update(data: [0xff])
    }
    var bytes = Array(hash.finalize().prefix(16))
    bytes[6] = bytes[6] & 0x0f | 0x80
    bytes[8] = bytes[8] & 0x3f | 0x80
    return uuidText(bytes)
  }

  /// A UUID of version 4.
  static func random(using generator: inout any RandomNumberGenerator) -> String {
    var bytes = randomBytes(16, using: &generator)
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    return uuidText(bytes)
  }

  private static func uuidText(_ bytes: [UInt8]) -> String {
    let text = hexadecimal(bytes)
    var out = ""
    for (place, digit) in text.enumerated() {
      if [8, 12, 16, 20].contains(place) { out.append("-") }
      out.append(digit)
    }
    return out
  }
}

func randomBytes(_ count: Int, using generator: inout any RandomNumberGenerator) -> [UInt8] {
  (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() as UInt64) }
}
