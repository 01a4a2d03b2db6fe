internal import Model

extension AlarmMessage {
  /// The message of a CloudWatch alarm, member for member what AWS sends.
  func json(_ alarm: AlarmDetails, _ limit: Int) -> OrderedJSON {
    let time = Self.cloudWatchTime
    var members: [OrderedJSON.Member] = [
      .init("AlarmName", .string(name)),
      .init("AlarmDescription", alarm.description.map { .string(cut($0, limit)) } ?? .null),
      .init("AWSAccountId", .string(settings.account)),
      .init("AlarmConfigurationUpdatedTimestamp", .string(time(alarm.configuredAt))),
      .init("NewStateValue", .string(alarm.newState)),
      .init("NewStateReason", .string(cut(lateness + alarm.reason, limit))),
      .init("StateChangeTime", .string(time(event.startsAt))),
      .init("Region", .string(AWSRegion.displayName(region))),
      .init("AlarmArn", .string(arn(of: name))),
      .init("OldStateValue", .string(alarm.oldState)),
      .init("OKActions", .array(alarm.okActions.map { .string($0) })),
      .init("AlarmActions", .array(alarm.alarmActions.map { .string($0) })),
      .init("InsufficientDataActions", .array(alarm.insufficientDataActions.map { .string($0) })),
    ]
    if let trigger = alarm.trigger {
      members.append(.init("Trigger", json(trigger, limit)))
    } else {
      members.append(.init("AlarmRule", .string(cut(alarm.rule ?? "", limit))))
      members.append(
        .init(
          "TriggeringChildren",
          .array(
            alarm.triggeringChildren.map { child in
              .object([
                .init("Arn", .string(arn(of: child.name))),
                .init(
                  "State",
                  .object([
                    .init("Value", .string(child.state)), .init("Timestamp", .string(time(child.changedAt))),
                  ])),
              ])
            })))
    }
    // AWS has no word for these; a message that is on time is AWS' own, member for member.
    if !circumstances.isEmpty { members.append(.init("Farwatch", .object(circumstances + acknowledging))) }
    return .object(members)
  }

  private func arn(of alarm: String) -> String {
    "arn:aws:cloudwatch:\(settings.region ?? "farwatch"):\(settings.account):alarm:\(alarm)"
  }

  private func json(_ trigger: AlarmDetails.Trigger, _ limit: Int) -> OrderedJSON {
    var members: [OrderedJSON.Member] = []
    if let metric = trigger.metricName {
      members.append(.init("MetricName", .string(metric)))
      members.append(.init("Namespace", trigger.namespace.map { .string($0) } ?? .null))
    } else {
      members.append(.init("Type", .string("PromQL")))
      members.append(.init("Expression", .string(cut(trigger.expression, limit))))
    }
    members += [
      .init("StatisticType", .string(trigger.isExtended ? "ExtendedStatistic" : "Statistic")),
      .init(
        trigger.isExtended ? "ExtendedStatistic" : "Statistic",
        .string(Self.word(trigger.statistic, trigger.isExtended))),
      .init("Unit", trigger.unit.map { .string($0) } ?? .null),
      .init(
        "Dimensions",
        .array(
          trigger.dimensions.map {
            .object([.init("value", .string(cut($0.value, limit))), .init("name", .string($0.name))])
          })),
      .init("Period", .integer(trigger.periodSeconds)),
      .init("EvaluationPeriods", .integer(trigger.evaluationPeriods)),
      .init("DatapointsToAlarm", .integer(trigger.datapointsToAlarm)),
      .init("ComparisonOperator", .string(trigger.comparison)),
      .init("Threshold", .number(trigger.threshold)),
      .init("TreatMissingData", .string(trigger.treatMissingData)),
      .init("EvaluateLowSampleCountPercentile", .string(trigger.evaluateLowSampleCountPercentile)),
    ]
    return .object(members)
  }

  /// `SampleCount` becomes `SAMPLE_COUNT`; `p99` stays.
  private static func word(_ statistic: String, _ isExtended: Bool) -> String {
    if isExtended { return statistic }
    return statistic == "SampleCount" ? "SAMPLE_COUNT" : statistic.uppercased()
  }
}
