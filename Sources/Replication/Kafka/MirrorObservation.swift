internal import Collecting
package import KafkaClient
package import Model

/// What one pass brought. The target is asked before the source: records that come in between make a lag look greater
/// than it is, and never smaller.
package struct MirrorObservation: Sendable {
  package struct Target: Sendable {
    /// Newest of the mirrored heartbeats that came since the last pass.
    package var heartbeat: Timestamp?
    /// Offset of the last mirrored record, of the partitions that changed since the last pass; nil: taken back.
    package var mirrored: [TopicPartition: Int64?] = [:]
    /// By group, the newest checkpoints that came since the last pass: places as the target names them, offsets of the
    /// source.
    package var checkpoints: [String: [TopicPartition: Int64]] = [:]
    /// Whether the offsets topic was read to its end.
    package var isWhole = false
    package var problem: KafkaError?

    package init() {}
  }

  package struct Source: Sendable {
    package var askedAt: Timestamp
    package var ends: [TopicPartition: Result<Int64, KafkaError>] = [:]
    /// Of partitions that nothing was mirrored of.
    package var beginnings: [TopicPartition: Result<Int64, KafkaError>] = [:]
    /// Partitions that hold no record between what was mirrored and their end, of those that looked so before.
    package var empty: Set<TopicPartition> = []
    /// Whether topics that must be mirrored could not be asked for.
    package var lacksTopics = false
    /// By group, where it is at the source.
    package var committed: [String: [TopicPartition: Int64]] = [:]
    package var problem: KafkaError?

    package init(askedAt: Timestamp) { self.askedAt = askedAt }
  }
}

/// The questions to the two clusters.
package enum MirrorQueries {
  package static let partitionLimit = 20_000
  /// How many small lags are looked into in one pass.
  private static let gapLimit = 32

  /// What has come since the last pass.
  package static func target(
    _ settings: MirrorLinkSettings, _ connection: KafkaConnection, limit: Duration
  ) throws(KafkaError) -> MirrorObservation.Target {
    let checkpoints = settings.groups.isEmpty ? nil : settings.checkpointsTopic
    let topics = [settings.heartbeatsTopic, settings.offsetsTopic, checkpoints].compactMap(\.self)
    let overview = try connection.overview(topics)
    var seen = MirrorObservation.Target()
    var starts: [TopicPartition: KafkaStart] = [:]
    for topic in topics {
      switch overview.topics[topic] {
      case .success(let partitions):
        for partition in partitions {
          starts[TopicPartition(topic, partition.id)] =
            topic == settings.heartbeatsTopic ? .tail(1) : .beginning
        }
      case .failure(let error):
        var remedy = error.message
        if error.reason == .missing {
          remedy += ": is MirrorMaker running, and `alias` right?"
          if topic == settings.heartbeatsTopic {
            remedy += " Without heartbeats say `heartbeats_topic: none`"
          }
        }
        seen.problem = seen.problem ?? KafkaError(error.reason, remedy)
      case nil:
        seen.problem = seen.problem ?? KafkaError(.missing, "the cluster says nothing of the topic \(topic)")
      }
    }
    guard !starts.isEmpty else { return seen }
    var isWhole = false
    do throws(KafkaError) {
      try connection.follow(starts)
      isWhole = try read(settings, checkpoints, connection, limit: limit, into: &seen)
    } catch {
      // It answers, and only may not be read.
      guard error.reason == .permission || error.reason == .missing else { throw error }
      seen.problem = seen.problem ?? error
    }
    let hasOffsets =
      settings.offsetsTopic.map { topic in starts.keys.contains { $0.topic == topic } } ?? false
    seen.isWhole = isWhole && hasOffsets
    return seen
  }

  /// Whether all that there is was read.
  private static func read(
    _ settings: MirrorLinkSettings, _ checkpoints: String?, _ connection: KafkaConnection, limit: Duration,
    into seen: inout MirrorObservation.Target
  ) throws(KafkaError) -> Bool {
    var hasOverflown = false
    let isWhole = try connection.records(pause: .milliseconds(50), limit: limit) { record in
      if record.place.topic == settings.heartbeatsTopic {
        guard let beat = record.value.flatMap(MirrorRecords.heartbeat) else { return }
        seen.heartbeat = max(seen.heartbeat ?? beat, beat)
      } else if record.place.topic == checkpoints {
        guard let key = record.key, let value = record.value,
          let one = MirrorRecords.checkpoint(key: key, value: value), settings.groups.contains(one.group)
        else { return }
        let isKnown = seen.checkpoints[one.group]?[one.place] != nil
        guard isKnown || (seen.checkpoints[one.group]?.count ?? 0) < partitionLimit else {
          hasOverflown = true
          return
        }
        seen.checkpoints[one.group, default: [:]][one.place] = one.sourceOffset
      } else if let place = record.key.flatMap({ MirrorRecords.place(key: $0, of: settings.alias) }) {
        guard seen.mirrored[place] != nil || seen.mirrored.count < partitionLimit else {
          hasOverflown = true
          return
        }
        seen.mirrored[place] = .some(record.value.flatMap(MirrorRecords.offset))
      }
    }
    if hasOverflown {
      seen.problem = KafkaError(.limit, "more than \(partitionLimit) partitions are mirrored")
    }
    return isWhole && !hasOverflown
  }

  /// - Parameters:
  ///   - mirrored: partitions of which MirrorMaker has offsets.
  ///   - gaps: where the small lags of the last pass begin and end.
  ///   - limit: for looking into them.
  package static func source(
    _ settings: MirrorLinkSettings, _ mirrored: Set<TopicPartition>, _ gaps: [TopicPartition: Range<Int64>],
    _ connection: KafkaConnection, at now: Timestamp, limit: Duration
  ) throws(KafkaError) -> MirrorObservation.Source {
    var seen = MirrorObservation.Source(askedAt: now)
    let overview = try connection.overview(settings.topics)
    var wanted = settings.topics.isEmpty ? mirrored : []
    for topic in settings.topics {
      switch overview.topics[topic] {
      case .success(let partitions): for one in partitions { wanted.insert(TopicPartition(topic, one.id)) }
      case .failure(let error): seen.problem = seen.problem ?? error
      case nil:
        seen.problem = seen.problem ?? KafkaError(.missing, "the cluster says nothing of the topic \(topic)")
      }
    }
    seen.lacksTopics = seen.problem != nil
    guard wanted.count <= partitionLimit else {
      throw KafkaError(
        .limit, "\(wanted.count) partitions, at most \(partitionLimit) are measured: give `topics`")
    }
    seen.ends = try connection.ends(of: wanted)
    seen.beginnings = try connection.beginnings(of: wanted.subtracting(mirrored))
    // A lag that does not change may be a transaction's marker, which is never mirrored: only reading tells.
    var suspects: [TopicPartition: Int64] = [:]
    for (place, gap) in gaps where suspects.count < gapLimit {
      if case .success(gap.upperBound)? = seen.ends[place] { suspects[place] = gap.lowerBound }
    }
    do throws(KafkaError) {
      seen.empty = try connection.empty(suspects, limit: limit)
    } catch { seen.problem = seen.problem ?? error }
    for group in settings.groups {
      do throws(KafkaError) {
        seen.committed[group] = try connection.committed(group, wanted)
      } catch { seen.problem = seen.problem ?? error }
    }
    return seen
  }
}
