package import Model

/// Notices failovers of one workload, without anybody pressing anything. Pure: facts go in, steps come out.
///
/// A region is in charge while it accepts writes, and while people are sent to it. A failover begins when a region in
/// charge is confirmed down, when another region accepts writes in its place, or when all traffic has left it; it is then
/// dated back to the first bad sample, or to the first look at which its server did not answer any more. The other region
/// serves once it has the role that the first one had and lost, and its traffic, and the workload's check succeeds there
/// afterwards. The failover is over when the region that failed is in charge again.
///
/// While this watcher is offline nothing is concluded.
package struct FailoverWatch: Sendable {
  package private(set) var workload: Workload
  /// The newest failover; one that is over stays until the next.
  package private(set) var current: Failover?
  /// Who accepted writes when that was last clear.
  private var writer: String?
  /// Where people were sent when that was last clear.
  private var serving: Set<String> = []
  /// Newest recovery point of each other region, seen while the region in charge was still well: what a promotion then
  /// has. Taken again at the promotion, since a replica may catch up with what is under way.
  private var points: [String: RecoveryPoint] = [:]

  /// What must outlive the process.
  package struct Memory: Hashable, Sendable, Codable {
    package var current: Failover?
    package var writer: String?
    package var serving: Set<String>
  }

  package init(_ workload: Workload, restoring memory: Memory? = nil) {
    self.workload = workload
    current = memory?.current
    writer = memory?.writer
    serving = memory?.serving ?? []
  }

  package var memory: Memory { Memory(current: current, writer: writer, serving: serving) }

  /// The regions that are in charge, as far as that is clear.
  package var inCharge: Set<String> { serving.union(writer.map { [$0] } ?? []) }

  /// The regions that a failover could lead to: all but the one that accepts writes, and the one that all people are
  /// sent to. A region that serves and does not accept writes is among them, and so is each of two that serve.
  package var candidates: [String] { workload.regions.filter { $0 != writer && serving != [$0] } }

  /// Who accepts writes now: those that say so, and are not silent.
  private func writers(_ facts: Facts) -> Set<String>? {
    guard let link = workload.writer else { return nil }
    return Set(
      workload.regions.filter { region in
        guard let fact = facts.writers[Facts.Place(link, region)] else { return false }
        return fact.accepts && !fact.isSilent
      })
  }

  /// Goes on with other settings; a failover of a workload whose regions are others now is ended.
  package mutating func replace(_ workload: Workload, at now: Timestamp) -> [FailoverEvent] {
    self.workload = workload
    guard let current, !current.isOver, !workload.regions.contains(current.from) else { return [] }
    return step(.superseded, now)
  }

  /// A page about `region` or about the workload left, or was acknowledged.
  package mutating func heard(_ step: Failover.Step, at: Timestamp) -> [FailoverEvent] {
    guard step == .paged || step == .acknowledged, let current, !current.isOver,
      current.times[step] == nil, at >= current.startedAt
    else { return [] }
    return self.step(step, at)
  }

  package mutating func observe(_ facts: Facts, drill: String? = nil) -> [FailoverEvent] {
    guard !facts.isOffline else { return [] }
    var events: [FailoverEvent] = []
    let writers = writers(facts)
    let traffic = workload.traffic.flatMap { facts.traffic[$0] }
    events += begin(facts, writers, traffic, drill)
    events += takeOver(facts, writers, traffic)
    events += finish(facts, writers, traffic)
    if let writers, writers.count == 1 { writer = writers.first }
    if let traffic, !traffic.serving.isEmpty { serving = traffic.serving }
    rememberPoints(facts)
    return events
  }

  // MARK: Steps

  private mutating func step(_ step: Failover.Step, _ at: Timestamp) -> [FailoverEvent] {
    guard var failover = current, failover.times[step] == nil else { return [] }
    failover.times[step] = at
    current = failover
    return [FailoverEvent(failover: failover, step: step, at: at)]
  }

  private mutating func begin(
    _ facts: Facts, _ writers: Set<String>?, _ traffic: Facts.Traffic?, _ drill: String?
  ) -> [FailoverEvent] {
    var events: [FailoverEvent] = []
    for region in inCharge.sorted() {
      guard let start = start(of: region, facts, writers, traffic) else { continue }
      let earlier = current
      if let running = current, !running.isOver {
        // The same one goes on; one of the region that took over is another, unless it is the way back.
        guard running.to == region, running.servingAt != nil,
          start.isConfirmed || start.to != running.from
        else { continue }
        events += step(.superseded, facts.now)
      }
      var failover = Failover(
        workload: workload, from: region, startedAt: max(start.at, earlier?.earliestNext ?? start.at),
        hadRole: writer == region, hadTraffic: serving.contains(region))
      failover.drill = drill
      current = failover
      events.append(FailoverEvent(failover: failover, step: .firstBad, at: failover.startedAt))
      if start.isConfirmed { events += step(.confirmed, facts.now) }
      return events
    }
    if let running = current, !running.isOver, running.times[.confirmed] == nil,
      facts.regions[running.from]?.health == .down
    {
      events += step(.confirmed, facts.now)
    }
    return events
  }

  /// When a failover away from `region`, which was in charge, began, and where to as far as that is seen; nil: none has.
  private func start(
    of region: String, _ facts: Facts, _ writers: Set<String>?, _ traffic: Facts.Traffic?
  ) -> (at: Timestamp, isConfirmed: Bool, to: String?)? {
    var starts: [Timestamp] = []
    var to: String?
    let health = facts.regions[region]
    let isDown = health?.health == .down
    if isDown { starts.append(health?.badSince ?? health?.downSince ?? facts.now) }
    let others = (writers ?? []).subtracting([region])
    let lostRole = writer == region && !others.isEmpty && writers?.contains(region) == false
    if lostRole, let link = workload.writer {
      starts.append(facts.writers[Facts.Place(link, region)]?.silentSince ?? facts.now)
      to = others.sorted().first
    }
    // Traffic tells of a failover only by leaving altogether; a share that changes is a matter of weights.
    if let traffic, serving.contains(region), !traffic.serving.isEmpty, !traffic.serving.contains(region) {
      starts.append(traffic.measuredAt)
      to = to ?? traffic.shares.max(by: Self.isSmaller)?.key
    }
    guard let first = starts.min() else { return nil }
    return (first, isDown, to)
  }

  private mutating func takeOver(
    _ facts: Facts, _ writers: Set<String>?, _ traffic: Facts.Traffic?
  ) -> [FailoverEvent] {
    guard let running = current, !running.isOver, running.servingAt == nil else { return [] }
    var events: [FailoverEvent] = []
    if running.hadRole, running.times[.roleChanged] == nil, let writers {
      let others = writers.subtracting([running.from])
      if others.count == 1, !writers.contains(running.from), let new = others.first {
        take(new, facts)
        let seen = workload.writer.flatMap { facts.writers[Facts.Place($0, new)]?.at }
        events += step(.roleChanged, seen ?? facts.now)
      }
    }
    if running.times[.steeringChanged] == nil, let traffic, !traffic.serving.isEmpty,
      !traffic.serving.contains(running.from), let new = traffic.shares.max(by: Self.isSmaller)?.key
    {
      if current?.to == nil { take(new, facts) }
      events += step(.steeringChanged, traffic.measuredAt)
    }
    guard let now = current, let region = now.to, let since = handover(now, writers) else { return events }
    guard let check = workload.check else { return events + step(.serving, since) }
    let probe = facts.probes[Facts.Place(check, region)]
    if let probe, probe.succeeded, probe.finishedAt >= since { events += step(.serving, probe.finishedAt) }
    return events
  }

  private static func isSmaller(_ a: (key: String, value: Double), _ b: (key: String, value: Double)) -> Bool
  {
    (a.value, b.key) < (b.value, a.key)
  }

  /// When all that has to change has changed; nil: not yet. The role need not where the region still holds it.
  private func handover(_ failover: Failover, _ writers: Set<String>?) -> Timestamp? {
    var needed: [Timestamp?] = []
    if failover.hadRole, writers?.contains(failover.from) != true {
      needed.append(failover.times[.roleChanged])
    }
    if failover.hadTraffic { needed.append(failover.times[.steeringChanged]) }
    guard !needed.isEmpty, needed.allSatisfy({ $0 != nil }) else { return nil }
    return needed.compactMap { $0 }.max()
  }

  private mutating func take(_ region: String, _ facts: Facts) {
    guard var failover = current, failover.to == nil else { return }
    failover.to = region
    failover.recoveryPoint = point(in: region, facts) ?? points[region]
    current = failover
  }

  private mutating func finish(
    _ facts: Facts, _ writers: Set<String>?, _ traffic: Facts.Traffic?
  ) -> [FailoverEvent] {
    guard let running = current, !running.isOver else { return [] }
    guard running.to != nil else {
      // It came back before another one took over.
      let isWell = facts.regions[running.from]?.health == .up
      let hasRole = !running.hadRole || writers.map { $0 == [running.from] } ?? true
      let hasTraffic = !running.hadTraffic || traffic.map { $0.serving.contains(running.from) } ?? true
      return isWell && hasRole && hasTraffic ? step(.recovered, facts.now) : []
    }
    var events: [FailoverEvent] = []
    if running.times[.caughtUp] == nil, let serving = running.servingAt,
      followsAgain(running.from, since: serving, facts)
    {
      events += step(.caughtUp, facts.now)
    }
    let hasRole = running.times[.roleChanged] == nil || writers == [running.from]
    let hasTraffic =
      running.times[.steeringChanged] == nil || traffic?.serving.contains(running.from) == true
    // Traffic may return before the region is seen well: until then it is not back, and nothing new has begun.
    let isWell = facts.regions[running.from]?.health != .down
    if hasRole, hasTraffic, isWell { events += step(.failedBack, facts.now) }
    return events
  }

  /// Every link of the workload's data into `region` was found whole, and within the objective, after `moment`.
  private func followsAgain(_ region: String, since moment: Timestamp, _ facts: Facts) -> Bool {
    let links = workload.data.compactMap(\.link).compactMap { facts.links[Facts.Edge($0, region)] }
    guard !links.isEmpty else { return false }
    return links.allSatisfy { link in
      guard let point = link.recoveryPoint, !link.isBroken, point > moment,
        !RecoveryPoint.isStale(link.wholeAt, link.patience, facts.now)
      else { return false }
      return facts.now - point <= workload.objectives.recoveryPoint ?? link.patience
    }
  }

  // MARK: What a promotion would have

  /// Of the workload's data the set that is furthest behind; nil: not known of all.
  private func point(in region: String, _ facts: Facts) -> RecoveryPoint? {
    guard !workload.data.isEmpty else { return nil }
    let points = workload.data.map { RecoveryPoint.best(of: $0, in: region, facts) }
    guard points.allSatisfy({ $0 != nil }) else { return nil }
    return points.compactMap { $0 }.min { $0.at < $1.at }
  }

  private mutating func rememberPoints(_ facts: Facts) {
    for region in candidates {
      if let point = point(in: region, facts) { points[region] = point }
    }
  }
}
