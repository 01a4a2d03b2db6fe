internal import Collecting
internal import Configuration
internal import Model

/// Rolls the checks up into the states of regions and writes those down. Confined to the core's thread.
final class RollUp {
  struct Member {
    var basics: CheckBasics
    var health: CheckState.Health
  }

  private(set) var plan: RollUpPlan
  private(set) var health: [String: RegionHealth] = [:]
  private(set) var calculated: [(check: CalculatedCheck, health: CheckState.Health)] = []
  private let recorder: ReadingRecorder

  init(store: any SampleAppender, plan: RollUpPlan) {
    self.plan = plan
    recorder = ReadingRecorder(store, base: .empty)
  }

  func replace(_ plan: RollUpPlan, at now: Timestamp) { self.plan = plan }

  /// - Parameter isOffline: nil where there are no canaries.
  func record(_ members: [Member], isOffline: Bool?, withheld: UInt64, at time: Timestamp) {
    var readings = calculate(members)
    // A member of a calculated check counts through it, unless it is said to count beside it.
    let hidden = Set(plan.calculated.filter { !$0.membersCount }.flatMap(\.members))
    var leaves: [String: [HealthTree.Leaf]] = [:]
    for member in members where member.basics.counts {
      let basics = member.basics
      if hidden.contains(.init(region: basics.region, name: basics.name)) { continue }
      leaves[basics.region, default: []].append(
        .init(
          zone: basics.zone, tier: basics.tier, health: RegionHealth(member.health), weight: basics.weight))
    }
    for (check, health) in calculated {
      leaves[check.region, default: []].append(
        .init(zone: check.zone, tier: check.tier, health: RegionHealth(health), weight: check.weight))
    }
    health = [:]
    for region in plan.regions {
      let tree = HealthTree(leaves[region.name] ?? [], rules: region.rules)
      health[region.name] = tree.region
      readings += ScheduleMetrics.readings(of: region.name, tree)
    }
    if let isOffline {
      readings.append(Reading(ScheduleMetrics.vantageOffline, isOffline))
      readings.append(Reading(ScheduleMetrics.checksWithheld, Double(withheld)))
    }
    recorder.record(readings, at: time)
  }

  private func calculate(_ members: [Member]) -> [Reading] {
    guard !plan.calculated.isEmpty else {
      calculated = []
      return []
    }
    var states: [CalculatedCheck.Member: CheckState.Health] = [:]
    for member in members {
      states[.init(region: member.basics.region, name: member.basics.name)] = member.health
    }
    calculated = plan.calculated.map { check in (check, check.health { states[$0] }) }
    return calculated.flatMap { check, health in
      let labels: Labels = ["check": check.name, "region": check.region]
      return CheckState.Health.allCases.map {
        Reading(
          ScheduleMetrics.checkState, $0 == health, labels: labels.setting("state", to: $0.rawValue))
      }
    }
  }
}

extension Outcome {
  /// Whether something answered, whatever it said: a refusal is an answer, too.
  var wasReached: Bool {
    switch reason {
    case .timeout?, .dns?, .unreachable?, .io?, .configuration?, .limit?, .overrun?, .unknown?, .other?: false
    default: true
    }
  }
}
