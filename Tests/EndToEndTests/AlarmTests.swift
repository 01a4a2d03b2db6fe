import FarwatchTesting
import Foundation
import Testing

/// The alarms of a real runbook over real health checks, told to a real receiver.
@Suite(.serialized) struct AlarmTests {
  /// As the runbook has them, but for the period, which is 10 seconds here and not 60.
  private let alarms = """
    # CloudWatch Alarms
    RegionHealthAlarms:
      TaiwanRegionUnhealthy:
        MetricName: HealthCheckStatus
        Threshold: 0
        EvaluationPeriods: 2
        Period: 60
        AlarmActions:
          - !Ref CriticalAlertTopic

      JapanRegionUnhealthy:
        MetricName: HealthCheckStatus
        Threshold: 0
        EvaluationPeriods: 2
        Period: 60
        AlarmActions:
          - !Ref CriticalAlertTopic

      CrossRegionReplicationLag:
        MetricName: AuroraGlobalDBReplicationLag
        Threshold: 5000  # 5 seconds
        EvaluationPeriods: 3
        Period: 60
        AlarmActions:
          - !Ref WarningAlertTopic

      MSKReplicationLag:
        MetricName: MirrorMaker2Lag
        Threshold: 10000  # 10 seconds
        EvaluationPeriods: 2
        Period: 60
        AlarmActions:
          - !Ref WarningAlertTopic

    """

  private let configuration = """
    alarms: [alarms.yml]
    alarm_topics: {CriticalAlertTopic: critical, WarningAlertTopic: critical}
    alarm_mapping:
      dimensions:
        TaiwanRegionUnhealthy: {Region: taiwan}
        JapanRegionUnhealthy: {Region: japan}

    """

  @Test(.timeLimit(.minutes(3))) func aRegionThatGoesIsToldOnceAsCloudWatchWould() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    try fleet.directory.write("rules.yml", "groups: []\n")
    try fleet.directory.write("alarms.yml", alarms.replacing("Period: 60", with: "Period: 10"))
    try fleet.directory.write("farwatch.yml", fleet.configuration() + configuration)
    let daemon = try await fleet.runConfirmed()
    let state = { (daemon: FarwatchProcess, alarm: String, state: String) in
      await daemon.series("farwatch_alarm_state", ["alarm": alarm, "state": state])
    }
    for alarm in ["TaiwanRegionUnhealthy", "JapanRegionUnhealthy"] {
      try await waitUntil(timeout: .seconds(30), "\(alarm) is OK; \(fleet.log)") {
        await state(daemon, alarm, "OK") == 1
      }
    }
    #expect(await state(daemon, "MSKReplicationLag", "INSUFFICIENT_DATA") == 1, "nobody measures it")

    let japan = fleet.regions[1]
    japan.down()
    try await waitUntil(timeout: .seconds(60), "the page arrives; \(fleet.log)") {
      !fleet.receiver.pages.isEmpty
    }
    let page = try #require(fleet.receiver.pages.first)
    #expect(page.subject == "ALARM: \"JapanRegionUnhealthy\" in farwatch" && page.signatureIsValid)
    let envelope = try JSONSerialization.jsonObject(with: Data(page.body.utf8)) as? [String: Any]
    let message = try #require(envelope?["Message"] as? String)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(message.utf8)) as? [String: Any])
    #expect(
      Set(json.keys) == [
        "AlarmName", "AlarmDescription", "AWSAccountId", "AlarmConfigurationUpdatedTimestamp",
        "NewStateValue",
        "NewStateReason", "StateChangeTime", "Region", "AlarmArn", "OldStateValue", "OKActions",
        "AlarmActions",
        "InsufficientDataActions", "Trigger",
      ])
    #expect(json["NewStateValue"] as? String == "ALARM" && json["OldStateValue"] as? String == "OK")
    #expect((json["NewStateReason"] as? String)?.contains("2 out of the last 2 datapoints [0.0 (") == true)
    #expect(json["AlarmActions"] as? [String] == ["arn:aws:sns:farwatch:000000000000:critical"])
    let trigger = try #require(json["Trigger"] as? [String: Any])
    #expect(trigger["ComparisonOperator"] as? String == "LessThanOrEqualToThreshold")
    #expect(trigger["Threshold"] as? Double == 0 && trigger["Period"] as? Int == 10)
    #expect(trigger["DatapointsToAlarm"] as? Int == 2 && trigger["TreatMissingData"] as? String == "missing")
    #expect(await daemon.get("/")?.body.contains("JapanRegionUnhealthy") == true)

    // The process dies and comes back: the state is there, and nobody is told again.
    try await daemon.kill()
    let second = try await fleet.run()
    try await second.becomeReady()
    try await waitUntil(timeout: .seconds(20), "the state is known; \(fleet.log)") {
      await state(second, "JapanRegionUnhealthy", "ALARM") == 1
    }
    try japan.up()
    try await waitUntil(timeout: .seconds(60), "it is over; \(fleet.log)") {
      await state(second, "JapanRegionUnhealthy", "OK") == 1
    }
    #expect(Set(fleet.receiver.pages.map(\.messageID)).count == 1, "\(fleet.receiver.pages.map(\.subject))")
    #expect(fleet.receiver.malformed == [])
    second.child.stop()
  }

  @Test func checkTellsProblemsOfAlarmFiles() async throws {
    let fleet = try Fleet(regions: ["taiwan", "japan"])
    let file = try fleet.directory.write("alarms.yml", alarms)
    func farwatch(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, output: String) {
      let child = try ChildProcess([FarwatchProcess.binary] + arguments)
      return (try await child.wait(timeout: .seconds(20)), child.output)
    }
    let good = try await farwatch("check", "alarms", file)
    #expect(good.exit == .code(0) && good.output.contains("good: 4 alarms"), "\(good.output)")
    #expect(good.output.contains("watch the same HealthCheckStatus"), "\(good.output)")
    let bad = try fleet.directory.write(
      "bad.yml", alarms.replacing("Threshold: 5000", with: "Treshold: 5000"))
    let told = try await farwatch("check", "alarms", bad)
    #expect(
      told.exit == .code(1) && told.output.contains("bad.yml:21:5: unknown key `Treshold`"), "\(told.output)")
    // As part of the configuration, topics and regions are known too.
    try fleet.directory.write(
      "farwatch.yml",
      fleet.configuration()
        + configuration.replacing("WarningAlertTopic: critical", with: "Warning: critical"))
    let whole = try await farwatch("check", "config", fleet.configurationFile)
    #expect(
      whole.exit == .code(1) && whole.output.contains("unknown topic \"WarningAlertTopic\""),
      "\(whole.output)")
    try fleet.directory.write("farwatch.yml", fleet.configuration() + configuration)
    let right = try await farwatch("check", "config", fleet.configurationFile)
    #expect(right.exit == .code(0) && right.output.contains("4 alarms"), "\(right.output)")
    let mapping = try await farwatch("check", "alarms", "--print-mapping")
    #expect(mapping.exit == .code(0) && mapping.output.contains("metric: HealthCheckStatus"))
    #expect(try await farwatch("check", "alarms").exit == .code(2))
  }
}
