package import Collecting
package import Model
internal import PostgresClient

/// What collections of one replication link bring when no server is asked: a source that writes steadily and standbys
/// that keep up with it, for as long as their regions are not silent. The readings are made of these answers as of real
/// ones.
package struct PostgresLinkRehearsal: Rehearsal {
  private static let bytesPerMillisecond: UInt64 = 1000
  private static let answerTime: Duration = .milliseconds(20)

  private let settings: PostgresLinkSettings
  private let start: Timestamp
  private var state: PostgresLinkState
  /// How far each target had come when its source was last heard.
  private var replayed: [String: WALPosition] = [:]

  package init(_ settings: PostgresLinkSettings, start: Timestamp) {
    self.settings = settings
    self.start = start
    state = PostgresLinkState(settings)
  }

  package mutating func outcome(_ loss: RehearsedLoss, at moment: Timestamp) -> Outcome {
    let silent = loss.regions
    let elapsed = UInt64(clamping: max(0, (moment - start).milliseconds))
    let written = WALPosition(bytes: 1 << 32 + elapsed &* Self.bytesPerMillisecond)
    let sourceAnswers = !silent.contains(settings.source.region)
    var answers: [String: PostgresLinkState.Answer] = [:]
    for node in settings.nodes {
      guard !silent.contains(node.region) else {
        answers[node.region] = .failure(PostgresError(.timeout, "no answer"))
        continue
      }
      let isSource = node.region == settings.source.region
      var seen = PostgresObservation(
        askedAt: moment, answeredAt: moment + Self.answerTime, inRecovery: !isSource)
      seen.clock = moment
      seen.systemIdentifier = "1"
      seen.timeline = 1
      seen.senders = []
      seen.slots = []
      if isSource {
        seen.current = written
      } else {
        if sourceAnswers { replayed[node.region] = written }
        seen.received = replayed[node.region]
        seen.replayed = replayed[node.region]
        seen.replayPaused = false
        if sourceAnswers { seen.receiver = .init(status: "streaming", slot: nil, silence: .zero) }
      }
      answers[node.region] = .success(seen)
    }
    let took = silent.isDisjoint(with: settings.nodes.map(\.region)) ? Self.answerTime : settings.timeout
    let pass = state.observe(answers, at: moment + took)
    return Outcome(
      startedAt: moment, finishedAt: moment + took, took: took, verdict: pass.verdict,
      readings: pass.readings)
  }
}
