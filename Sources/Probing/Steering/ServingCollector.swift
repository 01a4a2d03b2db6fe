internal import Collecting
package import Model
internal import Synchronization

/// Asks DNS and the front door at the same time, and says who serves.
package final class ServingCollector: Collector {
  package let description: CollectorDescription
  private let settings: ServingSettings
  private let panel: DNSPanel
  private let probe: MarkerProbe
  private let state: Mutex<(steering: SteeringState, marker: MarkerState, serving: ServingState)>

  private enum Side: Hashable { case steering, marker }
  private enum Answers: Sendable {
    case steering([DNSPanel.Answer])
    case marker([MarkerProbe.Answer])
  }

  init(_ settings: ServingSettings, _ panel: DNSPanel, _ probe: MarkerProbe) {
    description = settings.description
    self.settings = settings
    self.panel = panel
    self.probe = probe
    state = Mutex(
      (
        SteeringState(settings.steering), MarkerState(settings.marker),
        ServingState(window: settings.window, confirm: settings.confirm)
      ))
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = panel.time.now
    let start = panel.time.monotonic
    let gathered = Gathering<Side, Answers>(expected: 2) { [self] answers in
      let now = panel.time.now
      let (verdict, readings) = observe(answers, at: now)
      completion(
        Outcome(
          startedAt: startedAt, finishedAt: now, took: panel.time.monotonic - start, verdict: verdict,
          readings: readings))
    }
    panel.ask(timeout: description.timeout) { gathered.add(.steering, .steering($0)) }
    probe.ask(timeout: description.timeout, pass: state.withLock { $0.marker.passes }) {
      gathered.add(.marker, .marker($0))
    }
  }

  private func observe(_ answers: [Side: Answers], at now: Timestamp) -> (Outcome.Verdict, [Reading]) {
    var (servers, markers): ([DNSPanel.Answer], [MarkerProbe.Answer]) = ([], [])
    if case .steering(let given) = answers[.steering] { servers = given }
    if case .marker(let given) = answers[.marker] { markers = given }
    return state.withLock { state in
      let steering = state.steering.observe(servers, at: now)
      let marker = state.marker.observe(markers, at: now)
      let decision = state.serving.observe(steering: steering.regions, marker: marker.regions, at: now)
      let own = settings.readings(
        decision, changedAt: state.serving.changedAt, confirmedAt: state.serving.confirmedAt)
      let verdict = steering.verdict == .success ? marker.verdict : steering.verdict
      return (verdict, own + steering.readings + marker.readings)
    }
  }
}
