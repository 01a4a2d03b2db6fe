import Model
import Testing

@testable import Readiness

struct ReadinessBookTests {
  /// Lets a whole failover happen and returns what was stored on the way.
  private func failOver(_ book: inout ReadinessBook, _ world: inout World) -> [StateChange] {
    var changes: [StateChange] = []
    for _ in 0..<3 {
      world.pass()
      world.replicate()
      changes += book.observe(world.facts).changes
    }
    world.pass()
    let bad = world.facts.now
    world.silence("taiwan")
    changes += book.observe(world.facts).changes
    world.pass()
    world.facts.regions["taiwan"] = .init(.down, badSince: bad, downSince: world.facts.now)
    changes += book.observe(world.facts).changes
    world.pass(20)
    world.write("japan", true)
    world.steer(["taiwan": 0, "japan": 1])
    changes += book.observe(world.facts).changes
    world.pass()
    world.probe("japan", true)
    changes += book.observe(world.facts).changes
    return changes
  }

  private func value(_ book: ReadinessBook, _ family: MetricFamily, _ labels: Labels, _ now: Timestamp)
    -> Double?
  {
    book.readings(at: now).first { $0.family == family && $0.labels == labels }?.value
  }

  @Test func aMeasuredFailoverIsTheEstimateOfTheNext() throws {
    var world = World()
    var book = ReadinessBook([World.workload])
    _ = book.observe(world.facts)
    #expect(book.standings.map(\.region) == ["japan"])
    #expect(!book.readings(at: world.facts.now).contains { $0.family == ReadinessFamilies.estimate })
    _ = failOver(&book, &world)
    let failover = try #require(book.failovers(of: "shop").first)
    #expect(failover.recoveryTime == .seconds(22))
    let labels: Labels = ["workload": "shop", "from": "taiwan", "to": "japan", "kind": "failover"]
    #expect(value(book, ReadinessFamilies.failovers, labels, world.facts.now) == 1)
    #expect(value(book, ReadinessFamilies.failoverTook, labels, world.facts.now) == 22)
    #expect(value(book, ReadinessFamilies.failoverLost, labels, world.facts.now) == 1)
    // Back to taiwan: how long the way to japan takes is known now.
    world.pass(60)
    world.facts.regions["taiwan"] = .init(.up)
    world.write("taiwan", true)
    world.write("japan", false)
    world.steer(["taiwan": 1, "japan": 0])
    _ = book.observe(world.facts)
    let standing = try #require(book.standings.first { $0.region == "japan" })
    #expect(standing.estimate?.takes == .seconds(22) && standing.estimate?.source == .failover)
    #expect(
      value(
        book, ReadinessFamilies.estimate, ["workload": "shop", "region": "japan", "source": "failover"],
        world.facts.now) == 22)
  }

  @Test func rowsBringBackWhatWasMeasured() throws {
    var world = World()
    var book = ReadinessBook([World.workload])
    var rows: [String: [UInt8]] = [:]
    for change in failOver(&book, &world) {
      #expect(change.table == .readiness)
      rows[change.key] = change.value
    }
    let restored = ReadinessBook([World.workload], restoring: rows.map { ($0.key, $0.value) })
    #expect(restored.restoreProblems.isEmpty)
    #expect(restored.failovers(of: "shop") == book.failovers(of: "shop"))
    #expect(restored.inCharge(of: "shop") == ["japan"])
    let damaged = ReadinessBook([World.workload], restoring: [("failover/x", Array("{".utf8))])
    #expect(damaged.restoreProblems.count == 1)
  }

  @Test func pagesAndAcknowledgementsAreHeardOfByWhatTheyAreAbout() {
    var world = World()
    var book = ReadinessBook([World.workload])
    for _ in 0..<3 {
      world.pass()
      _ = book.observe(world.facts)
    }
    world.facts.regions["taiwan"] = .init(.down, badSince: world.facts.now)
    _ = book.observe(world.facts)
    let later = world.facts.now + .seconds(1)
    #expect(book.heard(.paged, about: ["alertname": "X", "region": "japan"], at: later).events.isEmpty)
    #expect(book.heard(.paged, about: ["alertname": "X", "link": "other"], at: later).events.isEmpty)
    #expect(book.heard(.paged, about: ["alertname": "X", "region": "taiwan"], at: later).events.count == 1)
    #expect(
      book.heard(.acknowledged, about: ["alertname": "X", "link": "orders"], at: later).events.count == 1)
  }

  @Test func onlyTheNewestFailoversAreKept() {
    var world = World()
    var book = ReadinessBook([World.workload])
    var rows: [String: [UInt8]] = [:]
    for _ in 0..<(ReadinessBook.keptFailovers + 5) {
      for change in failOver(&book, &world) { rows[change.key] = change.value }
      world.pass(60)
      world.facts.regions["taiwan"] = .init(.up)
      world.write("taiwan", true)
      world.write("japan", false)
      world.steer(["taiwan": 1, "japan": 0])
      for change in book.observe(world.facts).changes { rows[change.key] = change.value }
    }
    #expect(book.failovers(of: "shop").count == ReadinessBook.keptFailovers)
    #expect(rows.keys.count { $0.hasPrefix("failover/") } == ReadinessBook.keptFailovers)
  }

  @Test func aWorkloadThatIsGoneLeavesItsFailoversAndNothingElse() {
    var world = World()
    var book = ReadinessBook([World.workload])
    _ = failOver(&book, &world)
    let decisions = book.replace([], at: world.facts.now)
    #expect(decisions.changes.map(\.key) == ["memory/shop"] && decisions.changes[0].value == nil)
    _ = book.observe(world.facts)
    #expect(book.standings.isEmpty && book.failovers(of: "shop").count == 1)
    #expect(book.readings(at: world.facts.now).allSatisfy { $0.family == ReadinessFamilies.failovers })
  }
}
