internal import Model

/// What somebody filled in to make a silence, and what is wrong with it.
package struct SilenceForm: Sendable, Equatable {
  package enum Field: String, CaseIterable, Sendable {
    case matchers, duration, by, comment

    var label: String {
      switch self {
      case .matchers: "Alerts with these labels"
      case .duration: "For how long"
      case .by: "Your name"
      case .comment: "Why"
      }
    }

    var hint: String {
      switch self {
      case .matchers: "one matcher a line, all must hold, such as region=japan or alertname=~\"Region.*\""
      case .duration: "such as 30m, 2h or 1d; at most 365d"
      case .by: "so that others know whom to ask"
      case .comment: "what is being done"
      }
    }
  }

  package private(set) var matchers: String
  package private(set) var duration: String
  package private(set) var by: String
  package private(set) var comment: String
  /// What is wrong, beside the field.
  package var problems: [Field: String] = [:]
  /// What is wrong with no field in particular.
  package var problem: String?

  private static let longestText = 4000
  private static let longest = Duration.seconds(365 * 86_400)

  /// An empty form.
  ///
  /// - Parameter matchers: a line each.
  package init(matchers: String = "") {
    self.matchers = matchers
    (duration, by, comment) = ("2h", "", "")
  }

  /// What was posted. Everything that is missing or wrong without knowing matchers is noted in ``problems``.
  package init(items: [(name: String, value: String)]) {
    func value(_ field: Field) -> String {
      let found = items.first { $0.name == field.rawValue }?.value ?? ""
      return Self.trimmed(String(found.prefix(Self.longestText)))
    }
    matchers = value(.matchers)
    duration = value(.duration)
    by = value(.by)
    comment = value(.comment)
    if matcherLines.isEmpty { problems[.matchers] = "At least one matcher is needed." }
    if length == nil { problems[.duration] = "This is no duration such as 30m, 2h or 1d, up to 365d." }
    if by.isEmpty { problems[.by] = "A name is needed." }
    if comment.isEmpty { problems[.comment] = "A reason is needed." }
  }

  /// One matcher each.
  package var matcherLines: [String] {
    matchers.split(whereSeparator: \.isNewline).map { Self.trimmed(String($0)) }.filter { !$0.isEmpty }
  }

  /// nil when there is none that could be meant.
  package var length: Duration? {
    guard let length = DurationText.parse(duration), length > .zero, length <= Self.longest else {
      return nil
    }
    return length
  }

  package var isSound: Bool { problems.isEmpty && problem == nil }

  func value(_ field: Field) -> String {
    switch field {
    case .matchers: matchers
    case .duration: duration
    case .by: by
    case .comment: comment
    }
  }

  private static func trimmed(_ text: String) -> String {
    let kept = text.drop(while: \.isWhitespace)
    guard let last = kept.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(kept[...last])
  }
}
