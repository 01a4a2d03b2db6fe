/// How the values of a chunk are written.
enum ChunkEncoding: UInt8 {
  /// No sample at all: only says when the series spoke last.
  case empty = 0
  /// Floats, as ``ValueCodec`` writes them.
  case xor = 1
  /// Floats that are whole multiples of a power of ten, as ``DecimalCodec`` writes them; only in files.
  case decimal = 2
  /// Native histograms, as ``HistogramRun`` writes them; the first bits of such a chunk are ``HistogramMark/bits``.
  case histogram = 3
}

/// Samples of one series that do not change any more, compressed.
struct SealedChunk {
  var firstTime: Int64
  var lastTime: Int64
  var firstBits: UInt64
  var count: Int
  /// See ``TimeCodec`` and ``ValueCodec``.
  var times: [UInt8]
  var values: [UInt8]

  /// What it costs in memory, about.
  var cost: Int { times.count + values.count + 128 }

  /// Calls `body` with each sample, oldest first, until it returns false. False when the chunk makes no sense. The
  /// value of a histogram is ``HistogramMark/bits``.
  @inline(__always)
  @discardableResult
  func forEach(_ body: (_ time: Int64, _ bits: UInt64) -> Bool) -> Bool {
    times.withUnsafeBufferPointer { times in
      values.withUnsafeBufferPointer { values in
        var cursor = ChunkCursor(
          firstTime: firstTime, firstBits: firstBits, count: count, times: times,
          values: isHistogram ? UnsafeBufferPointer(start: nil, count: 0) : values)
        while cursor.next() {
          if !body(cursor.time, cursor.bits) { return true }
        }
        return !cursor.isBroken
      }
    }
  }
}

/// Walks over the samples of a chunk whose bytes it does not own.
struct ChunkCursor {
  private(set) var time: Int64
  private(set) var bits: UInt64
  private(set) var delta: Int64 = 0
  private(set) var codec = ValueCodec()
  /// The bits contradict themselves: what came before is as good as it was.
  private(set) var isBroken = false
  private var left: Int
  private var started = false
  private var times: BitReader
  private var values: BitReader
  private let isConstant: Bool

  init(
    firstTime: Int64, firstBits: UInt64, count: Int, times: UnsafeBufferPointer<UInt8>,
    values: UnsafeBufferPointer<UInt8>
  ) {
    time = firstTime
    bits = firstBits
    left = count
    self.times = BitReader(times)
    self.values = BitReader(values)
    isConstant = values.isEmpty
  }

  var timeBits: Int { times.position }
  var valueBits: Int { values.position }

  /// To the next sample; false behind the last one.
  @inline(__always)
  mutating func next() -> Bool {
    guard left > 0 else { return false }
    left &-= 1
    if !started {
      started = true
      return true
    }
    delta = delta &+ TimeCodec.read(&times)
    let next = time &+ delta
    guard next > time, !times.isExhausted else { return fail() }
    time = next
    if !isConstant {
      guard let value = codec.read(after: bits, &values), !values.isExhausted else { return fail() }
      bits = value
    }
    return true
  }

  private mutating func fail() -> Bool {
    isBroken = true
    left = 0
    return false
  }
}
