internal import Model

/// Finds the samples of a series in blocks.
///
/// Sources are asked from the newest (memory) to the oldest, and an older one counts only before the first sample of
/// every newer one. So a block that a crash let happen twice, and one whose times lie in the future because the clock
/// that dated it was wrong, do no harm, and no block is ever written again.
enum BlockSearch {
  /// Chunks with a sample in `after < time <= at` and before `bound`, newest first, each with the bound that holds for it.
  private static func chunks(
    _ blocks: [ChunkFile], _ id: SeriesID, at: Int64, after: Int64, before bound: Int64,
    _ body: (ChunkFile, _ place: Int, _ bound: Int64) -> Bool
  ) {
    var bound = bound
    for block in blocks.reversed() where block.minTime <= at {
      if bound <= after { return }
      for place in block.places(of: id.raw).reversed() {
        let entry = block.entry(place)
        guard entry.count > 0, entry.firstTime <= at, entry.firstTime < bound else { continue }
        if entry.lastTime > after, !body(block, place, bound) { return }
        bound = entry.firstTime
      }
    }
  }

  /// The newest sample with `after < time <= at` and before `bound`, a stale marker too.
  static func newest(
    _ blocks: [ChunkFile], _ id: SeriesID, at: Int64, after: Int64, before bound: Int64
  ) -> StoredSample? {
    var found: (time: Int64, bits: UInt64)?
    var histogram: FloatHistogram?
    chunks(blocks, id, at: at, after: after, before: bound) { block, place, bound in
      let good = block.forEach(place) { time, bits in
        guard time <= at, time < bound else { return false }
        if time > after { found = (time, bits) }
        return true
      }
      if !good { found = nil }
      guard let found else { return true }
      if found.bits == HistogramMark.bits {
        var samples = SampleColumns()
        block.readHistograms(place, at: found.time, after: found.time &- 1, before: .max, into: &samples)
        histogram = samples.histograms.first ?? nil
      }
      return false
    }
    guard let found else { return nil }
    if found.bits != HistogramMark.bits { return .float(time: found.time, bits: found.bits) }
    return histogram.map { .histogram(time: found.time, $0) }
  }

  /// Whether the index has a chunk with samples in `after < time <= at` and before `bound`. Reads no chunk.
  static func overlaps(
    _ blocks: [ChunkFile], _ id: SeriesID, at: Int64, after: Int64, before bound: Int64
  ) -> Bool {
    var isThere = false
    chunks(blocks, id, at: at, after: after, before: bound) { _, _, _ in
      isThere = true
      return false
    }
    return isThere
  }

  /// Appends the samples with `after < time <= at` and before `bound`, oldest first, without stale markers.
  static func readWindow(
    _ blocks: [ChunkFile], _ id: SeriesID, at: Int64, after: Int64, before bound: Int64,
    into samples: inout SampleColumns
  ) {
    var parts: [(ChunkFile, Int, Int64)] = []
    chunks(blocks, id, at: at, after: after, before: bound) {
      parts.append(($0, $1, $2))
      return true
    }
    for (block, place, bound) in parts.reversed() {
      guard !block.entry(place).holdsHistograms else {
        block.readHistograms(place, at: at, after: after, before: bound, into: &samples)
        continue
      }
      let start = samples.times.count
      let good = block.forEach(place) { time, bits in
        guard time <= at, time < bound else { return false }
        if time > after, bits != StaleMarker.bits { samples.append(time, Double(bitPattern: bits)) }
        return true
      }
      if !good {
        samples.times.removeLast(samples.times.count - start)
        samples.values.removeLast(samples.values.count - start)
        if samples.hasHistograms { samples.histograms.removeLast(samples.histograms.count - start) }
      }
    }
  }
}
