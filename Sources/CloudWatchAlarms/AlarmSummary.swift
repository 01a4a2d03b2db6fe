package import Model

/// One alarm at one moment, for the status page.
package struct AlarmSummary: Sendable, Equatable {
  package var name: String
  package var description: String?
  package var state: AlarmState
  package var reason: String
  package var changedAt: Timestamp
  package var actionsEnabled: Bool
  /// Its actions are held back by its suppressor.
  package var isSuppressed: Bool
  /// Why its metric cannot be evaluated.
  package var problem: String?
  /// Metric, dimensions and threshold in one line, or the rule of a composite alarm.
  package var watches: String
  /// Topics that any of its states is told to.
  package var topics: [String]
  /// When a page about it was last decided; nil: never.
  package var toldAt: Timestamp?
}

extension AlarmEngine {
  /// How all alarms stand, in the order of their files.
  package func snapshot() -> [AlarmSummary] {
    let prefix = "arn:aws:cloudwatch:\(settings.region):\(settings.account):alarm:"
    return order.compactMap { entries[$0] }.map { entry in
      let alarm = entry.alarm
      var topics: [String] = []
      for action in alarm.alarmActions + alarm.okActions + alarm.insufficientDataActions
      where !topics.contains(action.topic) { topics.append(action.topic) }
      return AlarmSummary(
        name: alarm.name, description: alarm.description, state: entry.row.state,
        // Messages name alarms by their ARNs, as AWS does; people know them by name.
        reason: entry.row.reason.replacing(prefix, with: ""), changedAt: entry.row.changedAt,
        actionsEnabled: alarm.actionsEnabled,
        isSuppressed: entry.row.suppression.map { $0.phase != .acting } ?? false,
        problem: entry.sampler?.problem, watches: alarm.watches, topics: topics, toldAt: entry.row.toldAt)
    }
  }
}

extension Alarm {
  /// `Minimum of HealthCheckStatus {Region: japan} is less than or equal to 0.0 in 2 of 2 periods of 60 s`.
  fileprivate var watches: String {
    switch kind {
    case .composite(let composite): return composite.ruleText
    case .metric(let metric):
      let judge = metric.evaluator
      let dimensions = metric.dimensions.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
      let what = (metric.metricName ?? metric.expressionText) + (dimensions.isEmpty ? "" : " {\(dimensions)}")
      return
        "\(metric.statisticText) of \(what) is \(judge.comparison.words) \(StateReason.number(judge.threshold)) "
        + "in \(judge.datapointsToAlarm) of \(judge.evaluationPeriods) periods of \(metric.periodSeconds) s"
    }
  }
}
