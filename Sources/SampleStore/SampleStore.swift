internal import DurableIO
package import Model
internal import Synchronization

/// Time series, found by their labels: the newest samples in memory, the rest in files, for as long as they are kept.
///
/// One thread appends; any thread reads. Every access takes one short lock: nothing is rendered or handed to foreign
/// code while it is held, and no file is read.
package final class SampleStore: SampleAppender, SeriesReader, FamilyReader, Sendable {
  let settings: SampleStoreSettings
  let state: Mutex<State>
  private let retentionClock = Mutex(RetentionClock())
  private let writer: Mutex<StoreWriter?> = Mutex(nil)

  /// A store in memory only: what it cannot hold is dropped.
  package init(_ settings: SampleStoreSettings = .init()) {
    self.settings = settings
    state = Mutex(State(settings))
  }

  private init(_ settings: SampleStoreSettings, _ state: consuming sending State) {
    self.settings = settings
    self.state = Mutex(state)
  }

  /// A store that lasts, in a directory of its own, with what the last process left there.
  ///
  /// Never fails: what cannot be read is set aside and told; a directory that cannot be written leaves a store in
  /// memory that says so in its statistics and tries again. Series of the last life are there for queries, as ended at
  /// `now`, and are not exposed before something is appended to them. To be closed.
  package static func open(
    _ directory: String, _ settings: SampleStoreSettings = .init(), now: Timestamp,
    monotonic: MonotonicInstant
  ) -> (store: SampleStore, findings: [StoreFinding]) {
    let folder = StoreFolder(path: directory)
    var findings: [StoreFinding] = []
    do {
      try makeDirectory(directory, mode: 0o700)
    } catch {
      findings.append(StoreFinding(message: "no store directory", file: directory, detail: "\(error)"))
    }
    var recovery = Recovery(folder, settings)
    recovery.run()
    findings += recovery.findings
    // `takeState` consumes the rest.
    let inheritance = recovery.inheritance
    let store = SampleStore(settings, recovery.takeState(now: now))
    let newest = store.state.withLock { $0.newestTime }
    if newest != .min {
      store.retentionClock.withLock {
        $0.start(at: Timestamp(milliseconds: newest), monotonic: monotonic)
      }
    }
    do {
      let writer = try StoreWriter(store, folder, inheritance)
      store.writer.withLock { $0 = writer }
    } catch {
      findings.append(
        StoreFinding(message: "samples are in memory only", file: directory, detail: "\(error)"))
    }
    return (store, findings)
  }

  /// Hands over what is left to the files. Blocks; again is nothing.
  package func close() {
    let writer = writer.withLock { writer in
      defer { writer = nil }
      return writer
    }
    writer?.stop()
  }

  package var statistics: SampleStoreStatistics {
    var statistics = state.withLock { $0.statistics }
    statistics.seriesLimit = settings.seriesLimit
    return statistics
  }

  // MARK: Appending

  package func series(_ family: MetricFamily, _ labels: Labels) -> SeriesID? {
    series(family, labels, exposed: true)
  }

  /// As ``series(_:_:)``; a family that is not `exposed` serves rules and queries but not the metrics page.
  package func series(_ family: MetricFamily, _ labels: Labels, exposed: Bool) -> SeriesID? {
    let full = labels.setting(Labels.metricNameLabel, to: family.name)
    return state.withLock { $0.findOrCreate(family, full, exposed: exposed) }
  }

  package func append(_ value: Double, at time: Timestamp, to series: SeriesID) {
    state.withLock { $0.append(value, at: time, to: series) }
  }

  package func append(_ histogram: FloatHistogram, at time: Timestamp, to series: SeriesID) {
    state.withLock { $0.append(histogram, at: time, to: series) }
  }

  /// The series whose value changed since the last call, each once: what must wake the rules that depend on it.
  package func takeChanged() -> [SeriesID] { state.withLock { $0.takeChanged() } }

  /// Takes silent series off the active ones, and forgets what is older than the retention. To be called now and then,
  /// with the steady clock beside the other one: a wall clock that leaps forward does not make good samples old.
  package func collectGarbage(now: Timestamp, monotonic: MonotonicInstant? = nil) {
    let kept =
      monotonic.map { steady in retentionClock.withLock { $0.read(wall: now, monotonic: steady) } } ?? now
    state.withLock {
      $0.collectGarbage(silentBefore: now - settings.forgetAfter, cutoff: kept - settings.retention)
    }
  }

  /// Moves samples in time by `shift`: the clock that dated them was wrong by so much. What is in memory moves, hours
  /// of samples; what is in blocks stays, and shows only where it is older than all that moved.
  package func movePast(by shift: Duration) { state.withLock { $0.movePast(by: shift.milliseconds) } }

  // MARK: Reading

  package var indexVersion: UInt64 { state.withLock { $0.indexVersion } }
  package var pastVersion: UInt64 { state.withLock { $0.pastVersion } }

  package func seriesAdded(since version: UInt64) -> [SeriesID]? {
    state.withLock { $0.additions.since(version) }
  }

  package func select(_ matchers: [LabelMatcher]) -> [SeriesID] { state.withLock { $0.select(matchers) } }

  package func select(_ matchers: [LabelMatcher], activeSince time: Timestamp) -> [SeriesID] {
    state.withLock { $0.select(matchers, activeSince: time.milliseconds) }
  }

  package func labels(of series: SeriesID) -> Labels {
    state.withLock { state in state.slot(series).map { state.labels[$0] } ?? .empty }
  }

  package func newestSample(of series: SeriesID, at: Timestamp, after: Timestamp) -> Sample? {
    guard case .float(let time, let bits) = newest(of: series, at: at, after: after) else { return nil }
    return Sample(timestamp: Timestamp(milliseconds: time), value: Double(bitPattern: bits))
  }

  /// nil for a stale marker.
  private func newest(of series: SeriesID, at: Timestamp, after: Timestamp) -> StoredSample? {
    let (at, after) = (at.milliseconds, after.milliseconds)
    let (memory, blocks) = state.withLock { state -> (NewestSample, [ChunkFile]) in
      guard let slot = state.slot(series) else { return (.none, []) }
      return (state.newest(slot, at: at, after: after), state.blocks)
    }
    let found: StoredSample?
    switch memory {
    case .none: found = nil
    case .found(let time, let bits): found = .float(time: time, bits: bits)
    case .histogram(let time, let chunk):
      found = chunk.histogram(at: time).map { .histogram(time: time, $0) }
    case .inBlocks(let bound):
      found = BlockSearch.newest(blocks, series, at: at, after: after, before: bound)
    }
    if case .float(_, StaleMarker.bits) = found { return nil }
    return found
  }

  package func readNewest(
    of series: [SeriesID], at: Timestamp, after: Timestamp, into samples: inout SampleColumns,
    places: inout [Int]
  ) {
    var place = 0
    while true {
      place = state.withLock { state in
        state.readNewest(
          of: series, from: place, at: at.milliseconds, after: after.milliseconds, into: &samples, &places)
      }
      guard place < series.count else { return }
      // A histogram is decoded, and a file is read, where no lock is held.
      switch newest(of: series[place], at: at, after: after) {
      case nil: break
      case .float(let time, let bits):
        samples.append(time, Double(bitPattern: bits))
        places.append(place)
      case .histogram(let time, let histogram):
        samples.append(time, histogram)
        places.append(place)
      }
      place += 1
    }
  }

  package func overlapping(_ series: [SeriesID], at: Timestamp, after: Timestamp) -> [SeriesID] {
    let (at, after) = (at.milliseconds, after.milliseconds)
    // The blocks are asked where no lock is held.
    let (known, blocks) = state.withLock { state in
      let known = series.map { id -> (overlaps: Bool?, bound: Int64) in
        guard let slot = state.slot(id) else { return (false, 0) }
        return (state.overlaps(slot, at: at, after: after), state.memoryStart(slot))
      }
      return (known, state.blocks)
    }
    return zip(series, known).filter { id, known in
      known.overlaps ?? BlockSearch.overlaps(blocks, id, at: at, after: after, before: known.bound)
    }.map(\.0)
  }

  package func readWindow(
    of series: SeriesID, at: Timestamp, after: Timestamp, into samples: inout SampleColumns
  ) {
    let (at, after) = (at.milliseconds, after.milliseconds)
    var rest: (chunks: [SealedChunk], bound: Int64, blocks: [ChunkFile])?
    state.withLock { state in
      guard let slot = state.slot(series), state.lastTimes[slot] > after else { return }
      guard samples.histograms.isEmpty, state.hasOnlyFloatsInMemory(slot, after: after) else {
        let (chunks, bound) = state.parts(slot, at: at, after: after)
        rest = (chunks, bound, bound > after ? state.blocks : [])
        return
      }
      state.readWindow(slot, at: at, after: after, into: &samples.times, &samples.values)
    }
    guard let rest else { return }
    BlockSearch.readWindow(rest.blocks, series, at: at, after: after, before: rest.bound, into: &samples)
    for chunk in rest.chunks { chunk.read(at: at, after: after, into: &samples) }
  }

  // MARK: Exposition

  package func familyVersions() -> [(family: MetricFamily, version: UInt64)] {
    familyChanges(since: nil).families
  }

  package func familyChanges(since version: UInt64?) -> FamilyChanges {
    var changes = state.withLock { $0.familyChanges(since: version) }
    if changes.isWhole { changes.families.sort { byteOrder($0.family.name, $1.family.name) } }
    return changes
  }

  package func readFamily(_ family: MetricFamily, _ body: (SeriesID, Labels, Double) -> Void) -> UInt64 {
    // Copied out first: rendering a large family must not hold up the thread that appends.
    let (rows, version) = state.withLock { $0.currentRows(of: family) }
    for row in rows { body(row.series, row.labels, row.value) }
    return version
  }
}
