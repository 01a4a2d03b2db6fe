internal import Collecting
internal import Dispatch
package import Model
package import ObjectStores
internal import Synchronization

/// Compares the objects of a source with those of each target.
///
/// One comparison a target is under way, however long it takes: a collection whose time is over tells what the last
/// complete one found, for as long as pages come.
package final class ObjectStoreLinkCollector: Collector {
  package let description: CollectorDescription
  private let settings: ObjectStoreLinkSettings
  private let time: any TimeSource
  private let source: any ObjectStore
  private let targets: [String: any ObjectStore]
  private let queue = DispatchQueue(label: "farwatch.objects.link")
  private let state: Mutex<State>

  private struct Running {
    var comparison: ObjectComparison
    var began: Timestamp
    var progressAt: MonotonicInstant
  }

  private struct Waiting: Sendable {
    var startedAt: Timestamp
    var started: MonotonicInstant
    /// Regions whose comparison is not over yet.
    var open: Set<String>
    var completion: @Sendable (Outcome) -> Void
  }

  private struct State {
    var link: ObjectStoreLinkState
    var running: [String: Running] = [:]
    var waiting: [Int: Waiting] = [:]
    var next = 0
  }

  package init(
    _ settings: ObjectStoreLinkSettings, time: any TimeSource = SystemTime(),
    store: (ObjectStoreLinkSettings.Node) -> any ObjectStore
  ) {
    self.settings = settings
    self.time = time
    source = store(settings.source)
    targets = Dictionary(settings.targets.map { ($0.region, store($0)) }) { a, _ in a }
    description = settings.description
    state = Mutex(State(link: ObjectStoreLinkState(settings)))
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let (startedAt, started) = (time.now, time.monotonic)
    let (number, toBegin) = state.withLock { state in
      state.next += 1
      state.waiting[state.next] = Waiting(
        startedAt: startedAt, started: started, open: Set(settings.basics.targetRegions),
        completion: completion)
      let toBegin = settings.targets.filter { state.running[$0.region] == nil }
      for node in toBegin {
        state.running[node.region] = Running(
          comparison: ObjectComparison(
            sourcePrefix: settings.source.prefix, targetPrefix: node.prefix, limit: settings.objectsLimit),
          began: startedAt, progressAt: started)
      }
      return (state.next, toBegin)
    }
    for node in toBegin {
      let first = state.withLock { $0.running[node.region]?.comparison.first }
      if let first { queue.async { self.follow(first, node.region) } }
    }
    let timeout = DispatchTimeInterval.milliseconds(Int(clamping: settings.basics.timeout.milliseconds))
    queue.asyncAfter(deadline: .now() + timeout) { [weak self] in self?.overdue(number) }
  }

  private func follow(_ step: ObjectComparison.Step, _ region: String) {
    switch step {
    case .ask(let side, let query):
      guard let store = side == .source ? source : targets[region] else { return }
      store.list(query, timeout: settings.basics.timeout) { [self] answer in
        queue.async { self.took(answer, side, region) }
      }
    case .done:
      state.withLock { state in
        guard let running = state.running.removeValue(forKey: region) else { return }
        state.link.compared(running.comparison.found, region, began: running.began)
      }
      closed(region)
    case .failed(let reason, let detail): fail(reason, detail, region)
    }
  }

  private func took(
    _ answer: Result<ListingPage, StoreFailure>, _ side: ObjectComparison.Side, _ region: String
  ) {
    do throws(StoreFailure) {
      let page = try answer.get()
      let step: ObjectComparison.Step? = state.withLock { state in
        state.running[region]?.progressAt = time.monotonic
        return state.running[region]?.comparison.take(page, of: side)
      }
      if let step { follow(step, region) }
    } catch { fail(error.reason, error.detail, region) }
  }

  private func fail(_ reason: FailureReason, _ detail: String, _ region: String) {
    state.withLock { state in
      state.running[region] = nil
      state.link.failed(reason, detail, region)
    }
    closed(region)
  }

  /// A comparison is over: who waited for nothing else is answered.
  private func closed(_ region: String) {
    let done = state.withLock { state in
      for number in state.waiting.keys { state.waiting[number]?.open.remove(region) }
      let done = state.waiting.filter { $0.value.open.isEmpty }
      for number in done.keys { state.waiting[number] = nil }
      return (Array(done.values), state.link.verdict, state.link.readings)
    }
    for waiting in done.0 { answer(waiting, done.1, done.2) }
  }

  private func overdue(_ number: Int) {
    let late: (Waiting, Outcome.Verdict, [Reading])? = state.withLock { state in
      guard let waiting = state.waiting.removeValue(forKey: number) else { return nil }
      for region in waiting.open {
        // No page since the collection began: stuck, not long.
        if let running = state.running[region], running.progressAt <= waiting.started {
          state.link.failed(.timeout, "no answer from source or target", region)
        }
      }
      return (waiting, state.link.verdict, state.link.readings)
    }
    if let late { answer(late.0, late.1, late.2) }
  }

  private func answer(_ waiting: Waiting, _ verdict: Outcome.Verdict, _ readings: [Reading]) {
    waiting.completion(
      Outcome(
        startedAt: waiting.startedAt, finishedAt: time.now, took: time.monotonic - waiting.started,
        verdict: verdict, readings: readings))
  }
}
