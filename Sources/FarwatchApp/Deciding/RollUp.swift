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
  /// What the health of each region follows from.
  private(set) var trees: [String: HealthTree] = [:]
  /// What the watchers make of the regions together; empty where this one decides alone.
  private(set) var findings: [String: Quorum.Finding] = [:]
  private(set) var calculated: [(check: CalculatedCheck, health: CheckState.Health)] = []
  private let recorder: ReadingRecorder

  init(store: any SampleAppender, plan: RollUpPlan) {
    self.plan = plan
    recorder = ReadingRecorder(store, base: .empty)
  }

  func replace(_ plan: RollUpPlan, at now: Timestamp) { self.plan = plan }

  /// - Parameters:
  ///   - canaries: whether the newest probe of each reached it.
  ///   - isOffline: nil where there are no canaries that can be asked.
  func record(
    _ members: [Member], canaries: [String: Bool], isOffline: Bool?, withheld: UInt64,
    looked: [String: Timestamp] = [:], peers: PeerBoard = PeerBoard(), at time: Timestamp
  ) {
    var readings = calculate(members, isOffline: isOffline == true)
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
    trees = [:]
    for region in plan.regions {
      let tree = HealthTree(
        leaves[region.name] ?? [], rules: region.rules, isOffline: isOffline == true)
      health[region.name] = tree.region
      trees[region.name] = tree
      readings += ScheduleMetrics.readings(of: region.name, tree)
    }
    readings += judge(looked, peers, isOffline: isOffline == true, at: time)
    for (name, isReached) in canaries.sorted(by: { $0.key < $1.key }) {
      readings.append(Reading(ScheduleMetrics.canaryReached, isReached, labels: ["check": name]))
    }
    if let isOffline { readings.append(Reading(ScheduleMetrics.vantageOffline, isOffline)) }
    if isOffline != nil || !canaries.isEmpty {
      readings.append(Reading(ScheduleMetrics.checksWithheld, Double(withheld)))
    }
    recorder.record(readings, at: time)
  }

  /// Compares notes with the peers.
  private func judge(
    _ looked: [String: Timestamp], _ peers: PeerBoard, isOffline: Bool, at time: Timestamp
  ) -> [Reading] {
    findings = [:]
    var readings = looked.sorted { $0.key < $1.key }.map {
      Reading(QuorumFamilies.looked, $0.value.seconds, labels: ["region": $0.key])
    }
    guard let quorum = plan.quorum else { return readings }
    for region in plan.regions {
      let isFresh = looked[region.name].map { time - $0 <= quorum.freshFor } ?? false
      let own = Quorum.Vote(plan.vantage, health[region.name] ?? .unknown, isFresh: isFresh)
      let votes = peers.votes(on: region.name, freshFor: quorum.freshFor, at: time)
      let finding = quorum.judge(own: own, peers: votes, isOffline: isOffline)
      findings[region.name] = finding
      readings += QuorumFamilies.readings(of: region.name, finding)
    }
    return readings
  }

  private func calculate(_ members: [Member], isOffline: Bool) -> [Reading] {
    guard !plan.calculated.isEmpty else {
      calculated = []
      return []
    }
    var states: [CalculatedCheck.Member: CheckState.Health] = [:]
    for member in members {
      states[.init(region: member.basics.region, name: member.basics.name)] = member.health
    }
    let before = calculated
    calculated = plan.calculated.map { check in
      let health = check.health { states[$0] }
      // An inverted one is down because members are well: not knowing that any more must not end what it says.
      let wasDown = before.contains { $0.check == check && $0.health == .down }
      return (check, isOffline && health == .unknown && wasDown ? .down : health)
    }
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
  /// Whether something answered, whatever it said: a refusal is an answer, too. nil: the question could not be put, for
  /// a reason of our own, or it is not known whether it was.
  ///
  /// - Parameter isMadeHere: a program of ours answers, not the world; only its success says that the world did.
  func wasReached(isMadeHere: Bool) -> Bool? {
    switch reason {
    case nil: true
    case .permission?, .configuration?, .limit?, .overrun?, .unknown?, .missing?: nil
    case .timeout?, .dns?, .unreachable?, .io?, .other?: false
    default: !isMadeHere
    }
  }
}
