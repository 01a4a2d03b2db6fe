import Model
import Testing

@testable import Paging

@Suite struct SingleAlertTests {
  @Test func anAlertWithoutGroupingIsToldAtOnceAndItsEndToo() {
    let world = DeskWorld(settings(route("pager")))
    world.fire("A")
    world.pass(.seconds(10))
    world.resolve("A")
    world.pass(.seconds(86_400))
    #expect(world.takeTold() == ["0 pager news +A", "10 pager news -A"])
    #expect(world.rows.isEmpty, "nothing is kept of what is over")
  }

  @Test func everyEpisodeIsToldEvenWithinOneTurn() {
    let world = DeskWorld(settings(route("pager")))
    let first = world.event(.firing, "A")
    let end = world.event(.resolved, "A")
    world.now = world.now + .milliseconds(5)
    let second = world.event(.firing, "A")
    world.desk.take([first, end, second], at: world.moment)
    world.run()
    #expect(world.told.map(\.notification.status) == [.firing, .resolved, .firing])
    #expect(world.told.map(\.notification.alerts[0].episode) == [1, 1, 2])
  }

  @Test func whatNoRouteTakesIsSaid() {
    let world = DeskWorld(settings(route("pager", [LabelMatcher("severity", equals: "page")])))
    world.fire("A")
    #expect(world.untold.map(\.labels) == [["alertname": "A"]])
    #expect(world.desk.statistics.unrouted == 1)
    world.resolve("A")
    #expect(world.takeTold() == [])
    #expect(world.desk.statistics.unrouted == 1)
  }

  @Test func anEndThatWasNeverKnownToBeginIsTold() {
    let world = DeskWorld(settings(route("pager")))
    world.resolve("A")
    #expect(world.takeTold() == ["0 pager news -A"])
    #expect(world.rows.isEmpty)
  }

  @Test func aRestartTellsNothingTwiceAndTheEndOnce() {
    let world = DeskWorld(settings(route("pager")))
    world.fire("A")
    _ = world.takeTold()
    world.restart()
    world.pass(.seconds(100))
    #expect(world.takeTold() == [])
    world.resolve("A")
    #expect(world.takeTold() == ["101 pager news -A"])
  }

  @Test func anAlertThatTheRuleEngineLostIsEnded() {
    let world = DeskWorld(settings(route("pager")))
    world.fire("A", "B")
    _ = world.takeTold()
    world.desk.reconcile(rules: [world.identity("A")], at: world.moment)
    world.run()
    #expect(world.takeTold() == ["0 pager news -B"])
  }
}

@Suite struct GroupTests {
  static func grouped(_ change: (inout RouteSettings) -> Void = { _ in }) -> RouteSettings {
    route("pager") {
      $0.grouping = .by(["region"])
      change(&$0)
    }
  }

  @Test func alertsOfAGroupShareAPageAfterGroupWaitAndNewsWaitForTheInterval() {
    let world = DeskWorld(settings(Self.grouped()))
    world.fire("A", labels: ["region": "japan"])
    world.pass(.seconds(10))
    world.fire("B", labels: ["region": "japan"])
    world.fire("C", labels: ["region": "taiwan"])
    world.pass(.seconds(30))
    #expect(world.takeTold() == ["30 pager news +A +B", "40 pager news +C"])
    world.fire("D", labels: ["region": "japan"])
    world.resolve("A", labels: ["region": "japan"])
    world.pass(.seconds(1000))
    #expect(world.takeTold() == ["330 pager news +D +B -A"])
    world.pass(.seconds(4 * 3600))
    #expect(world.takeTold() == ["14440 pager reminder +C", "14730 pager reminder +B +D"])
  }

  @Test func anAlertThatIsOverBeforeItWasToldIsNotTold() {
    let world = DeskWorld(settings(Self.grouped()))
    world.fire("A")
    world.pass(.seconds(10))
    world.resolve("A")
    world.pass(.seconds(1000))
    #expect(world.takeTold() == [])
    #expect(world.rows.isEmpty)
  }

  @Test func newsComesFirstAndWhatIsHeldBackIsNotOver() throws {
    let world = DeskWorld(settings(Self.grouped { $0.groupInterval = .seconds(60) }))
    world.fire("A", "B")
    world.pass(.seconds(30))
    _ = try world.desk.set(
      SilenceDraft(
        matchers: [LabelMatcher("alertname", equals: "B")], endsAt: world.now + .seconds(3600),
        createdBy: "me", comment: ""), at: world.moment)
    world.run()
    world.pass(.seconds(100))
    world.resolve("A")
    world.pass(.seconds(100))
    world.fire("C")
    world.pass(.seconds(100))
    #expect(world.told.map(\.notification.status) == [.firing, .firing, .firing])
    #expect(world.told.map(\.notification.newsCount) == [2, 0, 1])
    #expect(world.takeTold() == ["30 pager news +A +B", "130 pager news +B -A", "230 pager news +C +B"])
  }

  @Test func aGroupGoesOnAfterARestart() {
    let world = DeskWorld(settings(Self.grouped()))
    world.fire("A")
    world.pass(.seconds(30))
    let thread = world.told[0].notification.thread
    let serials = world.told.map(\.notification.serial)
    _ = world.takeTold()
    world.restart(after: .seconds(10))
    world.fire("B")
    world.resolve("A")
    world.pass(.seconds(400))
    #expect(world.told.map(\.at) == [330], "the interval counts on")
    #expect(world.told[0].notification.thread == thread)
    #expect(!serials.contains(world.told[0].notification.serial))
    #expect(world.takeTold() == ["330 pager news +B -A"])
  }

  /// Receivers remember the names of messages: a group, or an alert's escalation, that comes again is no old news.
  @Test func aGroupThatComesAgainHasPagesOfItsOwn() {
    let world = DeskWorld(
      settings(Self.grouped()) {
        $0.routes.insert(
          route("chat", [LabelMatcher("alertname", equals: "Alone")]) {
            $0.escalation = [EscalationStep(after: .seconds(60), topic: "lead")]
          }, at: 0)
      })
    for restarts in [false, true] {
      world.fire("A", "Alone")
      world.pass(.seconds(400))
      world.resolve("A", "Alone")
      world.pass(.seconds(1000))
      #expect(world.rows.isEmpty)
      if restarts { world.restart() }
    }
    let names = world.told.filter { !$0.notification.serial.isEmpty }
      .map { "\($0.topic) \($0.notification.thread) \($0.notification.kind) \($0.notification.serial)" }
    #expect(names.count == 8, "\(names)")
    #expect(Set(names).count == names.count, "\(names)")
  }

  @Test func anEndWhileTheProcessWasDownIsTold() {
    let world = DeskWorld(settings(Self.grouped()))
    world.fire("A")
    world.pass(.seconds(30))
    world.resolve("A")
    _ = world.takeTold()
    world.restart(after: .seconds(1000))
    #expect(world.takeTold() == ["1030 pager news -A"])
    #expect(world.rows.isEmpty)
  }
}

@Suite struct HoldingBackTests {
  private func silence(_ name: String, from: Timestamp, to: Timestamp) -> SilenceDraft {
    SilenceDraft(
      matchers: [LabelMatcher("alertname", equals: name)], startsAt: from, endsAt: to,
      createdBy: "me", comment: "test")
  }

  @Test func whatIsSilencedIsToldWhenTheSilenceEnds() throws {
    let world = DeskWorld(settings(route("pager")))
    _ = try world.desk.set(
      silence("A", from: world.now, to: world.now + .seconds(60)), at: world.moment)
    world.run()
    world.fire("A", "B")
    world.pass(.seconds(100))
    #expect(world.takeTold() == ["0 pager news +B", "60 pager news +A"])
    #expect(world.journal.map(\.kind).filter { $0 != .silenceCreated } == [.silenced, .unsilenced])
  }

  @Test func theEndOfWhatWasToldIsToldThoughItIsSilencedAndOfWhatWasNotIsNot() throws {
    let world = DeskWorld(settings(route("pager")))
    world.fire("A")
    _ = world.takeTold()
    for name in ["A", "B"] {
      _ = try world.desk.set(
        silence(name, from: world.now, to: world.now + .seconds(3600)), at: world.moment)
    }
    world.run()
    world.fire("B")
    world.pass(.seconds(5))
    world.resolve("A", "B")
    world.pass(.seconds(7200))
    #expect(world.takeTold() == ["5 pager news -A"])
    #expect(world.desk.statistics.neverTold == 1)
  }

  private var inhibiting: PagingSettings {
    settings(route("pager")) {
      $0.inhibitions = [
        InhibitionRule(
          source: [LabelMatcher("alertname", equals: "RegionDown")],
          target: [LabelMatcher("severity", equals: "child")], equal: ["region"], wait: .seconds(5))
      ]
    }
  }

  @Test func aRegionFoldsItsChildrenAlsoThoseThatCameAMomentEarlier() {
    let world = DeskWorld(inhibiting)
    world.fire("CheckDown", labels: ["severity": "child", "region": "japan"])
    world.fire("Other", labels: ["severity": "child", "region": "taiwan"])
    world.pass(.seconds(2))
    world.fire("RegionDown", labels: ["region": "japan"])
    world.fire("Lag", labels: ["severity": "child", "region": "japan"])
    world.pass(.seconds(60))
    #expect(world.takeTold() == ["2 pager news +RegionDown", "5 pager news +Other"])
    // The region is back a moment before its checks are.
    world.resolve("RegionDown", labels: ["region": "japan"])
    world.pass(.seconds(3))
    world.resolve("CheckDown", labels: ["severity": "child", "region": "japan"])
    world.pass(.seconds(60))
    #expect(world.takeTold() == ["62 pager news -RegionDown", "67 pager news +Lag"])
  }

  @Test func nothingIsToldAfterAStartBeforeTheHoldEnds() {
    let world = DeskWorld(inhibiting, holds: true)
    world.fire("CheckDown", labels: ["severity": "child", "region": "japan"])
    world.pass(.seconds(10))
    world.fire("RegionDown", labels: ["region": "japan"])
    world.pass(.seconds(10))
    #expect(world.takeTold() == [])
    world.desk.releaseStartHold()
    world.run()
    #expect(world.takeTold() == ["20 pager news +RegionDown"])
    let capped = DeskWorld(inhibiting, holds: true)
    capped.fire("A")
    capped.pass(.seconds(100))
    #expect(capped.takeTold() == ["30 pager news +A"])
  }
}

@Suite struct EscalationTests {
  private var escalating: PagingSettings {
    settings(
      route("pager") {
        $0.repeatInterval = .seconds(600)
        $0.escalation = [
          EscalationStep(after: .seconds(300), topic: "lead"),
          EscalationStep(after: .seconds(900), topic: "everyone"),
        ]
      })
  }

  @Test func whatNobodyAcknowledgesGoesOnToTheNextAndAllHearTheEnd() {
    let world = DeskWorld(escalating)
    world.fire("A")
    world.pass(.seconds(1000))
    world.resolve("A")
    world.pass(.seconds(10_000))
    #expect(
      world.takeTold() == [
        "0 pager news +A", "300 lead escalation +A", "600 pager reminder +A", "900 everyone escalation +A",
        "1000 pager news -A", "1000 everyone news -A", "1000 lead news -A",
      ])
  }

  @Test func anAlertThatJoinsAnEscalatedGroupHasStepsOfItsOwnAndASilenceBeginsNoneAnew() throws {
    let world = DeskWorld(
      settings(
        route("pager") {
          $0.grouping = .by([])
          ($0.groupWait, $0.groupInterval, $0.repeatInterval) = (.zero, .seconds(1), .zero)
          $0.escalation = [EscalationStep(after: .seconds(300), topic: "lead")]
        }))
    world.fire("A")
    world.pass(.seconds(400))
    world.fire("B")
    world.pass(.seconds(100))
    _ = try world.desk.set(
      SilenceDraft(
        matchers: [LabelMatcher("alertname", equals: "A")], endsAt: world.now + .seconds(60),
        createdBy: "me", comment: ""), at: world.moment)
    world.run()
    world.pass(.seconds(1000))
    world.resolve("A")
    world.pass(.seconds(10))
    #expect(
      world.takeTold() == [
        "0 pager news +A", "300 lead escalation +A", "400 pager news +B +A", "700 lead escalation +B",
        "1500 pager news +B -A", "1500 lead news +B -A",
      ])
  }

  @Test func anAcknowledgementEndsRemindersAndEscalationUntilItIsTakenBack() {
    let world = DeskWorld(escalating)
    world.fire("A")
    world.pass(.seconds(100))
    let count = world.desk.acknowledge(
      [world.identity("A"), "nobody"], by: "ann", comment: "", at: world.moment)
    #expect(count == 1)
    world.run()
    world.restart(after: .seconds(1))
    world.pass(.seconds(5000))
    #expect(world.takeTold() == ["0 pager news +A", "100 pager acknowledgement +A"])
    #expect(
      world.desk.snapshot(at: world.moment).alerts.map(\.acknowledgement?.by) == ["ann"])
    #expect(world.desk.unacknowledge([world.identity("A")], by: "ann", at: world.moment) == 1)
    world.run()
    world.pass(.seconds(301))
    #expect(world.takeTold() == ["5101 pager reminder +A", "5401 lead escalation +A"])
    world.resolve("A")
    world.fire("A")
    #expect(world.desk.snapshot(at: world.moment).alerts.map(\.acknowledgement?.by) == [nil])
  }
}

@Suite struct TellingAcknowledgementsTests {
  @Test func aGroupIsTakenOnWhenAllThatWasToldIs() throws {
    let world = DeskWorld(
      settings(
        route("pager") {
          $0.grouping = .by(["cluster"])
          $0.groupWait = .zero
          $0.groupInterval = .seconds(1)
        }))
    world.fire("A", "B", labels: ["cluster": "c"])
    world.pass(.seconds(5))
    let thread = try #require(world.told.last?.notification.thread)
    _ = world.takeTold()
    func acknowledge(_ name: String) {
      _ = world.desk.acknowledge(
        [world.identity(name, ["cluster": "c"])], by: "ann", comment: "", at: world.moment)
      world.run()
    }
    acknowledge("A")
    #expect(world.takeTold().isEmpty)
    acknowledge("B")
    let page = try #require(world.told.first?.notification)
    #expect(page.thread == thread && page.isGrouped && page.acknowledgedBy == "ann")
    #expect(world.takeTold() == ["5 pager acknowledgement +A +B"])
    acknowledge("B")
    #expect(world.takeTold().isEmpty, "it was told")
    _ = world.desk.unacknowledge(
      [world.identity("B", ["cluster": "c"])], by: "ann", at: world.moment)
    acknowledge("B")
    let again = try #require(world.told.first?.notification)
    #expect(again.serial != page.serial)
  }

  @Test func thoseToldByEscalationHearOfItAndOthersDoNot() {
    let world = DeskWorld(
      settings(
        route("pager") {
          $0.escalation = [EscalationStep(after: .seconds(60), topic: "lead")]
        }))
    world.fire("A", "B")
    world.pass(.seconds(61))
    _ = world.takeTold()
    _ = world.desk.acknowledge([world.identity("A")], by: "ann", comment: "", at: world.moment)
    world.run()
    #expect(Set(world.told.map(\.notification.thread)) == [world.identity("A")])
    #expect(world.takeTold() == ["61 pager acknowledgement +A", "61 lead acknowledgement +A"])
  }

  @Test func whatWasNotToldIsNotTakenOnElsewhere() {
    let world = DeskWorld(settings(route("pager") { $0.groupWait = .seconds(30) }), holds: true)
    world.fire("A")
    _ = world.desk.acknowledge([world.identity("A")], by: "ann", comment: "", at: world.moment)
    world.run()
    #expect(world.takeTold().isEmpty)
  }
}

@Suite struct AlarmTests {
  private func alarm(_ world: DeskWorld, _ status: AlertEvent.Status, _ topics: [String]) -> AlertEvent {
    var event = world.event(status, "Unhealthy")
    event.identity = "alarm/Unhealthy"
    event.topics = topics
    return event
  }

  @Test func alarmsAreToldToTheirOwnTopicsWithoutRoutes() throws {
    let world = DeskWorld(settings(route("pager")))
    world.desk.take([alarm(world, .resolved, ["fine"])], at: world.moment)
    world.desk.take([alarm(world, .firing, ["critical"])], at: world.moment)
    world.desk.take([alarm(world, .resolved, ["fine"])], at: world.moment)
    world.run()
    #expect(
      world.takeTold() == ["0 fine news -Unhealthy", "0 critical news +Unhealthy", "0 fine news -Unhealthy"])
    #expect(world.rows.isEmpty)
    _ = try world.desk.set(
      SilenceDraft(
        matchers: [LabelMatcher("alertname", equals: "Unhealthy")], startsAt: world.now,
        endsAt: world.now + .seconds(60), createdBy: "me", comment: ""), at: world.moment)
    world.desk.take([alarm(world, .firing, ["critical"])], at: world.moment)
    world.run()
    world.desk.take([alarm(world, .resolved, ["fine"])], at: world.moment)
    world.run()
    world.desk.take([alarm(world, .firing, ["critical"])], at: world.moment)
    world.pass(.seconds(100))
    #expect(world.takeTold() == ["60 critical news +Unhealthy"], "the end of what was never told is not told")
    #expect(world.desk.firingAlarms == ["alarm/Unhealthy"])
    world.desk.alarmEnded("alarm/Unhealthy", at: world.moment)
    world.run()
    #expect(world.desk.firingAlarms == [])
    #expect(world.takeTold() == [])
  }
}

@Suite struct ReloadTests {
  @Test func whatWasToldToATopicIsNotToldItAgainWhenRoutesChange() {
    let world = DeskWorld(settings(route("pager")))
    world.fire("A", labels: ["severity": "page"])
    _ = world.takeTold()
    world.desk.replaceSettings(
      settings(route("pager", [LabelMatcher("severity", equals: "page")]), route("chat")), at: world.moment)
    world.run()
    world.pass(.seconds(100))
    #expect(world.takeTold() == [])
    world.desk.replaceSettings(settings(route("chat")), at: world.moment)
    world.run()
    #expect(world.takeTold() == ["100 chat news +A"])
    world.restart(settings: settings(route("chat")))
    world.resolve("A", labels: ["severity": "page"])
    #expect(Set(world.takeTold()) == ["101 chat news -A", "101 pager news -A"])
    #expect(world.rows.isEmpty)
  }
}
