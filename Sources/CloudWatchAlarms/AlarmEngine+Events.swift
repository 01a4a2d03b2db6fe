package import Model

extension AlarmEngine {
  /// What is told of a change; nil when the alarm has no action for its new state.
  func event(_ entry: Entry, from old: AlarmState, _ now: Timestamp) -> AlertEvent? {
    let alarm = entry.alarm
    let actions = alarm.actions(for: entry.row.state)
    guard !actions.isEmpty else { return nil }
    var topics: [String] = []
    for action in actions where !topics.contains(action.topic) { topics.append(action.topic) }
    var labels: [Label] = [Label("alertname", alarm.name)]
    var details = AlarmDetails(
      description: alarm.description, newState: entry.row.state.rawValue, oldState: old.rawValue,
      reason: entry.row.reason, configuredAt: entry.row.configuredAt,
      okActions: alarm.okActions.map(\.shown), alarmActions: alarm.alarmActions.map(\.shown),
      insufficientDataActions: alarm.insufficientDataActions.map(\.shown), trigger: nil, rule: nil,
      triggeringChildren: [])
    var origin = AlertOrigin(
      group: "CloudWatch alarms", alertName: alarm.name, expression: "", holdSeconds: 0, intervalSeconds: 60)
    switch alarm.kind {
    case .metric(let metric):
      details.trigger = AlarmDetails.Trigger(metric)
      origin.expression = metric.expressionText
      origin.intervalSeconds = Double(metric.periodSeconds)
      origin.holdSeconds = Double(metric.periodSeconds) * Double(metric.evaluator.datapointsToAlarm - 1)
      labels += metric.dimensions.filter { MetricMapping.isLabelName($0.name) && $0.name != "alertname" }
    case .composite(let composite):
      details.rule = composite.ruleText
      details.triggeringChildren = entry.triggers.compactMap { name in
        entries[name].map {
          AlarmDetails.Child(name: name, state: $0.row.state.rawValue, changedAt: $0.row.changedAt)
        }
      }
      origin.expression = composite.ruleText
    }
    let isAlarm = entry.row.state == .alarm
    // Every transition is an episode of its own: its moment names the message.
    return AlertEvent(
      status: isAlarm ? .firing : .resolved, identity: Self.identity(of: alarm.name),
      startsAt: entry.row.changedAt,
      endsAt: isAlarm ? nil : entry.row.changedAt, labels: Labels(labels),
      annotations: alarm.description.map { ["description": $0] } ?? .empty, value: .nan, origin: origin,
      decidedAt: now, topics: topics, alarm: details)
  }

  /// The identity of an alarm's events.
  package static func identity(of alarm: String) -> String { "alarm/\(alarm)" }

  /// As AWS words it: which alarm changed, and when.
  func compositeReason(_ entry: Entry, _ now: Timestamp) -> String {
    let moved = entry.triggers.compactMap { entries[$0] }.map { child in
      "arn:aws:cloudwatch:\(settings.region):\(settings.account):alarm:\(child.alarm.name) transitioned to "
        + "\(child.row.state.rawValue) at \(Self.longTime(child.row.changedAt))"
    }
    return moved.isEmpty
      ? "The alarm rule was evaluated at \(Self.longTime(now))" : moved.joined(separator: "; ")
  }

  private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
  ]

  /// `Friday 14 August, 2020 01:51:44 UTC`.
  static func longTime(_ time: Timestamp) -> String {
    let c = time.civil
    return "\(days[c.weekday]) \(padded(c.day, 2)) \(months[c.month - 1]), \(c.year) "
      + "\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2)) UTC"
  }
}

/// What the alarms give to the store.
package enum AlarmMetrics {
  package static let state = MetricFamily.gauge(
    "farwatch_alarm_state", "State of a CloudWatch alarm: 1 for the state that holds.")

  package static func readings(_ alarms: [AlarmSummary]) -> [Reading] {
    alarms.flatMap { alarm in
      AlarmState.allCases.map {
        Reading(state, $0 == alarm.state, labels: ["alarm": alarm.name, "state": $0.rawValue])
      }
    }
  }
}

extension AlarmDetails.Trigger {
  fileprivate init(_ metric: MetricAlarm) {
    let isExtended = Statistic.named[metric.statisticText] == nil
    self.init(
      metricName: metric.metricName, namespace: metric.namespace, expression: metric.expressionText,
      statistic: metric.statisticText, isExtended: isExtended, unit: metric.unit,
      dimensions: metric.dimensions,
      periodSeconds: metric.periodSeconds, evaluationPeriods: metric.evaluator.evaluationPeriods,
      datapointsToAlarm: metric.evaluator.datapointsToAlarm, comparison: metric.evaluator.comparison.rawValue,
      threshold: metric.evaluator.threshold, treatMissingData: metric.evaluator.missingData.rawValue,
      evaluateLowSampleCountPercentile: isExtended ? metric.lowSampleCount.rawValue : "")
  }
}
