internal import DurableIO
internal import Model
internal import Synchronization
internal import Threading

/// Carries a store's samples to its files, on a thread of its own: the thread that appends never waits for a disk.
///
/// What is promised: a sample is handed to the system within ``SampleStoreSettings/journalDelay`` and lives through
/// the death of the process from then on; it is on the medium, and lives through a power cut, within
/// ``SampleStoreSettings/syncInterval``. While the disk refuses, everything goes on in memory, and the first checkpoint
/// that succeeds makes good for all that was not written.
///
/// The order that makes this safe: a new journal begins; the catalogue learns the series of the old one; a checkpoint
/// of everything that is not in a block is written, synced and named; only then the old journal goes. A crash in
/// between leaves samples twice, never not at all, and reading takes each once.
final class StoreWriter: Sendable {
  private let bell = Bell()
  private let stopping = Atomic(false)
  private let thread: Mutex<OwnThread?> = Mutex(nil)

  /// - Parameter generation: number of the first journal that is written.
  init(
    _ store: SampleStore, _ folder: StoreFolder, generation: UInt64, nextBlock: UInt64,
    rewritesCatalogue: Bool,
    keptAside: Set<String>
  ) throws(OwnThread.Failure) {
    let (bell, settings) = (bell, store.settings)
    let started = try OwnThread.start("farwatch-store") { [self] in
      var carrier = StoreCarrier(
        store, folder, generation: generation, nextBlock: nextBlock, rewritesCatalogue: rewritesCatalogue,
        keptAside: keptAside)
      carrier.turn()
      while !stopping.load(ordering: .acquiring) {
        _ = bell.wait(upTo: settings.journalDelay)
        carrier.turn()
      }
      carrier.finish()
    }
    thread.withLock { $0 = started }
  }

  /// Hands over what is left and ends. Blocks.
  func stop() {
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let thread else { return }
    stopping.store(true, ordering: .releasing)
    bell.ring()
    thread.join()
  }
}

/// What the writer's thread does, turn by turn. Confined to it.
struct StoreCarrier {
  let store: SampleStore
  let folder: StoreFolder
  var settings: SampleStoreSettings { store.settings }
  private let clock = SystemTime()
  private var journal: GrowingFile?
  private(set) var generation: UInt64
  private var nextBlock: UInt64
  private var rewritesCatalogue: Bool
  /// Files to be set aside where others are deleted.
  private let keptAside: Set<String>
  private var spare: [UInt8] = []
  private var unsyncedBytes = 0
  private var lastSync: MonotonicInstant
  private var lastCheckpoint: MonotonicInstant
  private var lastBlock: MonotonicInstant
  /// No checkpoint before this moment: the last one failed.
  private var retryAt: MonotonicInstant?
  private var unverified: [ChunkFile]
  private var headBytes = 0

  init(
    _ store: SampleStore, _ folder: StoreFolder, generation: UInt64, nextBlock: UInt64,
    rewritesCatalogue: Bool,
    keptAside: Set<String>
  ) {
    self.store = store
    self.folder = folder
    // The first turn makes a checkpoint and with it the first journal.
    self.generation = generation - 1
    self.nextBlock = nextBlock
    self.rewritesCatalogue = rewritesCatalogue
    self.keptAside = keptAside
    let now = clock.monotonic
    (lastSync, lastBlock) = (now, now)
    lastCheckpoint = now
    retryAt = now
    unverified = store.state.withLock { $0.blocks }
  }

  mutating func turn() {
    writeJournal()
    let now = clock.monotonic
    if let retryAt {
      if now >= retryAt { checkpoint() }
    } else if isCheckpointDue(now) {
      checkpoint()
    }
    dropOldBlocks()
    verifyOneBlock()
    publish()
  }

  mutating func finish() {
    writeJournal()
    try? journal?.sync()
    publish()
  }

  // MARK: Journal

  private mutating func writeJournal() {
    guard let journal else { return }
    let overflowed = store.state.withLock { state in
      defer { state.journal.take(&spare) }
      return state.journal.hasOverflowed
    }
    do throws(IOFailure) {
      if overflowed {
        throw IOFailure(path: journal.path, operation: .write, code: 0, text: "too slow for what is measured")
      }
      if !spare.isEmpty {
        try journal.write(RecordLog.frame(spare))
        unsyncedBytes += spare.count
      }
      let now = clock.monotonic
      if unsyncedBytes > 0, now - lastSync >= settings.syncInterval {
        try journal.sync()
        lastSync = now
        unsyncedBytes = 0
      }
    } catch { fail(error) }
  }

  /// From here on samples are in memory only; the next checkpoint begins a new journal.
  private mutating func fail(_ failure: IOFailure) {
    journal = nil
    retryAt = clock.monotonic + settings.retryInterval
    var dropped: [UInt8] = []
    store.state.withLock { state in
      state.journal.isOn = false
      state.journal.take(&dropped)
      state.statistics.isFailing = true
      state.statistics.writeFailures += 1
      state.statistics.failure = failure.description
    }
  }

  // MARK: Checkpoints

  private func isCheckpointDue(_ now: MonotonicInstant) -> Bool {
    now - lastCheckpoint >= settings.checkpointInterval || (journal?.size ?? 0) > settings.journalLimit
      || isBlockDue(now)
  }

  private func isBlockDue(_ now: MonotonicInstant) -> Bool {
    let (bytes, series) = store.state.withLock { ($0.statistics.sealedBytes, $0.statistics.knownSeries) }
    return bytes > max(8 << 20, 300 * series)
      || bytes > 0 && now - lastBlock >= settings.blockInterval
      || bytes > settings.memoryLimit / 2
  }

  mutating func checkpoint() {
    do throws(IOFailure) {
      try makeDirectory(folder.path, mode: 0o700)
      if isBlockDue(clock.monotonic) { try writeBlock() }
      let news = try beginJournal()
      try writeCatalogue(news)
      guard let size = try Checkpoint.write(store, to: folder.file(.head, generation)) else {
        // The past was moved meanwhile: what was copied is of two minds.
        retryAt = clock.monotonic
        return
      }
      headBytes = size
      removeOlder()
      retryAt = nil
      lastCheckpoint = clock.monotonic
      store.state.withLock { state in
        state.statistics.isFailing = false
        state.statistics.failure = ""
        state.statistics.checkpoints += 1
      }
    } catch { fail(error) }
  }

  /// The series that the catalogue does not know yet.
  private mutating func beginJournal() throws(IOFailure) -> [SeriesID] {
    let next = try GrowingFile(folder.file(.journal, generation + 1))
    generation += 1
    let news = store.state.withLock { state in
      state.journal.take(&spare)
      state.journal.isOn = true
      defer { state.uncatalogued = [] }
      return state.uncatalogued
    }
    // What is lost here is in the checkpoint, or will be missing together with all that follows.
    if !spare.isEmpty { try? journal?.write(RecordLog.frame(spare)) }
    journal = next
    unsyncedBytes = 0
    return news
  }

  private mutating func writeCatalogue(_ news: [SeriesID]) throws(IOFailure) {
    do throws(IOFailure) {
      if rewritesCatalogue {
        try Catalogue.rewrite(store, folder.catalogue)
        rewritesCatalogue = false
      } else if !news.isEmpty {
        try Catalogue.append(news, store, folder.catalogue)
      }
    } catch {
      // Half a record may stand at its end now.
      rewritesCatalogue = true
      throw error
    }
  }

  private func removeOlder() {
    guard let names = try? Folder.files(folder.path).map(\.name) else { return }
    for kind in [StoreFolder.Kind.head, .journal] {
      for number in StoreFolder.numbers(kind, in: names) where number < generation {
        let file = folder.file(kind, number)
        if keptAside.contains(file) { StoreFolder.setAside(file) } else { Folder.remove(file) }
      }
    }
  }

  // MARK: Blocks

  private mutating func writeBlock() throws(IOFailure) {
    guard let block = try BlockWriter.write(store, to: folder.file(.block, nextBlock), sequence: nextBlock)
    else {
      return
    }
    nextBlock = block.sequence + 1
    lastBlock = clock.monotonic
  }

  /// Deletes what is older than the retention, and the oldest when there is too much.
  private func dropOldBlocks() {
    let gone = store.state.withLock { state -> [ChunkFile] in
      var total = state.blocks.reduce(headBytes) { $0 + $1.size }
      let cutoff = state.cutoff.milliseconds
      let limit = settings.diskLimit
      var gone: [ChunkFile] = []
      for block in state.blocks where block.maxTime <= cutoff || total > limit {
        total -= block.size
        gone.append(block)
      }
      guard !gone.isEmpty else { return [] }
      let paths = Set(gone.map(\.path))
      state.blocks.removeAll { paths.contains($0.path) }
      return gone
    }
    for block in gone { Folder.remove(block.path) }
  }

  /// Whether an index is whole is found out after the start, which must be quick.
  private mutating func verifyOneBlock() {
    guard let block = unverified.popLast(), !block.verifyIndex() else { return }
    store.state.withLock { state in
      state.blocks.removeAll { $0 === block }
      state.statistics.damaged += 1
      state.pastVersion += 1
    }
    StoreFolder.setAside(block.path)
  }

  private func publish() {
    let journalSize = journal?.size ?? 0
    store.state.withLock { state in
      state.statistics.blocks = state.blocks.count
      state.statistics.diskBytes = state.blocks.reduce(headBytes + journalSize) { $0 + $1.size }
      state.statistics.damagedChunks = UInt64(state.blocks.reduce(0) { $0 + $1.damagedChunks })
    }
  }
}
