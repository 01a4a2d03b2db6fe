import CloudWatchAlarms
import Configuration
import Foundation
import Model
import StatusPage
import Notifying
import Paging
import SampleStore
import StrictYAML
import Testing

@testable import FarwatchApp

/// As it stands in the runbook of a real disaster-recovery design.
private let scenario = """
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

private func alarms(_ text: String) -> [Alarm] {
  let problems = Problems(file: "alarms.yml")
  let context = AlarmContext(
    mapping: MetricMapping(
      alarmDimensions: [
        "TaiwanRegionUnhealthy": ["Region": "taiwan"], "JapanRegionUnhealthy": ["Region": "japan"],
      ]), topics: ["pager"], topicNames: ["CriticalAlertTopic": "pager", "WarningAlertTopic": "pager"])
  let loaded = AlarmFile.read(text, file: "alarms.yml", context, problems)
  precondition(problems.isEmpty, "\(problems.list)")
  return loaded.alarms
}

@Suite struct AlarmSimulationTests {
  private func states(_ world: CoreWorld) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: world.conductor.alarms.snapshot().map { ($0.name, $0.state.rawValue) })
  }

  @Test func theScenarioAsWrittenPagesForTheRegionThatIsDown() throws {
    let world = CoreWorld(rules: "groups: []\n", paging: PagingSettings(), alarms: alarms(scenario))
    world.run(.seconds(180))
    #expect(
      states(world) == [
        "TaiwanRegionUnhealthy": "OK", "JapanRegionUnhealthy": "OK",
        "CrossRegionReplicationLag": "INSUFFICIENT_DATA", "MSKReplicationLag": "INSUFFICIENT_DATA",
      ])
    #expect(world.pages == [], "no OK actions are asked for")
    world.down = ["japan"]
    world.run(.seconds(185))
    #expect(
      world.told == ["ALARM: \"JapanRegionUnhealthy\" in test"] || world.told.count == 1, "\(world.told)")
    let message = try JSONSerialization.jsonObject(with: Data(try #require(world.pages.first).message.utf8))
    let json = try #require(message as? [String: Any])
    #expect(json["AlarmName"] as? String == "JapanRegionUnhealthy")
    #expect(json["NewStateValue"] as? String == "ALARM" && json["OldStateValue"] as? String == "OK")
    #expect(json["AlarmActions"] as? [String] == ["CriticalAlertTopic"])
    let reason = try #require(json["NewStateReason"] as? String)
    #expect(
      reason.hasPrefix("Threshold Crossed: 2 out of the last 2 datapoints [0.0 (01/01/26 00:0")
        && reason.contains(
          "were less than or equal to the threshold (0.0) (minimum 2 datapoints for OK -> ALARM"),
      "\(reason)")
    let trigger = try #require(json["Trigger"] as? [String: Any])
    #expect(
      trigger["MetricName"] as? String == "HealthCheckStatus" && trigger["Statistic"] as? String == "MINIMUM")
    #expect(trigger["Namespace"] as? String == "AWS/Route53" && trigger["Period"] as? Int == 60)
    #expect(trigger["Dimensions"] as? [[String: String]] == [["name": "Region", "value": "japan"]])
    world.down = []
    world.run(.seconds(185))
    #expect(states(world)["JapanRegionUnhealthy"] == "OK" && world.told.count == 1)
    #expect(world.rowCount(.outbox) == 0 && world.rowCount(.alarms) == 4)
  }

  @Test func stateAndPageAreOneCommitAndACrashRepeatsNothing() {
    let text = scenario.replacing("AlarmActions", with: "OKActions: [pager]\n    AlarmActions")
    let world = CoreWorld(rules: "groups: []\n", paging: PagingSettings(), alarms: alarms(text))
    world.run(.seconds(100))
    let begun = world.told.count
    #expect(begun == 2, "the two regions become OK")
    world.down = ["taiwan"]
    while world.conductor.alarms.snapshot().allSatisfy({ $0.state != .alarm }) {
      world.run(.milliseconds(20))
    }
    // The turn that decided has asked for its commit; the process dies before the disk has answered, or after.
    world.crash()
    world.run(.seconds(300))
    #expect(world.told.count == begun + 1, "\(world.told)")
    world.crash()
    world.run(.seconds(200))
    #expect(world.told.count == begun + 1 && states(world)["TaiwanRegionUnhealthy"] == "ALARM")
    world.down = []
    world.run(.seconds(300))
    #expect(
      world.told.count == begun + 2 && world.told.last?.hasPrefix("OK: \"TaiwanRegionUnhealthy\"") == true)
  }

  @Test func aReceiverThatFailsGetsThePageLater() {
    let world = CoreWorld(rules: "groups: []\n", paging: PagingSettings(), alarms: alarms(scenario))
    world.run(.seconds(70))
    world.receiver = { .fails }
    world.down = ["japan"]
    world.run(.seconds(200))
    #expect(world.told == [] && world.pages.count > 1)
    world.receiver = { .takes }
    world.run(.seconds(120))
    #expect(world.told.count == 1)
  }

  @Test func theStatesAreSeriesAndStandOnTheStatusPage() throws {
    let world = CoreWorld(rules: "groups: []\n", paging: PagingSettings(), alarms: alarms(scenario))
    world.down = ["japan"]
    world.run(.seconds(200))
    func value(_ alarm: String, _ state: String) -> Double? {
      world.store.select([
        LabelMatcher("__name__", equals: "farwatch_alarm_state"), LabelMatcher("alarm", equals: alarm),
        LabelMatcher("state", equals: state),
      ]).first.flatMap { world.store.newestSample(of: $0, at: world.time.now, after: dayStart)?.value }
    }
    #expect(value("JapanRegionUnhealthy", "ALARM") == 1 && value("JapanRegionUnhealthy", "OK") == 0)
    #expect(value("MSKReplicationLag", "INSUFFICIENT_DATA") == 1)
    let settings = try #require(
      Optional(ConfigurationFile.parse("regions: {japan: }", directory: ".", Problems(file: "f"))))
    let status = world.conductor.snapshot(
      at: TurnTime(now: world.time.now, monotonic: world.time.monotonic), startedAt: dayStart,
      reloads: ReloadState(at: dayStart, settings: settings))
    let page = String(decoding: StatusPage.render(status), as: UTF8.self)
    #expect(page.contains("JapanRegionUnhealthy") && page.contains("INSUFFICIENT_DATA"))
    #expect(page.contains("1 alarm is in ALARM") && page.contains("Threshold Crossed: 2 out of the last 2"))
  }

  /// Two hours in which regions come and go, receivers and disks fail and the process dies: what is told of an alarm
  /// is its end after its beginning and its beginning after its end, each once.
  @Test(arguments: [1, 3] as [UInt64]) func aRandomDayIsToldInOrder(_ seed: UInt64) {
    var random = SeededGenerator(seed)
    let text = scenario.replacing("AlarmActions", with: "OKActions: [pager]\n    AlarmActions")
      .replacing("Period: 60", with: "Period: 30")
    let world = CoreWorld(
      rules: "groups: []\n", paging: PagingSettings(), seed: seed, alarms: alarms(text))
    for _ in 0..<90 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0...2:
        let region = Bool.random(using: &random) ? "japan" : "taiwan"
        if world.down.remove(region) == nil { world.down.insert(region) }
      case 3: world.crash()
      case 4: world.receiver = { .fails }
      case 5: world.receiver = { .takes }
      case 6: world.commitTakes = .milliseconds(Int.random(in: 1...2000, using: &random))
      default: break
      }
      world.run(.seconds(Int.random(in: 1...120, using: &random)))
    }
    world.receiver = { .takes }
    world.down = []
    world.run(.seconds(600))
    for region in ["Taiwan", "Japan"] {
      let told = world.told.filter { $0.contains("\"\(region)RegionUnhealthy\"") }.map {
        $0.hasPrefix("ALARM")
      }
      #expect(told.count > 4, "seed \(seed): too little happened to prove anything")
      #expect(told.last == false, "seed \(seed): \(world.told)")
      #expect(zip(told, told.dropFirst()).allSatisfy { $0 != $1 }, "seed \(seed): \(world.told)")
    }
    #expect(world.rowCount(.outbox) == 0)
  }

  @Test func theClockThatIsSetBackPagesForNothing() {
    let world = CoreWorld(rules: "groups: []\n", paging: PagingSettings(), alarms: alarms(scenario))
    world.run(.seconds(150))
    world.time.step(.seconds(-1800))
    world.run(.seconds(300))
    world.time.step(.seconds(3600))
    world.run(.seconds(600))
    #expect(world.told == [], "\(world.told)")
  }
}
