internal import Model

/// What the core knows of itself at the moment of a heartbeat.
package struct HeartbeatFacts: Hashable, Sendable {
  /// From the beginning of the core's turn before to this one.
  package var coreSilence: Duration = .zero
  /// Whether rules are judged yet.
  package var rulesAreJudged = true
  /// By how much the evaluation of the rule that is most overdue is late.
  package var rulesLateBy: Duration = .zero
  /// How long the oldest commit has waited for its answer; nil: none waits.
  package var oldestCommit: Duration?
  /// Whether samples are in memory only because the disk refuses them.
  package var samplesAreNotWritten = false
  /// Collectors that have not come back long after their own time limit.
  package var stuckCollectors = 0

  package init() {}
}

/// One thing that must run, or a heartbeat would say more than is true. The raw value is the label `reason`.
package enum HeartbeatCondition: String, Sendable, CaseIterable {
  case coreSilent = "core_silent"
  case rulesNotJudged = "rules_not_judged"
  case rulesLate = "rules_late"
  /// A heartbeat is preceded by a commit of its own: this is also what its failure says.
  case stateNotDurable = "state_not_durable"
  case samplesNotWritten = "samples_not_written"
  case collectorsStuck = "collectors_stuck"

  /// The core turns at least once a second when all is well.
  package static let longestCoreSilence: Duration = .seconds(10)
  package static let longestRuleDelay: Duration = .seconds(30)
  package static let longestCommit: Duration = .seconds(10)

  package func fails(_ facts: HeartbeatFacts) -> Bool {
    switch self {
    case .coreSilent: facts.coreSilence > Self.longestCoreSilence
    case .rulesNotJudged: !facts.rulesAreJudged
    case .rulesLate: facts.rulesLateBy > Self.longestRuleDelay
    case .stateNotDurable: facts.oldestCommit.map { $0 > Self.longestCommit } ?? false
    case .samplesNotWritten: facts.samplesAreNotWritten
    case .collectorsStuck: facts.stuckCollectors > 0
    }
  }

  package static func failing(_ facts: HeartbeatFacts) -> [HeartbeatCondition] {
    allCases.filter { $0.fails(facts) }
  }

  /// For people.
  package var text: String {
    switch self {
    case .coreSilent: "the core did not turn for seconds"
    case .rulesNotJudged: "rules are not judged yet"
    case .rulesLate: "rules are evaluated late"
    case .stateNotDurable: "the state database does not commit"
    case .samplesNotWritten: "samples are not written"
    case .collectorsStuck: "a collector does not come back"
    }
  }
}
