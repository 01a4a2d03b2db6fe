internal import Model

/// A sample as it is handed out; the float may be a stale marker.
enum StoredSample {
  case float(time: Int64, bits: UInt64)
  case histogram(time: Int64, FloatHistogram)
}

/// Where the newest sample at a moment is.
enum NewestSample {
  /// Not a histogram.
  case found(time: Int64, bits: UInt64)
  /// To be decoded where no lock is held.
  case histogram(time: Int64, in: SealedChunk)
  case none
  /// Not in memory: in a block, before `bound`.
  case inBlocks(before: Int64)
}

extension State {
  /// Series that are not active and have no sample after `since` are left out before anything else is asked of them.
  func select(_ matchers: [LabelMatcher], activeSince since: Int64 = .min) -> [SeriesID] {
    var judges = matchers.map { RememberingMatcher($0) }
    func keeps(_ slot: Int) -> Bool {
      guard since == .min || lastTimes[slot] > since || flags[slot].contains(.active) else { return false }
      for place in judges.indices where !judges[place].matches(labels[slot]) { return false }
      return true
    }
    if let candidates = index.candidates(for: matchers) {
      return candidates.filter { id in slot(id).map { keeps($0) } ?? false }
    }
    return slotOfID.indices.compactMap { place in
      let slot = slotOfID[place]
      guard slot != Self.noSlot, keeps(Int(slot)) else { return nil }
      return ids[Int(slot)]
    }
  }

  /// The time of the oldest sample in memory; `.max` when all are in blocks.
  func memoryStart(_ slot: Int) -> Int64 {
    sealed[slot].first?.firstTime ?? (open[slot].isEmpty ? .max : open[slot].firstTime)
  }

  /// The newest sample with `after < time <= at`, a stale marker too.
  func newest(_ slot: Int, at: Int64, after: Int64) -> NewestSample {
    let last = lastTimes[slot]
    guard last > after else { return .none }
    if last <= at, lastBits[slot] != HistogramMark.bits { return .found(time: last, bits: lastBits[slot]) }
    var found: (time: Int64, bits: UInt64)?
    func scan(_ time: Int64, _ bits: UInt64) -> Bool {
      guard time <= at else { return false }
      found = (time, bits)
      return true
    }
    let chunk =
      !open[slot].isEmpty && open[slot].firstTime <= at
      ? open[slot].sealed(lastTime: last) : sealed[slot].last { $0.firstTime <= at }
    chunk?.forEach(scan)
    if let found, let chunk {
      guard found.time > after else { return .none }
      return chunk.isHistogram
        ? .histogram(time: found.time, in: chunk) : .found(time: found.time, bits: found.bits)
    }
    let start = memoryStart(slot)
    return start > after && !blocks.isEmpty ? .inBlocks(before: start) : .none
  }

  /// Whether there is a chunk with samples in `after < time <= at`, by the times of its first and its last one; nil: a
  /// block may have one, before `memoryStart`.
  func overlaps(_ slot: Int, at: Int64, after: Int64) -> Bool? {
    guard lastTimes[slot] > after else { return false }
    if !open[slot].isEmpty, open[slot].firstTime <= at { return true }
    if let newest = sealed[slot].last(where: { $0.firstTime <= at }) { return newest.lastTime > after }
    return blocks.isEmpty ? false : nil
  }

  /// The chunks in memory with samples in `after < time <= at`, and the time before which blocks are to be asked: what
  /// takes longer to read than the lock may be held.
  func parts(_ slot: Int, at: Int64, after: Int64) -> (chunks: [SealedChunk], bound: Int64) {
    var chunks = sealed[slot].filter { $0.lastTime > after && $0.firstTime <= at }
    if !open[slot].isEmpty, open[slot].firstTime <= at {
      chunks.append(open[slot].sealed(lastTime: lastTimes[slot]))
    }
    return (chunks, memoryStart(slot))
  }

  /// Whether memory has all the samples after `after`, and all that it has are floats.
  func hasOnlyFloatsInMemory(_ slot: Int, after: Int64) -> Bool {
    guard blocks.isEmpty || lastTimes[slot] <= after || memoryStart(slot) <= after else { return false }
    return !open[slot].isHistogram && !sealed[slot].contains { $0.isHistogram && $0.lastTime > after }
  }

  /// Appends what memory has with `after < time <= at`, all of it floats, without stale markers.
  func readWindow(
    _ slot: Int, at: Int64, after: Int64, into times: inout [Int64], _ values: inout [Double]
  ) {
    guard lastTimes[slot] > after else { return }
    func take(_ time: Int64, _ bits: UInt64) -> Bool {
      guard time <= at else { return false }
      if time > after, bits != StaleMarker.bits {
        times.append(time)
        values.append(Double(bitPattern: bits))
      }
      return true
    }
    for chunk in sealed[slot] where chunk.lastTime > after && chunk.firstTime <= at { chunk.forEach(take) }
    if !open[slot].isEmpty, open[slot].firstTime <= at { open[slot].forEach(take) }
  }

  /// As the store's, from a place of the list on; returns the place of the first series that is a histogram or needs a
  /// block, or the count.
  func readNewest(
    of series: [SeriesID], from start: Int, at: Int64, after: Int64, into samples: inout SampleColumns,
    _ places: inout [Int]
  ) -> Int {
    for place in start..<series.count {
      guard let slot = slot(series[place]) else { continue }
      let last = lastTimes[slot]
      if last <= after { continue }
      var (time, bits) = (last, lastBits[slot])
      if last > at {
        switch newest(slot, at: at, after: after) {
        case .none: continue
        case .inBlocks, .histogram: return place
        case .found(let foundTime, let foundBits): (time, bits) = (foundTime, foundBits)
        }
      }
      if bits == StaleMarker.bits { continue }
      if bits == HistogramMark.bits { return place }
      samples.append(time, Double(bitPattern: bits))
      places.append(place)
    }
    return series.count
  }

  /// A whole answer is in no order yet.
  func familyChanges(since version: UInt64?) -> FamilyChanges {
    // A version of the future is another store's.
    let isWhole = version.map { $0 < pageSetVersion || $0 > pageVersion } ?? true
    let known = isWhole ? 0 : version ?? 0
    var changed: [(MetricFamily, UInt64)] = []
    if known < pageVersion {
      for (number, version) in familyVersions.enumerated()
      where version > known && (!isWhole || !families[number].members.isEmpty) {
        changed.append((families[number].family, version))
      }
    }
    return FamilyChanges(version: pageVersion, isWhole: isWhole, families: changed)
  }

  func currentRows(of family: MetricFamily) -> (
    rows: [(series: SeriesID, labels: Labels, value: Double)], UInt64
  ) {
    guard let number = familyNumbers[family.name] else { return ([], 0) }
    let stored = families[Int(number)]
    if !stored.sorted {
      stored.members.sort { labelOrder(labels[$0], labels[$1]) }
      stored.sorted = true
    }
    var rows: [(SeriesID, Labels, Double)] = []
    rows.reserveCapacity(stored.members.count)
    // The text format has no word for a native histogram: such a series is left out.
    for slot in stored.members
    where flags[slot].contains(.spoken) && lastBits[slot] != StaleMarker.bits
      && lastBits[slot] != HistogramMark.bits
    {
      rows.append((ids[slot], labels[slot], Double(bitPattern: lastBits[slot])))
    }
    return (rows, familyVersions[Int(number)])
  }
}

/// By name and value of the labels in turn, by bytes.
private func labelOrder(_ a: Labels, _ b: Labels) -> Bool {
  for (x, y) in zip(a.entries, b.entries) where x != y {
    return x.name == y.name ? byteOrder(x.value, y.value) : byteOrder(x.name, y.name)
  }
  return a.count < b.count
}
