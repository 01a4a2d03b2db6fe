import Foundation
import Model
import Testing

@testable import Notifying

@Suite struct CloudWatchMessageTests {
  private func details(_ new: String, trigger: Bool = true) -> AlarmDetails {
    AlarmDetails(
      description: trigger ? "too \"slow\"" : nil, newState: new, oldState: "OK", reason: "because",
      configuredAt: Timestamp(milliseconds: 0), okActions: [],
      alarmActions: ["arn:aws:sns:eu-west-1:1:pager"],
      insufficientDataActions: ["office"],
      trigger: trigger
        ? AlarmDetails.Trigger(
          metricName: "Lag", namespace: "AWS/RDS", expression: "x", statistic: "SampleCount",
          isExtended: false,
          unit: nil, dimensions: [Label("Cluster", "a")], periodSeconds: 60, evaluationPeriods: 3,
          datapointsToAlarm: 2, comparison: "GreaterThanThreshold", threshold: 5000,
          treatMissingData: "missing",
          evaluateLowSampleCountPercentile: "") : nil,
      rule: trigger ? nil : "ALARM(a)",
      triggeringChildren: trigger
        ? [] : [AlarmDetails.Child(name: "a", state: "ALARM", changedAt: Timestamp(milliseconds: 1_000))])
  }

  private func event(_ details: AlarmDetails, topics: [String]? = nil) -> AlertEvent {
    AlertEvent(
      status: details.newState == "ALARM" ? .firing : .resolved, identity: "alarm/lag",
      startsAt: Timestamp(year: 2026, month: 1, day: 2), endsAt: nil, labels: ["alertname": "lag"],
      annotations: .empty, value: .nan,
      origin: AlertOrigin(group: "g", alertName: "lag", expression: "x", holdSeconds: 0, intervalSeconds: 60),
      decidedAt: Timestamp(year: 2026, month: 1, day: 2), topics: topics, alarm: details)
  }

  private func message(_ details: AlarmDetails) -> AlarmMessage {
    AlarmMessage(
      event: event(details), topicARN: "arn:aws:sns:ap-northeast-1:123456789012:pager",
      settings: .init(
        region: "ap-northeast-1", account: "123456789012", externalURL: "http://watch.test"))
  }

  @Test func aMetricAlarm() {
    let message = message(details("INSUFFICIENT_DATA"))
    #expect(message.subject == "INSUFFICIENT_DATA: \"lag\" in Asia Pacific (Tokyo)")
    #expect(
      message.text
        == #"{"AlarmName":"lag","AlarmDescription":"too \"slow\"","AWSAccountId":"123456789012","#
        + #""AlarmConfigurationUpdatedTimestamp":"1970-01-01T00:00:00.000+0000","NewStateValue":"INSUFFICIENT_DATA","#
        + #""NewStateReason":"because","StateChangeTime":"2026-01-02T00:00:00.000+0000","Region":"Asia Pacific (Tokyo)","#
        + #""AlarmArn":"arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:lag","OldStateValue":"OK","OKActions":[],"#
        + #""AlarmActions":["arn:aws:sns:eu-west-1:1:pager"],"InsufficientDataActions":["office"],"#
        + #""Trigger":{"MetricName":"Lag","Namespace":"AWS/RDS","StatisticType":"Statistic","Statistic":"SAMPLE_COUNT","#
        + #""Unit":null,"Dimensions":[{"value":"a","name":"Cluster"}],"Period":60,"EvaluationPeriods":3,"#
        + #""DatapointsToAlarm":2,"ComparisonOperator":"GreaterThanThreshold","Threshold":5000,"#
        + #""TreatMissingData":"missing","EvaluateLowSampleCountPercentile":""}}"#)
  }

  @Test func aCompositeAlarm() {
    let text = message(details("ALARM", trigger: false)).text
    #expect(!text.contains("Trigger\"") && text.contains(#""AlarmDescription":null"#))
    #expect(
      text.hasSuffix(
        #""AlarmRule":"ALARM(a)","TriggeringChildren":[{"Arn":"arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:a","#
          + #""State":{"Value":"ALARM","Timestamp":"1970-01-01T00:00:01.000+0000"}}]}"#))
  }

  @Test func theTopicsOfAnAlarmAreTold() {
    var world = World(pager("https://receiver.example/hook"))
    world.page(event(details("ALARM"), topics: ["pager"]))
    #expect(world.take().count == 1)
    world.page(event(details("OK"), topics: ["nobody"]))
    #expect(world.take().isEmpty)
  }
}
