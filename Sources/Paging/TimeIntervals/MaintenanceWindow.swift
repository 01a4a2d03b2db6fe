package import Model

/// Work that was announced: alerts that all of ``matchers`` take are not told from ``from`` until before ``to``.
package struct MaintenanceWindow: Equatable, Sendable {
  package var name: String
  package var from: Timestamp
  package var to: Timestamp
  /// At least one; all must take an alert.
  package var matchers: [LabelMatcher]
  package var comment: String

  package init(name: String, from: Timestamp, to: Timestamp, matchers: [LabelMatcher], comment: String = "") {
    self.name = name
    self.from = from
    self.to = to
    self.matchers = matchers
    self.comment = comment
  }

  package func isActive(at now: Timestamp) -> Bool { from <= now && now < to }

  package func takes(_ labels: Labels) -> Bool {
    !matchers.isEmpty && matchers.allSatisfy { $0.matches(labels) }
  }

  /// When ``isActive(at:)`` changes next; nil: never again.
  package func nextChange(after now: Timestamp) -> Timestamp? {
    guard from < to else { return nil }
    return now < from ? from : now < to ? to : nil
  }
}
