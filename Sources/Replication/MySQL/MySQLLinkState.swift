internal import Collecting
package import Model
package import MySQLClient

/// Turns what the servers of one link say into readings. Pure: the same passes give the same readings.
///
/// The recovery point of a target moves only on proof:
/// - The source's position (MariaDB: `gtid_binlog_pos`, MySQL: `gtid_executed`, else file and offset) is remembered
///   with the time before the question left (``LogHistory``). A target that follows this source and has executed all
///   of such a position is complete up to that time.
/// - The source's row in the heartbeat table, as the target has it, is a time of the source's clock; it is corrected by
///   that clock's error where it is known. It needs no memory, and no source that answers.
/// - A target that is delayed by intent holds what it has not executed yet: for as long as its SQL thread runs, the
///   delay is added to what it has executed, up to what it is proven to have received.
/// - Seconds_Behind_Master proves nothing: it is 0 when nothing arrives, and NULL when it matters.
/// - A silent source, a silent target or a stopped thread prove nothing: the value stays, and its age grows. Before the
///   first proof there is no value. A target that fell back (rebuilt from an older copy) takes it back.
/// - A target that has executed on MariaDB what the source does later not have written has another history: its
///   positions prove nothing until it falls back.
package struct MySQLLinkState: Sendable {
  package typealias Answer = Result<MySQLObservation, MySQLError>

  struct Target {
    var recoveryPoint: Timestamp?
    var applied: Timestamp?
    var executed: LogPosition?
    var binlogState: MariaDBGTIDs?
    var serverID: UInt32?
    /// In the newest pass it lacked what it had before.
    var fellBack = false
    /// It had executed what the source, asked later, had not written.
    var diverged = false
    /// How far of its source's log it had read, where that is the link's source.
    var received: BinlogPosition?
    /// It had read further than the source's log went later: another server has the source's id.
    var readsBeyond = false
    /// Transactions of its own that the source, asked later, does not have; nil when not known.
    var errant: UInt64?
    /// What last changed when it heard from the source, and when that was seen.
    var heard: Heard?

    /// Its positions and heartbeats prove nothing of the link's source.
    var hasOtherHistory: Bool { diverged || readsBeyond }
  }

  struct Heard: Equatable {
    /// nil while the thread does not run.
    var heartbeats: UInt64?
    var received: BinlogPosition?
    var at: Timestamp
    /// Whether heartbeats are counted: else an idle source looks like a silent one.
    var isCounted: Bool
  }

  /// A heartbeat this far in the future is not of a clock that runs a little ahead.
  private static let futureTolerance: Duration = .seconds(60)

  let settings: MySQLLinkSettings
  let linkLabels: Labels
  private(set) var history = LogHistory()
  private(set) var targets: [String: Target] = [:]
  /// Of the source, as it last said.
  private var sourceID: UInt32?
  private var sourceUUID: String?
  /// How far the source's clock is ahead of Farwatch's; nil when it never said.
  private var sourceClockError: Duration?
  /// Regions that accepted writes together and were not all seen again since.
  var split: Set<String> = []
  var reasonsSeen: [String: Set<FailureReason>] = [:]
  private var lastPass: Timestamp?

  package init(_ settings: MySQLLinkSettings) {
    self.settings = settings
    linkLabels = ["link": settings.basics.link]
  }

  /// One pass over all nodes. `answers` by region; a region that is not in it did not answer.
  package mutating func observe(_ answers: [String: Answer], at now: Timestamp) -> LinkPass {
    follow(clock: now)
    var seen: [String: MySQLObservation] = [:]
    var problems: [String: MySQLError] = [:]
    for node in settings.nodes {
      switch answers[node.region] {
      case .success(let observation): seen[node.region] = observation
      case .failure(let error): problems[node.region] = error
      case nil: problems[node.region] = MySQLError(.timeout, "no answer")
      }
    }
    for (region, other) in sharedServers(
      settings.nodes.map(\.region), seen, isSame: { $0.isSameServer(as: $1) })
    {
      problems[region] = MySQLError(.sameServer, SharedServer.detail(other))
      seen[region] = nil
    }
    let sourceRegion = settings.source.region
    if let source = seen[sourceRegion] { learn(source, by: now) }
    var channels: [String: MySQLObservation.Channel] = [:]
    for node in settings.targets {
      guard let target = seen[node.region] else { continue }
      switch channel(of: node, target) {
      case .failure(let error):
        problems[node.region] = error
        if error.reason == .wrongCluster { seen[node.region] = nil }
      case .success(let channel):
        channels[node.region] = channel
        track(node.region, target, channel, at: now)
      }
    }
    judge(seen, channels, &problems)

    let source = seen[sourceRegion].flatMap { isSource($0) ? $0 : nil }
    var readings = primaryState(answers, seen, channels)
    readings += splitBrain(seen, channels, problems)
    for node in settings.nodes {
      readings += nodeReadings(node.region, seen[node.region], problems[node.region])
    }
    for node in settings.targets {
      readings += targetReadings(node.region, seen[node.region], channels[node.region], source)
    }
    return LinkPass(readings: readings, verdict: verdict(problems))
  }

  private func verdict(_ problems: [String: MySQLError]) -> Outcome.Verdict {
    .link(
      settings.nodes.compactMap { node in problems[node.region].map { (node.region, $0.reason, "\($0)") } })
  }

  /// A source that only reads and follows another is none any more.
  private func isSource(_ server: MySQLObservation) -> Bool {
    server.isWritable || server.channels?.isEmpty == true
  }

  /// Farwatch's clock was set back: what was measured moves with it, and a little further, for the time that passed
  /// since. A clock set forward makes things look older than they are, until the next proof.
  private mutating func follow(clock now: Timestamp) {
    defer { lastPass = now }
    guard let lastPass, now < lastPass else { return }
    let shift = lastPass - now + max(settings.basics.interval, settings.basics.timeout)
    history.moveBack(by: shift)
    for (region, target) in targets {
      targets[region]?.recoveryPoint = target.recoveryPoint.map { $0 - shift }
      targets[region]?.applied = target.applied.map { $0 - shift }
      targets[region]?.heard?.at = (target.heard?.at ?? now) - shift
    }
  }

  /// Takes in what the source says.
  private mutating func learn(_ source: MySQLObservation, by now: Timestamp) {
    if let sourceID, sourceID != source.serverID || sourceUUID != source.serverUUID {
      history.clear()
      for (region, target) in targets { targets[region] = Target(recoveryPoint: target.recoveryPoint) }
    }
    sourceID = source.serverID
    sourceUUID = source.serverUUID
    if let clock = source.clock {
      sourceClockError = clock - (source.askedAt + (source.answeredAt - source.askedAt) / 2)
    }
    guard isSource(source) else { return }
    for region in targets.keys { compare(region, with: source) }
    if let written = source.written { history.append(written, at: min(source.askedAt, now)) }
  }

  /// Holds what a target had executed before against what the source has now.
  private mutating func compare(_ region: String, with source: MySQLObservation) {
    guard var target = targets[region] else { return }
    defer { targets[region] = target }
    if let received = target.received, let end = source.writtenFile {
      target.readsBeyond =
        received.name == end.name && (received.number, received.offset) > (end.number, end.offset)
    }
    guard let executed = target.executed, let written = source.written else { return }
    switch (executed, written) {
    case (.transactions(let own), .transactions(let theirs)): target.errant = own.count(notIn: theirs)
    case (.domains(let own), .domains(let theirs)):
      // Sequence numbers mean nothing but their order: a number that the source has not reached is another's.
      if own.contains(where: { $0.value > theirs[$0.key] ?? 0 && theirs[$0.key] != nil }) {
        target.diverged = true
      }
      guard let state = target.binlogState, let id = target.serverID, let known = source.binlogState else {
        return
      }
      target.errant =
        state.entries.contains { place, number in
          place.server == id
            && number
              > max(
                known.number(domain: place.domain, server: id) ?? 0,
                source.slavePosition?.number(domain: place.domain, server: id) ?? 0)
        } ? 1 : 0
    default: break
    }
  }

  /// The channel of a target that comes from the link's source.
  private func channel(
    of node: MySQLLinkSettings.Node, _ target: MySQLObservation
  ) -> Result<MySQLObservation.Channel?, MySQLError> {
    if let sourceID, target.serverID == sourceID, target.serverUUID == sourceUUID {
      return .failure(
        MySQLError(
          .wrongCluster,
          "has the source's server_id \(sourceID): it is the source itself, or must be given one of its own"))
    }
    guard let all = target.channels else { return .success(nil) }
    if let name = node.channel {
      guard let found = all.first(where: { $0.name == name }) else {
        return .failure(MySQLError(.missing, "has no replication channel \"\(name)\""))
      }
      return node.isCascaded ? .success(found) : checked(found)
    }
    if !node.isCascaded, let found = all.first(where: { isFromSource($0) == true }) { return .success(found) }
    guard let only = all.first else { return .success(nil) }
    guard all.count == 1 else {
      return .failure(
        MySQLError(.wrongCluster, "none of its \(all.count) channels comes from the link's source"))
    }
    return node.isCascaded ? .success(only) : checked(only)
  }

  private func checked(
    _ channel: MySQLObservation.Channel
  ) -> Result<MySQLObservation.Channel?, MySQLError> {
    guard isFromSource(channel) == false else { return .success(channel) }
    let theirs = channel.sourceUUID ?? channel.sourceID.map { "server_id \($0)" } ?? "another server"
    let ours = sourceUUID ?? sourceID.map { "server_id \($0)" } ?? ""
    return .failure(MySQLError(.wrongCluster, "replicates from \(theirs), the link's source is \(ours)"))
  }

  /// nil when that cannot be told: the channel never connected, or the source never answered.
  private func isFromSource(_ channel: MySQLObservation.Channel) -> Bool? {
    if let own = sourceUUID, let theirs = channel.sourceUUID, !theirs.isEmpty { return own == theirs }
    guard let sourceID, let theirs = channel.sourceID else { return nil }
    return sourceID == theirs
  }
}

// MARK: - What a target has

extension MySQLLinkState {
  private mutating func track(
    _ region: String, _ observation: MySQLObservation, _ channel: MySQLObservation.Channel?, at now: Timestamp
  ) {
    var target = targets[region] ?? Target()
    defer { targets[region] = target }
    let executed = observation.executed ?? channel?.executed.map { .file($0) }
    if let executed {
      target.fellBack = target.executed.map { !executed.includes($0) } ?? false
      if target.fellBack {
        target.diverged = false
        target.errant = nil
      }
      target.executed = executed
    }
    let isDirect = settings.targets.contains { $0.region == region && !$0.isCascaded }
    target.received = isDirect ? channel?.received : nil
    target.binlogState = observation.binlogState
    target.serverID = observation.serverID
    if let channel, channel.io == .running {
      let heard = Heard(
        heartbeats: channel.heartbeats, received: channel.received, at: observation.askedAt,
        isCounted: channel.heartbeats != nil)
      if target.heard?.heartbeats != heard.heartbeats || target.heard?.received != heard.received {
        target.heard = heard
      }
    } else {
      target.heard?.heartbeats = nil
    }
    advance(&target, observation, channel)
  }

  /// Moves the recovery point as far as this observation proves.
  private func advance(
    _ target: inout Target, _ observation: MySQLObservation, _ channel: MySQLObservation.Channel?
  ) {
    let byPosition = target.hasOtherHistory ? nil : target.executed.flatMap { history.complete(at: $0) }
    let byHeartbeat =
      target.hasOtherHistory ? nil : heartbeat(in: observation, channel).map { min($0, observation.askedAt) }
    let applied = [byPosition, byHeartbeat].compactMap(\.self).max()
    var reached = applied
    if let applied, let channel, channel.delay > .zero, channel.sqlRuns,
      let received = received(channel, target).flatMap({ history.complete(at: $0) })
    {
      reached = max(applied, min(applied + channel.delay, received))
    }
    if target.fellBack {
      // Not further than where our memory begins; less when it is proven.
      let bound = [target.recoveryPoint, history.oldest?.first].compactMap(\.self).min()
      target.recoveryPoint = reached ?? bound
      target.applied = applied
    } else {
      target.recoveryPoint = [target.recoveryPoint, reached].compactMap(\.self).max()
      target.applied = [target.applied, applied].compactMap(\.self).max()
    }
  }

  /// What is on the target's disk, executed or not.
  private func received(_ channel: MySQLObservation.Channel, _ target: Target) -> LogPosition? {
    switch target.executed {
    case .file: channel.received.map { .file($0) }
    case let executed?: channel.receivedGTIDs?.joined(executed)
    case nil: nil
    }
  }

  /// The source's heartbeat as the target has it, by Farwatch's clock where the source's error is known.
  private func heartbeat(
    in observation: MySQLObservation, _ channel: MySQLObservation.Channel?
  ) -> Timestamp? {
    guard let id = sourceID ?? channel?.sourceID, let stored = observation.heartbeats?[id] else { return nil }
    let corrected = stored - (sourceClockError ?? .zero)
    return corrected > observation.askedAt + Self.futureTolerance ? nil : corrected
  }

  /// Whether a thread that says it receives has heard nothing for two of the source's heartbeats.
  func isSilent(_ region: String, _ channel: MySQLObservation.Channel, at moment: Timestamp) -> Bool {
    guard channel.io == .running, let period = channel.heartbeatPeriod, channel.heartbeats != nil,
      let heard = targets[region]?.heard
    else { return false }
    return moment - heard.at > period * 2
  }
}

// MARK: - What is wrong

extension MySQLLinkState {
  private func judge(
    _ seen: [String: MySQLObservation], _ channels: [String: MySQLObservation.Channel],
    _ problems: inout [String: MySQLError]
  ) {
    let sourceRegion = settings.source.region
    if let source = seen[sourceRegion] { problems[sourceRegion] = problem(ofSource: source) }
    for node in settings.targets where problems[node.region] == nil {
      guard let target = seen[node.region] else { continue }
      problems[node.region] = problem(of: node.region, target, channels[node.region])
    }
  }

  private func problem(ofSource source: MySQLObservation) -> MySQLError? {
    if !isSource(source) {
      return MySQLError(.status, "is read_only and a replica itself, expected the source")
    }
    if source.isReadOnly { return MySQLError(.status, "is read_only, expected to accept writes") }
    if !source.hasBinaryLog { return MySQLError(.configuration, "writes no binary log: set log_bin") }
    return heartbeatProblem(source) ?? source.problem
  }

  private func problem(
    of region: String, _ target: MySQLObservation, _ channel: MySQLObservation.Channel?
  ) -> MySQLError? {
    if target.channels?.isEmpty == true { return MySQLError(.status, "replicates from nowhere") }
    if let channel {
      if channel.sqlError != 0 || !channel.sqlRuns {
        return MySQLError(.status, "executes nothing: \(Self.meaning(channel.sqlError, "the SQL thread"))")
      }
      if channel.io != .running {
        let doing = channel.io == .connecting ? "cannot reach its source" : "receives nothing"
        return MySQLError(.status, "\(doing): \(Self.meaning(channel.ioError, "the IO thread"))")
      }
      if isSilent(region, channel, at: target.askedAt) {
        return MySQLError(.status, "has heard nothing from its source for more than two heartbeats")
      }
    }
    if targets[region]?.readsBeyond == true {
      return MySQLError(
        .wrongCluster,
        "has read more log than the source has written: another server has the source's server_id")
    }
    if targets[region]?.diverged == true {
      return MySQLError(.status, "has executed what the source has not written: rebuild it")
    }
    if let errant = targets[region]?.errant, errant > 0 {
      return MySQLError(.status, "has transactions of its own that the source lacks")
    }
    if target.isWritable, !settings.targetsMayWrite {
      return MySQLError(.status, "accepts writes: set read_only")
    }
    return heartbeatProblem(target) ?? target.problem
  }

  private func heartbeatProblem(_ server: MySQLObservation) -> MySQLError? {
    guard let sourceID, let stored = server.heartbeats?[sourceID],
      stored - (sourceClockError ?? .zero) > server.askedAt + Self.futureTolerance
    else { return nil }
    return MySQLError(
      .configuration, "the heartbeat lies in the future: it must be written in UTC (pt-heartbeat: --utc)")
  }

  /// Numbers that people meet; never the server's text, which quotes rows.
  private static func meaning(_ number: Int, _ thread: String) -> String {
    let known = [
      0: "\(thread) is stopped", 1032: "a row to change is not there",
      1062: "a row to insert is there already",
      1045: "the source refuses its password", 1130: "the source refuses its address",
      1236: "the source no longer has the log it asks for: rebuild it", 1593: "a fatal error",
      1950: "the source's log has a gap in its GTIDs", 2003: "the source does not answer",
      2013: "the connection was lost",
      1146: "a table is not there", 1008: "a database is not there",
      13_114: "the source no longer has the log it asks for: rebuild it",
    ]
    return (known[number] ?? "see the server's log") + (number == 0 ? "" : " (error \(number))")
  }
}
