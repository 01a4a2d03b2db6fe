package import HTTPClient
package import Model
package import Programs

/// One notification for one subscription, as every channel gets it.
package struct Page: Hashable, Sendable {
  package var messageID: String
  package var notification: Notification
  /// When it was accepted: the same at every attempt.
  package var publishedAt: Timestamp
  /// How late this attempt is, when it is so late that people should know; nil: in time.
  package var delay: Duration?

  package init(
    messageID: String, notification: Notification, publishedAt: Timestamp, delay: Duration? = nil
  ) {
    self.messageID = messageID
    self.notification = notification
    self.publishedAt = publishedAt
    self.delay = delay
  }

  /// The news of one alert.
  package init(messageID: String, event: AlertEvent, publishedAt: Timestamp) {
    self.init(messageID: messageID, notification: Notification(event), publishedAt: publishedAt)
  }
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
  /// Only to receivers that ask for one (``ReceiverSettings/asksForConfirmation``).
  case handshake(HandshakeMessage)
}

/// How a message leaves.
package enum OutgoingRequest: Hashable, Sendable {
  case http(HTTPRequest)
  case mail(MailRequest)
  case program(ProgramRequest)

  package var http: HTTPRequest? { if case .http(let request) = self { request } else { nil } }
}

/// A way to tell a receiver: renders messages into requests for it. Adding one is adding one file with a type that
/// conforms to this and one that conforms to ``ReceiverSettings``.
///
/// It is a value made from settings; it keeps no state, so that a repeated message is the same message.
package protocol Channel: Sendable {
  /// May take milliseconds; called on a delivery thread.
  func request(for message: OutgoingMessage) throws -> OutgoingRequest

  /// What an answer over HTTP means. By default 2xx is "taken", as ``DeliveryResult`` has it; a receiver that says
  /// "no" with 200, or that must not be asked again after some answer, judges for itself.
  func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult
}

extension Channel {
  package func judge(_ answer: HTTPResult, now: Timestamp) -> DeliveryResult {
    DeliveryResult(answer, now: now)
  }
}

/// What a channel knows beside its own settings.
package struct ChannelContext: Sendable {
  package var topicName: String
  package var topicARN: String
  package var subscriptionARN: String
  package var signatureVersion: TopicSettings.SignatureVersion
  /// An AWS region code or a name of one's own; nil: none was given.
  package var region: String?
  package var account: String
  /// Where others reach this Farwatch, without a slash at the end.
  package var externalURL: String
  /// Labels that become message attributes.
  package var attributeLabels: [String]
  package var identity: SigningIdentity
  /// A link that acknowledges what a notification tells of; nil: pages carry none.
  package var acknowledgeURL: (@Sendable (Notification) -> String?)?

  package init(
    topicName: String, topicARN: String, subscriptionARN: String,
    signatureVersion: TopicSettings.SignatureVersion, region: String?, account: String, externalURL: String,
    attributeLabels: [String], identity: SigningIdentity
  ) {
    self.topicName = topicName
    self.topicARN = topicARN
    self.subscriptionARN = subscriptionARN
    self.signatureVersion = signatureVersion
    self.region = region
    self.account = account
    self.externalURL = externalURL
    self.attributeLabels = attributeLabels
    self.identity = identity
  }
}

/// The settings of one kind of receiver: what a subscription's `protocol` chooses.
package protocol ReceiverSettings: Sendable {
  /// The word that stands behind `protocol:`, such as `https` or `pagerduty`.
  static var kinds: [String] { get }
  var kind: String { get }
  /// What people are shown of where it leads; never a secret.
  var shownEndpoint: String { get }
  /// What makes this receiver this one and no other. May hold secrets: it is only ever hashed.
  var keyParts: [String] { get }
  /// Whether nothing but a handshake is sent before the receiver confirmed.
  var asksForConfirmation: Bool { get }
  /// How often the alerts that still fire are told again because the receiver forgets them otherwise; nil: never.
  var refreshInterval: Duration? { get }
  /// Whether it is told that somebody took a matter on (`Notification.Kind.acknowledgement`), because it goes on calling
  /// people until it knows. The channel of any other is never asked for such a page.
  var hearsAcknowledgements: Bool { get }
  /// How long one attempt may take unless the subscription says otherwise.
  var defaultTimeout: Duration { get }
  /// Requests that may be on their way at one time unless the subscription says otherwise: fewer where each takes a
  /// thread or a process of ours.
  var defaultInFlight: Int { get }
  /// Templates for its texts, where it has texts; by default none.
  var templates: MessageTemplates { get }
  func channel(_ context: ChannelContext) -> any Channel
}

extension ReceiverSettings {
  package var asksForConfirmation: Bool { false }
  package var refreshInterval: Duration? { nil }
  package var hearsAcknowledgements: Bool { false }
  package var defaultTimeout: Duration { .seconds(15) }
  package var defaultInFlight: Int { 4 }
  package var templates: MessageTemplates { MessageTemplates() }
}
