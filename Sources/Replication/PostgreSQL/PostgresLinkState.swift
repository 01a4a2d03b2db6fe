internal import Collecting
package import Model
package import PostgresClient

/// Turns what the servers of one link say into readings. Pure: the same passes give the same readings.
///
/// The recovery point of a target moves only on proof, all of it with times of Farwatch's own clock:
/// - The source's WAL position is remembered with the time before the question left (``WALHistory``). A target of
///   the same cluster, in recovery and not on an older timeline, that has replayed up to such a position is complete
///   up to that time. So a target that has replayed all is complete up to the last look at the source.
/// - Reaching further back than that memory (after a restart of Farwatch) there is the commit time of the last
///   replayed transaction, corrected by the source's clock error where that is known.
/// - A silent source, a silent target or a stopped link prove nothing: the value stays, and its age grows. Before
///   the first proof there is no value.
/// - A target that fell back (rebuilt from an older copy) takes its recovery point back with it.
/// - A target that stood further than the source does later on the same timeline has another history (the source
///   was restored from a snapshot): nothing is proven by its positions until it falls back, changes its timeline or
///   Farwatch starts anew.
/// - A heartbeat row that has come through proves the same without a look at the source: see
///   ``PostgresHeartbeat/Beat/corrected(sourceClockError:askedAt:)``. Of several proofs the newest counts.
/// - A target of another target is held against the source's positions all the same: they are those of the whole
///   chain. It is up when all of its chain is.
///
/// Lag in seconds is the time since the source was first seen past the target's position. It is left out while
/// the source is silent and nothing later is known, never guessed; 0 means replayed up to the position just read.
/// After a restart of Farwatch it is a lower bound until the target passes the first position seen.
package struct PostgresLinkState: Sendable {
  package typealias Answer = Result<PostgresObservation, PostgresError>

  private struct Target {
    var recoveryPoint: Timestamp?
    var replayed: WALPosition?
    var timeline: UInt32?
    /// In the newest pass it stood behind where it had been.
    var fellBack = false
    /// It had replayed what the source, asked later, had not written.
    var diverged = false
  }

  package struct Pass: Sendable {
    package let readings: [Reading]
    package let verdict: Outcome.Verdict
  }

  /// Slots that vanished stay known until Farwatch starts anew; past this number new ones are not taken up.
  private static let rememberedSlots = PostgresQueries.slotLimit

  private let settings: PostgresLinkSettings
  private let linkLabels: Labels
  private var history = WALHistory()
  private var sourceTimeline: UInt32?
  /// Of the source, as it last said.
  private var cluster: String?
  /// How far the source's clock is ahead of Farwatch's.
  private var sourceClockError = Duration.zero
  private var targets: [String: Target] = [:]
  /// By the region that keeps them.
  private var slots: [String: Set<String>] = [:]
  /// Regions that were primaries together and were not all seen again since.
  private var split: Set<String> = []
  private var reasonsSeen: [String: Set<FailureReason>] = [:]
  private var lastPass: Timestamp?

  package init(_ settings: PostgresLinkSettings) {
    self.settings = settings
    linkLabels = ["link": settings.link]
  }

  /// One pass over all nodes. `answers` by region; a region that is not in it did not answer.
  package mutating func observe(_ answers: [String: Answer], at now: Timestamp) -> Pass {
    follow(clock: now)
    var seen: [String: PostgresObservation] = [:]
    var problems: [String: PostgresError] = [:]
    for node in settings.nodes {
      switch answers[node.region] {
      case .success(let observation): seen[node.region] = observation
      case .failure(let error): problems[node.region] = error
      case nil: problems[node.region] = PostgresError(.timeout, "no answer")
      }
    }
    let sourceRegion = settings.source.region
    for (region, other) in sameServers(seen) {
      problems[region] = PostgresError(.sameServer, SharedServer.detail(other))
      seen[region] = nil
    }
    if let source = seen[sourceRegion] { learn(source, by: now) }
    let identity = cluster ?? Self.commonIdentity(seen.values)
    for node in settings.targets {
      if let target = seen[node.region] { track(node.region, target, identity) }
    }
    for (region, node) in seen {
      if let identity, let own = node.systemIdentifier, own != identity {
        let message = "system identifier \(own), the link's is \(identity)"
        problems[region] = PostgresError(.wrongCluster, message)
        seen[region] = nil
      } else if node.inRecovery != (region != sourceRegion) {
        let role = node.inRecovery ? "a standby, expected the primary" : "a primary, expected a standby"
        problems[region] = PostgresError(.status, "is \(role)")
      } else if targets[region]?.diverged == true {
        problems[region] = PostgresError(.status, "has replayed what the source has not written: reseed it")
      } else if let problem = node.problem ?? node.beatProblem {
        problems[region] = problem
      }
    }

    // A server of another cluster did answer: it cannot be the other half of a split.
    let silent = settings.nodes.filter {
      seen[$0.region] == nil && problems[$0.region]?.reason != .wrongCluster
    }
    var readings = splitBrain(seen, silent: silent.count)
    for node in settings.nodes {
      readings += nodeReadings(node.region, seen[node.region], problems[node.region])
    }
    let source = seen[sourceRegion].flatMap { $0.inRecovery ? nil : $0 }
    for node in settings.targets {
      readings += targetReadings(node.region, seen, source, identity)
    }
    if let source {
      readings += slotReadings(settings.source.region, source) + senderReadings(source, seen)
    }
    for region in Set(settings.targets.compactMap(\.upstream)).sorted(by: byteOrder) {
      // Slots of a former standby are those of another history.
      if region != sourceRegion, let node = seen[region], isFollowing(region, node, identity) {
        readings += slotReadings(region, node)
      }
    }
    return Pass(readings: readings, verdict: verdict(problems))
  }

  private func verdict(_ problems: [String: PostgresError]) -> Outcome.Verdict {
    .link(
      settings.nodes.compactMap { node in problems[node.region].map { (node.region, $0.reason, "\($0)") } })
  }

  /// Regions whose server is that of another region, which is told with each. Of two regions it belongs to the one whose
  /// role it has, else to the one named first.
  private func sameServers(_ seen: [String: PostgresObservation]) -> [(region: String, other: String)] {
    let regions = settings.nodes.map(\.region).filter { seen[$0]?.instance != nil }
    let fitting = regions.filter { seen[$0]?.inRecovery == ($0 != settings.source.region) }
    var owners: [String: String] = [:]
    var found: [(region: String, other: String)] = []
    for region in fitting + regions.filter({ !fitting.contains($0) }) {
      guard let node = seen[region], let instance = node.instance else { continue }
      let server = "\(node.systemIdentifier ?? "") \(instance)"
      if let owner = owners[server] { found.append((region, owner)) } else { owners[server] = region }
    }
    return found
  }

  /// The one identifier that all of them have; nil when they differ.
  private static func commonIdentity(_ nodes: some Collection<PostgresObservation>) -> String? {
    let all = Set(nodes.compactMap(\.systemIdentifier))
    return all.count == 1 ? all.first : nil
  }

  /// Farwatch's clock was set back: what was measured moves with it, and a little further, for the time that passed
  /// since. A clock set forward makes things look older than they are, until the next proof.
  private mutating func follow(clock now: Timestamp) {
    defer { lastPass = now }
    guard let lastPass, now < lastPass else { return }
    let shift = lastPass - now + max(settings.interval, settings.timeout)
    history.moveBack(by: shift)
    for (region, target) in targets {
      targets[region]?.recoveryPoint = target.recoveryPoint.map { $0 - shift }
    }
  }

  /// Takes in what the source says, when it is a primary.
  private mutating func learn(_ source: PostgresObservation, by now: Timestamp) {
    if let identifier = source.systemIdentifier {
      if let cluster, cluster != identifier {
        history.clear()
        for (region, target) in targets { targets[region] = Target(recoveryPoint: target.recoveryPoint) }
      }
      cluster = identifier
    }
    guard !source.inRecovery, let current = source.current else { return }
    // Positions of two timelines are not comparable beyond the fork, and where that is we did not see.
    if let timeline = source.timeline, timeline != sourceTimeline {
      if sourceTimeline != nil { history.clear() }
      sourceTimeline = timeline
    }
    for (region, target) in targets {
      guard let replayed = target.replayed, replayed > current else { continue }
      if target.timeline == source.timeline { targets[region]?.diverged = true }
    }
    history.append(current, at: min(source.askedAt, now))
    if let clock = source.clock {
      let middle = source.askedAt + (source.answeredAt - source.askedAt) / 2
      sourceClockError = clock - middle
    }
  }
}

// MARK: - What becomes readings

extension PostgresLinkState {
  private mutating func nodeReadings(
    _ region: String, _ node: PostgresObservation?, _ problem: PostgresError?
  ) -> [Reading] {
    let labels = linkLabels.setting("region", to: region)
    var out = [Reading(PostgresMetrics.up, node != nil, labels: labels)]
    if let problem { reasonsSeen[region, default: []].insert(problem.reason) }
    for reason in FailureReason.allCases where reasonsSeen[region]?.contains(reason) == true {
      let labels = labels.setting("reason", to: reason.rawValue)
      out.append(Reading(PostgresMetrics.failureReason, reason == problem?.reason, labels: labels))
    }
    guard let node else { return out }
    let role = node.inRecovery ? "standby" : "primary"
    out += stateSet(
      PostgresMetrics.role, "role", PostgresMetrics.roles, current: role, labels: labels)
    out.append(Reading(PostgresMetrics.exporterIsReplica, node.inRecovery, labels: labels))
    out.append(Reading(ReplicationFamilies.writer, !node.inRecovery, labels: labels))
    if let timeline = node.timeline {
      out.append(Reading(PostgresMetrics.timeline, Double(timeline), labels: labels))
    }
    guard node.inRecovery else { return out }
    if let paused = node.replayPaused {
      out.append(Reading(PostgresMetrics.replayPaused, paused, labels: labels))
    }
    if let received = node.received, let replayed = node.replayed {
      // After a restart the receive position starts anew, behind what was replayed: nothing is waiting.
      let backlog = Double(received.distance(from: replayed))
      out.append(Reading(PostgresMetrics.replayBacklog, backlog, labels: labels))
    }
    if node.problem == nil {
      out += stateSet(
        PostgresMetrics.receiverState, "state", PostgresMetrics.receiverStates,
        current: node.receiver?.status ?? "stopped", labels: labels)
    }
    return out
  }

  private mutating func targetReadings(
    _ region: String, _ seen: [String: PostgresObservation], _ source: PostgresObservation?,
    _ identity: String?
  ) -> [Reading] {
    let target = seen[region]
    let labels = linkLabels.merging([
      "source_region": settings.source.region, "target_region": region, "engine": "postgres",
    ])
    let follows = target.map { isFollowing(region, $0, identity) } ?? false
    if follows, let target { advance(region, target) }

    var out = [Reading(ReplicationFamilies.objective, settings.rpo.inSeconds, labels: labels)]
    if let point = targets[region]?.recoveryPoint {
      out.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
    }
    // Without the privilege a receiver cannot be told from none: unknown, not down.
    if target?.receiver != nil || target?.problem?.reason != .permission {
      let isUp = source != nil && isChainWhole(region, seen, identity)
      out.append(Reading(ReplicationFamilies.up, isUp, labels: labels))
    }
    guard follows, let target else { return out }
    if let beat = beat(target) {
      out.append(Reading(HeartbeatFamilies.seen, beat.seconds, labels: labels))
    }
    if let silence = target.receiver?.silence {
      let heard = (target.askedAt - silence).seconds
      out.append(Reading(ReplicationFamilies.lastMessage, heard, labels: labels))
    }
    guard let replayed = target.replayed else { return out }
    if let current = source?.current {
      out.append(
        Reading(ReplicationFamilies.lagBytes, Double(current.distance(from: replayed)), labels: labels))
    }
    if let lag = lag(target, replayed, source) {
      let labels = linkLabels.setting("region", to: region)
      out.append(Reading(PostgresMetrics.exporterLag, lag, labels: labels))
    }
    return out
  }

  /// Takes in where a standby of this cluster stands.
  private mutating func track(_ region: String, _ observation: PostgresObservation, _ identity: String?) {
    guard observation.inRecovery, let identity, observation.systemIdentifier == identity,
      let replayed = observation.replayed
    else { return }
    var target = targets[region] ?? Target()
    target.fellBack = target.replayed.map { replayed < $0 } ?? false
    if target.fellBack || target.timeline != observation.timeline { target.diverged = false }
    target.replayed = replayed
    target.timeline = observation.timeline
    targets[region] = target
  }

  /// Whether this target and all that it receives from are receiving.
  private func isChainWhole(
    _ region: String, _ seen: [String: PostgresObservation], _ identity: String?
  ) -> Bool {
    var next: String? = region
    // The settings have no circle; the bound holds whatever they have.
    for _ in settings.targets {
      guard let region = next, let node = seen[region], isFollowing(region, node, identity),
        node.receiver?.status == "streaming"
      else { return false }
      next = settings.targets.first { $0.region == region }?.upstream
      if next == nil || next == settings.source.region { return true }
    }
    return false
  }

  private func beat(_ observation: PostgresObservation) -> Timestamp? {
    observation.beat?.corrected(sourceClockError: sourceClockError, askedAt: observation.askedAt)
  }

  /// Whether positions of this target can be held against those of the source.
  private func isFollowing(_ region: String, _ target: PostgresObservation, _ identity: String?) -> Bool {
    guard target.inRecovery, let identity, target.systemIdentifier == identity else { return false }
    // On an older one it has missed a promotion; on a newer one it follows a server that is not the source.
    if let own = target.timeline, let sourceTimeline, own != sourceTimeline { return false }
    return targets[region]?.diverged != true
  }

  /// Moves the recovery point as far as this observation proves.
  private mutating func advance(_ region: String, _ observation: PostgresObservation) {
    guard let replayed = observation.replayed, var target = targets[region] else { return }
    defer { targets[region] = target }
    let before = target.recoveryPoint
    let beat = beat(observation)
    if let complete = history.complete(at: replayed) {
      let newest = max(complete, beat ?? complete)
      target.recoveryPoint = target.fellBack ? newest : max(before ?? newest, newest)
      return
    }
    let commit = observation.lastReplayedCommit.map { min($0 - sourceClockError, observation.askedAt) }
    if target.fellBack {
      // Not further than where our memory begins; less when the target itself says so.
      let bound = [before, history.oldest?.first].compactMap(\.self).min()
      target.recoveryPoint = beat ?? [bound, commit].compactMap(\.self).min()
    } else {
      target.recoveryPoint = [before, commit, beat].compactMap(\.self).max()
    }
  }

  private func lag(
    _ target: PostgresObservation, _ replayed: WALPosition, _ source: PostgresObservation?
  ) -> Double? {
    if let passed = history.passed(replayed) {
      // One look at the source says how far it is, not since when.
      if !history.covers(replayed), history.entries.count == 1, history.newest?.first == history.newest?.last
      {
        return nil
      }
      return max(0.001, (target.answeredAt - passed).inSeconds)
    }
    return source?.current == nil ? nil : 0
  }

  private mutating func splitBrain(_ seen: [String: PostgresObservation], silent: Int) -> [Reading] {
    let identifiers = Dictionary(grouping: seen.filter { !$0.value.inRecovery }) { $0.value.systemIdentifier }
    let primaries = identifiers.filter { $0.key != nil }.values.max { $0.count < $1.count }?.map(\.key) ?? []
    let value: Bool
    if primaries.count > 1 {
      split = Set(primaries)
      value = true
    } else if !split.isEmpty {
      if split.allSatisfy({ seen[$0] != nil }) { split = [] }
      value = !split.isEmpty
    } else if primaries.count + silent < 2 {
      value = false
    } else {
      return []
    }
    return [Reading(ReplicationFamilies.splitBrain, value, labels: linkLabels)]
  }

  /// Those of a standby that others receive from carry its region, besides the labels of the source's.
  private mutating func slotReadings(_ region: String, _ node: PostgresObservation) -> [Reading] {
    guard let found = node.slots else { return [] }
    var known = slots[region] ?? []
    for slot in found where known.count < Self.rememberedSlots { known.insert(slot.name) }
    slots[region] = known
    let keeper = region == settings.source.region ? linkLabels : linkLabels.setting("region", to: region)
    let byName = Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
    var out: [Reading] = []
    for name in known.sorted(by: byteOrder) {
      let labels = keeper.setting("slot", to: name)
      let slot = byName[name]
      out.append(Reading(PostgresMetrics.slotActive, slot?.active ?? false, labels: labels))
      out += stateSet(
        PostgresMetrics.slotState, "state", PostgresMetrics.slotStates,
        current: slot == nil ? "missing" : slot?.state ?? "", labels: labels)
      if let safe = slot?.safeBytes {
        out.append(Reading(PostgresMetrics.slotSafeBytes, Double(safe), labels: labels))
      }
      if let restart = slot?.restart, let current = node.current ?? node.replayed {
        let kept = Double(current.distance(from: restart))
        out.append(Reading(PostgresMetrics.slotRetainedBytes, kept, labels: labels))
      }
    }
    return out
  }

  /// What the source says of each receiver. Its view ages with the receiver's last reply, so where a receiver is one
  /// of our targets (told by its slot), the target's own word counts. Receivers that look alike are read as one,
  /// the one furthest behind.
  private func senderReadings(
    _ source: PostgresObservation, _ seen: [String: PostgresObservation]
  ) -> [Reading] {
    guard let current = source.current, let senders = source.senders else { return [] }
    var own: [String: WALPosition] = [:]
    for node in settings.targets {
      if let target = seen[node.region], let slot = target.receiver?.slot { own[slot] = target.replayed }
    }
    var furthest: [Labels: UInt64] = [:]
    for sender in senders {
      guard let replayed = sender.slot.flatMap({ own[$0] }) ?? sender.replay else { continue }
      let labels = linkLabels.merging([
        "application_name": sender.applicationName, "client_addr": sender.clientAddress,
        "slot_name": sender.slot ?? "", "region": settings.source.region,
      ])
      furthest[labels] = max(furthest[labels] ?? 0, current.distance(from: replayed))
    }
    return furthest.sorted { byteOrder($0.key.description, $1.key.description) }.map {
      Reading(PostgresMetrics.exporterDifference, Double($0.value), labels: $0.key)
    }
  }
}
