/// The layout of a file of chunks, little-endian:
///
///     "FWCHUNK1"                       8 bytes
///     times and values of the chunks   equal times are written once: the series of one probe share them
///     index                            48 bytes a chunk, by id and first time
///     footer                           64 bytes
///
/// A chunk's checksum covers its entry of the index and its bytes, so that a flipped bit anywhere makes a sample
/// missing and never wrong. The footer has the index' checksum and its own.
enum ChunkFileFormat {
  static let magic: [UInt8] = Array("FWCHUNK1".utf8)
  static let endMagic: UInt64 = 0x3154_4f4f_4646_5746
  static let entrySize = 48
  static let footerSize = 64
  /// Offsets have 32 bits; a writer stops well before.
  static let sizeLimit = 3 << 30
}

/// One line of the index.
struct ChunkEntry {
  var id: UInt32 = 0
  var count: UInt16 = 0
  var encoding: UInt8 = 0
  /// 1: samples may still be added to it (only in a checkpoint).
  var isOpen: UInt8 = 0
  var firstTime: Int64 = 0
  var lastTime: Int64 = 0
  var firstBits: UInt64 = 0
  var timesOffset: UInt32 = 0
  var valuesOffset: UInt32 = 0
  var timesLength: UInt16 = 0
  var valuesLength: UInt16 = 0
  var crc: UInt32 = 0

  /// Without the checksum.
  func write(to out: inout [UInt8]) {
    out.put(id)
    out.put(count)
    out.put(encoding)
    out.put(isOpen)
    out.put(firstTime)
    out.put(lastTime)
    out.put(firstBits)
    out.put(timesOffset)
    out.put(valuesOffset)
    out.put(timesLength)
    out.put(valuesLength)
  }

  var holdsHistograms: Bool {
    encoding == ChunkEncoding.histogram.rawValue && firstBits == HistogramMark.bits
  }

  init() {}

  /// `bytes` are at least ``ChunkFileFormat/entrySize``.
  init(_ bytes: UnsafeRawBufferPointer, at place: Int) {
    func load<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
      Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place + offset, as: Number.self))
    }
    id = load(0, UInt32.self)
    count = load(4, UInt16.self)
    encoding = load(6, UInt8.self)
    isOpen = load(7, UInt8.self)
    firstTime = load(8, Int64.self)
    lastTime = load(16, Int64.self)
    firstBits = load(24, UInt64.self)
    timesOffset = load(32, UInt32.self)
    valuesOffset = load(36, UInt32.self)
    timesLength = load(40, UInt16.self)
    valuesLength = load(42, UInt16.self)
    crc = load(44, UInt32.self)
  }
}

/// The last 64 bytes.
struct ChunkFooter {
  var count: UInt64 = 0
  var indexOffset: UInt64 = 0
  var minTime: Int64 = .max
  var maxTime: Int64 = .min
  var maxID: UInt32 = 0
  var indexCRC: UInt32 = 0

  var bytes: [UInt8] {
    var out: [UInt8] = []
    out.put(ChunkFileFormat.endMagic)
    out.put(count)
    out.put(indexOffset)
    out.put(minTime)
    out.put(maxTime)
    out.put(maxID)
    out.put(indexCRC)
    out.put(UInt64(0))
    out.put(UInt32(0))
    return out
  }

  init() {}

  /// nil when `bytes`, the whole file, do not end in a footer that fits them. `crc` computes a checksum.
  init?(_ bytes: UnsafeRawBufferPointer, crc: (UnsafeRawBufferPointer) -> UInt32) {
    let start = bytes.count - ChunkFileFormat.footerSize
    guard start >= ChunkFileFormat.magic.count, bytes.starts(with: ChunkFileFormat.magic) else { return nil }
    let own = UnsafeRawBufferPointer(rebasing: bytes[start...])
    var reader = ByteReader(own)
    guard reader.number() == ChunkFileFormat.endMagic, let count = reader.number(UInt64.self),
      let offset = reader.number(UInt64.self), let first = reader.number(Int64.self),
      let last = reader.number(Int64.self), let maxID = reader.number(UInt32.self),
      let indexCRC = reader.number(UInt32.self)
    else { return nil }
    let stored = UInt32(littleEndian: own.loadUnaligned(fromByteOffset: 60, as: UInt32.self))
    guard crc(UnsafeRawBufferPointer(rebasing: own[..<60])) == stored,
      let entries = Int(exactly: count), let index = Int(exactly: offset),
      index >= ChunkFileFormat.magic.count, index <= start,
      (start - index) / ChunkFileFormat.entrySize == entries,
      (start - index) % ChunkFileFormat.entrySize == 0
    else { return nil }
    self.count = count
    indexOffset = offset
    minTime = first
    maxTime = last
    self.maxID = maxID
    self.indexCRC = indexCRC
  }
}
