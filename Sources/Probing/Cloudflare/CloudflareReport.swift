internal import Model

/// Makes readings of what the API answered. Pure.
struct CloudflareReport: Sendable {
  private let map: RegionMap
  private let names: [String: String]
  private(set) var readings: [Reading] = []
  /// The first thing that was wrong.
  private(set) var problem: CloudflareFailure?
  /// Data centers of a pool that get series of their own; the ratio counts all.
  static let popLimit = 32
  /// Origins of a pool that get series of their own.
  static let originLimit = 64

  /// - Parameter all: every pool, for the names of those that load balancers point to.
  init(map: RegionMap, all: [CloudflarePool]) {
    self.map = map
    names = Dictionary(all.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func note(_ failure: CloudflareFailure) { if problem == nil { problem = failure } }

  mutating func add(_ pool: CloudflarePool, _ answer: Result<CloudflareAnswer, CloudflareFailure>?) {
    let labels: Labels = ["pool": pool.name, "region": map.region(ofText: pool.name) ?? ""]
    readings.append(Reading(CloudflareMetrics.poolEnabled, pool.isEnabled, labels: labels))
    var seen: Set<String> = []
    for origin in pool.origins.prefix(Self.originLimit) where seen.insert(origin.name).inserted {
      readings.append(
        Reading(
          CloudflareMetrics.originEnabled, origin.isEnabled, labels: labels.setting("origin", to: origin.name)
        ))
    }
    var health: CloudflarePoolHealth?
    switch answer {
    case .success(let answer): health = CloudflarePoolHealth(answer.result)
    case .failure(let failure): note(failure)
    case nil: break
    }
    let pops = health?.pops ?? []
    let share = pops.isEmpty ? nil : Double(pops.count { $0.isHealthy }) / Double(pops.count)
    if let isHealthy = pool.isHealthy ?? share.map({ $0 > 0.5 }) {
      readings.append(Reading(CloudflareMetrics.poolHealthy, isHealthy, labels: labels))
    }
    guard let share else { return }
    readings.append(Reading(CloudflareMetrics.poolHealthyShare, share, labels: labels))
    for pop in pops.prefix(Self.popLimit) { add(pop, pool, labels.setting("pop", to: pop.name)) }
  }

  private mutating func add(_ pop: CloudflarePoolHealth.PoP, _ pool: CloudflarePool, _ labels: Labels) {
    readings.append(Reading(CloudflareMetrics.popHealthy, pop.isHealthy, labels: labels))
    var seen: Set<String> = []
    for origin in pop.origins.prefix(Self.originLimit) {
      let name = pool.origins.first { $0.address == origin.address }?.name ?? origin.address
      guard seen.insert(name).inserted else { continue }
      let labels = labels.setting("origin", to: name)
      readings.append(Reading(CloudflareMetrics.originHealthy, origin.isHealthy, labels: labels))
      if !origin.isHealthy {
        readings.append(
          Reading(CloudflareMetrics.originFailure, 1, labels: labels.setting("reason", to: origin.failure)))
      }
      if let time = origin.roundTrip {
        readings.append(Reading(CloudflareMetrics.originRoundTrip, time, labels: labels))
      }
    }
  }

  mutating func add(balancer answer: Result<CloudflareAnswer, CloudflareFailure>?) {
    let balancer: CloudflareBalancer
    switch answer {
    case .failure(let failure): return note(failure)
    case nil: return
    case .success(let answer):
      guard let found = CloudflareBalancer(answer.result) else {
        return note(CloudflareFailure(reason: .protocolError, detail: "a load balancer without a name"))
      }
      balancer = found
    }
    let labels: Labels = ["load_balancer": balancer.name]
    readings.append(Reading(CloudflareMetrics.balancerEnabled, balancer.isEnabled, labels: labels))
    var placed: Set<String> = []
    for (place, id) in balancer.defaultPools.enumerated() where placed.insert(id).inserted {
      add(priority: place + 1, of: id, labels)
    }
    if let id = balancer.fallbackPool, placed.insert(id).inserted { add(priority: 0, of: id, labels) }
  }

  private mutating func add(priority: Int, of id: String, _ labels: Labels) {
    let name = names[id] ?? id
    let all = labels.merging(["pool": name, "region": map.region(ofText: name) ?? ""])
    readings.append(Reading(CloudflareMetrics.balancerPriority, Double(priority), labels: all))
  }
}
