import FarwatchTesting
import Foundation
import Testing

/// `examples/pilot-light` as it is shipped, over a real MariaDB and dumps of the real mariadb-dump. Minutes of the design
/// are seconds here, in the configuration as in the rules.
@Suite(.serialized) struct PilotLightTests {
  @Test(.timeLimit(.minutes(4))) func awsIsLostAndTheShopGoesOnFromItsBackup() async throws {
    let world = try await PilotLightWorld()
    let daemon = try await world.startFarwatch()
    try await world.becomeNormal(daemon)

    let died = Date()
    try await world.loseAWS()
    let down = try await world.pagers.expect("RegionDown", log: world.log)
    #expect(down.labels["region"] == "aws")
    #expect(down.receivedAt.timeIntervalSince(died) < 2.5)

    // Nothing is done for "15 minutes".
    let late = try await world.pagers.expect("EmergencyBehindPlan", log: world.log)
    #expect(late.labels["phase"] == "maintenance-page")
    let waited = late.receivedAt.timeIntervalSince(died)
    #expect(waited > 14 && waited < 20, "\(waited)")
    world.front.split([("azure-maintenance-1", 1)])
    try world.names.steer(["198.51.100.7": 1])
    try await world.pagers.expect("EmergencyBehindPlan", "OK", log: world.log)
    #expect(await daemon.series("farwatch_failover_in_progress") == 1, "a maintenance page is no service")

    _ = await Web.get(world.ping("database-recovery/start"))
    let restored = try await world.restore()
    _ = await Web.get(world.ping("database-recovery"))
    _ = await Web.get(world.ping("service-deployment"))
    world.front.split([("azure-petclinic-1", 1)])
    let switched = Date()
    try await waitUntil(timeout: .seconds(20), "Azure serves; \(world.log)") {
      await daemon.series("farwatch_failover_recovery_time_seconds", ["to": "azure"]) != nil
    }
    let took = try #require(await daemon.series("farwatch_failover_recovery_time_seconds"))
    let truth = switched.timeIntervalSince(died)
    #expect(abs(took - truth) < 1.5, "measured \(took) s, it was \(truth) s")
    let newest = try #require(Double(try await restored.sql("SELECT max(at) FROM app.visits")))
    let gone = died.timeIntervalSince1970 - newest
    let lost = try #require(await daemon.series("farwatch_failover_data_lost_seconds"))
    // The name of a dump has whole seconds.
    #expect(lost > gone - 1 && lost < gone + 2, "measured \(lost) s, lost were \(gone) s")
    #expect(gone < 2 * 5 + 2, "dumps come every 5 s")

    // Back to AWS.
    try world.aws.up()
    world.route53.isHealthy = true
    world.front.split([("aws-seoul", 1)])
    try world.names.steer(["203.0.113.7": 1])
    try await world.pagers.expect("RegionDown", "OK", log: world.log)
    try await waitUntil(timeout: .seconds(20), "it is over; \(world.log)") {
      await daemon.series("farwatch_failover_step_timestamp_seconds", ["step": "failed_back"]) != nil
    }
    let first = world.pagers.told.prefix(2)
    #expect(Set(first) == ["RegionDown ALARM", "FailoverInProgress ALARM"], "\(world.pagers.told)")
    #expect(world.pagers.told.filter { $0 == "FailoverInProgress ALARM" }.count == 1, "\(world.pagers.told)")
    #expect(!world.pagers.told.contains("Route53HealthCheckFailing ALARM"), "the region's loss was told")
  }

  @Test(.timeLimit(.minutes(4))) func aDumpWithoutItsEndIsNoBackup() async throws {
    let world = try await PilotLightWorld()
    let daemon = try await world.startFarwatch()
    try await world.becomeNormal(daemon)
    let broken = Date()
    try world.directory.write("broken", "")
    // Files go on coming, of the usual size, and the host reports that all went well.
    let warned = try await world.pagers.expect("BackupStale", warning: true, log: world.log)
    let page = try await world.pagers.expect("BackupVeryStale", log: world.log)
    #expect(page.labels["job"] == "mysql-dumps")
    #expect(warned.receivedAt < page.receivedAt)
    // Twice the objective of 5 s, and 5 s more that it must last.
    let waited = page.receivedAt.timeIntervalSince(broken)
    #expect(waited > 2 * 5 + 5 - 6 && waited < 2 * 5 + 5 + 6, "\(waited)")
    #expect(await daemon.series("farwatch_checkin_state", ["check": "backup-host", "state": "up"]) == 1)
    #expect(await daemon.series("farwatch_failover_state", ["region": "azure", "state": "bad"]) == 1)
    try FileManager.default.removeItem(atPath: world.directory.file("broken"))
    try await world.pagers.expect("BackupVeryStale", "OK", log: world.log)
    #expect(world.pagers.told == ["BackupVeryStale ALARM", "BackupVeryStale OK"])
  }

  @Test func everyNumberOfTheDesignIsConfigured() throws {
    let scenario = ShippedScenario("pilot-light")
    let farwatch = try scenario.settings("farwatch.yml")
    for (what, form) in [
      ("a dump every 5 minutes, 5 minutes of data", #"every: 5m\n +objective: 5m"#),
      ("complete", #"verify: \{gzip: true, trailer: mysqldump\}"#),
      ("the host every 5 minutes", #"backup-host, region: aws[^\n]*period: 5m"#),
      ("RPO 5 min, RTO 4 h", #"objectives: \{rpo: 5m, rto: 4h\}"#),
      (
        "the container",
        #"account: drbackupstorage1234\n +container: mysql-backups\n +match: "backup_\*\.sql\.gz""#
      ),
      ("monthly", #"drill-monthly-tabletop[^\n]*period: 31d"#),
      ("quarterly", #"drill-quarterly-partial[^\n]*period: 92d"#),
      ("yearly", #"drill-yearly-full[^\n]*period: 366d"#), ("restore test", "restore_test_every: 92d"),
    ] { #expect(try Regex(form).firstMatch(in: farwatch) != nil, "\(what)") }
    // Plan A is an alternative, in comments.
    let text = try scenario.text("farwatch.yml")
    #expect(text.contains("RPO 1 min, RTO 5 min") && text.contains("objectives: {rpo: 1m, rto: 5m}"))
    let rules = try scenario.settings("rules.yml")
    for (phase, minutes) in [
      ("maintenance-page", 15), ("database-recovery", 30), ("service-deployment", 90), ("service", 120),
    ] {
      #expect(rules.contains("labels: {phase: \(phase)}, expr: vector(\(minutes) * 60)}"), "\(phase)")
    }
  }
}
