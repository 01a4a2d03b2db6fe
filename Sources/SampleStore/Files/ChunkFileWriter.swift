internal import Decompression
internal import DurableIO

/// Writes a file of chunks; it counts from ``finish()`` on and not before.
struct ChunkFileWriter {
  private let file: GrowingFile
  private let path: String
  private var pending: [UInt8]
  private var offset: Int
  private var index: [UInt8] = []
  private var footer = ChunkFooter()
  private var knownTimes: [[UInt8]: UInt32] = [:]
  private static let writeSize = 256 << 10

  /// The file is made as `path.tmp`.
  init(_ path: String) throws(IOFailure) {
    self.path = path
    Folder.remove(path + ".tmp")
    file = try GrowingFile(path + ".tmp")
    pending = ChunkFileFormat.magic
    offset = pending.count
  }

  /// Memory for the index of so many chunks at once, instead of by doubling.
  mutating func reserve(_ count: Int) { index.reserveCapacity(count * ChunkFileFormat.entrySize) }

  var isFull: Bool { offset + index.count > ChunkFileFormat.sizeLimit }
  var count: Int { Int(footer.count) }

  /// Chunks come in order of id, those of one id in order of time. An empty chunk says when a series ended.
  mutating func append(
    _ id: UInt32, _ chunk: SealedChunk, _ encoding: ChunkEncoding, isOpen: Bool = false
  ) throws(IOFailure) {
    var entry = ChunkEntry()
    entry.id = id
    entry.count = UInt16(truncatingIfNeeded: chunk.count)
    entry.encoding = encoding.rawValue
    entry.isOpen = isOpen ? 1 : 0
    entry.firstTime = chunk.firstTime
    entry.lastTime = chunk.lastTime
    entry.firstBits = chunk.firstBits
    if !chunk.times.isEmpty {
      if let known = knownTimes[chunk.times] {
        entry.timesOffset = known
      } else {
        entry.timesOffset = put(chunk.times)
        // A bound for the memory of a very large file.
        if knownTimes.count < 200_000 { knownTimes[chunk.times] = entry.timesOffset }
      }
      entry.timesLength = UInt16(truncatingIfNeeded: chunk.times.count)
    }
    if !chunk.values.isEmpty {
      entry.valuesOffset = put(chunk.values)
      entry.valuesLength = UInt16(truncatingIfNeeded: chunk.values.count)
    }
    let start = index.count
    entry.write(to: &index)
    var crc = index.withUnsafeBytes { Checksum.crc32(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    crc = Checksum.crc32(chunk.values, after: Checksum.crc32(chunk.times, after: crc))
    index.put(crc)
    footer.count += 1
    footer.maxID = max(footer.maxID, id)
    footer.minTime = min(footer.minTime, chunk.firstTime)
    footer.maxTime = max(footer.maxTime, chunk.lastTime)
    if pending.count >= Self.writeSize { try flush() }
  }

  private mutating func put(_ bytes: [UInt8]) -> UInt32 {
    defer { offset += bytes.count }
    pending.append(contentsOf: bytes)
    return UInt32(truncatingIfNeeded: offset)
  }

  private mutating func flush() throws(IOFailure) {
    try file.write(pending)
    pending.removeAll(keepingCapacity: true)
  }

  /// Writes index and footer and gives the file its name, durably. Returns its size.
  mutating func finish() throws(IOFailure) -> Int {
    footer.indexOffset = UInt64(offset)
    footer.indexCRC = Checksum.crc32(index)
    try flush()
    try file.write(index)
    var end = footer.bytes
    end.put(Checksum.crc32(end))
    try file.write(end)
    try file.sync()
    guard !Folder.exists(path) else {
      throw IOFailure(path: path, operation: .rename, code: 0, text: "a file of this name is there already")
    }
    try Folder.rename(path + ".tmp", to: path)
    return file.size
  }

  /// Leaves nothing behind.
  func abandon() { Folder.remove(path + ".tmp") }
}
