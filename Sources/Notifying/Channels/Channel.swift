package import HTTPClient
package import Model

/// One alert's news, as every channel gets it.
package struct Page: Hashable, Sendable {
  package var messageID: String
  package var event: AlertEvent
  /// When it was accepted: the same at every attempt.
  package var publishedAt: Timestamp
}

/// Asks a receiver to prove that it wants to hear from a topic (or tells it that it no longer will).
package struct HandshakeMessage: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case subscribe = "SubscriptionConfirmation"
    case unsubscribe = "UnsubscribeConfirmation"
  }

  package var kind: Kind
  package var messageID: String
  package var token: ConfirmationToken
  package var publishedAt: Timestamp
}

/// What is sent to a receiver.
package enum OutgoingMessage: Hashable, Sendable {
  case page(Page)
  case handshake(HandshakeMessage)
}

/// A way to tell a receiver: renders messages into requests for it. Adding one is adding one conforming type.
///
/// It is a value made from settings; it keeps no state, so that a repeated message is the same message.
package protocol Channel: Sendable {
  /// May take milliseconds; called on a delivery thread.
  func request(for message: OutgoingMessage) throws -> HTTPRequest
}
