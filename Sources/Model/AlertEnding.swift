/// How an alert ended: what may truly be said of it. That an alert is over does not mean that all is well.
package struct AlertEnding: Hashable, Sendable, Codable {
  package enum Cause: String, Sendable, Codable {
    /// The expression was evaluated and does not hold.
    case ceased
    /// None of the series that it reads for this alert has a sample any more.
    case seriesGone = "series_gone"
    /// The rule is no longer configured; its expression was not evaluated again.
    case ruleRemoved = "rule_removed"
    /// The rule gave more alerts than its group allows, so all of them were ended.
    case overLimit = "over_limit"
    /// Who posted it no longer does, and did not say that it is over.
    case sourceSilent = "source_silent"
  }

  package enum Keeper: String, Sendable, Codable {
    case keepFiringFor = "keep_firing_for"
    case holdDown = "hold_down"
    case missingData = "missing_data"
    case clear
  }

  package var cause: Cause
  /// The first evaluation at which the expression did not hold; nil: there was none, it held until the end.
  package var ceasedAt: Timestamp?
  /// What kept the alert firing after ``ceasedAt``.
  package var keeper: Keeper?
  /// Series that it read for this alert when the expression last held, and how many of them have no sample any more.
  /// Both 0 where that was not looked at.
  package var seriesRead = 0
  package var seriesGone = 0
  /// The newest sample of those that are gone; nil: not known.
  package var lastSampleAt: Timestamp?
  /// The series were ended on purpose, as when a check is removed; false: they fell silent, or it is not known.
  package var seriesWereEnded = false

  package init(_ cause: Cause, ceasedAt: Timestamp? = nil) {
    self.cause = cause
    self.ceasedAt = ceasedAt
  }
}
