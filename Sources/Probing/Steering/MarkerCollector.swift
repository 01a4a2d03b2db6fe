internal import Collecting
package import Model
internal import Synchronization

/// Asks through the front door who serves.
package final class MarkerCollector: Collector {
  package let description: CollectorDescription
  private let probe: MarkerProbe
  private let time: any TimeSource
  private let state: Mutex<MarkerState>

  init(_ settings: MarkerSettings, _ probe: MarkerProbe, _ time: any TimeSource) {
    description = settings.description
    self.probe = probe
    self.time = time
    state = Mutex(MarkerState(settings))
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    probe.ask(timeout: description.timeout, pass: state.withLock { $0.passes }) { [self] answers in
      let now = time.now
      let pass = state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: time.monotonic - start, verdict: pass.verdict,
          readings: pass.readings))
    }
  }
}
