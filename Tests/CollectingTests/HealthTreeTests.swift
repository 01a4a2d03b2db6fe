import Collecting
import FarwatchTesting
import Model
import Testing

private typealias Leaf = HealthTree.Leaf

@Suite struct HealthTreeTests {
  private static let web = RollUpRules(tiers: ["web": .init(minimum: .share(0.5))])

  /// Two zones of web servers and a database of the region, which all of them need.
  private func shop(_ east: [RegionHealth], _ west: [RegionHealth], database: RegionHealth) -> [HealthTree
    .Leaf]
  {
    east.map { Leaf(zone: "east", tier: "web", health: $0) }
      + west.map { Leaf(zone: "west", tier: "web", health: $0) }
      + [Leaf(tier: "database", health: database)]
  }

  @Test func aZoneThatIsDownIsNotARegionThatIsDown() {
    let tree = HealthTree(shop([.down, .down], [.up, .up], database: .up), rules: Self.web)
    #expect(tree.zones.map(\.health) == [.down, .up] && tree.zones.map(\.name) == ["east", "west"])
    #expect(tree.region == .degraded)
    #expect(HealthTree(shop([.down, .down], [.down, .down], database: .up)).region == .down)
  }

  @Test func aTierThatIsNeededTakesTheRegionWithIt() {
    #expect(HealthTree(shop([.up], [.up], database: .down)).region == .down)
    #expect(HealthTree(shop([.up], [.up], database: .unknown)).region == .unknown)
    let soft = RollUpRules(tiers: ["database": .init(isNeeded: false)])
    #expect(HealthTree(shop([.up], [.up], database: .down), rules: soft).region == .degraded)
    #expect(HealthTree(shop([.up], [.up], database: .unknown), rules: soft).region == .up)
    #expect(HealthTree([Leaf(tier: "database", health: .unknown)], rules: soft).region == .unknown)
  }

  /// What is well at least once is enough, except while nobody can look.
  @Test func offlineNothingIsWellNextToWhatIsUnknown() {
    func health(_ states: [RegionHealth], zoned: Bool, isOffline: Bool) -> RegionHealth {
      let leaves = states.enumerated().map { Leaf(zone: zoned ? "z\($0)" : "", tier: "web", health: $1) }
      return HealthTree(leaves, isOffline: isOffline).region
    }
    for zoned in [false, true] {
      #expect(health([.unknown, .up], zoned: zoned, isOffline: false) == .up)
      #expect(health([.unknown, .up], zoned: zoned, isOffline: true) == .unknown)
      #expect(health([.unknown, .down, .up], zoned: zoned, isOffline: true) == .degraded)
      #expect(health([.up, .up], zoned: zoned, isOffline: true) == .up)
      #expect(health([.down, .down], zoned: zoned, isOffline: true) == .down)
    }
  }

  @Test func aMinimumCountsPartsOrWeight() {
    func web(_ states: [RegionHealth], _ minimum: Minimum?) -> RegionHealth {
      HealthTree(
        states.map { Leaf(tier: "web", health: $0) },
        rules: RollUpRules(tiers: ["web": .init(minimum: minimum)])
      ).region
    }
    #expect(web([.up, .down, .down, .down], nil) == .degraded)
    #expect(web([.up, .down, .down, .down], .share(0.5)) == .down)
    #expect(web([.up, .up, .down, .down], .share(0.5)) == .degraded)
    #expect(web([.up, .up, .up], .share(1)) == .up && web([.up, .up, .down], .share(1)) == .down)
    #expect(web([.up, .down, .down], .count(2)) == .down && web([.up, .up, .down], .count(2)) == .degraded)
    // More than there are: all of them.
    #expect(web([.up], .count(3)) == .up)
    // What is unknown may be well: not down, and not well either.
    #expect(web([.up, .unknown, .down], .count(2)) == .degraded)
    #expect(web([.up, .unknown], .count(2)) == .unknown)
    #expect(web([.unknown, .down, .down], .count(2)) == .down)
    let weighed = HealthTree(
      [Leaf(tier: "web", health: .up, weight: 1), Leaf(tier: "web", health: .down, weight: 9)],
      rules: RollUpRules(tiers: ["web": .init(minimum: .share(0.2))]))
    #expect(weighed.region == .down && weighed.tiers.first?.healthyShare == 0.1)
  }

  @Test func zonesHaveAMinimumOfTheirOwn() {
    let leaves = ["a", "b", "c"].map { Leaf(zone: $0, tier: "web", health: $0 == "a" ? .up : .down) }
    #expect(HealthTree(leaves).region == .degraded)
    #expect(HealthTree(leaves, rules: RollUpRules(zones: .count(2))).region == .down)
  }

  /// More that is well never makes a region worse.
  @Test func betterPartsNeverMakeItWorse() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let rank: [RegionHealth: Int] = [.down: 0, .degraded: 1, .unknown: 2, .up: 3]
    for _ in 0..<2000 {
      let leaves = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        Leaf(
          zone: ["", "a", "b"].randomElement(using: &random) ?? "",
          tier: ["", "web", "db"].randomElement(using: &random) ?? "",
          health: [.up, .down, .unknown].randomElement(using: &random) ?? .up)
      }
      let rules = RollUpRules(
        tiers: ["web": .init(minimum: .share(0.5), isNeeded: Bool.random(using: &random))],
        zones: Bool.random(using: &random) ? .count(1) : nil)
      let before = HealthTree(leaves, rules: rules).region
      var better = leaves
      better[Int.random(in: 0..<leaves.count, using: &random)].health = .up
      let after = HealthTree(better, rules: rules).region
      // Degraded and unknown are not ordered: knowing more may show what is bad.
      let isWorse = (rank[after] ?? 0) < (rank[before] ?? 0) && !(before == .unknown && after == .degraded)
      #expect(!isWorse, "\(leaves) \(rules): \(before) became \(after), seed \(seed)")
    }
  }
}

@Suite struct CalculatedCheckTests {
  private let members = ["a", "b", "c"].map { CalculatedCheck.Member(region: "r", name: $0) }

  private func health(_ states: [CheckState.Health?], atLeast: Int, inverted: Bool = false)
    -> CheckState.Health
  {
    var check = CalculatedCheck(name: "x", region: "r", members: members, atLeast: atLeast)
    check.isInverted = inverted
    return check.health { member in members.firstIndex(of: member).flatMap { states[$0] } }
  }

  @Test func xOfYMustBeUp() {
    #expect(health([.up, .up, .down], atLeast: 2) == .up)
    #expect(health([.up, .down, .down], atLeast: 2) == .down)
    #expect(health([.up, .unknown, .down], atLeast: 2) == .unknown)
    #expect(health([.up, nil, .down], atLeast: 2) == .unknown)
    #expect(health([.up, .up, .unknown], atLeast: 2) == .up)
    #expect(health([.up, .up, .down], atLeast: 2, inverted: true) == .down)
    #expect(health([.down, .down, .up], atLeast: 2, inverted: true) == .up)
  }
}

@Suite struct CanaryWatchTests {
  private let start = Timestamp(year: 2026, month: 11, day: 21)

  @Test func nobodyIsBlamedBeforeACanaryVouches() {
    var watch = CanaryWatch(canaries: ["one", "two"], needed: 1)
    #expect(!watch.vouches(since: start))
    watch.record("one", isReached: true, began: start - .seconds(5))
    // It was reached before the trouble began.
    #expect(!watch.vouches(since: start))
    watch.record("two", isReached: true, began: start + .seconds(1))
    #expect(watch.vouches(since: start) && watch.isOffline == false)
    watch.record("one", isReached: false, began: start + .seconds(2))
    #expect(watch.isOffline == false)
    watch.record("two", isReached: false, began: start + .seconds(2))
    #expect(watch.isOffline == true)
    watch.record("two", isReached: true, began: start + .seconds(3))
    #expect(watch.isOffline == false)
    #expect(CanaryWatch().vouches(since: start) && CanaryWatch().isOffline == nil)
  }

  @Test func anotherChecksSuccessContradictsThatWeAreOffline() {
    var watch = CanaryWatch(canaries: ["one"], needed: 1)
    watch.record("one", isReached: true, began: start)
    watch.record(other: "api", succeeded: true, began: start + .seconds(1))
    watch.record("one", isReached: false, began: start + .seconds(2))
    // The other success is older than the trouble.
    #expect(watch.isOffline == true && !watch.vouches(since: start + .seconds(2)))
    watch.record(other: "api", succeeded: true, began: start + .seconds(3))
    #expect(watch.isOffline == false && watch.vouches(since: start + .seconds(2)))
    #expect(!watch.vouches(since: start + .seconds(4)))
    // It still counts while the canary goes on to fail between two of its probes.
    watch.record("one", isReached: false, began: start + .seconds(4))
    #expect(watch.isOffline == false)
    // Then the way out goes as well.
    watch.record(other: "api", succeeded: false, began: start + .seconds(5))
    #expect(watch.isOffline == true && !watch.vouches(since: start + .seconds(2)))
  }

  @Test func eachOtherCheckCountsAsOneAndNoneStandsInForNoCanaries() {
    var watch = CanaryWatch(canaries: ["one", "two"], needed: 2)
    for name in ["one", "two"] { watch.record(name, isReached: false, began: start) }
    watch.record(other: "api", succeeded: true, began: start + .seconds(1))
    #expect(watch.isOffline == true)
    watch.record(other: "web", succeeded: true, began: start + .seconds(1))
    #expect(watch.isOffline == false)
    // One of them is no longer in the configuration.
    #expect(watch.replaced(by: ["one", "two"], needed: 2, others: ["api"]).isOffline == true)
    #expect(watch.replaced(by: [], needed: 1, others: ["api"]).isOffline == nil)
  }

  @Test func aCanaryThatCannotBeAskedNeitherVouchesNorBlocks() {
    var watch = CanaryWatch(canaries: ["one"], needed: 1)
    watch.record("one", isReached: nil, began: start)
    // It has never worked: it is as if it were not there.
    #expect(watch.isOffline == nil && watch.vouches(since: start) && watch.newest == ["one": false])
    watch.record("one", isReached: true, began: start + .seconds(1))
    #expect(watch.isOffline == false && watch.newest == ["one": true])
    #expect(watch.vouches(since: start + .seconds(1)) && !watch.vouches(since: start + .seconds(2)))
    // It has worked, and what it said last holds for a while.
    watch.record("one", isReached: false, began: start + .seconds(2))
    for second in 3...4 {
      watch.record("one", isReached: nil, began: start + .seconds(second))
      #expect(watch.isOffline == true && !watch.vouches(since: start + .seconds(2)))
    }
    watch.record("one", isReached: nil, began: start + .seconds(5))
    #expect(watch.isOffline == nil && watch.vouches(since: start + .seconds(2)))
    watch.record("one", isReached: false, began: start + .seconds(6))
    #expect(watch.isOffline == true)
  }

  @Test func aCanaryThatCannotBeAskedDoesNotStandInForOneThatCan() {
    var watch = CanaryWatch(canaries: ["broken", "two"], needed: 1)
    watch.record("broken", isReached: nil, began: start + .seconds(9))
    watch.record("two", isReached: true, began: start)
    #expect(watch.isOffline == false && !watch.vouches(since: start + .seconds(1)))
    watch.record("two", isReached: false, began: start + .seconds(9))
    #expect(watch.isOffline == true && !watch.vouches(since: start + .seconds(1)))
    let next = watch.replaced(by: ["broken", "two"], needed: 2)
    #expect(next.isOffline == true && next.newest == ["broken": false, "two": false])
  }

  @Test func aReloadKeepsWhatIsKnownOfThoseThatStay() {
    var watch = CanaryWatch(canaries: ["one", "two"], needed: 2)
    watch.record("one", isReached: true, began: start)
    watch.record("two", isReached: true, began: start)
    #expect(watch.replaced(by: ["one"], needed: 2).vouches(since: start))
    #expect(!watch.replaced(by: ["one", "three"], needed: 2).vouches(since: start))
  }
}
