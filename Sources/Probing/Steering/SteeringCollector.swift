internal import Collecting
package import Model
internal import Synchronization

/// Asks the servers where DNS sends people.
package final class SteeringCollector: Collector {
  package let description: CollectorDescription
  private let panel: DNSPanel
  private let state: Mutex<SteeringState>

  init(_ settings: SteeringSettings, _ panel: DNSPanel) {
    description = settings.description
    self.panel = panel
    state = Mutex(SteeringState(settings))
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = panel.time.now
    let start = panel.time.monotonic
    panel.ask(timeout: description.timeout) { [self] answers in
      let now = panel.time.now
      let pass = state.withLock { $0.observe(answers, at: now) }
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: panel.time.monotonic - start, verdict: pass.verdict,
          readings: pass.readings))
    }
  }
}
