package import Model
package import PromQL
package import StrictYAML

/// One alarm as its file says it.
package struct Alarm: Sendable {
  package enum Kind: Sendable {
    case metric(MetricAlarm)
    case composite(CompositeAlarm)
  }

  package var name: String
  package var description: String?
  package var kind: Kind
  package var actionsEnabled = true
  package var alarmActions: [AlarmAction] = []
  package var okActions: [AlarmAction] = []
  package var insufficientDataActions: [AlarmAction] = []
  package var file: String
  /// Where the alarm's properties begin.
  package var position: YAMLPosition

  package func actions(for state: AlarmState) -> [AlarmAction] {
    guard actionsEnabled else { return [] }
    return switch state {
    case .ok: okActions
    case .alarm: alarmActions
    case .insufficientData: insufficientDataActions
    }
  }
}

/// Who is told.
package struct AlarmAction: Sendable, Hashable {
  /// The name or ARN in the file.
  package var written: String
  /// A topic of the configuration.
  package var topic: String
  /// The topic's own ARN; nil when it is not known.
  package var arn: String?

  /// What messages say: AWS' lists hold ARNs.
  var shown: String { written.hasPrefix("arn:") ? written : arn ?? written }
}

/// An alarm over one metric.
package struct MetricAlarm: Sendable {
  /// As the file names them; nil for an alarm over an expression.
  package var metricName: String?
  package var namespace: String?
  package var dimensions: [Label]
  /// What is measured, in canonical form.
  package var expressionText: String
  package var expression: Expression
  package var statistic: Statistic
  /// `Average` or `p99`.
  package var statisticText: String
  package var periodSeconds: Int
  package var unit: String?
  package var lowSampleCount: LowSampleCountTreatment = .evaluate
  package var evaluator: AlarmEvaluator

  /// Everything that data points depend on: alarms that are equal in it share what was collected.
  var measureIdentity: String {
    "\(expressionText)\u{ff}\(statisticText)\u{ff}\(periodSeconds)\u{ff}\(evaluator.evaluationPeriods)"
  }
}

/// An alarm over the states of other alarms.
package struct CompositeAlarm: Sendable {
  package struct Suppressor: Sendable, Equatable {
    package var alarm: String
    package var wait: Duration
    package var extensionPeriod: Duration
  }

  package var rule: AlarmRule
  package var ruleText: String
  /// Where other alarms are named.
  var places: [String: YAMLPosition] = [:]
  package var suppressor: Suppressor?

  package init(rule: AlarmRule, ruleText: String, suppressor: Suppressor? = nil) {
    self.rule = rule
    self.ruleText = ruleText
    self.suppressor = suppressor
  }
}

extension Alarm {
  /// Changes exactly when what the file says of the alarm changes.
  var definition: String {
    let what =
      switch kind {
      case .metric(let metric):
        [
          metric.measureIdentity, metric.metricName ?? "", metric.namespace ?? "", "\(metric.dimensions)",
          "\(metric.evaluator)", metric.unit ?? "", metric.lowSampleCount.rawValue,
        ].joined(separator: "\u{fe}")
      case .composite(let composite): "\(composite.ruleText)\u{fe}\(composite.suppressor.debugDescription)"
      }
    let actions = [alarmActions, okActions, insufficientDataActions].map { "\($0.map(\.written))" }
    return ([description ?? "", "\(actionsEnabled)", what] + actions).joined(separator: "\u{fd}")
  }
}
