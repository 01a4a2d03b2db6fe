internal import Collecting
internal import KafkaClient
package import Model
internal import Synchronization

/// Measures one direction of a mirror: the target is asked first, then the source, each for half of the time.
package final class MirrorLinkCollector: Collector {
  package let description: CollectorDescription

  private let settings: MirrorLinkSettings
  private let time: any TimeSource
  private let source: KafkaSession
  private let target: KafkaSession
  /// Held for the reading of one answer; passes never overlap.
  private let state: Mutex<MirrorLinkState>

  package init(_ settings: MirrorLinkSettings, time: any TimeSource = SystemTime()) {
    self.settings = settings
    self.time = time
    source = KafkaSession(settings.source.cluster, time: time)
    target = KafkaSession(settings.target.cluster, time: time)
    state = Mutex(MirrorLinkState(settings))
    description = settings.description
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, began) = (time.now, time.monotonic)
    let (settings, time) = (settings, time)
    let half = settings.timeout / 2
    target.run(timeout: half) { (connection) throws(KafkaError) in
      try MirrorQueries.target(settings, connection, limit: half * 0.8)
    } completion: { answer in
      let (mirrored, gaps) = self.state.withLock { state in
        if case .success(let seen) = answer { state.learn(seen, at: time.now) }
        return (state.mirroredPartitions, state.gaps)
      }
      self.source.run(timeout: half) { (connection) throws(KafkaError) in
        try MirrorQueries.source(settings, mirrored, gaps, connection, at: time.now, limit: half * 0.4)
      } completion: { from in
        let now = time.now
        let pass = self.state.withLock { $0.observe(target: answer, source: from, at: now) }
        completion(
          Outcome(
            startedAt: startedAt, finishedAt: now, took: time.monotonic - began, verdict: pass.verdict,
            readings: pass.readings))
      }
    }
  }
}
