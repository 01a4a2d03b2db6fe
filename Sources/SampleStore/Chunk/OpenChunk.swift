/// The newest samples of one series, compressed as they come. Empty when `count` is 0.
struct OpenChunk {
  /// A chunk is sealed when it has so many samples, or spans so much time: a block then holds few chunks of a series
  /// that speaks often, and a series that speaks seldom does not hold up what is on the disk for days.
  static let sampleLimit = 240
  static let spanLimit: Int64 = 12 * 3600 * 1000

  private(set) var firstTime: Int64 = 0
  private var firstBits: UInt64 = 0
  private var delta: Int64 = 0
  private var times = BitBuffer()
  private var values = BitBuffer()
  private var codec = ValueCodec()
  private(set) var count: Int32 = 0

  init() {}

  var isEmpty: Bool { count == 0 }

  /// Whether it holds histograms. An empty one holds neither kind.
  @inline(__always)
  var isHistogram: Bool { firstBits == HistogramMark.bits && count > 0 }
  /// Of the values.
  var byteCount: Int { values.bytes.count }
  /// The bytes of the newest histogram.
  var lastHistogram: [UInt8]? { isHistogram ? HistogramRun.last(of: Int(count), values.bytes) : nil }

  @inline(__always)
  func isFull(at time: Int64) -> Bool {
    count >= Self.sampleLimit || (count > 0 && time &- firstTime > Self.spanLimit)
  }

  /// `time` is later than `last`, which with `lastBits` is the sample appended before.
  @inline(__always)
  mutating func append(_ time: Int64, _ bits: UInt64, after last: Int64, _ lastBits: UInt64) {
    if count == 0 {
      firstTime = time
      firstBits = bits
      count = 1
      return
    }
    let distance = time &- last
    TimeCodec.write(distance &- delta, to: &times)
    delta = distance
    if !values.isEmpty || bits != firstBits {
      if values.isEmpty { values.appendZeros(Int(count) - 1) }
      codec.write(bits, after: lastBits, to: &values)
    }
    count &+= 1
  }

  /// As ``append(_:_:after:_:)`` to a chunk that is empty or of histograms; `lastHistogram` is its newest.
  mutating func append(_ time: Int64, _ histogram: [UInt8], after last: Int64, _ lastHistogram: [UInt8]?) {
    if count == 0 {
      firstTime = time
      firstBits = HistogramMark.bits
    } else {
      let distance = time &- last
      TimeCodec.write(distance &- delta, to: &times)
      delta = distance
    }
    HistogramRun.append(histogram, after: count == 0 ? nil : lastHistogram, to: &values)
    count &+= 1
  }

  /// What is in it so far, as something that does not change.
  func sealed(lastTime: Int64) -> SealedChunk {
    SealedChunk(
      firstTime: firstTime, lastTime: lastTime, firstBits: firstBits, count: Int(count), times: times.bytes,
      values: values.bytes)
  }

  /// Goes on where a chunk from a file ends; nil when that makes no sense. Returns its last sample too.
  static func resume(_ chunk: SealedChunk) -> (open: OpenChunk, time: Int64, bits: UInt64)? {
    guard chunk.count > 0, chunk.count <= sampleLimit else { return nil }
    var open = OpenChunk()
    let end: (Int64, UInt64, Int, Int)? = chunk.times.withUnsafeBufferPointer { times in
      chunk.values.withUnsafeBufferPointer { values in
        var cursor = ChunkCursor(
          firstTime: chunk.firstTime, firstBits: chunk.firstBits, count: chunk.count, times: times,
          values: chunk.isHistogram ? UnsafeBufferPointer(start: nil, count: 0) : values)
        while cursor.next() {}
        guard !cursor.isBroken else { return nil }
        open.delta = cursor.delta
        open.codec = cursor.codec
        return (cursor.time, cursor.bits, cursor.timeBits, cursor.valueBits)
      }
    }
    guard let (time, bits, timeBits, valueBits) = end,
      !chunk.isHistogram || HistogramRun.isWhole(chunk.values, count: chunk.count),
      let times = BitBuffer(chunk.times, bitCount: timeBits),
      let values = BitBuffer(
        chunk.values,
        bitCount: chunk.isHistogram ? chunk.values.count * 8 : chunk.values.isEmpty ? 0 : valueBits)
    else { return nil }
    open.firstTime = chunk.firstTime
    open.firstBits = chunk.firstBits
    open.times = times
    open.values = values
    open.count = Int32(chunk.count)
    return (open, time, bits)
  }

  /// Calls `body` with each sample, oldest first, until it returns false.
  @inline(__always)
  func forEach(_ body: (_ time: Int64, _ bits: UInt64) -> Bool) {
    guard count > 0 else { return }
    sealed(lastTime: 0).forEach(body)
  }

  mutating func move(by shift: Int64) { firstTime &+= shift }
}
