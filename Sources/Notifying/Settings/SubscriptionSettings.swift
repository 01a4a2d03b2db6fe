/// One receiver of a topic: what it is, and how pages are sent to it whatever it is.
package struct SubscriptionSettings: Sendable {
  package var receiver: any ReceiverSettings
  /// Of people's choice, shown in place of the receiver's kind; unique over all topics. nil: none.
  package var name: String?
  /// Of one attempt.
  package var timeout: Duration
  package var retry = RetryPolicy()
  /// Requests that may be on their way at one time.
  package var maximumInFlight: Int
  /// Which alerts it hears of; nil: all of its topic.
  package var filterPolicy: FilterPolicy?
  /// A topic, or the name of a subscription, that is told what waits here while this receiver fails.
  package var fallback: String?
  /// How long it must have failed, and a page waited, before the fallback is told.
  package var fallbackAfter: Duration = .seconds(60)
  /// The topic that pages are published to which are given up here.
  package var deadLetterTopic: String?

  package init(_ receiver: any ReceiverSettings) {
    self.receiver = receiver
    timeout = receiver.defaultTimeout
    maximumInFlight = receiver.defaultInFlight
  }

  /// What people know the receiver by.
  package var label: String { name ?? receiver.kind }
}
