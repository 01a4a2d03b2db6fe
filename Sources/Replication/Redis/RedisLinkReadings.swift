internal import Collecting
internal import Model
internal import RedisClient

// What becomes readings.
extension RedisLinkState {
  mutating func nodeReadings(_ region: String, _ node: RedisObservation?, _ problem: RedisError?) -> [Reading]
  {
    let labels = linkLabels.setting("region", to: region)
    var out = [Reading(RedisMetrics.up, node != nil, labels: labels)]
    if let problem { reasonsSeen[region, default: []].insert(problem.reason) }
    for reason in FailureReason.allCases where reasonsSeen[region]?.contains(reason) == true {
      let labels = labels.setting("reason", to: reason.rawValue)
      out.append(Reading(RedisMetrics.failureReason, reason == problem?.reason, labels: labels))
    }
    guard let node else { return out }
    out += stateSet(
      RedisMetrics.role, "role", RedisMetrics.roles, current: node.isMaster ? "master" : "replica",
      labels: labels)
    out.append(Reading(ReplicationFamilies.writer, node.isMaster, labels: labels))
    out.append(Reading(RedisMetrics.loading, node.isLoading, labels: labels))
    // A replica that was never synchronized, or just is, says 1 and means nothing.
    if let offset = node.offset, node.isMaster || node.link?.isUp == true {
      out.append(Reading(RedisMetrics.offset, Double(offset), labels: labels))
    }
    if node.isMaster, let backlog = node.backlog {
      out.append(Reading(RedisMetrics.backlog, Double(backlog), labels: labels))
    }
    guard let link = node.link else { return out }
    out += stateSet(
      RedisMetrics.linkState, "state", RedisMetrics.linkStates, current: linkState(link), labels: labels)
    out.append(Reading(RedisMetrics.exporterLinkUp, link.isUp, labels: labels))
    if let silence = link.silence {
      out.append(Reading(RedisMetrics.exporterLastIO, silence.inSeconds, labels: labels))
    }
    return out
  }

  mutating func targetReadings(
    _ region: String, _ target: RedisObservation?, _ source: RedisObservation?
  ) -> [Reading] {
    let labels = settings.basics.labels(target: region, engine: "redis")
    if let target, !target.isMaster { advance(region, target) }
    var out = [Reading(ReplicationFamilies.objective, settings.rpo.inSeconds, labels: labels)]
    if let point = targets[region]?.recoveryPoint {
      out.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
    }
    let follows = target.map { isFollowing(region, $0) } ?? false
    let receives = target?.link.map { linkState($0) == "up" } ?? false
    let isUp = source != nil && follows && receives && target?.isLoading == false
    out.append(Reading(ReplicationFamilies.up, isUp, labels: labels))
    guard follows, let target else { return out }
    if let silence = target.link?.silence {
      out.append(Reading(ReplicationFamilies.lastMessage, (target.askedAt - silence).seconds, labels: labels))
    }
    // During a full synchronization the offset is 1 and says nothing of the data.
    if let written = source?.offset, let applied = target.offset, target.link?.isSyncing == false,
      !target.isLoading
    {
      let behind = written > applied ? written - applied : 0
      out.append(Reading(ReplicationFamilies.lagBytes, Double(behind), labels: labels))
    }
    return out
  }

  /// Two masters that share a history, or had it before: each takes writes that the other does not know of.
  mutating func splitBrain(_ seen: [String: RedisObservation]) -> [Reading] {
    let masters = seen.filter { $0.value.isMaster }.sorted { $0.key < $1.key }
    var together: Set<String> = []
    for (place, one) in masters.enumerated() {
      for other in masters[(place + 1)...] where Self.areRelated(one.value, other.value) {
        together.formUnion([one.key, other.key])
      }
    }
    let silent = settings.nodes.count { seen[$0.region] == nil }
    let value: Bool
    if !together.isEmpty {
      split = together
      value = true
    } else if !split.isEmpty {
      if split.allSatisfy({ seen[$0] != nil }) { split = [] }
      value = !split.isEmpty
    } else if silent == 0 || masters.isEmpty && silent < 2 {
      value = false
    } else {
      return []
    }
    return [Reading(ReplicationFamilies.splitBrain, value, labels: linkLabels)]
  }

  private static func areRelated(_ a: RedisObservation, _ b: RedisObservation) -> Bool {
    let ours = Set([a.history, a.historyBefore].compactMap(\.self))
    return !ours.isDisjoint(with: [b.history, b.historyBefore].compactMap(\.self))
  }

  /// The master's list, and those who were in it.
  mutating func replicaReadings(_ source: RedisObservation, at now: Timestamp) -> [Reading] {
    var out: [Reading] = []
    let listed = Dictionary(source.replicas.map { ($0.name, $0) }) { first, _ in first }
    for replica in source.replicas
    where replicas[replica.name] != nil || replicas.count < Self.rememberedReplicas {
      let acknowledged = replica.silence.map { source.askedAt - $0 }
      let before = replicas[replica.name]?.lastAcknowledged
      replicas[replica.name] = Remembered(lastSeen: now, lastAcknowledged: acknowledged ?? before)
    }
    replicas = replicas.filter { now - $0.value.lastSeen < Self.rememberedFor }
    for (name, remembered) in replicas.sorted(by: { byteOrder($0.key, $1.key) }) {
      let labels = linkLabels.merging(["region": settings.source.region, "replica": name])
      let replica = listed[name]
      out.append(Reading(RedisMetrics.replicaConnected, replica != nil, labels: labels))
      out += stateSet(
        RedisMetrics.replicaState, "state", RedisMetrics.replicaStates, current: replica?.state ?? "missing",
        labels: labels)
      out += lagReading(remembered, replica?.silence, labels, at: now)
      if let offset = replica?.offset {
        out.append(Reading(RedisMetrics.exporterOffset, Double(offset), labels: labels))
      }
    }
    return out
  }

  /// The master is silent: whether it still has its replicas is unknown, how long they were not heard is not.
  func vanishedReadings(at now: Timestamp) -> [Reading] {
    replicas.sorted { byteOrder($0.key, $1.key) }.flatMap { name, remembered in
      let labels = linkLabels.merging(["region": settings.source.region, "replica": name])
      return lagReading(remembered, nil, labels, at: now)
    }
  }

  private func lagReading(
    _ remembered: Remembered, _ told: Duration?, _ labels: Labels, at now: Timestamp
  ) -> [Reading] {
    let grown = remembered.lastAcknowledged.map { now - $0 }
    guard let lag = told ?? grown else { return [] }
    return [Reading(RedisMetrics.exporterLag, max(0, lag.inSeconds), labels: labels)]
  }
}
