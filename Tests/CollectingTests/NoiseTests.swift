import FarwatchTesting
import Foundation
import Model
import Testing

@testable import Collecting

/// Three watchers on two regions through days of noise, in simulated time: nobody is paged for noise, and no real outage
/// is missed.
///
/// Every probe fails by chance once in a hundred; once a day a watcher is cut off from its peers and from one region for
/// 30 s, and once a day one starts anew. Real outages last from 5.6 s to minutes. `FARWATCH_NOISE_DAYS=30` runs the whole
/// month, `FARWATCH_NOISE_SEED` another one.
struct NoiseTests {
  private struct Watcher {
    var name: String
    var checks: [String: CheckState] = [:]
    var nextProbe: [String: Int64] = [:]
    var nextPoll: Int64
    var board = PeerBoard()
    var looked: [String: Int64] = [:]
    /// Cut off from its peers, and from this region.
    var cut: (region: String, until: Int64)?
    var down: Set<String> = []
  }

  private static let regions = ["taiwan", "japan"]
  private static let rules = CheckState.Rules(
    failures: 2, successes: 2, interval: .seconds(5), confirm: .milliseconds(500))
  private static let pollEvery: Int64 = 2000
  private static let quorum = Quorum(rule: .agreeing(2), freshFor: .seconds(30))

  private struct Outage {
    var region: String
    var from: Int64
    var to: Int64
    var isPaged = false
  }

  @Test func noiseIsNotPagedAndOutagesAre() throws {
    let environment = ProcessInfo.processInfo.environment
    let days = environment["FARWATCH_NOISE_DAYS"].flatMap(Int64.init) ?? 2
    let seed = environment["FARWATCH_NOISE_SEED"].flatMap(UInt64.init) ?? .random(in: 0...999_999)
    var random = SeededNumbers(seed: seed)
    var world = World(days: days, &random)
    world.run(&random)
    let missed = world.outages.filter { !$0.isPaged }
    #expect(world.falsePages.isEmpty, "seed \(seed): \(world.falsePages)")
    #expect(missed.isEmpty, "seed \(seed): \(missed)")
    #expect(world.outages.count >= Int(days) * 4 && world.lonelyDowns > 0, "seed \(seed)")
    print(
      "noise: seed \(seed), \(days) days, \(world.probes) probes, \(world.lonelyDowns) false verdicts of one watcher alone, "
        + "\(world.outages.count) outages, longest to a verdict \(Double(world.longest) / 1000) s after the first bad probe"
    )
  }

  private struct World {
    let end: Int64
    var now: Int64 = 0
    var watchers: [Watcher]
    var outages: [Outage] = []
    var partitions: [(at: Int64, watcher: Int, region: String)] = []
    var restarts: [(at: Int64, watcher: Int)] = []
    var falsePages: [String] = []
    var lonelyDowns = 0
    var probes = 0
    var longest: Int64 = 0
    private var firstBad: [String: Int64] = [:]

    init(days: Int64, _ random: inout SeededNumbers) {
      end = days * 86_400_000
      watchers = ["frankfurt", "oregon", "sydney"].map {
        Watcher(name: $0, nextPoll: Int64.random(in: 0..<NoiseTests.pollEvery, using: &random))
      }
      for place in watchers.indices {
        for region in NoiseTests.regions {
          watchers[place].nextProbe[region] = Int64.random(in: 0..<5000, using: &random)
        }
      }
      for day in 0..<days {
        let start = day * 86_400_000
        for part in 0..<4 {
          let from = start + Int64(part) * 21_600_000 + Int64.random(in: 0..<20_000_000, using: &random)
          let lasts = [Int64.random(in: 5600..<7000, using: &random), 20_000, 300_000][
            Int.random(in: 0..<3, using: &random)]
          outages.append(Outage(region: random.pick(NoiseTests.regions), from: from, to: from + lasts))
        }
        // Noise and outages keep apart: an outage during a partition is another question.
        partitions.append(
          (start + 86_000_000, Int.random(in: 0..<3, using: &random), random.pick(NoiseTests.regions)))
        restarts.append((start + 85_000_000, Int.random(in: 0..<3, using: &random)))
      }
    }

    mutating func run(_ random: inout SeededNumbers) {
      while now < end {
        let probe = watchers.flatMap { Array($0.nextProbe.values) }.min() ?? end
        let poll = watchers.map(\.nextPoll).min() ?? end
        now = min(probe, poll)
        disturb()
        for place in watchers.indices {
          for region in NoiseTests.regions where watchers[place].nextProbe[region] ?? .max <= now {
            self.probe(place, region, &random)
          }
          if watchers[place].nextPoll <= now { self.poll(place) }
        }
      }
    }

    private mutating func disturb() {
      while let next = partitions.first, next.at <= now {
        watchers[next.watcher].cut = (next.region, next.at + 30_000)
        partitions.removeFirst()
      }
      while let next = restarts.first, next.at <= now {
        // What was confirmed outlives the process; what peers said does not.
        watchers[next.watcher].board = PeerBoard()
        restarts.removeFirst()
      }
      for place in watchers.indices where watchers[place].cut.map({ $0.until <= now }) == true {
        watchers[place].cut = nil
      }
    }

    private mutating func probe(_ place: Int, _ region: String, _ random: inout SeededNumbers) {
      probes += 1
      let isOut = outages.contains { $0.region == region && $0.from <= now && now < $0.to }
      let isCut = watchers[place].cut?.region == region
      let isLost = Int.random(in: 0..<100, using: &random) == 0
      if isOut { firstBad[region] = firstBad[region] ?? now } else { firstBad[region] = nil }
      var state = watchers[place].checks[region] ?? CheckState()
      let before = state.health
      let step = state.record(
        isOut || isCut || isLost ? .failure : .success, at: Timestamp(milliseconds: now), NoiseTests.rules)
      if state.health == .down, before != .down, !isOut, !isCut { lonelyDowns += 1 }
      watchers[place].checks[region] = state
      watchers[place].looked[region] = now
      watchers[place].nextProbe[region] = now + step.nextProbe.milliseconds
      judge(place, region)
    }

    private mutating func poll(_ place: Int) {
      watchers[place].nextPoll = now + NoiseTests.pollEvery
      for other in watchers.indices where other != place {
        guard watchers[place].cut == nil, watchers[other].cut == nil else { continue }
        var said: [String: (health: RegionHealth, looked: Timestamp)] = [:]
        for region in NoiseTests.regions {
          guard let state = watchers[other].checks[region], let looked = watchers[other].looked[region] else {
            continue
          }
          said[region] = (RegionHealth(state.health), Timestamp(milliseconds: looked))
        }
        watchers[place].board.take(
          said, of: watchers[other].name, isOffline: false, at: Timestamp(milliseconds: now))
      }
      for region in NoiseTests.regions { judge(place, region) }
    }

    private mutating func judge(_ place: Int, _ region: String) {
      let watcher = watchers[place]
      guard let state = watcher.checks[region] else { return }
      let votes = watcher.board.votes(
        on: region, freshFor: NoiseTests.quorum.freshFor, at: Timestamp(milliseconds: now))
      let own = Quorum.Vote(watcher.name, RegionHealth(state.health), isFresh: true)
      let finding = NoiseTests.quorum.judge(own: own, peers: votes, isOffline: false)
      guard finding.health == .down else {
        watchers[place].down.remove(region)
        return
      }
      guard watchers[place].down.insert(region).inserted else { return }
      // Until two probes have succeeded, and peers have heard of it, the verdict outlasts the outage.
      let slack: Int64 = 5000 + 500 + NoiseTests.pollEvery
      guard
        let hit = outages.firstIndex(where: { $0.region == region && $0.from <= now && now < $0.to + slack })
      else {
        falsePages.append("\(watcher.name) calls \(region) down at \(now)")
        return
      }
      if !outages[hit].isPaged, let first = firstBad[region] { longest = max(longest, now - first) }
      outages[hit].isPaged = true
    }
  }
}
