internal import Model

/// Where the newest sample at a moment is.
enum NewestSample {
  case found(time: Int64, bits: UInt64)
  case none
  /// Not in memory: in a block, before `bound`.
  case inBlocks(before: Int64)
}

extension State {
  func select(_ matchers: [LabelMatcher]) -> [SeriesID] {
    var judges = matchers.map { RememberingMatcher($0) }
    func keeps(_ labels: Labels) -> Bool {
      for place in judges.indices where !judges[place].matches(labels) { return false }
      return true
    }
    if let candidates = index.candidates(for: matchers) {
      return candidates.filter { id in slot(id).map { keeps(labels[$0]) } ?? false }
    }
    return slotOfID.indices.compactMap { place in
      let slot = slotOfID[place]
      guard slot != Self.noSlot, keeps(labels[Int(slot)]) else { return nil }
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
    if last <= at { return .found(time: last, bits: lastBits[slot]) }
    var found: (time: Int64, bits: UInt64)?
    func scan(_ time: Int64, _ bits: UInt64) -> Bool {
      guard time <= at else { return false }
      found = (time, bits)
      return true
    }
    if !open[slot].isEmpty, open[slot].firstTime <= at {
      open[slot].forEach(scan)
    } else if let chunk = sealed[slot].last(where: { $0.firstTime <= at }) {
      chunk.forEach(scan)
    }
    if let found { return found.time > after ? .found(time: found.time, bits: found.bits) : .none }
    let start = memoryStart(slot)
    return start > after && !blocks.isEmpty ? .inBlocks(before: start) : .none
  }

  /// Appends what memory has with `after < time <= at`, without stale markers. Returns the time before which blocks
  /// are to be asked; nil when memory has it all.
  func readWindow(
    _ slot: Int, at: Int64, after: Int64, into times: inout [Int64], _ values: inout [Double]
  ) -> Int64? {
    guard lastTimes[slot] > after else { return nil }
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
    let start = memoryStart(slot)
    return start > after && !blocks.isEmpty ? start : nil
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
    for slot in stored.members where flags[slot].contains(.spoken) && lastBits[slot] != StaleMarker.bits {
      rows.append((ids[slot], labels[slot], Double(bitPattern: lastBits[slot])))
    }
    return (rows, stored.version)
  }
}

/// By name and value of the labels in turn, by bytes.
private func labelOrder(_ a: Labels, _ b: Labels) -> Bool {
  for (x, y) in zip(a.entries, b.entries) where x != y {
    return x.name == y.name ? byteOrder(x.value, y.value) : byteOrder(x.name, y.name)
  }
  return a.count < b.count
}
