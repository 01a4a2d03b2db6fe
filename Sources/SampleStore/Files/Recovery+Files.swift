internal import DurableIO
internal import Model

/// The files one by one.
extension Recovery {
  /// The catalogue and, where that is not whole, what its copy has more.
  mutating func readCatalogue(_ names: [String]) {
    let (isThere, hasCopy) = (names.contains("catalogue"), names.contains("catalogue.copy"))
    guard isThere || hasCopy else {
      inheritance.needsCatalogue = true
      if !StoreFolder.numbers(.head, in: names).isEmpty || !StoreFolder.numbers(.block, in: names).isEmpty {
        damaged("catalogue is missing", folder.catalogue, "the series of older samples may be unknown")
      }
      return
    }
    let (size, isWhole) = isThere ? readList(folder.catalogue) : (0, false)
    let copySize = (try? FileIdentity(folder.catalogueCopy))?.size
    inheritance.catalogueSize = size
    if isWhole, copySize == size {
      inheritance.taken.insert(folder.catalogueCopy)
      return
    }
    inheritance.needsCatalogue = true
    guard hasCopy else { return }
    let before = state.identifiers.count
    _ = readList(folder.catalogueCopy)
    let found = state.identifiers.count - before
    if found > 0 {
      damaged("catalogue lacked series that its copy has", folder.catalogue, "\(found) series, none is lost")
    }
  }

  private mutating func readList(_ path: String) -> (size: Int, isWhole: Bool) {
    do {
      let file = try MappedFile(path)
      // About what a record takes; the dictionary would otherwise be hashed anew each time it has doubled.
      state.identifiers.reserveCapacity(min(file.bytes.count / 180, state.settings.knownLimit))
      let report = RecordLog.read(file.bytes) { apply($0) }
      catalogued = max(catalogued, report.records)
      if report.damaged > 0 {
        damaged("damaged records of a catalogue left out", path, "\(report.damaged) places")
      } else {
        inheritance.taken.insert(path)
      }
      return (file.bytes.count, report.damaged == 0 && report.tornBytes == 0)
    } catch {
      damaged("catalogue cannot be read", path, "\(error)")
      return (0, false)
    }
  }

  mutating func openBlocks(_ numbers: [UInt64]) {
    for number in numbers {
      let file = folder.file(.block, number)
      do {
        let block = try ChunkFile(file, sequence: number)
        block.expectRandomReads()
        state.blocks.append(block)
      } catch let failure as IOFailure {
        damaged("block cannot be read", file, "\(failure)")
      } catch {
        damaged("damaged block set aside", file, "no whole footer, \(asideText(StoreFolder.setAside(file)))")
      }
      inheritance.nextBlock = number + 1
    }
  }

  /// A checkpoint may hold a series that was made while it was written: only the journal has its name. Returns what
  /// each journal says about the one before it.
  mutating func readNames(_ journals: [UInt64]) -> [UInt64: UInt64] {
    var predecessors: [UInt64: UInt64] = [:]
    wantsNamesOnly = true
    defer { wantsNamesOnly = false }
    for number in journals {
      predecessor = nil
      guard let file = try? MappedFile(folder.file(.journal, number)) else { continue }
      _ = RecordLog.read(file.bytes) { apply($0) }
      predecessors[number] = predecessor
      // Until it is replayed: one that a checkpoint stands for is not.
      inheritance.taken.insert(folder.file(.journal, number))
    }
    return predecessors
  }

  /// Takes the newest checkpoint that is whole; returns the number of the first journal behind it.
  mutating func readHead(_ numbers: [UInt64]) -> UInt64 {
    for (place, number) in numbers.enumerated().reversed() {
      let path = folder.file(.head, number)
      do {
        let file = try ChunkFile(path, sequence: number)
        // Where the index is damaged an older checkpoint, with its journals, may have more.
        guard file.verifyIndex() else { throw ChunkFile.Damaged() }
        takeChunks(file, path)
        for older in numbers[..<place] { inheritance.taken.insert(folder.file(.head, older)) }
        return number
      } catch let failure as IOFailure {
        damaged("checkpoint cannot be read", path, "\(failure)")
      } catch {
        let aside = asideText(StoreFolder.setAside(path))
        damaged("damaged checkpoint set aside", path, "no whole index, \(aside)")
      }
    }
    return 0
  }

  private mutating func takeChunks(_ file: ChunkFile, _ path: String) {
    let orphansBefore = orphans
    var unfit = 0
    for place in 0..<file.count where !takeChunk(file, place) { unfit += 1 }
    if file.damagedChunks + unfit > 0 {
      state.statistics.damaged += UInt64(max(0, file.damagedChunks + unfit - 1))
      damaged("damaged chunks left out", path, "\(file.damagedChunks + unfit)")
    } else if orphans == orphansBefore {
      inheritance.taken.insert(path)
    }
    tellOrphans(since: orphansBefore, path)
  }

  private mutating func tellOrphans(since before: Int, _ path: String) {
    guard orphans > before else { return }
    damaged("samples of unknown series left out", path, "\(orphans - before)")
  }

  /// False for a chunk that contradicts itself; one whose checksum is wrong the file counts.
  private mutating func takeChunk(_ file: ChunkFile, _ place: Int) -> Bool {
    guard let (id, chunk, encoding) = file.chunk(place) else { return true }
    guard let slot = state.slot(SeriesID(raw: id)) else {
      orphans += max(1, chunk.count)
      state.reserveIDs(below: Int(id) + 1)
      return true
    }
    let isOpen = file.entry(place).isOpen == 1
    guard encoding != .empty else {
      state.lastTimes[slot] = chunk.lastTime
      state.lastBits[slot] = chunk.firstBits
      return true
    }
    guard encoding == chunk.encoding, let (open, time, bits) = OpenChunk.resume(chunk),
      time == chunk.lastTime,
      chunk.firstTime > state.lastTimes[slot]
    else { return false }
    state.lastTimes[slot] = time
    state.lastBits[slot] = bits
    if isOpen { state.open[slot] = open } else { state.pushSealed(chunk, slot) }
    return true
  }

  /// Whether what should be there is: a checkpoint is written only when its journal has its first record, and each
  /// journal knows the one before it.
  mutating func checkChain(
    _ journals: [UInt64], _ predecessors: [UInt64: UInt64], from start: UInt64
  ) {
    if start > 0, !journals.contains(start) {
      damaged("journal is missing", folder.file(.journal, start), "its checkpoint is there")
    }
    for number in journals where number > start {
      guard let previous = predecessors[number], previous > 0, previous != start,
        !journals.contains(previous)
      else { continue }
      let missing = start == 0 ? folder.file(.head, number) : folder.file(.journal, previous)
      damaged("checkpoint or journal is missing", missing, "\(folder.file(.journal, number)) goes on from it")
    }
  }

  /// - Parameter mustHold: a checkpoint says that it has at least a first record.
  mutating func replay(_ number: UInt64, mustHold: Bool) {
    let path = folder.file(.journal, number)
    let (orphansBefore, damagedBefore) = (orphans, state.statistics.damaged)
    do {
      let file = try MappedFile(path)
      let report = RecordLog.read(file.bytes) { apply($0) }
      if report.tornBytes > 0 { note("torn end of a journal left out", path, "\(report.tornBytes) bytes") }
      if report.damaged > 0 {
        damaged("damaged records of a journal left out", path, "\(report.damaged) places")
      } else if mustHold, report.records == 0 {
        damaged("journal is empty", path, "\(file.bytes.count) bytes")
      }
    } catch {
      damaged("journal cannot be read", path, "\(error)")
    }
    tellOrphans(since: orphansBefore, path)
    if state.statistics.damaged > damagedBefore { inheritance.taken.remove(path) }
  }
}
