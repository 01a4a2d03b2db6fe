internal import Decompression
internal import DurableIO
internal import Model
internal import Synchronization

/// A finished file of chunks, read where it is mapped. Any thread may read; one that somebody has cut short gives no
/// samples, which is counted (see ``MappedFile``).
final class ChunkFile: Sendable {
  struct Damaged: Error {}

  let path: String
  let size: Int
  /// Of the block, rising: a later block's word counts more.
  let sequence: UInt64
  let minTime: Int64
  let maxTime: Int64
  let maxID: UInt32
  let count: Int
  private let mapping: MappedFile
  private let indexOffset: Int
  private let indexCRC: UInt32
  /// Chunks that were asked for and found damaged.
  private let damaged = Atomic<Int>(0)

  /// Looks at the footer only: the rest is checked where it is read.
  init(_ path: String, sequence: UInt64) throws {
    mapping = try MappedFile(path)
    guard let footer = ChunkFooter(mapping.bytes, crc: { Checksum.crc32($0) }) else { throw Damaged() }
    self.path = path
    self.sequence = sequence
    size = mapping.bytes.count
    minTime = footer.minTime
    maxTime = footer.maxTime
    maxID = footer.maxID
    count = Int(footer.count)
    indexOffset = Int(footer.indexOffset)
    indexCRC = footer.indexCRC
  }

  var damagedChunks: Int { damaged.load(ordering: .relaxed) }

  func expectRandomReads() { mapping.expectRandomReads() }

  /// Whether the whole index is as it was written. Reads all of it.
  func verifyIndex() -> Bool {
    guard mapping.isWhole else { return false }
    let end = indexOffset + count * ChunkFileFormat.entrySize
    return Checksum.crc32(UnsafeRawBufferPointer(rebasing: mapping.bytes[indexOffset..<end])) == indexCRC
  }

  func entry(_ place: Int) -> ChunkEntry {
    ChunkEntry(mapping.bytes, at: indexOffset + place * ChunkFileFormat.entrySize)
  }

  /// Places of the chunks of a series, in order of time.
  func places(of id: UInt32) -> Range<Int> {
    guard id <= maxID else { return 0..<0 }
    guard mapping.isWhole else {
      _ = refuse()
      return 0..<0
    }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if entryID(middle) < id { low = middle + 1 } else { high = middle }
    }
    var end = low
    while end < count, entryID(end) == id { end += 1 }
    return low..<end
  }

  private func entryID(_ place: Int) -> UInt32 {
    UInt32(
      littleEndian: mapping.bytes.loadUnaligned(
        fromByteOffset: indexOffset + place * ChunkFileFormat.entrySize, as: UInt32.self))
  }

  /// Calls `body` with the bytes of a chunk when its checksum is right; false, and counted, when it is not.
  func withChunk(
    _ entry: ChunkEntry, at place: Int,
    _ body: (_ times: UnsafeBufferPointer<UInt8>, _ values: UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool {
    let times = Int(entry.timesOffset)..<Int(entry.timesOffset) + Int(entry.timesLength)
    let values = Int(entry.valuesOffset)..<Int(entry.valuesOffset) + Int(entry.valuesLength)
    let own = indexOffset + place * ChunkFileFormat.entrySize
    guard times.upperBound <= indexOffset, values.upperBound <= indexOffset, mapping.isWhole else {
      return refuse()
    }
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: mapping.bytes[range])
    }
    var crc = Checksum.crc32(part(own..<own + ChunkFileFormat.entrySize - 4))
    crc = Checksum.crc32(part(times), after: crc)
    crc = Checksum.crc32(part(values), after: crc)
    guard crc == entry.crc else { return refuse() }
    let good = body(
      part(times).assumingMemoryBound(to: UInt8.self), part(values).assumingMemoryBound(to: UInt8.self))
    return good || refuse()
  }

  /// Appends the histograms of the chunk at `place` with `after < time <= at` and before `bound`; all that can be
  /// read of them. False when that are not all, or the chunk holds no histograms.
  @discardableResult
  func readHistograms(
    _ place: Int, at: Int64, after: Int64, before bound: Int64, into samples: inout SampleColumns
  ) -> Bool {
    let entry = entry(place)
    guard entry.holdsHistograms else { return false }
    return withChunk(entry, at: place) { times, values in
      HistogramRun.read(
        ChunkCursor(times, of: entry), values, at: at, after: after, before: bound, into: &samples)
    }
  }

  /// Calls `body` with each sample of the chunk at `place`, oldest first, until it returns false. False when the chunk
  /// is damaged; nothing of it was handed over then. The value of a histogram is ``HistogramMark/bits``.
  func forEach(_ place: Int, _ body: (_ time: Int64, _ bits: UInt64) -> Bool) -> Bool {
    let entry = entry(place)
    return withChunk(entry, at: place) { times, values in
      switch ChunkEncoding(rawValue: entry.encoding) {
      case .empty: return true
      case .xor:
        var cursor = ChunkCursor(
          firstTime: entry.firstTime, firstBits: entry.firstBits, count: Int(entry.count), times: times,
          values: values)
        while cursor.next() {
          if !body(cursor.time, cursor.bits) { return true }
        }
        return !cursor.isBroken
      case .decimal:
        return DecimalCodec.forEach(entry, times, values, body)
      case .histogram:
        guard entry.firstBits == HistogramMark.bits else { return false }
        var cursor = ChunkCursor(times, of: entry)
        while cursor.next() {
          if !body(cursor.time, cursor.bits) { return true }
        }
        return !cursor.isBroken
      case nil: return false
      }
    }
  }

  /// The chunk at `place` as it was before it was written; nil when it is damaged.
  func chunk(_ place: Int) -> (id: UInt32, chunk: SealedChunk, encoding: ChunkEncoding)? {
    let entry = entry(place)
    guard let encoding = ChunkEncoding(rawValue: entry.encoding) else {
      _ = refuse()
      return nil
    }
    var chunk = SealedChunk(
      firstTime: entry.firstTime, lastTime: entry.lastTime, firstBits: entry.firstBits,
      count: Int(entry.count),
      times: [], values: [])
    let good = withChunk(entry, at: place) { times, values in
      chunk.times = Array(times)
      chunk.values = Array(values)
      return true
    }
    return good ? (entry.id, chunk, encoding) : nil
  }

  private func refuse() -> Bool {
    damaged.add(1, ordering: .relaxed)
    return false
  }
}
