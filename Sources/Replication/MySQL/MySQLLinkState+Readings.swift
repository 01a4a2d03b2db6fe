internal import Collecting
internal import Model
internal import MySQLClient

extension MySQLLinkState {
  mutating func nodeReadings(
    _ region: String, _ node: MySQLObservation?, _ problem: MySQLError?
  ) -> [Reading] {
    let labels = linkLabels.setting("region", to: region)
    var out = [Reading(MySQLMetrics.up, node != nil, labels: labels)]
    if let problem { reasonsSeen[region, default: []].insert(problem.reason) }
    for reason in FailureReason.allCases where reasonsSeen[region]?.contains(reason) == true {
      let labels = labels.setting("reason", to: reason.rawValue)
      out.append(Reading(MySQLMetrics.failureReason, reason == problem?.reason, labels: labels))
    }
    guard let node else { return out }
    out.append(Reading(MySQLMetrics.readOnly, node.isReadOnly, labels: labels))
    // Where replicas may be written to by intent, one that follows is none that has taken over.
    let isMeant =
      settings.targetsMayWrite && region != settings.source.region && node.channels?.isEmpty != true
    out.append(Reading(ReplicationFamilies.writer, node.isWritable && !isMeant, labels: labels))
    if let galera = node.galera {
      out.append(Reading(MySQLMetrics.galeraReady, galera.isReady, labels: labels))
      out.append(Reading(MySQLMetrics.galeraPrimary, galera.isPrimary, labels: labels))
      out.append(Reading(MySQLMetrics.galeraSize, galera.size, labels: labels))
    }
    if let heartbeats = node.heartbeats {
      if let clock = node.clock {
        out.append(Reading(MySQLMetrics.heartbeatNow, clock.seconds, labels: labels))
      }
      for (id, time) in heartbeats.sorted(by: { $0.key < $1.key }) {
        let labels = labels.setting("server_id", to: String(id))
        out.append(Reading(MySQLMetrics.heartbeatStored, time.seconds, labels: labels))
      }
    }
    for channel in node.channels ?? [] { out += channelReadings(channel, labels) }
    return out
  }

  /// mysqld_exporter's names and labels.
  private func channelReadings(_ channel: MySQLObservation.Channel, _ nodeLabels: Labels) -> [Reading] {
    let labels = nodeLabels.merging([
      "channel_name": channel.name, "connection_name": channel.name, "master_host": channel.sourceHost,
      "master_uuid": channel.sourceUUID ?? "",
    ])
    var out = [
      Reading(MySQLMetrics.ioRunning, channel.io == .running, labels: labels),
      Reading(MySQLMetrics.sqlRunning, channel.sqlRuns, labels: labels),
    ]
    if let behind = channel.secondsBehind {
      out.append(Reading(MySQLMetrics.secondsBehind, behind, labels: labels))
    }
    for column in MySQLMetrics.statusColumns {
      guard let value = channel.numbers[column], let family = MySQLMetrics.statusFamilies[column] else {
        continue
      }
      out.append(Reading(family, value, labels: labels))
    }
    return out
  }

  func targetReadings(
    _ region: String, _ target: MySQLObservation?, _ channel: MySQLObservation.Channel?,
    _ source: MySQLObservation?
  ) -> [Reading] {
    let labels = settings.basics.labels(target: region, engine: "mysql")
    let node = linkLabels.setting("region", to: region)
    let known = targets[region]
    var out = [Reading(ReplicationFamilies.objective, settings.basics.rpo.inSeconds, labels: labels)]
    if let point = known?.recoveryPoint {
      out.append(Reading(ReplicationFamilies.recoveryPoint, point.seconds, labels: labels))
    }
    if let applied = known?.applied {
      out.append(Reading(MySQLMetrics.applied, applied.seconds, labels: labels))
    }
    let silent =
      channel.map { isSilent(region, $0, at: target?.askedAt ?? Timestamp(milliseconds: 0)) } ?? false
    // Without the privilege a channel cannot be told from none: unknown, not down.
    if target == nil || target?.channels != nil {
      let flows = channel.map { $0.io == .running && $0.sqlRuns && !silent } ?? false
      out.append(
        Reading(
          ReplicationFamilies.up, source != nil && flows && known?.hasOtherHistory == false, labels: labels))
    }
    if let heard = known?.heard, heard.isCounted {
      out.append(Reading(ReplicationFamilies.lastMessage, heard.at.seconds, labels: labels))
    }
    guard let target, let channel else { return out }
    out += stateSet(
      MySQLMetrics.ioState, "state", MySQLMetrics.ioStates, current: silent ? "silent" : channel.io.rawValue,
      labels: node)
    for (thread, number) in [("io", channel.ioError), ("sql", channel.sqlError)] {
      let labels = node.setting("thread", to: thread)
      out.append(Reading(MySQLMetrics.errorNumber, Double(number), labels: labels))
    }
    out.append(Reading(MySQLMetrics.filtered, channel.isFiltered, labels: node))
    out.append(Reading(MySQLMetrics.delay, channel.delay.inSeconds, labels: node))
    if let errant = known?.errant { out.append(Reading(MySQLMetrics.errant, Double(errant), labels: node)) }
    if let written = source?.writtenFile, let executed = channel.executed, written.name == executed.name,
      written.number == executed.number
    {
      let bytes = written.offset > executed.offset ? written.offset - executed.offset : 0
      out.append(Reading(ReplicationFamilies.lagBytes, Double(bytes), labels: labels))
    }
    if let lag = lag(target, channel, known, source) {
      out.append(Reading(MySQLMetrics.lag, lag, labels: node))
    }
    return out
  }

  /// Left out while the source is silent and nothing later is known; 0 means executed up to the position just read, or
  /// no later than the delay allows.
  private func lag(
    _ target: MySQLObservation, _ channel: MySQLObservation.Channel, _ known: Target?,
    _ source: MySQLObservation?
  ) -> Double? {
    guard let known, !known.hasOtherHistory, let executed = known.executed else { return nil }
    guard let passed = history.passed(executed) else { return source?.written == nil ? nil : 0 }
    // One look at the source says how far it is, not since when.
    if history.complete(at: executed) == nil, history.entries.count == 1,
      history.newest?.first == history.newest?.last
    {
      return nil
    }
    let age = target.answeredAt - passed - channel.delay
    return channel.delay > .zero ? max(0, age.inSeconds) : max(0.001, age.inSeconds)
  }

  /// What is known of the source, in the way of orchestrator: whether its replicas hear it says more than whether we do.
  func primaryState(
    _ answers: [String: Answer], _ seen: [String: MySQLObservation],
    _ channels: [String: MySQLObservation.Channel]
  ) -> [Reading] {
    let state: String
    switch answers[settings.source.region] {
    case .success: state = "alive"
    // A server that says no is there.
    case .failure(let error) where error.serverCode != nil: state = "alive"
    // Our own trouble says nothing about it.
    case .failure(let error) where error.reason == .limit || error.reason == .configuration: return []
    case .failure, nil:
      let hears = settings.targets.filter { node in
        guard let target = seen[node.region], let channel = channels[node.region] else { return false }
        return channel.io == .running && !isSilent(node.region, channel, at: target.askedAt)
      }
      let isAnyoneThere = settings.targets.contains { node in
        switch answers[node.region] {
        case .success: true
        case .failure(let error): error.serverCode != nil
        case nil: false
        }
      }
      // Replicas whose state may not be read prove nothing: then it is only known that we cannot reach it.
      let isReadable = settings.targets.contains { seen[$0.region]?.channels != nil }
      if !isAnyoneThere {
        state = "isolated"
      } else {
        state = hears.isEmpty && isReadable ? "dead" : "unreachable"
      }
    }
    return stateSet(
      MySQLMetrics.primaryState, "state", MySQLMetrics.primaryStates, current: state, labels: linkLabels)
  }

  /// Two servers that accept writes, one of which no longer follows the other or has gone its own way.
  mutating func splitBrain(
    _ seen: [String: MySQLObservation], _ channels: [String: MySQLObservation.Channel],
    _ problems: [String: MySQLError]
  ) -> [Reading] {
    guard !settings.targetsMayWrite else { return [] }
    let source = settings.source.region
    // A server of another cluster did answer: it cannot be the other half of a split.
    let silent = settings.nodes.filter {
      seen[$0.region] == nil && problems[$0.region]?.reason != .wrongCluster
    }
    var writers = settings.targets.map(\.region).filter { region in
      guard let target = seen[region], target.isWritable else { return false }
      return target.channels?.isEmpty == true || (targets[region]?.errant ?? 0) > 0
    }
    if seen[source]?.isWritable == true { writers.append(source) }
    let value: Bool
    if writers.count > 1 {
      split = Set(writers)
      value = true
    } else if !split.isEmpty {
      if split.allSatisfy({ seen[$0] != nil }) { split = [] }
      value = !split.isEmpty
    } else if writers.count + silent.count < 2 {
      value = false
    } else {
      return []
    }
    return [Reading(ReplicationFamilies.splitBrain, value, labels: linkLabels)]
  }
}
