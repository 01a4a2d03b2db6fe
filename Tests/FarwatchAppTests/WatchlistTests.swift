import Collecting
import Model
import Probing
import SampleStore
import Testing

@testable import Configuration
@testable import FarwatchApp

/// A watchlist and a clock.
private final class Bench {
  let store = SampleStore()
  let list: Watchlist
  var now = dayStart
  var monotonic = MonotonicInstant(nanoseconds: 1_000_000_000)
  private(set) var started: [WatchedTarget] = []

  init(_ checks: [HTTPCheckSettings], restoring rows: [(key: String, value: [UInt8])] = []) {
    list = Watchlist(store: store, restoring: rows, plan: RollUpPlan(regions: Self.regions(checks)))
    _ = list.replace(with: checks.map(plan), now: dayStart, monotonic: monotonic)
  }

  init(_ checks: [HTTPCheckSettings], plan rollUp: RollUpPlan) {
    list = Watchlist(store: store, restoring: [], plan: rollUp)
    _ = list.replace(with: checks.map(plan), now: dayStart, monotonic: monotonic)
  }

  private static func regions(_ checks: [HTTPCheckSettings]) -> [Settings.Region] {
    var names: [String] = []
    for check in checks where !names.contains(check.region) { names.append(check.region) }
    return names.map { Settings.Region(name: $0, role: .active, share: nil) }
  }

  func advance(_ span: Duration) {
    now = now + span
    monotonic = monotonic + span
  }

  func replace(_ checks: [HTTPCheckSettings]) -> [StateChange] {
    list.replace(
      with: checks.map(plan), plan: RollUpPlan(regions: Self.regions(checks)), now: now, monotonic: monotonic)
  }

  /// One probe of `name` that ends with `good`.
  @discardableResult
  func probe(_ name: String, _ good: Bool, reason: FailureReason = .timeout) -> [StateChange] {
    advance(.seconds(1))
    guard let target = list.targets.values.first(where: { $0.key.name == name }) else { return [] }
    let changes = list.take(
      outcome(good, at: now, reason: reason), from: target.key, generation: target.generation, now: now,
      monotonic: monotonic)
    list.rollUp(at: now, monotonic: MonotonicInstant(nanoseconds: 0), always: false)
    return changes
  }

  func value(_ name: String, _ labels: Labels) -> Double? {
    let matchers =
      [LabelMatcher("__name__", equals: name)]
      + labels.entries.map { LabelMatcher($0.name, equals: $0.value) }
    let found = store.select(matchers)
    return found.count == 1
      ? store.newestSample(of: found[0], at: now, after: now - .seconds(300))?.value : nil
  }

  func target(_ name: String) -> WatchedTarget? { list.targets.values.first { $0.key.name == name } }
}

@Suite struct WatchlistTests {
  private let both = [
    checkSettings("api", "japan"), checkSettings("web", "japan"), checkSettings("api", "taiwan"),
  ]

  @Test func aCheckBecomesDownAndUpByConfirmedResults() {
    let bench = Bench([checkSettings("api", "japan")])
    #expect(bench.probe("japan/api", true).isEmpty)
    #expect(bench.value("farwatch_check_state", ["state": "unknown"]) == 1)
    #expect(bench.probe("japan/api", true).map(\.key) == ["http/japan/api"])
    #expect(bench.value("farwatch_check_state", ["state": "up"]) == 1)
    #expect(bench.probe("japan/api", false).isEmpty)
    #expect(bench.value("farwatch_check_consecutive_failures", .empty) == 1)
    #expect(bench.probe("japan/api", false).count == 1)
    #expect(bench.value("farwatch_check_state", ["state": "down"]) == 1)
    #expect(bench.value("farwatch_collector_up", ["name": "japan/api"]) == 1)
    // A failure of our own says nothing about the target.
    bench.probe("japan/api", false, reason: .limit)
    #expect(bench.value("farwatch_check_consecutive_failures", .empty) == 2)
  }

  @Test func regionsAreRolledUp() {
    let bench = Bench(both)
    for _ in 0..<2 { for name in ["japan/api", "japan/web", "taiwan/api"] { bench.probe(name, true) } }
    #expect(bench.list.regionHealth == ["japan": .up, "taiwan": .up])
    for _ in 0..<2 { bench.probe("japan/api", false) }
    #expect(bench.list.regionHealth["japan"] == .degraded)
    for _ in 0..<2 { bench.probe("japan/web", false) }
    #expect(bench.list.regionHealth == ["japan": .down, "taiwan": .up])
    #expect(bench.value("farwatch_region_state", ["region": "japan", "state": "down"]) == 1)
    #expect(bench.value("farwatch_region_state", ["region": "japan", "state": "up"]) == 0)
  }

  @Test func zonesAndTiersAreRolledUp() {
    func check(_ name: String, zone: String, tier: String) -> HTTPCheckSettings {
      checkSettings(name, "japan") {
        $0.zone = zone; $0.tier = tier
      }
    }
    let bench = Bench([
      check("a", zone: "east", tier: "web"), check("b", zone: "west", tier: "web"),
      check("db", zone: "", tier: "database"),
    ])
    for _ in 0..<2 { for name in ["a", "b", "db"] { bench.probe("japan/\(name)", true) } }
    #expect(bench.list.regionHealth == ["japan": .up])
    for _ in 0..<2 { bench.probe("japan/a", false) }
    #expect(bench.list.regionHealth == ["japan": .degraded])
    #expect(bench.value("farwatch_zone_state", ["zone": "east", "state": "down"]) == 1)
    #expect(bench.value("farwatch_tier_state", ["zone": "west", "tier": "web", "state": "up"]) == 1)
    #expect(bench.value("farwatch_tier_healthy_ratio", ["zone": "east", "tier": "web"]) == 0)
    for _ in 0..<2 { bench.probe("japan/db", false) }
    #expect(bench.list.regionHealth == ["japan": .down])
  }

  @Test func aCalculatedCheckCountsInPlaceOfItsMembers() {
    var plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    plan.calculated = [
      CalculatedCheck(
        name: "two", region: "japan",
        members: ["api", "web", "job"].map { .init(region: "japan", name: $0) }, atLeast: 2)
    ]
    let bench = Bench(["api", "web", "job"].map { checkSettings($0, "japan") }, plan: plan)
    for _ in 0..<2 { for name in ["api", "web", "job"] { bench.probe("japan/\(name)", true) } }
    for _ in 0..<2 { bench.probe("japan/api", false) }
    #expect(bench.list.regionHealth == ["japan": .up])
    #expect(bench.value("farwatch_check_state", ["check": "two", "state": "up"]) == 1)
    for _ in 0..<2 { bench.probe("japan/web", false) }
    #expect(bench.list.regionHealth == ["japan": .down])
  }

  @Test func aCalculatedCheckThatIsTakenAwayIsForgotten() {
    var plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    plan.calculated = [
      CalculatedCheck(
        name: "one", region: "japan", members: [.init(region: "japan", name: "api")], atLeast: 1)
    ]
    let checks = ["api", "web"].map { checkSettings($0, "japan") }
    let bench = Bench(checks, plan: plan)
    for _ in 0..<2 {
      bench.probe("japan/api", false)
      bench.probe("japan/web", true)
    }
    #expect(bench.list.regionHealth == ["japan": .degraded])
    _ = bench.replace(checks)
    bench.probe("japan/web", true)
    for _ in 0..<2 { bench.probe("japan/api", true) }
    #expect(bench.list.regionHealth == ["japan": .up])
    #expect(bench.list.calculatedHealth.isEmpty)
  }

  @Test func aCanaryThatRefusesIsReached() {
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    let bench = Bench([checkSettings("api", "japan"), canary], plan: plan)
    for _ in 0..<3 {
      bench.probe("world", false, reason: .authentication)
      bench.probe("japan/api", false)
    }
    bench.probe("world", false, reason: .refused)
    bench.probe("japan/api", false)
    #expect(bench.value("farwatch_vantage_offline", .empty) == 0)
    #expect(bench.list.regionHealth == ["japan": .down])
  }

  @Test func nobodyIsBlamedWhileNoCanaryAnswers() {
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    let bench = Bench([checkSettings("api", "japan"), canary], plan: plan)
    for _ in 0..<2 { for name in ["japan/api", "world"] { bench.probe(name, true) } }
    #expect(bench.value("farwatch_vantage_offline", .empty) == 0)
    // It failed before the canary was asked again: that says nothing yet, however often.
    for _ in 0..<5 { bench.probe("japan/api", false) }
    #expect(bench.list.regionHealth == ["japan": .up])
    // The canary does not answer either: we are offline, and what fails is not known.
    bench.probe("world", false)
    #expect(bench.value("farwatch_vantage_offline", .empty) == 1)
    #expect(bench.list.regionHealth == ["japan": .unknown])
    for _ in 0..<5 { bench.probe("japan/api", false) }
    #expect(bench.value("farwatch_check_state", ["check": "api", "state": "down"]) == 0)
    // We are back, and it still does not answer: now it is down.
    bench.probe("world", true)
    bench.probe("japan/api", false)
    #expect(bench.list.regionHealth == ["japan": .down])
    #expect(bench.value("farwatch_check_failures_withheld_total", .empty) ?? 0 > 5)
  }

  @Test func aCanaryThatCannotBeAskedIsShownAndSavesNobody() {
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    let bench = Bench([checkSettings("api", "japan"), canary], plan: plan)
    bench.probe("world", false, reason: .permission)
    // Not 0: it has told us nothing of our way out.
    #expect(bench.value("farwatch_vantage_offline", .empty) == nil)
    #expect(bench.value("farwatch_canary_reached", ["check": "world"]) == 0)
    for _ in 0..<3 { bench.probe("japan/api", false) }
    #expect(bench.list.regionHealth == ["japan": .down])
    bench.probe("world", true)
    #expect(bench.value("farwatch_canary_reached", ["check": "world"]) == 1)
    #expect(bench.value("farwatch_vantage_offline", .empty) == 0)
  }

  /// Three regions: `japan` is down before our way out goes, `taiwan` begins to fail then, and `home` has a member on
  /// this machine beside one elsewhere.
  @Test func goingOfflineEndsNothingAndBlamesNobody() {
    let local = checkSettings("local", "home") { $0.url = "http://127.0.0.1/" }
    let sick = checkSettings("sick", "home") { $0.url = "http://localhost/" }
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let regions = ["japan", "taiwan", "home"].map { Settings.Region(name: $0, role: .active, share: nil) }
    let checks = [
      checkSettings("api", "japan"), checkSettings("api", "taiwan"), checkSettings("far", "home"), local,
      sick,
      canary,
    ]
    let bench = Bench(checks, plan: RollUpPlan(regions: regions))
    func round(_ good: Set<String>) {
      for name in ["world", "japan/api", "taiwan/api", "home/far", "home/local", "home/sick"] {
        bench.probe(name, good.contains(name))
      }
    }
    func states(_ region: String) -> [String] {
      ["up", "degraded", "down", "unknown"].filter {
        bench.value("farwatch_region_state", ["region": region, "state": $0]) == 1
      }
    }
    let here: Set = ["home/local", "home/sick"]
    for _ in 0..<4 { round(here.union(["world", "taiwan/api", "home/far"])) }
    #expect(["japan", "taiwan", "home"].map(states) == [["down"], ["up"], ["up"]])
    for _ in 0..<4 {
      round(here)
      // What fires on it goes on to fire.
      #expect(states("japan") == ["down"])
      #expect(bench.value("farwatch_check_state", ["region": "japan", "state": "down"]) == 1)
    }
    #expect(bench.value("farwatch_vantage_offline", .empty) == 1)
    #expect(["taiwan", "home"].map(states) == [["unknown"], ["unknown"]])
    // A check of this machine needs no way out.
    for _ in 0..<3 { round(["home/local"]) }
    #expect(bench.value("farwatch_check_state", ["check": "sick", "state": "down"]) == 1)
    #expect(["japan", "taiwan", "home"].map(states) == [["down"], ["unknown"], ["degraded"]])
    for _ in 0..<3 { round(here.union(["world", "taiwan/api", "home/far"])) }
    #expect(["japan", "taiwan", "home"].map(states) == [["down"], ["up"], ["up"]])
  }

  @Test func nothingTurnsDownWhileOffline() {
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    let bench = Bench([checkSettings("api", "japan"), canary], plan: plan)
    for _ in 0..<2 { for name in ["world", "japan/api"] { bench.probe(name, true) } }
    bench.probe("japan/api", false)
    // It vouches for the first failure, and then our way out goes.
    bench.probe("world", true)
    bench.probe("world", false)
    for _ in 0..<3 { bench.probe("japan/api", false) }
    #expect(bench.list.regionHealth == ["japan": .unknown])
    bench.probe("world", true)
    bench.probe("japan/api", false)
    #expect(bench.list.regionHealth == ["japan": .down])
  }

  @Test func aCalculatedCheckThatIsDownStaysSoWhileOffline() {
    var plan = RollUpPlan(regions: [Settings.Region(name: "japan", role: .active, share: nil)])
    // Down while its member is well: a fallback that must not be in use.
    var fallback = CalculatedCheck(
      name: "fallback", region: "japan", members: [.init(region: "japan", name: "api")], atLeast: 1)
    fallback.isInverted = true
    plan.calculated = [fallback]
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let bench = Bench([checkSettings("api", "japan"), canary], plan: plan)
    for _ in 0..<3 { for name in ["world", "japan/api"] { bench.probe(name, true) } }
    #expect(bench.list.regionHealth == ["japan": .down])
    for _ in 0..<3 { for name in ["world", "japan/api"] { bench.probe(name, false) } }
    #expect(bench.value("farwatch_vantage_offline", .empty) == 1)
    #expect(bench.list.regionHealth == ["japan": .down])
  }

  @Test func whatIsAnAnswerOfTheWorld() {
    func reached(_ reason: FailureReason, isMadeHere: Bool = false) -> Bool? {
      outcome(false, reason: reason).wasReached(isMadeHere: isMadeHere)
    }
    #expect(outcome(true).wasReached(isMadeHere: true) == true)
    #expect(reached(.refused) == true && reached(.authentication) == true && reached(.status) == true)
    #expect(reached(.timeout) == false && reached(.dns) == false && reached(.unreachable) == false)
    #expect([.permission, .configuration, .limit, .overrun, .unknown].allSatisfy { reached($0) == nil })
    #expect(reached(.status, isMadeHere: true) == false)
  }

  /// A success elsewhere, and what it says while the only canary cannot be reached.
  @Test(arguments: [
    ("http://taiwan.test/", true, true), ("http://127.0.0.1/", true, false),
    ("http://taiwan.test/", false, false),
  ])
  func anotherRegionsSuccessIsAWayOut(url: String, proves: Bool, blames: Bool) {
    let canary = checkSettings("world", "") { $0.isCanary = true }
    let other = checkSettings("web", "taiwan") {
      $0.url = url
      $0.provesWayOut = proves
    }
    let regions = ["japan", "taiwan"].map { Settings.Region(name: $0, role: .active, share: nil) }
    let bench = Bench([checkSettings("api", "japan"), other, canary], plan: RollUpPlan(regions: regions))
    let names = ["japan/api", "taiwan/web", "world"]
    for _ in 0..<2 { for name in names { bench.probe(name, true) } }
    for _ in 0..<3 { for name in names { bench.probe(name, name == "taiwan/web") } }
    #expect(bench.value("farwatch_vantage_offline", .empty) == (blames ? 0 : 1))
    #expect(bench.list.regionHealth["japan"] == (blames ? .down : .unknown))
    #expect(bench.list.regionHealth["taiwan"] == .up)
    // All fail together: it was our own way out.
    for _ in 0..<3 { for name in names { bench.probe(name, false) } }
    #expect(bench.value("farwatch_vantage_offline", .empty) == 1)
    // What stands on this machine needs no way out, and is judged as ever.
    #expect(bench.list.regionHealth["taiwan"] == (url.contains("127.0.0.1") ? .down : .unknown))
    #expect(bench.list.regionHealth["japan"] == (blames ? .down : .unknown))
  }

  @Test func aRegionIsWrittenOnceATurn() {
    let bench = Bench(both)
    bench.advance(.seconds(1))
    for target in bench.list.targets.values {
      for _ in 0..<2 {
        _ = bench.list.take(
          outcome(false, readings: []), from: target.key, generation: target.generation, now: bench.now,
          monotonic: bench.monotonic)
        bench.advance(.milliseconds(1))
      }
    }
    bench.list.rollUp(at: bench.now, monotonic: MonotonicInstant(nanoseconds: 0), always: false)
    let before = bench.store.statistics
    bench.list.rollUp(at: bench.now, monotonic: MonotonicInstant(nanoseconds: 0), always: false)
    #expect(bench.store.statistics == before)
    #expect(before.outOfOrder == 0)
    #expect(bench.list.regionHealth == ["japan": .down, "taiwan": .down])
  }

  @Test func aRestartRemembersAConfirmedState() throws {
    let first = Bench([checkSettings("api", "japan")])
    var rows: [StateChange] = []
    for _ in 0..<2 { rows += first.probe("japan/api", false) }
    let row = try #require(rows.last)
    let second = Bench(
      [checkSettings("api", "japan")],
      restoring: [(row.key, try #require(row.value)), ("http/broken", Array("{".utf8))])
    second.advance(.seconds(1))
    second.list.rollUp(at: second.now, monotonic: MonotonicInstant(nanoseconds: 0), always: false)
    #expect(second.list.regionHealth == ["japan": .down])
    #expect(second.value("farwatch_check_state", ["state": "down"]) == 1)
    #expect(!second.list.everyoneReported)
    // Known to be down already: nothing to tell.
    #expect(second.probe("japan/api", false).isEmpty)
    #expect(second.list.everyoneReported)
  }

  @Test func aCheckThatLeftLeavesNoRow() {
    let gone = Bench([checkSettings("api", "japan")], restoring: [])
    for _ in 0..<2 { gone.probe("japan/api", false) }
    #expect(gone.replace([]).contains(StateChange(.checks, "http/japan/api", nil)))
    let list = Watchlist(
      store: SampleStore(),
      restoring: [
        ("http/old", Array(#"{"health":"up","consecutiveFailures":0,"consecutiveSuccesses":2}"#.utf8))
      ],
      plan: RollUpPlan(regions: []))
    #expect(
      list.replace(with: [], now: dayStart, monotonic: gone.monotonic)
        == [StateChange(.checks, "http/old", nil)])
  }

  @Test func aReloadKeepsWhatItDoesNotChange() {
    let bench = Bench(both)
    for _ in 0..<2 { for name in ["japan/api", "japan/web", "taiwan/api"] { bench.probe(name, false) } }
    let api = bench.target("japan/api")
    let web = bench.target("japan/web")
    bench.advance(.seconds(1))
    _ = bench.replace([
      checkSettings("api", "japan"), checkSettings("web", "japan") { $0.method = "HEAD" },
    ])
    bench.list.rollUp(at: bench.now, monotonic: MonotonicInstant(nanoseconds: 0), always: false)
    #expect(bench.target("japan/api") === api)
    #expect(bench.target("japan/web") !== web)
    // The new collector has yet to report; what the check was known to be holds.
    #expect(!bench.list.everyoneReported)
    #expect(bench.target("japan/web")?.check.health == .down)
    #expect(bench.list.regionHealth == ["japan": .down])
    // What was removed ends.
    #expect(bench.value("probe_success", ["region": "taiwan"]) == nil)
    #expect(bench.value("farwatch_check_state", ["region": "taiwan", "state": "down"]) == nil)
    #expect(bench.value("farwatch_region_state", ["region": "taiwan", "state": "down"]) == nil)
    #expect(bench.value("probe_success", ["check": "api", "region": "japan"]) == 0)
  }

  @Test func outcomesOfReplacedCollectorsAreIgnored() {
    let bench = Bench([checkSettings("api", "japan")])
    guard let old = bench.target("japan/api") else { return }
    _ = bench.replace([checkSettings("api", "japan") { $0.method = "HEAD" }])
    bench.advance(.seconds(1))
    for _ in 0..<3 {
      #expect(
        bench.list.take(
          outcome(false), from: old.key, generation: old.generation, now: bench.now,
          monotonic: bench.monotonic
        ).isEmpty)
    }
    #expect(bench.target("japan/api")?.check.health == .unknown)
    #expect(!bench.list.everyoneReported)
    #expect(bench.value("probe_success", .empty) == nil)
  }

  /// A collector never runs twice at a time: not even when a target left and came back while one was out.
  @Test func aLateOutcomeDoesNotFreeTheRunOfAnotherCollector() {
    let check = checkSettings("api", "japan")
    let bench = Bench([check])
    bench.advance(.seconds(5))
    guard let first = bench.list.takeDue(bench.monotonic).first else {
      Issue.record("nothing was due")
      return
    }
    _ = bench.replace([])
    _ = bench.replace([check])
    bench.advance(.seconds(5))
    #expect(bench.list.takeDue(bench.monotonic).count == 1)
    _ = bench.list.take(
      outcome(true), from: first.key, generation: first.generation, now: bench.now, monotonic: bench.monotonic
    )
    bench.advance(.seconds(10))
    #expect(bench.list.takeDue(bench.monotonic).isEmpty)
  }

  @Test func aSeldomCheckStaysKnownUntilItIsOverdue() {
    let bench = Bench([checkSettings("api", "japan") { $0.interval = .seconds(1800) }])
    for _ in 0..<2 { bench.probe("japan/api", true) }
    for second in stride(from: 5, through: 3600, by: 5) {
      bench.advance(.seconds(5))
      bench.list.refresh(at: bench.now)
      bench.store.collectGarbage(now: bench.now)
      let known = bench.value("farwatch_check_state", ["state": "up"])
      if second <= 1800 { #expect(known == 1) }
      if second > 2400 { #expect(known == nil) }
    }
    bench.probe("japan/api", true)
    #expect(bench.value("farwatch_check_state", ["state": "up"]) == 1)
    #expect(bench.value("probe_success", .empty) == 1)
  }
}
