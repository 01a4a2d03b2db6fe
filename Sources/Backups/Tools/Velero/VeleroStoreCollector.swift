internal import Collecting
internal import Dispatch
internal import Model
internal import ObjectStores
internal import Synchronization

/// Lists a bucket of Velero's and reads the records that are new, one request after the other.
///
/// The time-out is of the whole collection. One that ends while records are still unread fails, because their number
/// is unknown, and the next goes on where it stopped.
final class VeleroStoreCollector: Collector {
  let description: CollectorDescription
  private let settings: VeleroStoreSettings
  private let store: any ObjectStore
  private let time: any TimeSource
  private let queue = DispatchQueue(label: "farwatch.backup.velero")
  private let state: Mutex<State>

  private struct State {
    var bucket: VeleroBucket
    var memory: ToolBackupState
    var occupancy = Occupancy()
    /// Of the restore marker; nil where none is configured.
    var tested: Result<Timestamp?, ToolTrouble>?
  }

  init(_ settings: VeleroStoreSettings, store: any ObjectStore, time: any TimeSource) {
    description = settings.description
    self.settings = settings
    self.store = store
    self.time = time
    state = Mutex(
      State(bucket: VeleroBucket(settings), memory: ToolBackupState(settings.basics, settings.rules)))
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let pass = OneAnswer(startedAt: time.now, started: time.monotonic, completion)
    if let age = state.withLock({ $0.occupancy.enter(pass) }) {
      let detail = "the collection before has not ended for \(age); no second one is started"
      DispatchQueue.global().async { self.fail(pass, ToolTrouble(.overrun, detail)) }
      return
    }
    queue.async { self.begin(pass) }
    // The store keeps the time-out; this is for a file system that does not.
    let guarded = settings.basics.timeout + .seconds(3)
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(clamping: guarded.milliseconds))) {
      [weak self] in
      self?.fail(pass, ToolTrouble(.timeout, "no end in time"))
    }
  }

  // MARK: - One pass

  private func begin(_ pass: OneAnswer) {
    let tested = settings.rules.restoreMarker.map { ToolFiles.marker($0, now: time.now) }
    let root = state.withLock { state in
      state.tested = tested
      state.bucket.begin()
      return state.bucket.root
    }
    list(pass, PageQuery(prefix: root))
  }

  private func left(_ pass: OneAnswer) -> Duration {
    settings.basics.timeout - (time.monotonic - pass.started)
  }

  private func list(_ pass: OneAnswer, _ query: PageQuery) {
    let left = left(pass)
    guard left > .zero else { return end(pass, .timeout, "\(store.title): the listing did not end in time") }
    store.list(query, timeout: left) { [self] answer in
      queue.async { [self] in
        switch answer {
        case .failure(let failure): end(pass, failure.reason, failure.detail)
        case .success(let page): took(pass, query, page)
        }
      }
    }
  }

  private func took(_ pass: OneAnswer, _ query: PageQuery, _ page: ListingPage) {
    if let trouble = state.withLock({ $0.bucket.take(page) }) {
      return end(pass, trouble.reason, "\(store.title): \(trouble.detail)")
    }
    guard let next = page.next else {
      state.withLock { $0.bucket.listed() }
      return read(pass)
    }
    guard next != query.continuation else {
      return end(pass, .protocolError, "\(store.title): the listing does not come to an end")
    }
    list(pass, PageQuery(prefix: query.prefix, continuation: next))
  }

  private func read(_ pass: OneAnswer) {
    guard let (name, entry) = state.withLock({ $0.bucket.next }) else { return conclude(pass) }
    let left = left(pass)
    guard left > .zero else {
      let (unread, all) = state.withLock { $0.bucket.unread }
      let detail =
        "\(store.title): \(all - unread) of \(all) records were read so far; the next collection goes on"
      return end(pass, .timeout, detail)
    }
    guard (1...VeleroBucket.recordBytes).contains(entry.size), !entry.isArchived else {
      state.withLock { $0.bucket.heard(nil, of: name, entry) }
      return queue.async { self.read(pass) }
    }
    store.read(entry, 0..<entry.size, timeout: left) { [self] answer in
      queue.async { [self] in
        switch answer {
        case .success(let bytes): state.withLock { $0.bucket.heard(bytes, of: name, entry) }
        case .failure(let failure) where failure.hasChanged: state.withLock { $0.bucket.vanished(name) }
        case .failure(let failure) where failure.isArchived:
          state.withLock { $0.bucket.heard(nil, of: name, entry) }
        case .failure(let failure):
          let remedy = failure.reason == .permission ? "; allow reading the records too (s3:GetObject)" : ""
          return end(pass, failure.reason, failure.detail + remedy)
        }
        read(pass)
      }
    }
  }

  private func conclude(_ pass: OneAnswer) {
    let now = time.now
    let told = state.withLock { state in
      state.occupancy.leave()
      return state.memory.readings(state.bucket.findings(at: now), marker: state.tested, at: now)
    }
    finish(pass, told.verdict, told.readings)
  }

  private func end(_ pass: OneAnswer, _ reason: FailureReason, _ detail: String) {
    state.withLock { $0.occupancy.leave() }
    fail(pass, ToolTrouble(reason, detail))
  }

  private func fail(_ pass: OneAnswer, _ trouble: ToolTrouble) {
    let readings = state.withLock { $0.memory.absence }
    finish(pass, .failure(trouble.reason, detail: "\(description.name): \(trouble.detail)"), readings)
  }

  private func finish(_ pass: OneAnswer, _ verdict: Outcome.Verdict, _ readings: [Reading]) {
    pass.finish(
      Outcome(
        startedAt: pass.startedAt, finishedAt: time.now, took: time.monotonic - pass.started,
        verdict: verdict, readings: readings))
  }
}
