internal import DurableIO
internal import Model

/// Something that the start of a store met and its operator should know.
package struct StoreFinding: Sendable, Equatable {
  /// Constant text.
  package var message: String
  package var file: String
  package var detail: String
}

/// Builds the state of a store from what the last process left. Nothing that it meets stops it: what cannot be read is
/// set aside, counted, and told.
struct Recovery {
  private let folder: StoreFolder
  private(set) var state: State
  private(set) var findings: [StoreFinding] = []
  private(set) var nextGeneration: UInt64 = 1
  private(set) var nextBlock: UInt64 = 1
  /// The catalogue must be written anew: it is damaged, or most of it is about series that are gone.
  private(set) var needsCatalogue = false
  /// Damaged files whose good parts were taken: set aside, instead of deleted, once a checkpoint has these parts.
  private(set) var keptAside: Set<String> = []
  private var catalogued = 0
  private var isReadingJournals = false
  /// In a first pass, which leaves counting damage to the second.
  private var wantsNamesOnly = false
  /// Samples and chunks of series that nobody knows.
  private var orphans = 0

  init(_ folder: StoreFolder, _ settings: SampleStoreSettings) {
    self.folder = folder
    state = State(settings)
  }

  mutating func run() {
    let names: [String]
    do {
      names = try Folder.files(folder.path).map(\.name)
    } catch {
      note("store directory cannot be read", folder.path, "\(error)")
      return
    }
    for name in names where name.hasSuffix(".tmp") { Folder.remove("\(folder.path)/\(name)") }
    if names.contains("catalogue") { readCatalogue() }
    openBlocks(StoreFolder.numbers(.block, in: names))
    // A checkpoint may hold a series that was made while it was written: only the journal has its name.
    let journals = StoreFolder.numbers(.journal, in: names)
    isReadingJournals = true
    wantsNamesOnly = true
    for number in journals {
      if let file = try? MappedFile(folder.file(.journal, number)) {
        _ = RecordLog.read(file.bytes) { apply($0) }
      }
    }
    wantsNamesOnly = false
    let start = readHead(StoreFolder.numbers(.head, in: names))
    for number in journals where number >= start { replay(number) }
    nextGeneration = max(journals.last ?? 0, StoreFolder.numbers(.head, in: names).last ?? 0) + 1
    adoptFromBlocks()
    // An id that any file knows must never name another series.
    state.reserveIDs(below: Int(state.blocks.map(\.maxID).max() ?? 0) + (state.blocks.isEmpty ? 0 : 1))
    if catalogued > 2 * state.identifiers.count + 1000 { needsCatalogue = true }
    if orphans > 0 { note("samples of unknown series left out", folder.path, "\(orphans)") }
    state.takeAllAsKnown()
  }

  /// The state as the new life begins with it, once.
  ///
  /// A clock that was set back while nothing ran is taken like one that is set back later: what lies in its future
  /// moves, or nothing could be appended for so long.
  consuming func takeState(now: Timestamp) -> sending State {
    // Safe: this value is consumed here, and nothing else has ever held its state.
    nonisolated(unsafe) var state = state
    let newest = state.newestTime
    if newest != .min, newest >= now.milliseconds { state.movePast(by: now.milliseconds &- newest &- 1) }
    state.endAll(at: now)
    return state
  }

  private mutating func note(_ message: String, _ file: String, _ detail: String) {
    findings.append(StoreFinding(message: message, file: file, detail: detail))
  }

  private mutating func damaged(_ file: String, _ detail: String, setAside: Bool = true) {
    state.statistics.damaged += 1
    note(setAside ? "damaged file set aside" : "damaged records left out", file, detail)
    if setAside { StoreFolder.setAside(file) }
  }

  private mutating func readCatalogue() {
    do {
      let file = try MappedFile(folder.catalogue)
      // About what a record takes; the dictionary would otherwise be hashed anew each time it has doubled.
      state.identifiers.reserveCapacity(min(file.bytes.count / 180, state.settings.knownLimit))
      let report = RecordLog.read(file.bytes) { apply($0) }
      catalogued = report.records
      guard report.damaged > 0 || report.tornBytes > 0 else { return }
      needsCatalogue = true
      // A torn end is what a crash leaves; what is behind it was in the journal as well.
      if report.damaged > 0 {
        damaged(folder.catalogue, "\(report.damaged) places", setAside: false)
      }
    } catch {
      damaged(folder.catalogue, "\(error)")
      needsCatalogue = true
    }
  }

  private mutating func openBlocks(_ numbers: [UInt64]) {
    for number in numbers {
      let file = folder.file(.block, number)
      do {
        let block = try ChunkFile(file, sequence: number)
        block.expectRandomReads()
        state.blocks.append(block)
      } catch let failure as IOFailure {
        note("block cannot be read", file, "\(failure)")
        state.statistics.damaged += 1
      } catch {
        damaged(file, "no whole footer")
      }
      nextBlock = number + 1
    }
  }

  /// Takes the newest checkpoint that is whole; returns the number of the first journal behind it.
  private mutating func readHead(_ numbers: [UInt64]) -> UInt64 {
    for number in numbers.reversed() {
      let path = folder.file(.head, number)
      do {
        let file = try ChunkFile(path, sequence: number)
        // Where the index is damaged an older checkpoint, with its journals, may have more.
        guard file.verifyIndex() else { throw ChunkFile.Damaged() }
        for place in 0..<file.count { takeChunk(file, place) }
        if file.damagedChunks > 0 {
          state.statistics.damaged += UInt64(file.damagedChunks)
          note("damaged chunks left out", path, "\(file.damagedChunks)")
          keptAside.insert(path)
        }
        return number
      } catch let failure as IOFailure {
        note("checkpoint cannot be read", path, "\(failure)")
        keptAside.insert(path)
        state.statistics.damaged += 1
      } catch {
        damaged(path, "no whole index")
      }
    }
    return 0
  }

  private mutating func takeChunk(_ file: ChunkFile, _ place: Int) {
    guard let (id, chunk, encoding) = file.chunk(place) else { return }
    guard let slot = state.slot(SeriesID(raw: id)) else {
      orphans += chunk.count
      state.reserveIDs(below: Int(id) + 1)
      return
    }
    let isOpen = file.entry(place).isOpen == 1
    guard encoding != .empty else {
      state.lastTimes[slot] = chunk.lastTime
      state.lastBits[slot] = chunk.firstBits
      return
    }
    guard encoding == chunk.encoding, let (open, time, bits) = OpenChunk.resume(chunk),
      time == chunk.lastTime,
      chunk.firstTime > state.lastTimes[slot]
    else {
      state.statistics.damaged += 1
      return
    }
    state.lastTimes[slot] = time
    state.lastBits[slot] = bits
    if isOpen { state.open[slot] = open } else { state.pushSealed(chunk, slot) }
  }

  private mutating func replay(_ number: UInt64) {
    let path = folder.file(.journal, number)
    do {
      let file = try MappedFile(path)
      let report = RecordLog.read(file.bytes) { apply($0) }
      if report.tornBytes > 0 { note("torn end of a journal left out", path, "\(report.tornBytes) bytes") }
      if report.damaged > 0 {
        damaged(path, "\(report.damaged) places", setAside: false)
        keptAside.insert(path)
      }
    } catch {
      damaged(path, "\(error)", setAside: false)
      keptAside.insert(path)
    }
  }

  /// One record of the catalogue or of a journal, whose checksum is right.
  private mutating func apply(_ record: UnsafeRawBufferPointer) {
    var reader = ByteReader(record)
    var time: Int64 = 0
    while let tag = reader.number(UInt8.self) {
      let understood: Bool
      switch JournalBuffer.Tag(rawValue: tag) {
      case .time: understood = reader.number(Int64.self).map { time = $0 } != nil
      case .sample: understood = applySample(&reader, time)
      case .histogram: understood = applyHistogram(&reader, time)
      case .family: understood = applyFamily(&reader)
      case .series: understood = applySeries(&reader)
      case .shift: understood = applyShift(&reader)
      case nil: understood = false
      }
      guard understood else {
        if !wantsNamesOnly { state.statistics.damaged += 1 }
        return
      }
    }
  }

  private mutating func applyShift(_ reader: inout ByteReader) -> Bool {
    guard let shift = reader.number(Int64.self) else { return false }
    if !wantsNamesOnly { state.movePast(by: shift) }
    return true
  }

  private mutating func applySample(_ reader: inout ByteReader, _ time: Int64) -> Bool {
    guard let id = reader.number(UInt32.self), let bits = reader.number(UInt64.self) else { return false }
    if wantsNamesOnly { return true }
    if let slot = state.slot(SeriesID(raw: id)) {
      // What the checkpoint has already is refused as old.
      _ = state.take(time, HistogramMark.float(bits), slot)
    } else {
      orphans += 1
      state.reserveIDs(below: Int(id) + 1)
    }
    return true
  }

  private mutating func applyHistogram(_ reader: inout ByteReader, _ time: Int64) -> Bool {
    guard let id = reader.number(UInt32.self), let bytes = reader.block(), !bytes.isEmpty,
      bytes.count <= HistogramRun.histogramLimit
    else { return false }
    if wantsNamesOnly { return true }
    if let slot = state.slot(SeriesID(raw: id)) {
      _ = state.take(time, Array(bytes), slot)
    } else {
      orphans += 1
      state.reserveIDs(below: Int(id) + 1)
    }
    return true
  }

  private mutating func applyFamily(_ reader: inout ByteReader) -> Bool {
    guard let exposed = reader.number(UInt8.self), let name = reader.text(), let help = reader.text(),
      let kind = reader.text().flatMap({ MetricFamily.Kind(rawValue: $0) })
    else { return false }
    _ = state.family(MetricFamily(name, kind, help: help), exposed: exposed == 1)
    return true
  }

  private mutating func applySeries(_ reader: inout ByteReader) -> Bool {
    guard let id = reader.number(UInt32.self), let count = reader.number(UInt32.self), count <= 10_000 else {
      return false
    }
    var entries: [Label] = []
    entries.reserveCapacity(Int(count))
    for _ in 0..<count {
      guard let name = reader.text(), let value = reader.text() else { return false }
      entries.append(Label(name, value))
    }
    // The journal repeats what a checkpoint has put into the catalogue meanwhile.
    if state.slot(SeriesID(raw: id)) != nil { return true }
    guard id < State.noSlot else { return false }
    let labels = Labels(entries)
    let family = MetricFamily(labels.metricName ?? "", .untyped, help: "")
    state.restore(SeriesID(raw: id), labels, state.family(family, exposed: true))
    // The journal will go with the next checkpoint: the catalogue must know by then.
    if isReadingJournals { state.uncatalogued.append(SeriesID(raw: id)) }
    return true
  }

  /// Series that the checkpoint does not know, because it is lost: blocks say when they spoke last.
  private mutating func adoptFromBlocks() {
    guard !state.blocks.isEmpty else { return }
    for slot in state.ids.indices where state.lastTimes[slot] == .min {
      for block in state.blocks.reversed() {
        guard let place = block.places(of: state.ids[slot].raw).last else { continue }
        var last: (Int64, UInt64)?
        guard
          block.forEach(
            place,
            {
              last = ($0, $1); return true
            }), let last
        else { continue }
        state.lastTimes[slot] = last.0
        state.lastBits[slot] = last.1
        break
      }
    }
  }
}

extension State {
  /// Takes in a series from a file. Of two with the same labels the later one counts: the earlier was forgotten.
  mutating func restore(_ id: SeriesID, _ labels: Labels, _ family: StoredFamily) {
    if let older = identifiers[labels], let slot = slot(older) { forget([slot]) }
    if slotOfID.isEmpty || Int(id.raw) >= nextID {
      _ = insert(id, labels, family)
    } else if id.raw >= firstID {
      // Not in order: only after damage. Its place is there and empty.
      _ = fill(id, labels, family)
    }
  }

  /// Nothing of the last life is news, and none of it counts as of this one.
  mutating func takeAllAsKnown() {
    changed = []
    let (damaged, known) = (statistics.damaged, statistics.knownSeries)
    let sealedBytes = statistics.sealedBytes
    statistics = SampleStoreStatistics()
    statistics.damaged = damaged
    statistics.knownSeries = known
    statistics.sealedBytes = sealedBytes
    statistics.blocks = blocks.count
  }
}
