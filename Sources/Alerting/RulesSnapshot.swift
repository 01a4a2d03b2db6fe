package import Model

/// Everything about rules and active alerts at one moment, for the API and the status page.
package struct RulesSnapshot: Sendable {
  package struct Group: Sendable {
    package var name: String
    package var file: String
    package var interval: Duration
    package var queryOffset: Duration
    package var limit: Int
    package var rules: [Rule]
    /// When the group was last evaluated at its interval; nil: not yet.
    package var lastEvaluation: Timestamp?
    /// Sum over the rules' last evaluations.
    package var evaluationTime: Duration
    /// Failed evaluations of its rules, and failed templates, since the start of the process.
    package var failures: Int
    package var templateFailures: Int
    /// Intervals that passed without an evaluation because one came late, since the start of the process.
    package var missedIntervals: Int
  }

  package struct Rule: Sendable {
    package var kind: RuleKind
    package var name: String
    package var query: String
    /// Of an alerting rule: templates as written.
    package var labels: Labels
    package var annotations: Labels
    package var hold: Duration
    package var keepFiring: Duration
    package var health: RuleHealth
    package var lastError: String?
    /// Why a template failed when templates were last rendered; its alert carries the error in the text's place.
    package var templateError: String?
    package var lastEvaluation: Timestamp?
    package var evaluationTime: Duration
    /// Longest active first.
    package var alerts: [Alert]

    /// `firing`, `pending` or `inactive`, as the API says it.
    package var state: String {
      if alerts.contains(where: { $0.state == .firing }) { return "firing" }
      return alerts.isEmpty ? "inactive" : "pending"
    }
  }

  package enum RuleKind: String, Sendable { case alerting, recording }

  package struct Alert: Sendable {
    package var identity: String
    package var labels: Labels
    package var annotations: Labels
    package var state: AlertInstance.State
    package var activeAt: Timestamp
    package var firedAt: Timestamp?
    package var keepFiringSince: Timestamp?
    /// Why it goes on although its expression does not hold.
    package var heldBy: AlertInstance.Hold?
    /// Selectors without a fresh sample that the alert waits for, when that is what holds it.
    package var missingData: [String] = []
    package var value: Double
  }

  package var groups: [Group]

  /// All active alerts, in the order of their rules.
  package var alerts: [Alert] { groups.flatMap { $0.rules.flatMap(\.alerts) } }
}
