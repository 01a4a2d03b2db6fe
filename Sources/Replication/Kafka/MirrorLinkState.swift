internal import Collecting
package import KafkaClient
package import Model

/// Turns what the two clusters of a link say into readings. Pure: the same passes give the same readings.
///
/// MirrorMaker's own metrics are set when a record is committed: when it stops they freeze, and look well. Measured is
/// what stands in the clusters instead:
/// - Lag in records is the source's end minus the offset after the last one mirrored, as Kafka Connect keeps it on the
///   target. Ends of the target's own topics are never used: their offsets are others.
///   Markers of transactions take an offset each and are never mirrored: a small lag that does not change is looked
///   into at the source, and is none when it holds no record.
/// - The recovery point is the newest look at the source whose records have all been mirrored since
///   (``MirrorHistory``). Where the offsets may not be read it is the newest mirrored heartbeat, which proves less:
///   that something was mirrored, not that all topics were.
/// - A silent source, a silent target or a stopped MirrorMaker prove nothing: the value stays, and its age grows.
package struct MirrorLinkState: Sendable {
  /// More topics are measured in sum only.
  package static let topicLimit = 200
  private static let clockTolerance = Duration.seconds(5)

  private let settings: MirrorLinkSettings
  private let linkLabels: Labels
  private let pairLabels: Labels
  private var history = MirrorHistory()
  /// Offset of the last mirrored record.
  private var mirrored: [TopicPartition: Int64] = [:]
  private var gone: Set<TopicPartition> = []
  /// Small lags of the last pass: they may be no records at all.
  package private(set) var gaps: [TopicPartition: Range<Int64>] = [:]
  /// Up to where a partition was seen to hold nothing that was not mirrored.
  private var emptyUpTo: [TopicPartition: Int64] = [:]
  private static let smallLag: Int64 = 4
  private var isWhole = false
  /// By group and partition as the source names it: where the group was when its offset was last carried over.
  private var checkpoints: [String: [TopicPartition: Int64]] = [:]
  private var heartbeat: Timestamp?
  /// When the mirror was last seen to get on.
  private var lastProgress: Timestamp?
  private var recoveryPoint: Timestamp?
  private var reasonsSeen: [String: Set<FailureReason>] = [:]
  private var lastPass: Timestamp?

  package init(_ settings: MirrorLinkSettings) {
    self.settings = settings
    linkLabels = ["link": settings.link]
    pairLabels = settings.basics.labels(target: settings.target.region, engine: "kafka")
  }

  package var mirroredPartitions: Set<TopicPartition> { Set(mirrored.keys) }

  /// Takes in what the target said, before the source is asked.
  package mutating func learn(_ target: MirrorObservation.Target, at now: Timestamp) {
    for (place, offset) in target.mirrored {
      if offset != mirrored[place] { lastProgress = now }
      // Taken back: what lies beyond is to be mirrored again.
      if (offset ?? -1) < (mirrored[place] ?? -1) { emptyUpTo[place] = nil }
      mirrored[place] = offset
    }
    for (group, carried) in target.checkpoints {
      for (place, offset) in carried { checkpoints[group, default: [:]][atSource(place)] = offset }
    }
    isWhole = target.isWhole
    guard let beat = target.heartbeat, beat <= now + Self.clockTolerance else { return }
    heartbeat = max(heartbeat ?? beat, min(beat, now))
  }

  /// One pass over both clusters, the target's answer already taken in by ``learn(_:at:)``.
  package mutating func observe(
    target: Result<MirrorObservation.Target, KafkaError>,
    source: Result<MirrorObservation.Source, KafkaError>,
    at now: Timestamp
  ) -> LinkPass {
    follow(clock: now)
    var problems: [String: KafkaError] = [:]
    var isTargetUp = false
    switch target {
    case .success(let seen):
      isTargetUp = true
      if let problem = seen.problem { problems[settings.target.region] = problem }
      if let beat = seen.heartbeat, beat > now + Self.clockTolerance {
        problems[settings.target.region] = KafkaError(
          .body, "a heartbeat is from the future: compare the clocks")
      }
    case .failure(let error): problems[settings.target.region] = error
    }
    var sourceSeen: MirrorObservation.Source?
    switch source {
    case .success(let seen):
      sourceSeen = seen
      if let problem = seen.problem { problems[settings.source.region] = problem }
    case .failure(let error): problems[settings.source.region] = error
    }
    let measured = sourceSeen.flatMap { measure($0, isTargetUp: isTargetUp, &problems, at: now) }
    advance(isTargetUp: isTargetUp)
    let isReceiving = receives(measured?.total, at: now)
    if isTargetUp, !isReceiving, problems[settings.target.region] == nil {
      problems[settings.target.region] = silent(now)
    }

    var out = clusterReadings(settings.source.region, sourceSeen != nil, problems[settings.source.region])
    out += clusterReadings(settings.target.region, isTargetUp, problems[settings.target.region])
    out.append(Reading(ReplicationFamilies.objective, settings.rpo.inSeconds, labels: pairLabels))
    out.append(
      Reading(ReplicationFamilies.up, sourceSeen != nil && isTargetUp && isReceiving, labels: pairLabels))
    if let recoveryPoint {
      out.append(Reading(ReplicationFamilies.recoveryPoint, recoveryPoint.seconds, labels: pairLabels))
    }
    if let heartbeat {
      out.append(Reading(MirrorMetrics.heartbeat, heartbeat.seconds, labels: pairLabels))
      out.append(Reading(ReplicationFamilies.lastMessage, heartbeat.seconds, labels: pairLabels))
    }
    if let sourceSeen, isTargetUp { out += groupReadings(sourceSeen) }
    return LinkPass(readings: out + (measured?.readings ?? []), verdict: verdict(problems))
  }

  private func verdict(_ problems: [String: KafkaError]) -> Outcome.Verdict {
    let failed = [settings.source.region, settings.target.region].filter { problems[$0] != nil }
    guard let first = failed.first, let problem = problems[first] else { return .success }
    return .failure(problem.reason, detail: "\(first): \(problem)\(failed.count > 1 ? " (and 1 more)" : "")")
  }

  /// Farwatch's clock was set back: what was measured moves with it.
  private mutating func follow(clock now: Timestamp) {
    defer { lastPass = now }
    guard let lastPass, now < lastPass else { return }
    let shift = lastPass - now + max(settings.interval, settings.timeout)
    history.moveBack(by: shift)
    lastProgress = lastProgress.map { $0 - shift }
    recoveryPoint = recoveryPoint.map { $0 - shift }
  }

  /// Lag of all partitions; nil when not all of them are known.
  private mutating func measure(
    _ source: MirrorObservation.Source, isTargetUp: Bool, _ problems: inout [String: KafkaError],
    at now: Timestamp
  ) -> (total: Double, readings: [Reading])? {
    guard settings.offsetsTopic != nil, isTargetUp, isWhole else { return nil }
    var ends: [TopicPartition: Int64] = [:]
    var byTopic: [String: Int64] = [:]
    var unmirrored = 0
    var unknown: KafkaError?
    var found: [TopicPartition: Range<Int64>] = [:]
    defer { gaps = found }
    for (place, answer) in source.ends {
      do throws(KafkaError) {
        let end = try answer.get()
        gone.remove(place)
        if let last = mirrored[place] {
          if source.empty.contains(place), let gap = gaps[place], gap.upperBound == end,
            last &+ 1 >= gap.lowerBound
          {
            emptyUpTo[place] = end
          }
          let next = max(last &+ 1, emptyUpTo[place] ?? 0)
          let lag = max(0, end &- next)
          if (1...Self.smallLag).contains(lag) { found[place] = next..<end }
          byTopic[place.topic] = Self.sum(byTopic[place.topic] ?? 0, lag)
          ends[place] = end
          continue
        }
        guard let beginning = try source.beginnings[place]?.get() else { continue }
        // A commit of −1, or none: no lag can be told. Where there is nothing to mirror nothing is missing either.
        guard end > beginning else { continue }
        unmirrored += 1
        ends[place] = end
      } catch {
        // A topic that was deleted lacks nothing.
        if error.reason == .missing { gone.insert(place) } else { unknown = unknown ?? error }
      }
    }
    if let unknown {
      problems[settings.source.region] = problems[settings.source.region] ?? unknown
      return nil
    }
    if !source.lacksTopics { history.append(ends, at: min(source.askedAt, now)) }
    let total = byTopic.values.reduce(0, Self.sum)
    var out = [
      Reading(MirrorMetrics.lag, Double(total), labels: pairLabels),
      Reading(MirrorMetrics.unmirrored, Double(unmirrored), labels: pairLabels),
    ]
    if unmirrored > 0 {
      problems[settings.target.region] =
        problems[settings.target.region]
        ?? KafkaError(.status, "nothing was mirrored of \(unmirrored) partitions that have records")
    }
    if byTopic.count <= Self.topicLimit {
      out += byTopic.sorted { byteOrder($0.key, $1.key) }.map {
        Reading(MirrorMetrics.topicLag, Double($0.value), labels: pairLabels.setting("topic", to: $0.key))
      }
    }
    return (Double(total) + Double(unmirrored), out)
  }

  /// The target was asked first: a group that goes on meanwhile looks further behind than it is, never nearer.
  private func groupReadings(_ source: MirrorObservation.Source) -> [Reading] {
    var out: [Reading] = []
    for (group, committed) in source.committed.sorted(by: { byteOrder($0.key, $1.key) }) {
      let known = checkpoints[group] ?? [:]
      var lag: Int64 = 0
      var missing = 0
      for (place, offset) in committed where settings.topics.isEmpty || settings.topics.contains(place.topic)
      {
        if let carried = known[place] { lag = Self.sum(lag, max(0, offset - carried)) } else { missing += 1 }
      }
      let labels = pairLabels.setting("group", to: group)
      out.append(Reading(MirrorMetrics.uncheckpointed, Double(missing), labels: labels))
      out.append(Reading(MirrorMetrics.checkpointLag, Double(lag), labels: labels))
    }
    return out
  }

  /// Topics are renamed on the way, unless MirrorMaker's policy is to keep their names.
  private func atSource(_ place: TopicPartition) -> TopicPartition {
    let prefix = "\(settings.alias)."
    guard place.topic.hasPrefix(prefix) else { return place }
    return TopicPartition(String(place.topic.dropFirst(prefix.count)), place.partition)
  }

  private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  private mutating func advance(isTargetUp: Bool) {
    let proven: Timestamp?
    if settings.offsetsTopic == nil {
      proven = heartbeat
    } else {
      guard isTargetUp, isWhole else { return }
      var next = mirrored.mapValues { $0 &+ 1 }
      for (place, end) in emptyUpTo { next[place] = next[place].map { max($0, end) } }
      proven = history.complete(next, gone: gone)
    }
    guard let proven else { return }
    recoveryPoint = max(recoveryPoint ?? proven, proven)
  }

  /// Whether something was mirrored lately, or nothing is left to.
  private func receives(_ lag: Double?, at now: Timestamp) -> Bool {
    if let heartbeat { return now - heartbeat <= settings.silence }
    if settings.heartbeatsTopic != nil, settings.offsetsTopic == nil { return false }
    return lag == 0 || lastProgress.map { now - $0 <= settings.silence } ?? false
  }

  private func silent(_ now: Timestamp) -> KafkaError {
    guard let heartbeat else { return KafkaError(.timeout, "nothing was mirrored lately") }
    let age = DurationText.format(.seconds((now - heartbeat).milliseconds / 1000))
    return KafkaError(.timeout, "the newest mirrored heartbeat is \(age) old: is MirrorMaker running?")
  }

  private mutating func clusterReadings(_ region: String, _ isUp: Bool, _ problem: KafkaError?) -> [Reading] {
    let labels = linkLabels.setting("region", to: region)
    if let problem { reasonsSeen[region, default: []].insert(problem.reason) }
    var out = [Reading(MirrorMetrics.up, isUp, labels: labels)]
    for reason in FailureReason.allCases where reasonsSeen[region]?.contains(reason) == true {
      let labels = labels.setting("reason", to: reason.rawValue)
      out.append(Reading(MirrorMetrics.failureReason, reason == problem?.reason, labels: labels))
    }
    return out
  }
}
