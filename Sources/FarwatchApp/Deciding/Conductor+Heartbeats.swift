internal import Alerting
internal import Model
internal import Notifying
internal import SampleStore

extension Conductor {
  /// What must run, as the core sees it. Looks at every rule and collector: for when a heartbeat is due.
  func heartbeatFacts(_ monotonic: MonotonicInstant, silence: Duration) -> HeartbeatFacts {
    var facts = HeartbeatFacts()
    facts.coreSilence = silence
    facts.rulesAreJudged = isReady
    facts.rulesLateBy = isReady ? engine.lateness(at: monotonic) : .zero
    facts.oldestCommit = unanswered.first.map { monotonic - $0.since }
    facts.samplesAreNotWritten = store.statistics.isFailing
    facts.stuckCollectors = watchlist.stuck(at: monotonic)
    return facts
  }
}
