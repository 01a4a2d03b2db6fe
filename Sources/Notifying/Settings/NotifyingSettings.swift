/// Everything that delivery is told: who hears what, and how.
package struct NotifyingSettings: Sendable {
  package var topics: [TopicSettings] = []
  /// An AWS region code or a name of one's own; used in ARNs and, unless an alert has a label `region`, in messages.
  package var region: String?
  /// The AWS account that messages and ARNs name: 12 digits.
  package var account = "000000000000"
  /// Labels that become SNS message attributes of type String, where an alert has them.
  package var attributeLabels: [String] = ["severity", "region"]
  /// Alerts that one page tells of; the others are counted in it.
  package var alertsPerPage = 200
  /// Pages that wait for one subscription; beyond it see ``SubscriptionQueue``.
  package var maximumEntriesPerSubscription = 10_000
  /// Bytes of their rows.
  package var maximumBytesPerSubscription = 32 << 20
  /// Pages given up that are kept for one subscription; beyond it the oldest goes.
  package var maximumGivenUpPerSubscription = 1000

  package init() {}

  /// The region that goes into ARNs.
  package var arnRegion: String { region ?? "farwatch" }

  /// The ARN of `topic`: its own, or one made from region and name.
  package func arn(of topic: TopicSettings) -> String {
    topic.arn ?? "arn:aws:sns:\(arnRegion):\(account):\(topic.name)"
  }
}

/// A topic: what alerts are published to and receivers subscribe to.
package struct TopicSettings: Sendable {
  /// Which hash the signature is made of; SNS' own default is 1, ours the stronger one.
  package enum SignatureVersion: Int, Sendable, CaseIterable { case sha1 = 1, sha256 = 2 }

  package var name: String
  /// nil: `arn:aws:sns:<region>:<account>:<name>`.
  package var arn: String?
  package var displayName: String?
  package var signatureVersion: SignatureVersion = .sha256
  package var subscriptions: [SubscriptionSettings]

  package init(name: String, subscriptions: [SubscriptionSettings] = []) {
    self.name = name
    self.subscriptions = subscriptions
  }
}
