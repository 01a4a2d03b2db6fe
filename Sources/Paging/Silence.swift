package import Model

/// Alerts that all of ``matchers`` take are not told while it is active.
package struct Silence: Sendable, Equatable {
  package enum State: String, Sendable { case pending, active, expired }

  /// A UUID.
  package var id: String
  package var matchers: [LabelMatcher]
  package var startsAt: Timestamp
  /// The first moment at which it does not hold any more.
  package var endsAt: Timestamp
  package var updatedAt: Timestamp
  package var createdBy: String
  package var comment: String
  package var annotations: [String: String]

  package init(
    id: String, matchers: [LabelMatcher], startsAt: Timestamp, endsAt: Timestamp, updatedAt: Timestamp,
    createdBy: String, comment: String, annotations: [String: String] = [:]
  ) {
    self.id = id
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.updatedAt = updatedAt
    self.createdBy = createdBy
    self.comment = comment
    self.annotations = annotations
  }

  package func state(at now: Timestamp) -> State {
    now < startsAt ? .pending : now < endsAt ? .active : .expired
  }
}
