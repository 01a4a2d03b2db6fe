internal import DurableIO
internal import Model
internal import Synchronization
internal import Threading

/// Checkpoints, and what may go after one.
extension StoreCarrier {
  func isCheckpointDue(_ now: MonotonicInstant) -> Bool {
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
      try claimDirectory()
      if isBlockDue(clock.monotonic) { try writeBlock() }
      let news = try beginJournal()
      try writeCatalogues(news)
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
        if state.statistics.isFailing {
          state.tell("samples are written again", folder.path, "nothing in memory was lost", isProblem: false)
        }
        state.statistics.isFailing = false
        state.statistics.failure = ""
        state.statistics.checkpoints += 1
      }
    } catch { fail(error) }
  }

  /// Makes the directory, or makes sure that it is the one that was read. What another one holds is set aside.
  private mutating func claimDirectory() throws(IOFailure) {
    try makeDirectory(folder.path, mode: 0o700)
    if let directory, let now = try FileIdentity(folder.path), now.isSameFile(as: directory) { return }
    let names = try Folder.files(folder.path).map(\.name)
    if StoreFolder.holdsAnything(names) {
      let aside = try setAsideUnread(names)
      damaged("samples that were not read at the start set aside", folder.path, "kept as \(aside)")
      try makeDirectory(folder.path, mode: 0o700)
    }
    directory = try FileIdentity(folder.path)
    rewritesCatalogue = true
    previousJournal = 0
  }

  private func setAsideUnread(_ names: [String]) throws(IOFailure) -> String {
    if let aside = StoreFolder.setAside(folder.path) { return aside }
    // A mounted file system cannot be renamed; its files can.
    for name in names where StoreFolder.holdsAnything([name]) {
      guard StoreFolder.setAside("\(folder.path)/\(name)") != nil else {
        throw IOFailure(
          path: "\(folder.path)/\(name)", operation: .rename, code: 0,
          text: "it was not read at the start and cannot be set aside")
      }
    }
    return "\(folder.path)/….damaged"
  }

  /// The series that the catalogue does not know yet.
  private mutating func beginJournal() throws(IOFailure) -> [SeriesID] {
    let next = try newJournal()
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

  /// A journal with its first record, durably, under the next number that nothing has.
  private mutating func newJournal() throws(IOFailure) -> GrowingFile {
    var number = generation + 1
    while Folder.exists(folder.file(.journal, number)) || Folder.exists(folder.file(.head, number)) {
      number += 1
    }
    let path = folder.file(.journal, number)
    let file = try GrowingFile(path)
    do throws(IOFailure) {
      try file.write(JournalBuffer.begin(after: previousJournal))
      try file.sync()
    } catch {
      Folder.remove(path)
      throw error
    }
    (generation, previousJournal) = (number, number)
    return file
  }

  /// The catalogue first, then its copy; but the other way round where both are replaced: the one that is read alone
  /// is never behind, and a series that is forgotten does not come back.
  private mutating func writeCatalogues(_ news: [SeriesID]) throws(IOFailure) {
    let paths = [folder.catalogue, folder.catalogueCopy]
    for path in paths where (try? FileIdentity(path))??.size ?? 0 != catalogueSize {
      rewritesCatalogue = true
    }
    do throws(IOFailure) {
      if rewritesCatalogue {
        for path in paths.reversed() { try replaceCatalogue(path) }
        rewritesCatalogue = false
      } else if !news.isEmpty {
        for path in paths { catalogueSize = try Catalogue.append(news, store, path) }
      }
    } catch {
      // Half a record may stand at its end now.
      rewritesCatalogue = true
      throw error
    }
  }

  private mutating func replaceCatalogue(_ path: String) throws(IOFailure) {
    let isOfEarlierLife = !writtenCatalogues.contains(path)
    if isOfEarlierLife, !taken.contains(path), Folder.exists(path), StoreFolder.setAside(path) == nil {
      throw IOFailure(path: path, operation: .rename, code: 0, text: "it is damaged and cannot be set aside")
    }
    catalogueSize = try Catalogue.rewrite(store, path)
    writtenCatalogues.insert(path)
  }

  private func removeOlder() {
    guard let names = try? Folder.files(folder.path).map(\.name) else { return }
    for kind in [StoreFolder.Kind.head, .journal] {
      for number in StoreFolder.numbers(kind, in: names) where number < generation {
        let file = folder.file(kind, number)
        if number >= firstGeneration || taken.contains(file) {
          Folder.remove(file)
        } else if let aside = StoreFolder.setAside(file) {
          store.state.withLock { $0.tell("file that was not read whole set aside", file, "kept as \(aside)") }
        }
      }
    }
  }

  private mutating func writeBlock() throws(IOFailure) {
    while Folder.exists(folder.file(.block, nextBlock)) { nextBlock += 1 }
    guard let block = try BlockWriter.write(store, to: folder.file(.block, nextBlock), sequence: nextBlock)
    else {
      return
    }
    nextBlock = block.sequence + 1
    lastBlock = clock.monotonic
  }
}
