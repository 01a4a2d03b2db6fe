package import Model

extension RuleEngine {
  /// Whether the last evaluation of any rule failed.
  package var hasFailedRules: Bool { groups.contains { $0.rules.contains { $0.health == .err } } }

  /// Whether every rule that can be evaluated was, since the start or since it was configured.
  package var everyRuleWasJudged: Bool {
    groups.allSatisfy { $0.rules.allSatisfy { $0.plan == nil || $0.lastEvaluated != nil } }
  }

  /// Identities of the alerts that fire.
  package var firingAlerts: Set<String> {
    var all: Set<String> = []
    for group in groups {
      for rule in group.rules {
        for instance in rule.instances.values where instance.state == .firing {
          all.insert(alertIdentity(rule: rule.identity, labels: instance.labels))
        }
      }
    }
    return all
  }

  /// By how much the evaluation that is most overdue is late. A rule that is made to rest for taking too long is not late.
  package func lateness(at monotonic: MonotonicInstant) -> Duration {
    var worst = Duration.zero
    for group in groups {
      if let due = group.nextInterval { worst = max(worst, monotonic - due) }
      for rule in group.rules where rule.plan != nil && rule.restsUntil == nil {
        guard let last = rule.lastEvaluated else { continue }
        worst = max(worst, monotonic - last - group.interval)
      }
    }
    return worst
  }

  /// A copy of everything, for other threads.
  package func snapshot() -> RulesSnapshot {
    RulesSnapshot(
      groups: groups.map { state in
        let rules = state.rules.map { snapshot(of: $0) }
        return RulesSnapshot.Group(
          name: state.group.name, file: state.group.file, interval: state.interval,
          queryOffset: state.group.queryOffset, limit: state.group.limit, rules: rules,
          lastEvaluation: state.lastEvaluation,
          evaluationTime: rules.reduce(.zero) { $0 + $1.evaluationTime },
          failures: state.failures, templateFailures: state.templateFailures,
          missedIntervals: state.missedIntervals)
      })
  }

  private func snapshot(of state: RuleState) -> RulesSnapshot.Rule {
    let rule = state.rule
    var evidence = state.lastTimestamp.map { Evidence(state, reader, at: $0, limits: limits) }
    let alerts = ordered(state.instances.keys).compactMap { state.instances[$0] }.map { instance in
      RulesSnapshot.Alert(
        identity: alertIdentity(rule: state.identity, labels: instance.labels), labels: instance.labels,
        annotations: instance.annotations, state: instance.state, activeAt: instance.activeAt,
        firedAt: instance.firedAt, keepFiringSince: instance.keepFiringSince, heldBy: instance.heldBy,
        missingData: instance.heldBy == .missingData
          ? evidence?.missing(instance.labels, witnesses: instance.witnesses) ?? [] : [],
        value: instance.value)
    }
    return RulesSnapshot.Rule(
      kind: rule.kind == .recording ? .recording : .alerting, name: rule.name, query: rule.expressionText,
      labels: rule.labelTexts, annotations: rule.annotationTexts, hold: state.timing.hold,
      keepFiring: state.timing.keepFiring, health: state.health, lastError: state.lastError,
      templateError: state.templateError,
      lastEvaluation: state.lastTimestamp, evaluationTime: state.evaluationTime,
      alerts: alerts.sorted { $0.activeAt < $1.activeAt })
  }
}
