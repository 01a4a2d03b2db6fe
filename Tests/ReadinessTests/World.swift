import Model

@testable import Readiness

/// A primary and a standby with a link, traffic and probes, moved second by second.
struct World {
  var facts = Facts(now: Timestamp(milliseconds: 1_700_000_000_000))
  var watch: FailoverWatch
  private(set) var steps: [Failover.Step] = []

  static let workload = Workload(
    name: "shop", regions: ["taiwan", "japan"], data: [.init(name: "orders", link: "orders")],
    traffic: "dns", writer: "orders", check: "api",
    objectives: .init(recoveryPoint: .seconds(5), recoveryTime: .seconds(60)))

  init(_ workload: Workload = Self.workload) {
    watch = FailoverWatch(workload)
    facts.regions = ["taiwan": .init(.up), "japan": .init(.up)]
    facts.links[.init("orders", "japan")] = .init(source: "taiwan", patience: .seconds(10))
    write("taiwan", true)
    write("japan", false)
    steer(["taiwan": 1, "japan": 0])
  }

  var start: Timestamp { Timestamp(milliseconds: 1_700_000_000_000) }

  mutating func write(_ region: String, _ accepts: Bool) {
    facts.writers[.init("orders", region)] = .init(accepts: accepts, at: facts.now)
  }

  mutating func silence(_ region: String) {
    facts.writers[.init("orders", region)]?.isSilent = true
    facts.writers[.init("orders", region)]?.silentSince = facts.now
  }

  mutating func steer(_ shares: [String: Double]) {
    facts.traffic["dns"] = .init(shares: shares, measuredAt: facts.now)
  }

  mutating func probe(_ region: String, _ succeeded: Bool) {
    facts.probes[.init("api", region)] = .init(succeeded: succeeded, finishedAt: facts.now)
  }

  mutating func replicate(_ link: String = "orders", to region: String = "japan") {
    facts.links[.init(link, region)]?.recoveryPoint = facts.now
    facts.links[.init(link, region)]?.wholeAt = facts.now
  }

  mutating func pass(_ seconds: Double = 1) { facts.now = facts.now + .seconds(seconds) }

  @discardableResult
  mutating func look(drill: String? = nil) -> [FailoverEvent] {
    let events = watch.observe(facts, drill: drill)
    steps += events.map(\.step)
    return events
  }

  /// Normal operation for a while.
  mutating func calm(_ seconds: Int = 5) {
    for _ in 0..<seconds {
      pass()
      replicate()
      probe("taiwan", true)
      look()
    }
  }

  /// The region of `name` dies now; it is confirmed two seconds later.
  mutating func die(_ name: String = "taiwan") {
    pass()
    let bad = facts.now
    silence(name)
    probe(name, false)
    look()
    pass(2)
    facts.regions[name] = .init(.down, badSince: bad, downSince: facts.now)
    look()
  }
}
