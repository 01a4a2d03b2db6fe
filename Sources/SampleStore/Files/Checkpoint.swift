internal import DurableIO
internal import Model
internal import Synchronization

/// Writes down what is in memory, in small steps under the store's lock.
///
/// Samples that come while it copies may be in it or not: the journal that began before has them all, and replaying it
/// takes each once.
enum Checkpoint {
  private struct Row {
    var id: UInt32
    var sealed: [SealedChunk]
    var open: SealedChunk?
    var lastTime: Int64
    var lastBits: UInt64
  }

  private static let step = 1024

  /// Size of the file; nil when the past was moved meanwhile and nothing was written.
  static func write(_ store: SampleStore, to path: String) throws(IOFailure) -> Int? {
    var writer = try ChunkFileWriter(path)
    do throws(IOFailure) {
      let epoch = store.state.withLock { $0.epoch }
      var place = 0
      while let rows = rows(store, from: place) {
        place += step
        for row in rows { try append(row, to: &writer) }
      }
      guard store.state.withLock({ $0.epoch }) == epoch else {
        writer.abandon()
        return nil
      }
      return try writer.finish()
    } catch {
      writer.abandon()
      throw error
    }
  }

  /// nil behind the last series.
  private static func rows(_ store: SampleStore, from start: Int) -> [Row]? {
    store.state.withLock { state in
      guard start < state.slotOfID.count else { return nil }
      var rows: [Row] = []
      rows.reserveCapacity(step)
      for place in start..<min(start + step, state.slotOfID.count) {
        let slot = Int(state.slotOfID[place])
        guard slot != Int(State.noSlot), state.lastTimes[slot] != .min else { continue }
        let last = state.lastTimes[slot]
        rows.append(
          Row(
            id: state.ids[slot].raw, sealed: state.sealed[slot],
            open: state.open[slot].isEmpty ? nil : state.open[slot].sealed(lastTime: last),
            lastTime: last, lastBits: state.lastBits[slot]))
      }
      return rows
    }
  }

  private static func append(_ row: Row, to writer: inout ChunkFileWriter) throws(IOFailure) {
    for chunk in row.sealed { try writer.append(row.id, chunk, chunk.encoding) }
    if let open = row.open { return try writer.append(row.id, open, open.encoding, isOpen: true) }
    // Last of all, so that reading it back ends with the series' newest sample.
    let end = SealedChunk(
      firstTime: row.lastTime, lastTime: row.lastTime, firstBits: row.lastBits, count: 0, times: [],
      values: [])
    try writer.append(row.id, end, .empty)
  }
}

/// Turns sealed chunks into a block.
enum BlockWriter {
  /// Chunks that one block takes: its index, and what is copied for it, stay small.
  private static let limit = 2_000_000
  private static let step = 4096

  /// nil when there was nothing, or the past was moved meanwhile and nothing was written.
  static func write(
    _ store: SampleStore, to path: String, sequence: UInt64
  ) throws(IOFailure) -> ChunkFile? {
    guard let (chunks, base, epoch) = collect(store), !chunks.isEmpty else { return nil }
    var writer = try ChunkFileWriter(path)
    writer.reserve(chunks.count)
    var written = 0
    do throws(IOFailure) {
      for (_, id, chunk) in chunks {
        var chunk = chunk
        if let values = DecimalCodec.compress(chunk) {
          chunk.values = values
          try writer.append(id.raw, chunk, .decimal)
        } else {
          try writer.append(id.raw, chunk, chunk.encoding)
        }
      }
      written = try writer.finish()
    } catch {
      writer.abandon()
      throw error
    }
    guard written > 0, let block = try? ChunkFile(path, sequence: sequence) else {
      throw IOFailure(path: path, operation: .read, code: 0, text: "a file just written is not whole")
    }
    block.expectRandomReads()
    guard publish(block, store, base: base, count: chunks.count, epoch: epoch) else {
      Folder.remove(path)
      return nil
    }
    return block
  }

  /// The sealed chunks by id, numbered in the order of sealing; nil when they changed while they were being copied.
  private static func collect(
    _ store: SampleStore
  ) -> (chunks: [(Int, SeriesID, SealedChunk)], base: UInt64, epoch: UInt64)? {
    let (count, base, epoch) = store.state.withLock { state in
      (min(state.sealedQueue.count, limit), state.sealedBase, state.epoch)
    }
    var seen: [SeriesID: Int] = [:]
    var chunks: [(Int, SeriesID, SealedChunk)] = []
    chunks.reserveCapacity(count)
    var place = 0
    while place < count {
      let isSame = store.state.withLock { state in
        guard state.sealedBase == base, state.epoch == epoch else { return false }
        for number in place..<min(place + step, count) {
          let id = state.sealedQueue[number]
          let earlier = seen[id, default: 0]
          // A series may have been forgotten meanwhile.
          guard let slot = state.slot(id), earlier < state.sealed[slot].count else { continue }
          seen[id] = earlier + 1
          chunks.append((number, id, state.sealed[slot][earlier]))
        }
        return true
      }
      guard isSame else { return nil }
      place += step
    }
    // In place, and not by the caller: it would be copied.
    chunks.sort { ($0.1, $0.0) < ($1.1, $1.0) }
    return (chunks, base, epoch)
  }

  /// Shows the block and then lets go of what it holds, in small steps: in between it is there twice, which reading
  /// knows how to take.
  private static func publish(
    _ block: ChunkFile, _ store: SampleStore, base: UInt64, count: Int, epoch: UInt64
  ) -> Bool {
    let isCurrent = store.state.withLock { state in
      guard state.epoch == epoch else { return false }
      state.blocks.append(block)
      return true
    }
    guard isCurrent else { return false }
    let end = base + UInt64(count)
    while store.state.withLock({ state in
      guard state.sealedBase < end else { return false }
      state.popSealed(Int(min(UInt64(step), end - state.sealedBase)))
      return true
    }) {}
    return true
  }
}
