internal import DurableIO
internal import Model
internal import Synchronization
internal import Threading

/// What the writer's thread does, turn by turn. Confined to it.
///
/// Nothing that it has not written, and that the start has not read whole, is overwritten or deleted.
struct StoreCarrier {
  let store: SampleStore
  let folder: StoreFolder
  var settings: SampleStoreSettings { store.settings }
  let clock = SystemTime()
  var journal: GrowingFile?
  /// Number of the newest journal and checkpoint.
  var generation: UInt64
  /// Files with a smaller number are of an earlier life.
  let firstGeneration: UInt64
  /// Number of the newest journal in the directory; 0 without any.
  var previousJournal: UInt64
  var nextBlock: UInt64
  var rewritesCatalogue: Bool
  var catalogueSize: Int
  /// Those of this life.
  var writtenCatalogues: Set<String> = []
  /// Of an earlier life, and may be deleted once a checkpoint is written.
  let taken: Set<String>
  /// The directory whose contents are known; nil before there is one.
  var directory: FileIdentity?
  var spare: [UInt8] = []
  var unsyncedBytes = 0
  private var lastSync: MonotonicInstant
  private var lastLook: MonotonicInstant
  var lastCheckpoint: MonotonicInstant
  var lastBlock: MonotonicInstant
  /// No checkpoint before this moment: the last one failed.
  var retryAt: MonotonicInstant?
  private var unverified: [ChunkFile]
  var headBytes = 0
  private static let lookInterval: Duration = .seconds(1)

  init(_ store: SampleStore, _ folder: StoreFolder, _ inheritance: Inheritance) {
    self.store = store
    self.folder = folder
    // The first turn makes a checkpoint and with it the first journal.
    generation = inheritance.generation
    firstGeneration = inheritance.generation + 1
    previousJournal = inheritance.journal
    nextBlock = inheritance.nextBlock
    rewritesCatalogue = inheritance.needsCatalogue
    catalogueSize = inheritance.catalogueSize
    taken = inheritance.taken
    directory = inheritance.hasRead ? try? FileIdentity(folder.path) : nil
    let now = clock.monotonic
    (lastSync, lastBlock, lastLook) = (now, now, now)
    lastCheckpoint = now
    retryAt = now
    unverified = store.state.withLock { $0.blocks }
  }

  mutating func turn() {
    writeJournal()
    let now = clock.monotonic
    if now - lastLook >= Self.lookInterval {
      lastLook = now
      lookAfterFiles()
    }
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
    lookAfterFiles()
    // The last chance for what is in memory only.
    if journal == nil { checkpoint() }
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
  mutating func fail(_ failure: IOFailure) {
    journal = nil
    retryAt = clock.monotonic + settings.retryInterval
    var dropped: [UInt8] = []
    store.state.withLock { state in
      state.journal.isOn = false
      state.journal.take(&dropped)
      if !state.statistics.isFailing {
        state.tell("samples are in memory only", failure.path, failure.description)
      }
      state.statistics.isFailing = true
      state.statistics.writeFailures += 1
      state.statistics.failure = failure.description
    }
  }

  /// Files that were taken away under the running store: all of it is written anew, at once.
  private mutating func lookAfterFiles() {
    guard let journal, journal.isGone else { return }
    self.journal = nil
    retryAt = clock.monotonic
    rewritesCatalogue = true
    damaged("journal was removed while in use", journal.path, "what is in memory is written anew")
    for block in store.state.withLock({ $0.blocks }) where !Folder.exists(block.path) {
      damaged("block was removed while in use", block.path, "it can be read until the next stop")
    }
  }

  func damaged(_ message: String, _ file: String, _ detail: String) {
    store.state.withLock { state in
      state.statistics.damaged += 1
      state.tell(message, file, detail)
    }
  }

  // MARK: Blocks

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
      state.pastVersion += 1
    }
    let aside = StoreFolder.setAside(block.path)
    damaged(
      "damaged block set aside", block.path,
      "its index is not whole, \(aside.map { "kept as \($0)" } ?? "it cannot be renamed")")
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
