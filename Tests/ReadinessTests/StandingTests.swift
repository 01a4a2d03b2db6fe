import Model
import Testing

@testable import Readiness

struct StandingTests {
  private static let now = Timestamp(milliseconds: 1_700_000_000_000)

  private func facts(age: Duration = .seconds(1), looked: Duration = .seconds(1)) -> Facts {
    var facts = Facts(now: Self.now)
    facts.regions = ["taiwan": .init(.up), "japan": .init(.up)]
    facts.links[.init("orders", "japan")] = .init(
      source: "taiwan", recoveryPoint: Self.now - age, wholeAt: Self.now - looked, patience: .seconds(10))
    return facts
  }

  private func standing(
    _ facts: Facts, _ workload: Workload = World.workload, _ estimate: RecoveryEstimate? = nil
  )
    -> Standing
  {
    Standing(of: workload, in: "japan", estimate: estimate, facts)
  }

  @Test func readyWithWhatItWouldLose() {
    let standing = standing(facts())
    #expect(standing.truth == .ok && standing.reasons == [.recoveryNotMeasured])
    #expect(standing.dataAtRisk(at: Self.now) == .seconds(1))
    #expect(standing.recoveryPoint?.provenance == .replica && standing.recoveryPoint?.via == "orders")
  }

  @Test func silenceIsStaleThenBadAndTheLossGrows() {
    var before = Duration.zero
    for silence in 0...60 {
      var facts = facts()
      facts.now = Self.now + .seconds(silence)
      var workload = World.workload
      workload.objectives.recoveryPoint = .seconds(30)
      let standing = standing(facts, workload)
      let loss = standing.dataAtRisk(at: facts.now) ?? .zero
      #expect(loss > before)
      before = loss
      let wanted: Truth = silence <= 9 ? .ok : silence <= 29 ? .stale : .bad
      #expect(standing.truth == wanted, "\(silence)")
    }
  }

  @Test func nothingKnownIsUnknownAndNeverZero() {
    var facts = facts()
    facts.links = [:]
    let standing = standing(facts)
    #expect(standing.truth == .unknown && standing.reasons.contains(.dataUnknown))
    #expect(standing.recoveryPoint == nil && standing.dataAtRisk(at: Self.now) == nil)
    #expect(standing.worstData == "orders")
  }

  @Test func theNewestOfReplicaAndBackupCountsAndSaysWhichItIs() {
    var workload = World.workload
    workload.data[0].backups = ["dumps"]
    var facts = facts(age: .seconds(400), looked: .seconds(300))
    facts.backups["dumps"] = .init(
      newestGood: Self.now - .seconds(240), measuredAt: Self.now - .seconds(20), patience: .seconds(120),
      objective: .seconds(300))
    var found = standing(facts, workload)
    #expect(found.recoveryPoint?.provenance == .backup && found.recoveryPoint?.via == "dumps")
    #expect(found.dataAtRisk(at: Self.now) == .seconds(240))
    #expect(found.reasons.contains(.backupTooOld), "the workload's own objective is 5 s")
    workload.objectives.recoveryPoint = nil
    found = standing(facts, workload)
    #expect(found.truth == .ok)
    facts.links[.init("orders", "japan")]?.recoveryPoint = Self.now - .seconds(2)
    facts.links[.init("orders", "japan")]?.wholeAt = Self.now
    #expect(standing(facts, workload).recoveryPoint?.provenance == .replica)
  }

  @Test func theSetThatIsFurthestBehindDecides() {
    var workload = World.workload
    workload.data.append(.init(name: "sessions", link: "sessions"))
    var facts = facts()
    facts.links[.init("sessions", "japan")] = .init(
      source: "taiwan", recoveryPoint: Self.now - .seconds(4), wholeAt: Self.now, patience: .seconds(10))
    let found = standing(facts, workload)
    #expect(found.worstData == "sessions" && found.dataAtRisk(at: Self.now) == .seconds(4))
  }

  @Test func eachObstacleIsNamed() {
    var down = facts()
    down.regions["japan"] = .init(.down)
    #expect(standing(down).reasons.first == .regionDown && standing(down).truth == .bad)
    var unknown = facts()
    unknown.regions["japan"] = .init(.unknown)
    #expect(standing(unknown).truth == .unknown)
    var degraded = facts()
    degraded.regions["japan"] = .init(.degraded)
    #expect(standing(degraded).truth == .ok && standing(degraded).reasons.contains(.regionDegraded))
    var split = facts()
    split.links[.init("orders", "japan")]?.isSplit = true
    #expect(standing(split).truth == .bad && standing(split).reasons.contains(.splitBrain))
    var broken = facts()
    broken.links[.init("orders", "japan")]?.isBroken = true
    #expect(standing(broken).truth == .bad && standing(broken).reasons.contains(.replicaBroken))
    var offline = facts()
    offline.isOffline = true
    #expect(standing(offline).truth == .unknown)
    let slow = RecoveryEstimate(takes: .seconds(61), source: .drill, measuredAt: Self.now)
    #expect(standing(facts(), World.workload, slow).reasons == [.recoveryTooSlow])
    let fast = RecoveryEstimate(takes: .seconds(59), source: .drill, measuredAt: Self.now)
    #expect(standing(facts(), World.workload, fast).reasons.isEmpty)
  }

  @Test func ofFourValuesTheWorstThatIsKnownWins() {
    #expect(Truth(all: [.ok, .stale, .unknown, .bad]) == .bad)
    #expect(Truth(all: [.ok, .stale, .unknown]) == .unknown)
    #expect(Truth(all: [.ok, .stale]) == .stale)
    #expect(Truth(all: [.ok]) == .ok && Truth(all: []) == .unknown)
    #expect(Truth(any: [.bad, .unknown, .stale, .ok]) == .ok)
    #expect(Truth(any: [.bad, .unknown, .stale]) == .stale)
    #expect(Truth(any: [.bad, .unknown]) == .unknown && Truth(any: []) == .unknown)
  }
}
