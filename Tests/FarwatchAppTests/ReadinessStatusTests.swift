import Model
import Readiness
import StatusPage
import Testing

@testable import FarwatchApp

/// What the readiness desk found, as the page, the API and the command line say it.
@Suite struct ReadinessStatusTests {
  private static let shop = Workload(
    name: "shop", regions: ["taiwan", "japan"], data: [.init(name: "orders", link: "orders")],
    objectives: .init(recoveryPoint: .seconds(5), recoveryTime: .seconds(60)))

  private func readiness(
    _ estimate: RecoveryEstimate? = nil, _ change: (inout Facts) -> Void = { _ in }
  ) -> StatusSnapshot.Readiness {
    var facts = Facts(now: dayStart)
    facts.regions = ["taiwan": .init(.up), "japan": .init(.up)]
    facts.links[.init("orders", "japan")] = .init(
      source: "taiwan", recoveryPoint: dayStart - .seconds(1), wholeAt: dayStart - .seconds(1),
      patience: .seconds(10))
    change(&facts)
    return StatusSnapshot.Readiness(
      Standing(of: Self.shop, in: "japan", estimate: estimate, facts), dayStart)
  }

  @Test func whatWasMeasuredIsSaid() {
    let drilled = RecoveryEstimate(
      takes: .seconds(40), source: .drill, measuredAt: dayStart - .seconds(86_400))
    let good = readiness(drilled)
    #expect(good.verdict == .good && good.call == "safe" && good.reasons.isEmpty)
    #expect(
      good.sentence == "Failing shop over to japan now would lose 1s (orders) and take about 40s",
      "\(good.sentence)")
    #expect(good.lastProven == drilled.measuredAt && good.takesFrom == "drill")
    let restored = RecoveryEstimate(takes: .seconds(40), source: .restore, measuredAt: dayStart)
    #expect(readiness(restored).lastProven == nil, "a restore proves no failover")
    #expect(readiness().call == "looks safe" && readiness().reasons == ["how long it takes is not measured"])
  }

  @Test func whatSpeaksAgainstItIsSaid() {
    let behind = readiness { $0.links[.init("orders", "japan")]?.recoveryPoint = dayStart - .seconds(90) }
    #expect(
      behind.verdict == .bad && behind.objections == ["more would be lost than the objective allows: orders"])
    let unknown = readiness { $0.links = [:] }
    #expect(unknown.verdict == .unknown && unknown.loses == nil && unknown.unknown == ["orders"])
    #expect(unknown.sentence.contains("unknown amount: nothing is known of orders"))
    let stale = readiness { $0.links[.init("orders", "japan")]?.wholeAt = dayStart - .seconds(60) }
    #expect(stale.verdict == .unknown && stale.objections == ["nobody has looked at orders for too long"])
    #expect(readiness { $0.regions["japan"] = .init(.degraded) }.verdict == .degraded)
    let down = readiness { $0.regions["japan"] = .init(.down, badSince: dayStart) }
    #expect(down.verdict == .bad && down.objections == ["the region itself is down"])
  }
}
