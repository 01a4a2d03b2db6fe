package import Model
internal import RowCoding

/// All workloads: how each stands, and its failovers. Pure: facts go in; readings, events and rows come out.
package struct ReadinessBook: Sendable {
  package struct Decisions: Sendable {
    package var events: [FailoverEvent] = []
    package var changes: [StateChange] = []

    package init() {}
  }

  /// Failovers kept of each workload, the newest.
  package static let keptFailovers = 100

  private var watches: [String: FailoverWatch] = [:]
  /// In the order of the configuration.
  private var order: [String] = []
  /// Ended, or at least serving; oldest first.
  private var history: [String: [Failover]] = [:]
  private var stored: [String: FailoverWatch.Memory] = [:]
  private var counts: [Labels: UInt64] = [:]
  package private(set) var standings: [Standing] = []
  package private(set) var conflicts: [String: [Conflict]] = [:]
  /// Rows of an earlier process that cannot be read, each with its key.
  package private(set) var restoreProblems: [String] = []

  package init(_ workloads: [Workload], restoring rows: [(key: String, value: [UInt8])] = []) {
    for (key, value) in rows {
      do {
        if key.hasPrefix(Self.memoryPrefix) {
          stored[String(key.dropFirst(Self.memoryPrefix.count))] =
            try RowCoding.decode(FailoverWatch.Memory.self, value)
        } else {
          let failover = try RowCoding.decode(Failover.self, value)
          history[failover.workload, default: []].append(failover)
        }
      } catch {
        restoreProblems.append("\(key): \(error)")
      }
    }
    for name in history.keys { history[name]?.sort { $0.startedAt < $1.startedAt } }
    order = workloads.map(\.name)
    for workload in workloads {
      watches[workload.name] = FailoverWatch(workload, restoring: stored[workload.name])
    }
  }

  package var workloads: [Workload] { order.compactMap { watches[$0]?.workload } }

  /// Newest first, those under way among them.
  package func failovers(of workload: String) -> [Failover] {
    var all = history[workload] ?? []
    if let current = watches[workload]?.current, !all.contains(where: { $0.id == current.id }) {
      all.append(current)
    }
    return all.reversed()
  }

  package func inCharge(of workload: String) -> Set<String> { watches[workload]?.inCharge ?? [] }

  /// Goes on with other workloads; what is remembered of one that is gone is forgotten, its failovers are kept.
  package mutating func replace(_ workloads: [Workload], at now: Timestamp) -> Decisions {
    var decisions = Decisions()
    for name in order where !workloads.contains(where: { $0.name == name }) {
      watches[name] = nil
      if stored.removeValue(forKey: name) != nil {
        decisions.changes.append(StateChange(.readiness, Self.memoryPrefix + name, nil))
      }
    }
    order = workloads.map(\.name)
    for workload in workloads {
      let events = watches[workload.name]?.replace(workload, at: now)
      if watches[workload.name] == nil { watches[workload.name] = FailoverWatch(workload) }
      take(events ?? [], &decisions)
    }
    return decisions
  }

  /// - Parameter drills: name of the drill under way, by workload.
  package mutating func observe(_ facts: Facts, drills: [String: String] = [:]) -> Decisions {
    var decisions = Decisions()
    standings = []
    conflicts = [:]
    for name in order {
      guard var watch = watches[name] else { continue }
      let events = watch.observe(facts, drill: drills[name])
      watches[name] = watch
      take(events, &decisions)
      remember(watch, &decisions)
      let handover = watch.current.flatMap { current -> Timestamp? in
        guard !current.isOver, current.servingAt == nil else { return nil }
        return [current.times[.roleChanged], current.times[.steeringChanged]].compactMap { $0 }.min()
      }
      let found = Conflict.all(in: watch.workload, facts, handover: handover)
      if !found.isEmpty { conflicts[name] = found }
      let all = history[name] ?? []
      for region in watch.workload.regions where !watch.inCharge.contains(region) {
        let estimate = RecoveryEstimate.of(watch.workload, in: region, history: all, facts)
        standings.append(Standing(of: watch.workload, in: region, estimate: estimate, facts))
      }
    }
    return decisions
  }

  /// A page about one of `regions`, or about the workload or a link or job of its data, left or was acknowledged.
  package mutating func heard(_ step: Failover.Step, about labels: Labels, at: Timestamp) -> Decisions {
    var decisions = Decisions()
    for name in order {
      guard var watch = watches[name], let current = watch.current, !current.isOver,
        Self.concerns(labels, watch.workload, current)
      else { continue }
      let events = watch.heard(step, at: at)
      watches[name] = watch
      take(events, &decisions)
      remember(watch, &decisions)
    }
    return decisions
  }

  private static func concerns(_ labels: Labels, _ workload: Workload, _ failover: Failover) -> Bool {
    if let named = labels["workload"] { return named == workload.name }
    if labels["region"] == failover.from { return true }
    let links = workload.data.compactMap(\.link) + [workload.writer].compactMap { $0 }
    if let link = labels["link"] { return links.contains(link) }
    return false
  }

  // MARK: Rows

  private static let memoryPrefix = "memory/"

  private mutating func remember(_ watch: FailoverWatch, _ decisions: inout Decisions) {
    let memory = watch.memory
    guard stored[watch.workload.name] != memory else { return }
    stored[watch.workload.name] = memory
    guard let row = try? RowCoding.encode(memory) else { return }
    decisions.changes.append(StateChange(.readiness, Self.memoryPrefix + watch.workload.name, row))
  }

  private mutating func take(_ events: [FailoverEvent], _ decisions: inout Decisions) {
    decisions.events += events
    for event in events {
      let failover = event.failover
      if event.step == .serving, let labels = Self.labels(failover) { counts[labels, default: 0] += 1 }
      // What never had another region serving is an outage and no failover: the journal has it.
      guard failover.servingAt != nil else { continue }
      var all = history[failover.workload] ?? []
      if let place = all.firstIndex(where: { $0.id == failover.id }) {
        all[place] = failover
      } else {
        all.append(failover)
      }
      if let row = try? RowCoding.encode(failover) {
        decisions.changes.append(StateChange(.readiness, Self.row(failover), row))
      }
      while all.count > Self.keptFailovers {
        decisions.changes.append(StateChange(.readiness, Self.row(all.removeFirst()), nil))
      }
      history[failover.workload] = all
    }
  }

  private static func row(_ failover: Failover) -> String { "failover/\(failover.id)" }

  private static func labels(_ failover: Failover) -> Labels? {
    guard let to = failover.to else { return nil }
    return [
      "workload": failover.workload, "from": failover.from, "to": to,
      "kind": failover.drill == nil ? "failover" : "drill",
    ]
  }

  // MARK: Readings

  package func readings(at now: Timestamp) -> [Reading] {
    var readings: [Reading] = []
    for standing in standings { readings += Self.readings(of: standing, at: now) }
    for name in order {
      guard let watch = watches[name] else { continue }
      readings += self.readings(of: watch)
    }
    readings += counts.sorted { "\($0.key)" < "\($1.key)" }.map {
      Reading(ReadinessFamilies.failovers, Double($0.value), labels: $0.key)
    }
    return readings
  }

  private static func readings(of standing: Standing, at now: Timestamp) -> [Reading] {
    let labels: Labels = ["workload": standing.workload, "region": standing.region]
    var out = Truth.allCases.map {
      Reading(ReadinessFamilies.state, $0 == standing.truth, labels: labels.setting("state", to: $0.rawValue))
    }
    out.append(
      Reading(ReadinessFamilies.ready, standing.truth == .ok, labels: labels.setting("reason", to: "ready")))
    out += Standing.Reason.allCases.map {
      Reading(
        ReadinessFamilies.ready, standing.reasons.contains($0),
        labels: labels.setting("reason", to: $0.rawValue))
    }
    if let point = standing.recoveryPoint {
      out.append(Reading(ReadinessFamilies.recoveryPoint, point.at.seconds, labels: labels))
      let details = labels.setting("provenance", to: point.provenance.rawValue).setting("via", to: point.via)
      out.append(Reading(ReadinessFamilies.provenance, 1, labels: details))
    }
    if let loss = standing.dataAtRisk(at: now) {
      out.append(Reading(ReadinessFamilies.dataAtRisk, loss.inSeconds, labels: labels))
    }
    if let estimate = standing.estimate {
      let labels = labels.setting("source", to: estimate.source.rawValue)
      out.append(Reading(ReadinessFamilies.estimate, estimate.takes.inSeconds, labels: labels))
      out.append(Reading(ReadinessFamilies.lastProven, estimate.measuredAt.seconds, labels: labels))
    }
    return out
  }

  private func readings(of watch: FailoverWatch) -> [Reading] {
    let workload = watch.workload
    let labels: Labels = ["workload": workload.name]
    var out = workload.regions.map {
      Reading(
        ReadinessFamilies.inCharge, watch.inCharge.contains($0), labels: labels.setting("region", to: $0))
    }
    let kinds = Set((conflicts[workload.name] ?? []).map(\.kind))
    if workload.writer != nil {
      out += Conflict.Kind.allCases.map {
        Reading(
          ReadinessFamilies.conflict, kinds.contains($0), labels: labels.setting("kind", to: $0.rawValue))
      }
    }
    if let limit = workload.objectives.recoveryPoint {
      out.append(Reading(ReadinessFamilies.objectiveRecoveryPoint, limit.inSeconds, labels: labels))
    }
    if let limit = workload.objectives.recoveryTime {
      out.append(Reading(ReadinessFamilies.objectiveRecoveryTime, limit.inSeconds, labels: labels))
    }
    if let goal = workload.objectives.availability {
      out.append(Reading(ReadinessFamilies.objectiveAvailability, goal, labels: labels))
    }
    let current = watch.current
    let isRunning = current.map { !$0.isOver && $0.servingAt == nil } ?? false
    out.append(Reading(ReadinessFamilies.failoverRunning, isRunning, labels: labels))
    if let current {
      out += Failover.Step.allCases.compactMap { step in
        current.times[step].map {
          Reading(
            ReadinessFamilies.failoverStep, $0.seconds, labels: labels.setting("step", to: step.rawValue))
        }
      }
    }
    if let measured = history[workload.name]?.last, let labels = Self.labels(measured),
      let took = measured.recoveryTime
    {
      out.append(Reading(ReadinessFamilies.failoverTook, took.inSeconds, labels: labels))
      out.append(Reading(ReadinessFamilies.failoverAt, measured.startedAt.seconds, labels: labels))
      if let lost = measured.lost {
        out.append(Reading(ReadinessFamilies.failoverLost, lost.inSeconds, labels: labels))
      }
    }
    return out
  }
}
