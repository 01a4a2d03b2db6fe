internal import Crypto
internal import Model

/// Names a subscription by what makes it one: topic, transport and endpoint. Settings that change anything else are
/// about the same subscription.
struct SubscriptionKey: Hashable {
  let text: String

  init(topicARN: String, settings: SubscriptionSettings) {
    var hash = SHA256()
    for part in [topicARN, settings.transport.rawValue, settings.endpoint] {
      hash.update(data: Array(part.utf8))
      hash.update(data: [0xff])
    }
    text = hexadecimal(hash.finalize().prefix(16))
  }
}

/// What the database keeps of a subscription. The endpoint is not among it: it may hold secrets.
struct SubscriptionRow: Codable, Equatable, Sendable {
  enum State: String, Codable, Sendable { case pending, confirmed, unsubscribed }

  static let currentVersion = 1

  var version = SubscriptionRow.currentVersion
  var topicARN: String
  /// Unguessable: knowing it is the right to unsubscribe.
  var subscriptionARN: String
  var token: ConfirmationToken
  var state: State
  var changedAt: Timestamp
  /// When the receiver last took a page; nil: never, or before rows told. The stored one may be a minute behind.
  var lastSuccess: Timestamp?

  func saved(_ key: String) -> StateChange? {
    guard let bytes = try? RowCoding.encode(self) else { return nil }
    return StateChange(.subscriptions, key, bytes)
  }
}
