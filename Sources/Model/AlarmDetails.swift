/// What a page about a CloudWatch alarm says beyond what every alert has. Made by the alarm engine, worded by channels.
package struct AlarmDetails: Hashable, Sendable, Codable {
  /// What a metric alarm watches.
  package struct Trigger: Hashable, Sendable, Codable {
    /// nil: the alarm is over an expression.
    package var metricName: String?
    package var namespace: String?
    package var expression: String
    /// `Average`, or `p99` when ``isExtended``.
    package var statistic: String
    package var isExtended: Bool
    package var unit: String?
    package var dimensions: [Label]
    package var periodSeconds: Int
    package var evaluationPeriods: Int
    package var datapointsToAlarm: Int
    package var comparison: String
    package var threshold: Double
    package var treatMissingData: String
    package var evaluateLowSampleCountPercentile: String

    package init(
      metricName: String?, namespace: String?, expression: String, statistic: String, isExtended: Bool,
      unit: String?, dimensions: [Label], periodSeconds: Int, evaluationPeriods: Int, datapointsToAlarm: Int,
      comparison: String, threshold: Double, treatMissingData: String,
      evaluateLowSampleCountPercentile: String
    ) {
      self.metricName = metricName
      self.namespace = namespace
      self.expression = expression
      self.statistic = statistic
      self.isExtended = isExtended
      self.unit = unit
      self.dimensions = dimensions
      self.periodSeconds = periodSeconds
      self.evaluationPeriods = evaluationPeriods
      self.datapointsToAlarm = datapointsToAlarm
      self.comparison = comparison
      self.threshold = threshold
      self.treatMissingData = treatMissingData
      self.evaluateLowSampleCountPercentile = evaluateLowSampleCountPercentile
    }
  }

  /// An alarm that made a composite one change.
  package struct Child: Hashable, Sendable, Codable {
    package var name: String
    package var state: String
    package var changedAt: Timestamp

    package init(name: String, state: String, changedAt: Timestamp) {
      self.name = name
      self.state = state
      self.changedAt = changedAt
    }
  }

  package var description: String?
  /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
  package var newState: String
  package var oldState: String
  package var reason: String
  package var configuredAt: Timestamp
  /// Names or ARNs as the alarm's file writes them.
  package var okActions: [String]
  package var alarmActions: [String]
  package var insufficientDataActions: [String]
  /// nil for a composite alarm.
  package var trigger: Trigger?
  package var rule: String?
  package var triggeringChildren: [Child]

  package init(
    description: String?, newState: String, oldState: String, reason: String, configuredAt: Timestamp,
    okActions: [String], alarmActions: [String], insufficientDataActions: [String], trigger: Trigger?,
    rule: String?, triggeringChildren: [Child]
  ) {
    self.description = description
    self.newState = newState
    self.oldState = oldState
    self.reason = reason
    self.configuredAt = configuredAt
    self.okActions = okActions
    self.alarmActions = alarmActions
    self.insufficientDataActions = insufficientDataActions
    self.trigger = trigger
    self.rule = rule
    self.triggeringChildren = triggeringChildren
  }
}
