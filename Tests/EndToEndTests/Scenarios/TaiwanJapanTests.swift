import FarwatchTesting
import Foundation
import Testing

/// `examples/taiwan-japan` as it is shipped, over real databases and caches. Probes look six times as often as there,
/// and the alarms' periods are a sixth: 10 seconds for 60.
@Suite(.serialized) struct TaiwanJapanTests {
  @Test(.timeLimit(.minutes(4))) func aRegionIsLostAndComesBack() async throws {
    let world = try await TaiwanJapanWorld()
    let daemon = try await world.startFarwatch()
    try await world.becomeNormal(daemon)

    // What is written from here on does not reach Japan; then everything of Taiwan is gone.
    world.replication.freeze()
    try await Task.sleep(for: .seconds(3))
    let died = Date()
    try await world.loseTaiwan()
    let down = try await world.pagers.expect("RegionDown", log: world.log)
    #expect(down.labels["region"] == "taiwan")
    // One interval, the confirmation, and the machine's own slowness; Route 53 takes 60 s.
    #expect(down.receivedAt.timeIntervalSince(died) < 5.0 / 6 + 0.5 + 1.5, "\(down.receivedAt) \(died)")
    try await world.promoteJapan()
    try world.steer([("jp-1", 1)])
    let switched = Date()
    try await waitUntil(timeout: .seconds(30), "Japan serves; \(world.log)") {
      await daemon.series("farwatch_failover_recovery_time_seconds") != nil
    }
    let truth = switched.timeIntervalSince(died)
    let took = try #require(await daemon.series("farwatch_failover_recovery_time_seconds"))
    #expect(took > truth - 1 && took < truth + 3, "measured \(took) s, it was \(truth) s")
    #expect(took < 30, "the objective")
    let newest = try #require(
      Double(try await world.standby.sql("SELECT extract(epoch FROM at) FROM beat")))
    let gone = died.timeIntervalSince1970 - newest
    let lost = try #require(await daemon.series("farwatch_failover_data_lost_seconds"))
    #expect(abs(lost - gone) < 1.5 && gone > 2, "measured \(lost) s, lost were \(gone) s")

    let alarm = try await world.pagers.expect(
      "TaiwanRegionUnhealthy", within: .seconds(45), log: world.log)
    #expect(alarm.receivedAt > down.receivedAt, "two periods of CloudWatch are longer than two failures")
    try await world.pagers.expect("FailoverLostTooMuch", warning: true, log: world.log)
    #expect(
      Set(world.pagers.told) == [
        "RegionDown ALARM", "FailoverInProgress ALARM", "FailoverInProgress OK",
        "TaiwanRegionUnhealthy ALARM",
      ])
    #expect(
      world.pagers.told.first == "RegionDown ALARM" || world.pagers.told.first == "FailoverInProgress ALARM")
    #expect(!world.pagers.warned.contains("FailoverTookTooLong ALARM"))

    try await world.bringTaiwanBack()
    try await world.pagers.expect("RegionDown", "OK", log: world.log)
    try await waitUntil(timeout: .seconds(30), "60 to 40 again; \(world.log)") {
      let share = await daemon.series("farwatch_marker_share", ["service": "front", "region": "taiwan"])
      return share.map { abs($0 - 0.6) < 0.01 } == true
    }
    #expect(await daemon.series("farwatch_workload_conflict", ["kind": "two_writers"]) == 0)
  }

  @Test(.timeLimit(.minutes(4))) func aPartitionIsAWarningAndItsEndIsSeen() async throws {
    let world = try await TaiwanJapanWorld()
    let daemon = try await world.startFarwatch()
    try await world.becomeNormal(daemon)
    let cut = Date()
    world.partition(true)
    let aurora = try await world.pagers.expect(
      "CrossRegionReplicationLag", warning: true, within: .seconds(60), log: world.log)
    // 5000 ms behind at three ends of a period in a row.
    let waited = aurora.receivedAt.timeIntervalSince(cut)
    #expect(waited > 5 + 20 && waited < 5 + 40, "\(waited)")
    try await world.pagers.expect(
      "MSKReplicationLag", warning: true, within: .seconds(30), log: world.log)
    #expect(world.pagers.told == [], "both regions serve: nobody is woken")
    #expect(await daemon.series("farwatch_failover_in_progress", ["workload": "shop"]) == 0)
    #expect(await daemon.series("farwatch_failover_state", ["region": "japan", "state": "bad"]) == 1)
    let healed = Date()
    world.partition(false)
    try await waitUntil(timeout: .seconds(20), "they are in step again; \(world.log)") {
      await world.isInStep(daemon)
    }
    #expect(Date().timeIntervalSince(healed) < 300, "reconciled within five minutes")
    #expect(world.pagers.told == [])
  }

  /// Every number of the design stands in the files, and is read as what it is.
  @Test func everyNumberOfTheDesignIsConfigured() throws {
    let scenario = ShippedScenario("taiwan-japan")
    let farwatch = try scenario.settings("farwatch.yml")
    for (what, form) in [
      ("60 and 40", #"taiwan: \{role: primary, share: 60[^\n]*\n +japan: \{role: secondary, share: 40"#),
      ("every 30 s, 10 s, 2 failures", #"interval: 30s\n +timeout: 10s\n +failures: 2\n"#),
      ("the path", #"https://taiwan\.api\.genai-demo\.com/actuator/health/readiness"#),
      ("routing looks every 5 s", #"defaults: \{interval: 5s"#),
      ("four parts of readiness", #"application: \{\}, database: \{\}, cache: \{\}, queue: \{\}"#),
      ("recovery in 30 s, lag below 1 s, 99.99 %", #"rto: 30s, rpo: 1s, availability: 99\.99%"#),
      ("reconciled in 5 min", #"rpo: 5m\n"#), ("monthly drill", #"period: 31d"#),
    ] { #expect(try Regex(form).firstMatch(in: farwatch) != nil, "\(what)") }
    let alarms = try scenario.settings("alarms.yml")
    for (name, metric, threshold, periods) in [
      ("TaiwanRegionUnhealthy", "HealthCheckStatus", 0, 2),
      ("JapanRegionUnhealthy", "HealthCheckStatus", 0, 2),
      ("CrossRegionReplicationLag", "AuroraGlobalDBReplicationLag", 5000, 3),
      ("MSKReplicationLag", "MirrorMaker2Lag", 10000, 2),
    ] {
      let form =
        "\(name):\n +MetricName: \(metric)\n +Threshold: \(threshold)\\b[^\n]*\n +EvaluationPeriods: \(periods)\n +Period: 60\n"
      #expect(try Regex(form).firstMatch(in: alarms) != nil, "\(name)")
    }
    let rules = try scenario.text("rules.yml")
    #expect(rules.contains("quantile_over_time(0.99, shop:replication_lag:seconds[1h]) > 1"))
    #expect(
      rules.contains("min_over_time(farwatch_replication_up[5m]) == 1") && rules.contains("- 0.6) > 0.15"))
  }
}
