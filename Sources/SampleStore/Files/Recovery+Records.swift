internal import Model

/// Records of the catalogue and of journals.
extension Recovery {
  /// One record of the catalogue or of a journal, whose checksum is right.
  mutating func apply(_ record: UnsafeRawBufferPointer) {
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
      case .begin: understood = applyBegin(&reader)
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

  private mutating func applyBegin(_ reader: inout ByteReader) -> Bool {
    guard let previous = reader.number(UInt64.self) else { return false }
    predecessor = previous
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
