package import Model

/// What one run of the rule engine decided. Events and changes belong together: commit them as one.
package struct Decisions: Sendable {
  /// Alerts that began to fire or are over, in the order of their rules.
  package var events: [AlertEvent] = []
  /// Rows of the table of alerts.
  package var changes: [StateChange] = []
  /// Alerts that began to wait for their `for`, or whose waiting is over without that they fired.
  package var pendings: [PendingNews] = []
  package var statistics = RuleStatistics()
  /// Rules that began to fail or work again, each once for a change.
  package var news: [RuleNews] = []

  package init() {}
}

/// An alert that waits, which nobody is told of.
package struct PendingNews: Hashable, Sendable {
  package var identity: String
  /// `alertname` among them.
  package var labels: Labels
  package var startsAt: Timestamp
  /// It is over without having fired.
  package var isOver: Bool
}

extension Decisions {
  mutating func notePending(_ instance: AlertInstance, _ identity: String, isOver: Bool) {
    pendings.append(
      PendingNews(
        identity: identity, labels: instance.labels, startsAt: instance.activeAt, isOver: isOver))
  }
}

/// Counts of what the engine did.
package struct RuleStatistics: Sendable, Equatable {
  /// Evaluations of rules, failed ones among them.
  package var evaluations = 0
  package var failures = 0
  /// Samples handed to the store, stale markers among them.
  package var samplesWritten = 0
  /// Series that the store refused.
  package var seriesRefused = 0
  /// Labels and annotations whose template failed; the text says so in their place.
  package var templateFailures = 0
  /// Rows of alerts that could not be written: after a restart they are as an earlier row has them, or not known.
  package var rowsRefused = 0
  /// Intervals of groups that passed without an evaluation because a run came late.
  package var missedIntervals = 0
  /// Wakes between rules that feed each other in a circle, left for the interval.
  package var wakesCut = 0
  package var fired = 0
  package var resolved = 0

  package init() {}

  package static func += (a: inout Self, b: Self) {
    a.evaluations += b.evaluations
    a.failures += b.failures
    a.samplesWritten += b.samplesWritten
    a.seriesRefused += b.seriesRefused
    a.templateFailures += b.templateFailures
    a.rowsRefused += b.rowsRefused
    a.missedIntervals += b.missedIntervals
    a.wakesCut += b.wakesCut
    a.fired += b.fired
    a.resolved += b.resolved
  }
}

/// Whether a rule's last evaluation worked.
package enum RuleHealth: String, Sendable {
  /// Not evaluated yet.
  case unknown
  case ok
  case err
}
