import FarwatchTesting
import Model
import Testing

@testable import Readiness

struct FailoverWatchTests {
  @Test func aDeadRegionIsFollowedFromTheFirstBadSampleToTheLastStep() throws {
    var world = World()
    world.calm()
    #expect(world.steps.isEmpty)
    #expect(world.watch.inCharge == ["taiwan"])
    let point = try #require(world.facts.links[.init("orders", "japan")]?.recoveryPoint)
    world.die()
    let firstBad = world.facts.now - .seconds(2)
    #expect(world.steps == [.firstBad, .confirmed])
    #expect(world.watch.heard(.paged, at: world.facts.now + .milliseconds(20)).map(\.step) == [.paged])
    #expect(world.watch.heard(.paged, at: world.facts.now + .seconds(1)).isEmpty)
    // The standby is promoted 10 s later, and the traffic follows it after 5 more.
    world.pass(10)
    world.write("japan", true)
    world.look()
    #expect(world.steps.suffix(1) == [.roleChanged])
    world.pass(5)
    world.steer(["taiwan": 0, "japan": 1])
    world.probe("japan", false)
    world.look()
    #expect(world.steps.suffix(1) == [.steeringChanged])
    #expect(world.watch.current?.recoveryTime == nil)
    world.pass(3)
    world.probe("japan", true)
    world.look()
    let failover = try #require(world.watch.current)
    #expect(world.steps.suffix(1) == [.serving])
    #expect(failover.from == "taiwan" && failover.to == "japan" && failover.drill == nil)
    #expect(failover.recoveryTime == .seconds(20))
    #expect(failover.lost == firstBad - point && failover.lost == .seconds(1))
    #expect(failover.detectionTime == .milliseconds(2020))
    #expect(failover.metRecoveryTime == true && failover.metRecoveryPoint == true)
    #expect(world.watch.inCharge == ["japan"])
  }

  @Test func theOldRegionCatchesUpAndIsInChargeAgain() {
    var world = World()
    world.facts.links[.init("orders", "taiwan")] = .init(source: "japan", patience: .seconds(10))
    world.calm()
    world.die()
    world.write("japan", true)
    world.steer(["taiwan": 0, "japan": 1])
    world.pass()
    world.probe("japan", true)
    world.look()
    #expect(world.steps.suffix(3) == [.roleChanged, .steeringChanged, .serving])
    world.pass(60)
    world.facts.regions["taiwan"] = .init(.up)
    world.write("taiwan", false)
    world.look()
    #expect(world.watch.current?.isOver == false)
    world.replicate(to: "taiwan")
    world.look()
    #expect(world.steps.suffix(1) == [.caughtUp])
    world.pass(60)
    world.write("taiwan", true)
    world.write("japan", false)
    world.steer(["taiwan": 1, "japan": 0])
    world.look()
    #expect(world.watch.current?.isOver == true)
    #expect(world.steps.filter { $0 == .failedBack }.count == 1)
    #expect(world.watch.inCharge == ["taiwan"])
  }

  /// People are sent back before its checks have passed often enough: that is the end of this one, and no other.
  @Test func aRegionIsBackOnceItIsSeenWell() {
    var world = World()
    world.calm()
    world.die()
    world.write("japan", true)
    world.steer(["taiwan": 0, "japan": 1])
    world.pass()
    world.probe("japan", true)
    world.look()
    #expect(world.steps.suffix(1) == [.serving])
    world.write("taiwan", true)
    world.write("japan", false)
    world.steer(["taiwan": 1, "japan": 0])
    world.look()
    world.pass()
    world.look()
    #expect(world.steps.suffix(1) == [.serving] && world.watch.current?.isOver == false)
    world.facts.regions["taiwan"] = .init(.up)
    world.look()
    #expect(world.steps.suffix(1) == [.failedBack])
    world.pass()
    world.look()
    #expect(world.steps.filter { $0 == .firstBad }.count == 1)
  }

  @Test func aRegionThatComesBackByItselfIsAnOutageAndNoFailover() {
    var world = World()
    world.calm()
    world.die()
    world.pass(20)
    world.facts.regions["taiwan"] = .init(.up)
    world.write("taiwan", true)
    world.look()
    #expect(world.steps == [.firstBad, .confirmed, .recovered])
    #expect(world.watch.current?.recoveryTime == nil && world.watch.current?.lost == nil)
  }

  @Test func aPlannedSwitchIsSeenByTheRoleAlone() throws {
    var world = World()
    world.calm()
    world.pass()
    world.write("taiwan", false)
    world.look()
    // Nobody writes, and nothing is down: not yet a failover, since nobody took over.
    #expect(world.steps.isEmpty)
    world.pass()
    world.write("japan", true)
    world.look()
    world.pass()
    world.steer(["taiwan": 0, "japan": 1])
    world.probe("japan", true)
    world.look(drill: "autumn")
    #expect(world.steps == [.firstBad, .roleChanged, .steeringChanged, .serving])
    #expect(world.watch.current?.times[.confirmed] == nil)
  }

  @Test func aSilentPrimaryIsDatedBackToTheFirstLookWithoutAnAnswer() throws {
    var world = World()
    world.calm()
    world.pass()
    world.silence("taiwan")
    let silent = world.facts.now
    world.look()
    world.pass(4)
    world.write("japan", true)
    world.look()
    let failover = try #require(world.watch.current)
    #expect(failover.startedAt == silent)
    #expect(failover.times[.roleChanged] == world.facts.now)
    // The region's checks confirm it later.
    world.pass()
    world.facts.regions["taiwan"] = .init(.down, badSince: silent, downSince: world.facts.now)
    world.look()
    #expect(world.steps == [.firstBad, .roleChanged, .confirmed])
  }

  @Test func whileThisWatcherIsOfflineNothingIsConcluded() {
    var world = World()
    world.calm()
    world.facts.isOffline = true
    world.die()
    world.write("japan", true)
    world.steer(["taiwan": 0, "japan": 1])
    world.look()
    #expect(world.steps.isEmpty)
  }

  @Test func twoWritersAreAConflictAndNoFailover() {
    var world = World()
    world.calm()
    world.pass()
    world.write("japan", true)
    world.look()
    #expect(world.steps.isEmpty && world.watch.inCharge == ["taiwan"])
    let found = Conflict.all(in: World.workload, world.facts, handover: nil)
    #expect(found == [Conflict(kind: .twoWriters, regions: ["japan", "taiwan"])])
    // One of them is fenced: now it is one.
    world.pass()
    world.silence("taiwan")
    world.look()
    #expect(world.steps == [.firstBad, .roleChanged])
    #expect(Conflict.all(in: World.workload, world.facts, handover: nil).map(\.kind) == [.steering])
    let since = world.facts.now
    #expect(Conflict.all(in: World.workload, world.facts, handover: since).isEmpty)
    world.pass(61)
    #expect(Conflict.all(in: World.workload, world.facts, handover: since).count == 1)
  }

  @Test func ofTwoServingRegionsTheLossOfTheOneThatOnlyReadsNeedsNoNewWriter() throws {
    var world = World()
    world.steer(["taiwan": 0.6, "japan": 0.4])
    world.calm()
    #expect(world.watch.inCharge == ["taiwan", "japan"])
    world.die("japan")
    world.pass(8)
    world.steer(["taiwan": 1, "japan": 0])
    world.look()
    world.pass()
    world.probe("taiwan", true)
    world.look()
    #expect(world.steps == [.firstBad, .confirmed, .steeringChanged, .serving])
    let failover = try #require(world.watch.current)
    #expect(failover.from == "japan" && failover.to == "taiwan" && !failover.hadRole)
    world.pass(30)
    world.facts.regions["japan"] = .init(.up)
    world.steer(["taiwan": 0.6, "japan": 0.4])
    world.look()
    #expect(world.steps.last == .failedBack)
  }

  @Test func theRegionThatTookOverMayFailInItsTurn() {
    var world = World()
    world.calm()
    world.die()
    world.write("japan", true)
    world.steer(["taiwan": 0, "japan": 1])
    world.pass()
    world.probe("japan", true)
    world.look()
    world.pass(100)
    world.facts.regions["taiwan"] = .init(.up)
    world.die("japan")
    #expect(world.steps.suffix(3) == [.superseded, .firstBad, .confirmed])
    #expect(world.watch.current?.from == "japan")
  }

  @Test func aRestartForgetsNothing() throws {
    var world = World()
    world.calm()
    world.die()
    let memory = world.watch.memory
    world.watch = FailoverWatch(World.workload, restoring: memory)
    world.write("japan", true)
    world.steer(["taiwan": 0, "japan": 1])
    world.pass()
    world.probe("japan", true)
    world.look()
    #expect(world.watch.current?.times[.confirmed] == memory.current?.times[.confirmed])
    #expect(world.watch.current?.recoveryTime == .seconds(3))
  }

  @Test func aRegionThatIsGoneFromTheConfigurationEndsItsFailover() {
    var world = World()
    world.calm()
    world.die()
    var other = World.workload
    other.regions = ["japan", "korea"]
    #expect(world.watch.replace(other, at: world.facts.now).map(\.step) == [.superseded])
    #expect(world.watch.current?.isOver == true)
  }

  /// Whatever is seen in whatever order: steps are taken once, in a failover only one end is reached, and nothing is
  /// measured that was not seen.
  @Test(arguments: 0..<40) func anyOrderOfEventsLeavesTheRecordWhole(_ seed: UInt64) {
    var random = SeededNumbers(seed: seed)
    var world = World()
    world.facts.links[.init("orders", "taiwan")] = .init(source: "japan", patience: .seconds(10))
    var records: [String: [Failover.Step]] = [:]
    for _ in 0..<3000 {
      world.pass(Double.random(in: 0.1...5, using: &random))
      let region = Bool.random(using: &random) ? "taiwan" : "japan"
      switch Int.random(in: 0..<9, using: &random) {
      case 0: world.facts.regions[region] = .init(.up)
      case 1:
        world.facts.regions[region] = .init(
          .down, badSince: world.facts.now - .seconds(2), downSince: world.facts.now)
      case 2: world.write(region, Bool.random(using: &random))
      case 3: world.silence(region)
      case 4: world.steer([region: 1])
      case 5: world.steer(["taiwan": 0.6, "japan": 0.4])
      case 6: world.probe(region, Bool.random(using: &random))
      case 7: world.replicate(to: region)
      default: world.facts.isOffline = Int.random(in: 0..<10, using: &random) == 0
      }
      for event in world.look() {
        #expect(records[event.failover.id]?.contains(event.step) != true)
        records[event.failover.id, default: []].append(event.step)
        #expect(event.failover.to != event.failover.from)
      }
      guard let current = world.watch.current else { continue }
      let ends: [Failover.Step] = [.failedBack, .recovered, .superseded]
      #expect(ends.count { current.times[$0] != nil } <= 1)
      #expect(current.times[.serving] == nil || current.to != nil)
      if let took = current.recoveryTime { #expect(took >= .zero) }
      if let lost = current.lost { #expect(lost >= .zero) }
    }
    #expect(records.count > 10)
  }
}
