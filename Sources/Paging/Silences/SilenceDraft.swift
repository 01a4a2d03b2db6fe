package import Model

/// A silence as an operator asks for it.
package struct SilenceDraft: Sendable, Equatable {
  /// Of the silence to change; empty: a new one.
  package var id: String
  package var matchers: [LabelMatcher]
  /// nil: as it was, for a new one now.
  package var startsAt: Timestamp?
  package var endsAt: Timestamp
  package var createdBy: String
  package var comment: String
  package var annotations: [String: String]

  package init(
    id: String = "", matchers: [LabelMatcher], startsAt: Timestamp? = nil, endsAt: Timestamp,
    createdBy: String,
    comment: String, annotations: [String: String] = [:]
  ) {
    self.id = id
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.createdBy = createdBy
    self.comment = comment
    self.annotations = annotations
  }
}

/// Why a silence was not set or not expired. Nothing was changed.
package enum SilenceProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case notFound(id: String)
  /// What is wrong with the draft, to be told to who sent it.
  case invalid(String)
  /// The book or the silence is too large.
  case limit(String)

  package var description: String {
    switch self {
    case .notFound(let id): "there is no silence \(quoted(id))"
    case .invalid(let message), .limit(let message): message
    }
  }
}

/// Bounds of a ``SilenceBook``.
package struct SilenceLimits: Hashable, Sendable {
  /// Silences that are kept, expired ones among them.
  package var count = 10_000
  /// Bytes of one silence as it is stored.
  package var bytes = 65_536
  /// How long expired ones are kept to be looked at.
  package var retention = Duration.seconds(120 * 3600)

  package init() {}
}
