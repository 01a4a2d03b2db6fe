import Alerting
import Configuration
import Foundation
import Journal
import Model
import Notifying
import Collecting
import Probing
import SampleStore
import Testing

@testable import FarwatchApp

@Suite struct ConductorSimulationTests {
  @Test func aFaultIsToldInTheTimeThatConfirmAndFailuresImply() throws {
    let world = CoreWorld()
    world.run(.seconds(20))
    #expect(world.pages == [])
    world.down = ["japan"]
    let began = world.time.monotonic.nanoseconds / 1_000_000
    world.run(.seconds(20))
    #expect(world.told.count == 1)
    // At the latest a whole interval until the next probe, then a probe, the pause to confirm, a probe, a commit.
    let page = try #require(world.pages.first)
    #expect(page.at - began <= 5000 + 20 + 500 + 20 + 3 + 10)
    #expect(page.subject.contains("ALARM"), "\(page.subject)")
    world.down = []
    world.run(.seconds(20))
    #expect(world.told.count == 2 && world.told.last?.contains("OK") == true, "\(world.told)")
    #expect(world.rowCount(.outbox) == 0 && world.rowCount(.alerts) == 0)
    #expect(world.conductor.dispatcher.snapshot(now: dayStart).statistics.duplicates == 0)
  }

  @Test func aDiskThatHangsHoldsAPageBackForTwoSecondsAtMost() throws {
    let world = CoreWorld()
    world.run(.seconds(20))
    world.commitTakes = .seconds(60)
    world.down = ["japan"]
    let began = world.time.monotonic.nanoseconds / 1_000_000
    world.run(.seconds(30))
    #expect(world.told.count == 1)
    let page = try #require(world.pages.first)
    #expect(page.at - began <= 5000 + 20 + 500 + 20 + Conductor.commitPatience.milliseconds + 10)
    #expect(world.conductor.dispatcher.snapshot(now: dayStart).statistics.undurable == 1)
    world.run(.seconds(120))
    #expect(world.told.count == 1, "the answer that comes late sends nothing again")
  }

  @Test func oneFailureIsNotTold() {
    let world = CoreWorld()
    world.run(.seconds(20))
    world.down = ["japan"]
    // Exactly one probe: until the first one that fails has come back.
    while world.conductor.watchlist.targets.values.allSatisfy({ $0.check.consecutiveFailures == 0 }) {
      world.run(.milliseconds(10))
    }
    world.down = []
    world.run(.seconds(30))
    #expect(world.pages == [])
  }

  @Test func nothingIsToldBeforeEveryCollectorReported() throws {
    let world = CoreWorld()
    world.down = ["japan"]
    world.silent = ["taiwan"]
    world.run(Conductor.warmUpLimit - .milliseconds(50))
    #expect(!world.conductor.isReady && world.pages == [])
    // The one that does not come back holds the others up no longer than this.
    world.run(.milliseconds(100))
    #expect(world.conductor.isReady && world.told.count == 1)

    let prompt = CoreWorld()
    prompt.down = ["japan"]
    prompt.run(.seconds(10))
    #expect(prompt.conductor.isReady && prompt.told.count == 1)
  }

  @Test func aPageWaitsForItsCommitAndGoesOutWhenThatFails() throws {
    let world = CoreWorld()
    world.commitTakes = .milliseconds(700)
    world.run(.seconds(20))
    world.down = ["japan"]
    var decided: Int64 = 0
    while decided == 0 {
      world.run(.milliseconds(1))
      if world.conductor.engine.totals.fired > 0 { decided = world.time.monotonic.nanoseconds / 1_000_000 }
    }
    world.run(.seconds(5))
    #expect(try #require(world.pages.first).at - decided >= 699)

    let broken = CoreWorld()
    broken.commitSucceeds = { false }
    broken.down = ["japan"]
    broken.run(.seconds(20))
    #expect(broken.told.count == 1)
    #expect(broken.conductor.dispatcher.snapshot(now: dayStart).statistics.undurable == 1)
  }

  @Test(arguments: [-3600, 3600])
  func aClockThatIsSetLosesAndInventsNothing(_ seconds: Int) {
    let world = CoreWorld()
    world.run(.seconds(30))
    world.down = ["japan"]
    world.run(.seconds(10))
    #expect(world.told.count == 1)
    world.time.step(.seconds(seconds))
    world.run(.seconds(120))
    #expect(world.told.count == 1 && world.pages.count == 1)
    world.down = ["taiwan"]
    world.run(.seconds(30))
    #expect(world.told.count == 3, "\(world.told)")
    world.down = []
    world.run(.seconds(30))
    #expect(world.told.count == 4 && world.rowCount(.outbox) == 0)
    #expect(world.store.statistics.outOfOrder == 0)
  }

  @Test func atTheSeriesLimitWhatIsKnownGoesOn() {
    let free = CoreWorld()
    free.run(.seconds(20))
    // Exactly full: the alert's own series (`ALERTS`) finds no room, but its page is told.
    let limit = free.store.statistics.series
    let world = CoreWorld(seriesLimit: limit)
    world.run(.seconds(20))
    #expect(world.store.statistics.refusedSeries == 0)
    world.down = ["japan"]
    world.run(.seconds(20))
    #expect(world.store.statistics.series == limit && world.store.statistics.refusedSeries > 0)
    #expect(world.told.count == 1)
    world.down = []
    world.run(.seconds(20))
    #expect(world.told.count == 2)

    let tiny = CoreWorld(seriesLimit: 3)
    tiny.down = ["japan"]
    tiny.run(.seconds(60))
    #expect(tiny.store.statistics.series == 3 && tiny.store.statistics.refusedSeries > 0)
  }

  @Test func aRuleThatCannotBeEvaluatedKeepsItsAlert() {
    // Two series to one when the second region is down too: many-to-many, an error.
    let rules = """
      groups:
        - name: g
          interval: 10s
          rules:
            - alert: Down
              expr: |
                farwatch_region_state{state="down"} * on () group_left ()
                  (farwatch_region_state{state="up", region="taiwan"} == 0 or farwatch_region_state{state="down"} == 1)
                  == 1

      """
    let world = CoreWorld(rules: rules)
    world.run(.seconds(20))
    world.down = ["japan"]
    world.run(.seconds(20))
    #expect(world.told.count == 1, "\(world.told)")
    world.down = ["japan", "taiwan"]
    world.run(.seconds(60))
    #expect(world.conductor.engine.totals.failures > 0)
    #expect(world.conductor.engine.snapshot().alerts.count == 1)
    #expect(world.told.count == 1, "\(world.told)")
    world.down = []
    world.run(.seconds(60))
    #expect(world.told.count == 2, "\(world.told)")
  }

  @Test func aReloadInTheTurnOfAnOutcomeEndsTheSeries() {
    let world = CoreWorld()
    world.run(.seconds(20))
    guard let japan = world.conductor.watchlist.targets.values.first(where: { $0.key.name == "japan/api" }),
      let taiwan = world.conductor.watchlist.targets.values.first(where: { $0.key.name == "taiwan/api" })
    else {
      Issue.record("no targets")
      return
    }
    let plans = [taiwan.plan]
    let key = japan.key
    let generation = japan.generation
    world.turn([
      .collected(key, generation: generation, outcome(true, at: world.time.now)),
      .call { conductor, time in
        conductor.replace(
          targets: plans, plan: RollUpPlan(regions: conductor.watchlist.regions),
          groups: ruleGroups(pageRules), policies: [],
          alarms: [],
          paging: toPager(), notifying: onePager(), heartbeats: [], proofs: .init(), journal: .init(),
          identity: simulationIdentity,
          externalURL: "http://watch.test", at: time)
      },
    ])
    let series = world.store.select([
      LabelMatcher("__name__", equals: "probe_success"), LabelMatcher("region", equals: "japan"),
    ])
    #expect(series.count == 1)
    for id in series {
      #expect(
        world.store.newestSample(of: id, at: world.time.now + .seconds(1), after: dayStart) == nil)
    }
    #expect(world.store.statistics.outOfOrder == 0)
  }

  // MARK: Random days

  /// Two hours in which regions flap, commits and receivers fail and the process dies. Returns the day's trace.
  private func day(_ seed: UInt64, crashes: Bool, failingCommits: Bool) -> CoreWorld {
    let world = CoreWorld(seed: seed)
    let dice = Dice(seed)
    world.receiver = { dice.roll(10) < 6 ? .takes : dice.roll(2) == 0 ? .fails : .hangs }
    world.commitSucceeds = { !failingCommits || dice.roll(20) != 0 }
    for _ in 0..<120 {
      world.run(.milliseconds(Int64(dice.roll(60_000))))
      switch dice.roll(crashes ? 8 : 7) {
      case 0, 1: world.down.formSymmetricDifference(["japan"])
      case 2, 3: world.down.formSymmetricDifference(["taiwan"])
      case 4: world.commitTakes = .milliseconds(Int64(dice.roll(2000)))
      case 5: world.time.step(.seconds(dice.roll(7200) - 3600))
      case 6: break
      default: world.crash()
      }
    }
    // The world heals: everything must come to rest.
    world.down = []
    world.receiver = { .takes }
    world.commitSucceeds = { true }
    world.run(.seconds(900))
    return world
  }

  @Test func theSameSeedGivesTheSameDay() {
    let seed = UInt64.random(in: 1 ... .max)
    let first = day(seed, crashes: true, failingCommits: true).trace
    let second = day(seed, crashes: true, failingCommits: true).trace
    #expect(first.count > 20, "seed \(seed)")
    #expect(first == second, "seed \(seed)")
  }

  @Test func everyTransitionOfARandomDayIsToldOnceAndInOrder() {
    for _ in 0..<4 {
      let seed = UInt64.random(in: 1 ... .max)
      let world = day(seed, crashes: false, failingCommits: true)
      let totals = world.conductor.engine.totals
      let statistics = world.conductor.dispatcher.snapshot(now: dayStart).statistics
      #expect(totals.fired == totals.resolved && totals.fired > 0, "seed \(seed)")
      #expect(world.told.count == totals.fired + totals.resolved, "seed \(seed)")
      #expect(statistics.dropped.values.reduce(0, +) == 0 && statistics.gaveUp == 0, "seed \(seed)")
      expectRest(world, seed)
      expectAlternation(world, seed)
    }
  }

  @Test func crashesLoseAndRepeatNothing() {
    for _ in 0..<6 {
      let seed = UInt64.random(in: 1 ... .max)
      let world = day(seed, crashes: true, failingCommits: false)
      #expect(!world.told.isEmpty, "seed \(seed)")
      expectRest(world, seed)
      expectAlternation(world, seed)
    }
  }

  /// A page that no disk took is sent all the same; if the process dies as well, nobody remembers it. Even then
  /// everything comes to rest.
  @Test func aFailingDiskAndCrashesComeToRest() {
    for _ in 0..<4 {
      let seed = UInt64.random(in: 1 ... .max)
      expectRest(day(seed, crashes: true, failingCommits: true), seed)
    }
  }

  /// Nothing waits for anything.
  private func expectRest(_ world: CoreWorld, _ seed: UInt64) {
    #expect(world.rowCount(.outbox) == 0, "seed \(seed)")
    #expect(world.rowCount(.alerts) == 0, "seed \(seed)")
    #expect(world.conductor.engine.snapshot().alerts.isEmpty, "seed \(seed)")
    #expect(world.conductor.dispatcher.snapshot(now: dayStart).subscriptions.allSatisfy { $0.queued == 0 })
  }

  /// For each region alarm and end alternate, an end last.
  private func expectAlternation(_ world: CoreWorld, _ seed: UInt64) {
    for region in ["japan", "taiwan"] {
      let states = world.told.filter { $0.contains(region) }.map { $0.hasPrefix("ALARM") }
      #expect(states.last != true, "seed \(seed) \(region)")
      for (a, b) in zip(states, states.dropFirst()) where a == b {
        Issue.record("seed \(seed): \(region) was told \(a ? "ALARM" : "OK") twice in a row")
      }
    }
  }
}

private final class Dice {
  private var random: SeededGenerator
  init(_ seed: UInt64) { random = SeededGenerator(seed) }
  func roll(_ sides: Int) -> Int { Int.random(in: 0..<max(1, sides), using: &random) }
}
