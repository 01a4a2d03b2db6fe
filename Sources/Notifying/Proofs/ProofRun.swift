package import Model

/// One proof, from its start to what came of it.
package struct ProofRun: Hashable, Sendable {
  package enum State: String, Hashable, Sendable {
    case trying, taken, failed
  }

  /// A proof that was not taken within this time, or at its last attempt, has failed. Nobody looks at a test that
  /// comes the day after.
  package static let limit: Duration = .seconds(600)
  package static let mostAttempts = 10

  /// Of its pages: ``Notification/serial``.
  package var serial: String
  package var startedAt: Timestamp
  package var state = State.trying
  package var endedAt: Timestamp?
  package var attempts = 0
  /// Why the newest attempt failed, of the reasons that metrics know; nil: none has failed.
  package var reason: String?
  /// What the receiver answered last, or why it was not reached. Foreign.
  package var detail = ""

  package init(serial: String, startedAt: Timestamp) {
    self.serial = serial
    self.startedAt = startedAt
  }
}

/// What delivery has to say of the page of a proof.
package struct ProofNews: Sendable {
  package enum Outcome: Sendable { case tryingOn, taken, over }

  /// ``ProvenReceiver/key``.
  package var key: String
  package var page: Notification
  package var outcome: Outcome
  package var attempts: Int
  package var reason: String?
  package var detail: String
}

/// Whom to prove.
package enum ProofChoice: Hashable, Sendable {
  case all
  case topic(String)
  /// By any of its names, see ``ProvenReceiver/isCalled(_:)``.
  case receiver(String)

  func takes(_ receiver: ProvenReceiver) -> Bool {
    switch self {
    case .all: true
    case .topic(let name): receiver.labels["topic"] == name
    case .receiver(let name): receiver.isCalled(name)
    }
  }
}

/// How often each receiver has to prove that pages reach it.
package struct ProofSettings: Hashable, Sendable {
  /// nil: only when asked for.
  package var every: Duration?
  /// Names of the receivers, or of topics, that are proven by schedule; empty: all.
  package var receivers: [String] = []

  package init() {}

  func schedules(_ receiver: ProvenReceiver) -> Bool {
    guard every != nil else { return false }
    return receivers.isEmpty
      || receivers.contains { receiver.isCalled($0) || receiver.labels["topic"] == $0 }
  }
}

/// A receiver as proofs know it: one subscription of one topic.
package struct ProvenReceiver: Hashable, Sendable {
  /// Of the subscription: equal across restarts as long as topic and endpoint are.
  package var key: String
  /// What people call it, such as `critical/pagerduty`.
  package var name: String
  /// Of its series: `topic`, `receiver`, `endpoint` and `subscription`.
  package var labels: Labels

  package init(key: String, name: String, labels: Labels) {
    self.key = key
    self.name = name
    self.labels = labels
  }

  /// Whether this is a name of it: with its topic, its own or its kind, or the identifier that metrics show.
  func isCalled(_ name: String) -> Bool {
    name == self.name || name == labels["receiver"] || name == labels["subscription"]
  }
}
