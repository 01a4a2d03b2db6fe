internal import Crypto
internal import Model
internal import RowCoding

/// Names a subscription by what makes it one: topic, kind of receiver and where it leads. Settings that change anything
/// else are about the same subscription.
struct SubscriptionKey: Hashable {
  let text: String

  init(topicARN: String, receiver: any ReceiverSettings) {
    var hash = SHA256()
    for part in [topicARN, receiver.kind] + receiver.keyParts {
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
  /// Threads that the fallback was told of as firing: it must also hear how they end. nil: none.
  var fallenBack: [String]?

  func saved(_ key: String) -> StateChange? {
    guard let bytes = try? RowCoding.encode(self) else { return nil }
    return StateChange(.subscriptions, key, bytes)
  }
}
