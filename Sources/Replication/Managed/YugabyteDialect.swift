internal import Collecting
internal import Model
internal import PostgresClient

/// A heartbeat row, read on both sides: xCluster's own figures are metrics of its servers and nothing that SQL tells.
struct YugabyteDialect: ManagedDialect {
  /// A source whose own row is older than this has no writer.
  private static let writerSilence = Duration.seconds(60)
  /// A target that is behind its source by more than this is not followed any more.
  private static let freshness = Duration.seconds(60)

  let heartbeat: PostgresHeartbeat

  func questions(_ node: ManagedLinkSettings.Node, isSource: Bool) -> [String] { [heartbeat.question] }

  func evidence(
    _ answers: [String: Result<ManagedAnswer, PostgresError>], _ settings: ManagedLinkSettings
  ) -> [String: ManagedEvidence] {
    var found: [String: ManagedEvidence] = [:]
    var source = ManagedEvidence()
    var clockError = Duration.zero
    var written: Timestamp?
    do throws(PostgresError) {
      guard let answer = try answers[settings.source.region]?.get() else {
        throw PostgresError(.timeout, "no answer")
      }
      try answer.mustBe("YugabyteDB", mark: "-YB-")
      clockError = answer.clockError ?? .zero
      let beat = try heartbeat.read(try answer.rows(0))
      written = beat.beatAt
      if answer.askedAt - (beat.beatAt - clockError) > Self.writerSilence {
        throw PostgresError(.status, "the heartbeat is no longer written")
      }
      source.isReplicating = true
    } catch { source.problem = error }
    found[settings.source.region] = source
    for node in settings.targets {
      var evidence = ManagedEvidence()
      do throws(PostgresError) {
        guard let answer = try answers[node.region]?.get() else { throw PostgresError(.timeout, "no answer") }
        try answer.mustBe("YugabyteDB", mark: "-YB-")
        let beat = try heartbeat.read(try answer.rows(0))
        let point = beat.corrected(sourceClockError: clockError, askedAt: answer.askedAt)
        evidence.point = point
        evidence.isStanding = true
        evidence.readings = [Reading(HeartbeatFamilies.seen, point.seconds)]
        evidence.isReplicating = written.map { $0 - beat.beatAt < Self.freshness } ?? false
        if written != nil, !evidence.isReplicating {
          throw PostgresError(.status, "heartbeats do not come through any more")
        }
      } catch { evidence.problem = error }
      found[node.region] = evidence
    }
    return found
  }
}
