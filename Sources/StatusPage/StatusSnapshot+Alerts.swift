package import Model

extension StatusSnapshot {
  /// How far the news of an alert got to one topic.
  package struct Telling: Hashable, Sendable {
    package var topic: String
    /// `told`, `waiting`, `given_up`, `nobody` or `unknown`.
    package var state: String
    /// When it was taken; nil: it was not.
    package var at: Timestamp?
    package var reason: String?
    /// `waiting for office: not confirmed`
    package var words: String

    package init(topic: String, state: String, at: Timestamp? = nil, reason: String? = nil, words: String) {
      self.topic = topic
      self.state = state
      self.at = at
      self.reason = reason
      self.words = words
    }
  }

  /// More alerts than that are counted and not shown: the API for alerts has them all.
  package static let mostAlerts = 200

  /// How many alerts there are.
  package struct AlertCounts: Hashable, Sendable {
    package var pending = 0
    /// Those that are held back among them.
    package var firing = 0
    /// Of those that fire: silenced, inhibited or muted.
    package var heldBack = 0

    package init() {}

    init(_ alerts: [ActiveAlert]) {
      for alert in alerts {
        note(isFiring: alert.state == "firing", isHeldBack: alert.paging?.isHeldBack ?? false)
      }
    }

    package var all: Int { pending + firing }

    package mutating func note(isFiring: Bool, isHeldBack: Bool) {
      if isFiring { firing += 1 } else { pending += 1 }
      if isFiring, isHeldBack { heldBack += 1 }
    }
  }
}
