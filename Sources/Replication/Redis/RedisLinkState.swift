internal import Collecting
package import Model
package import RedisClient

/// Turns what the servers of one link say into readings. Pure: the same passes give the same readings.
///
/// The recovery point of a target moves only on proof, all of it with times of Farwatch's own clock or of the
/// heartbeat's writer:
/// - The master's offset is remembered with the time before the question left (``PositionHistory``). A replica of the
///   same history that has applied up to such an offset is complete up to that time.
/// - A heartbeat key that a replica of this history holds was written on the master at the time that it tells.
/// - A silent master, a silent replica or a stopped link prove nothing: the value stays, and its age grows.
///
/// Offsets can be held against each other only within one history (`master_replid`), or below the fork from the one
/// before it (`master_replid2` and `second_repl_offset`): after a restart, a full synchronization or a failover the
/// same number means something else.
///
/// What servers say and what is made of it: `lag` of a replica in the master's list is the time since its last
/// acknowledgement, not a lag of data; in `wait_bgsave` it reads 0 and is left out. A replica cut off without a word
/// calls its link up until `repl-timeout` (60 s): it counts as silent after ``RedisLinkSettings/silence``. A replica
/// that vanished from the master's list is remembered, and its time since the last acknowledgement goes on growing.
package struct RedisLinkState: Sendable {
  package typealias Answer = Result<RedisObservation, RedisError>

  struct Target: Sendable {
    var recoveryPoint: Timestamp?
    var offset: Int64?
    var history: String?
    var fellBack = false
    /// It had applied what the master, asked later, had not written.
    var diverged = false
  }

  /// A replica in the master's list.
  struct Remembered: Sendable {
    var lastSeen: Timestamp
    var lastAcknowledged: Timestamp?
  }

  /// The master's history, as it last told.
  struct Lineage: Sendable {
    var history: String
    var historyBefore: String?
    var forkOffset: Int64?

    /// Whether a server at `offset` of `other` has taken no turn that this one has not.
    func contains(_ other: String?, _ offset: Int64?) -> Bool {
      guard let other else { return false }
      if other == history { return true }
      // The fork's offset is the first that the two do not share.
      guard other == historyBefore, let forkOffset, let offset else { return false }
      return offset < forkOffset
    }
  }

  /// How long a replica that vanished is told of, and how many are.
  static let rememberedFor = Duration.seconds(86_400)
  static let rememberedReplicas = RedisQueries.replicaLimit

  let settings: RedisLinkSettings
  let linkLabels: Labels
  private(set) var history = PositionHistory<Int64>()
  private(set) var lineage: Lineage?
  var targets: [String: Target] = [:]
  var replicas: [String: Remembered] = [:]
  /// Regions that were masters of one history together and were not all seen again since.
  var split: Set<String> = []
  var reasonsSeen: [String: Set<FailureReason>] = [:]
  private var lastPass: Timestamp?

  package init(_ settings: RedisLinkSettings) {
    self.settings = settings
    linkLabels = ["link": settings.link]
  }

  /// One pass over all nodes. `answers` by region; a region that is not in it did not answer.
  package mutating func observe(_ answers: [String: Answer], at now: Timestamp) -> LinkPass {
    follow(clock: now)
    var seen: [String: RedisObservation] = [:]
    var problems: [String: RedisError] = [:]
    for node in settings.nodes {
      switch answers[node.region] {
      case .success(let observation): seen[node.region] = observation
      case .failure(let error): problems[node.region] = error
      case nil: problems[node.region] = RedisError(.timeout, "no answer")
      }
    }
    for (region, other) in sharedServers(
      settings.nodes.map(\.region), seen, isSame: { $0.runID != nil && $0.runID == $1.runID })
    {
      problems[region] = RedisError(.sameServer, SharedServer.detail(other))
      seen[region] = nil
    }
    let source = seen[settings.source.region].flatMap { $0.isMaster ? $0 : nil }
    if let source { learn(source, by: now) }
    for node in settings.targets {
      if let target = seen[node.region] { track(node.region, target) }
    }
    for (region, node) in seen {
      if let problem = problem(region, node) { problems[region] = problem }
    }
    var readings = splitBrain(seen)
    for node in settings.nodes {
      readings += nodeReadings(node.region, seen[node.region], problems[node.region])
    }
    for node in settings.targets { readings += targetReadings(node.region, seen[node.region], source) }
    if let source {
      readings += replicaReadings(source, at: now)
    } else {
      readings += vanishedReadings(at: now)
    }
    return LinkPass(readings: readings, verdict: verdict(problems))
  }

  private func verdict(_ problems: [String: RedisError]) -> Outcome.Verdict {
    .link(
      settings.nodes.compactMap { node in problems[node.region].map { (node.region, $0.reason, "\($0)") } })
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
    for (name, replica) in replicas {
      replicas[name]?.lastSeen = replica.lastSeen - shift
      replicas[name]?.lastAcknowledged = replica.lastAcknowledged.map { $0 - shift }
    }
  }

  /// Takes in what the master says.
  private mutating func learn(_ source: RedisObservation, by now: Timestamp) {
    guard let name = source.history else { return }
    // Beyond the fork offsets mean something else, and what lies before it we may not have seen.
    if name != lineage?.history { history.clear() }
    lineage = Lineage(history: name, historyBefore: source.historyBefore, forkOffset: source.forkOffset)
    guard let offset = source.offset else { return }
    for (region, target) in targets {
      guard target.history == name, let applied = target.offset, applied > offset else { continue }
      targets[region]?.diverged = true
    }
    history.append(offset, at: min(source.askedAt, now))
  }

  /// Takes in where a replica stands.
  private mutating func track(_ region: String, _ observation: RedisObservation) {
    guard !observation.isMaster else { return }
    var target = targets[region] ?? Target()
    // During a full synchronization the offset is 1 and says nothing of the data.
    if observation.link?.isSyncing != true, !observation.isLoading, let offset = observation.offset {
      let isSame = target.history == observation.history
      target.fellBack = isSame && target.offset.map { offset < $0 } ?? false
      if target.fellBack || !isSame { target.diverged = false }
      target.offset = offset
      target.history = observation.history
    }
    targets[region] = target
  }

  /// Whether this server's offset can be held against the master's.
  func isFollowing(_ region: String, _ node: RedisObservation) -> Bool {
    guard !node.isMaster, let lineage, lineage.contains(node.history, node.offset) else { return false }
    return targets[region]?.diverged != true
  }

  /// What is wrong with a server that answered.
  private func problem(_ region: String, _ node: RedisObservation) -> RedisError? {
    if let problem = node.problem { return problem }
    let isSource = region == settings.source.region
    if node.isMaster != isSource {
      return RedisError(
        .status, node.isMaster ? "is a master, expected a replica" : "is a replica, expected the master")
    }
    if node.isLoading { return RedisError(.refused, "is reading its data set and serves nobody") }
    guard !isSource, let link = node.link else { return nil }
    switch linkState(link) {
    case "never_connected":
      return RedisError(
        .status, "has never reached its master: check masterauth, masteruser, the address and the network")
    case "syncing": return RedisError(.status, "is being synchronized in full: until then it is not complete")
    case "down": return RedisError(.status, "its link to the master is down")
    case "silent":
      let silence = DurationText.format(link.silence ?? .zero)
      return RedisError(
        .timeout, "has heard nothing from its master for \(silence), though it calls the link up")
    default: break
    }
    if let lineage, !lineage.contains(node.history, node.offset) {
      return RedisError(
        .wrongCluster, "follows another master: its history is not the one of this link's source")
    }
    if targets[region]?.diverged == true {
      return RedisError(.status, "has applied what the master has not written: synchronize it anew")
    }
    return nil
  }

  func linkState(_ link: RedisObservation.Link) -> String {
    if link.isUp { return link.silence.map { $0 > settings.silence } ?? false ? "silent" : "up" }
    if link.isSyncing { return "syncing" }
    return link.neverConnected ? "never_connected" : "down"
  }

  /// Moves the recovery point as far as this observation proves.
  mutating func advance(_ region: String, _ observation: RedisObservation) {
    guard var target = targets[region], !observation.isLoading, observation.link?.isSyncing != true else {
      return
    }
    defer { targets[region] = target }
    var proven: [Timestamp] = []
    if isFollowing(region, observation), let offset = observation.offset {
      if observation.history == lineage?.history, let complete = history.complete(at: offset) {
        proven.append(complete)
      }
      if target.fellBack, let before = target.recoveryPoint {
        // Not further than where our memory begins, when it does not reach back to where the replica stands.
        target.recoveryPoint = [before, proven.first ?? history.oldest?.first].compactMap(\.self).min()
        return
      }
    }
    // A source that was never heard cannot say whose the replica is; the key itself speaks for it then.
    if let heartbeat = observation.heartbeat, lineage == nil || isFollowing(region, observation) {
      proven.append(heartbeat)
    }
    target.recoveryPoint = ([target.recoveryPoint].compactMap(\.self) + proven).max()
  }
}
