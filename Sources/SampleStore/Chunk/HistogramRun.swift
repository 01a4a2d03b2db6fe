internal import Model
internal import NativeHistograms

/// The bits that stand for "this sample is a histogram" wherever the value of a sample is looked at.
///
/// A NaN that no computation makes. A float that carries these very bits is taken as the ordinary NaN, so that the
/// bits of a sample always say what it is.
enum HistogramMark {
  static let bits: UInt64 = 0x7ff0_0000_0000_0003

  /// `bits` of a float.
  @inline(__always)
  static func float(_ bits: UInt64) -> UInt64 { bits == Self.bits ? Double.nan.bitPattern : bits }
}

/// The values of a chunk of histograms: for each the number of its bytes (LEB128) and the bytes, as ``HistogramCodec``
/// writes them; a 0 for the very bytes of the one before.
///
/// A chunk holds one kind of sample; where the kind changes, a chunk ends.
enum HistogramRun {
  /// Bytes of one histogram: an entry of a file's index counts those of a chunk in 16 bits.
  static let histogramLimit = 60_000
  /// A chunk with so many bytes takes no other histogram, unless that is as the one before.
  static let chunkLimit = 16 << 10

  static func append(_ histogram: [UInt8], after last: [UInt8]?, to values: inout BitBuffer) {
    guard histogram != last else { return values.append(0, 8) }
    var rest = histogram.count
    while rest >= 0x80 {
      values.append(UInt64(rest & 0x7f | 0x80), 8)
      rest >>= 7
    }
    values.append(UInt64(rest), 8)
    values.append(bytes: histogram)
  }

  /// Walks over histograms whose bytes it does not own.
  struct Cursor {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    /// Where the bytes of the present histogram are.
    private(set) var current = 0..<0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }
    var payload: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: bytes[current]) }

    /// To the next histogram; false when the bytes make no sense, or there is none.
    mutating func next() -> Bool {
      var length = 0
      var shift = 0
      while true {
        guard place < bytes.count, shift < 21 else { return false }
        let byte = bytes[place]
        place += 1
        length |= Int(byte & 0x7f) << shift
        if byte < 0x80 { break }
        shift += 7
      }
      guard length > 0 else { return !current.isEmpty }
      guard bytes.count - place >= length else { return false }
      current = place..<place + length
      place += length
      return true
    }
  }

  /// The bytes of the newest of `count` histograms.
  static func last(of count: Int, _ values: [UInt8]) -> [UInt8]? {
    values.withUnsafeBufferPointer { values in
      var cursor = Cursor(values)
      for _ in 0..<count where !cursor.next() { return nil }
      return count > 0 ? Array(cursor.payload) : nil
    }
  }

  /// Whether `values` are `count` histograms and nothing else.
  static func isWhole(_ values: [UInt8], count: Int) -> Bool {
    values.withUnsafeBufferPointer { values in
      var cursor = Cursor(values)
      for _ in 0..<count where !cursor.next() { return false }
      return cursor.isAtEnd
    }
  }

  /// Calls `body` with each sample, oldest first, until it returns false. False when the bytes make no sense.
  static func forEach(
    _ times: ChunkCursor, _ values: UnsafeBufferPointer<UInt8>,
    _ body: (_ time: Int64, _ histogram: UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Bool {
    var times = times
    var histograms = Cursor(values)
    while times.next() {
      guard histograms.next() else { return false }
      if !body(times.time, histograms.payload) { return true }
    }
    return !times.isBroken
  }

  /// Appends the histograms with `after < time <= at` and before `bound`. False when the bytes make no sense.
  static func read(
    _ times: ChunkCursor, _ values: UnsafeBufferPointer<UInt8>, at: Int64, after: Int64,
    before bound: Int64 = .max, into samples: inout SampleColumns
  ) -> Bool {
    var understood = true
    let good = forEach(times, values) { time, bytes in
      guard time <= at, time < bound else { return false }
      guard time > after else { return true }
      if let histogram = try? HistogramCodec.decode(bytes) {
        samples.append(time, histogram)
      } else {
        understood = false
      }
      return true
    }
    return good && understood
  }
}

extension SealedChunk {
  var isHistogram: Bool { firstBits == HistogramMark.bits }
  var encoding: ChunkEncoding { isHistogram ? .histogram : .xor }

  /// Appends the samples with `after < time <= at`, without stale markers.
  func read(at: Int64, after: Int64, into samples: inout SampleColumns) {
    guard isHistogram else {
      forEach { time, bits in
        guard time <= at else { return false }
        if time > after, bits != StaleMarker.bits { samples.append(time, Double(bitPattern: bits)) }
        return true
      }
      return
    }
    times.withUnsafeBufferPointer { times in
      values.withUnsafeBufferPointer { values in
        _ = HistogramRun.read(
          ChunkCursor(times, of: self), values, at: at, after: after, into: &samples)
      }
    }
  }

  /// The histogram with exactly this time.
  func histogram(at time: Int64) -> FloatHistogram? {
    var samples = SampleColumns()
    read(at: time, after: time &- 1, into: &samples)
    return samples.histograms.first ?? nil
  }
}

extension ChunkCursor {
  /// Walks over the times of `chunk` alone: every value is its first one.
  init(_ times: UnsafeBufferPointer<UInt8>, of chunk: SealedChunk) {
    self.init(
      firstTime: chunk.firstTime, firstBits: chunk.firstBits, count: chunk.count, times: times,
      values: UnsafeBufferPointer(start: nil, count: 0))
  }

  /// The same of a chunk in a file.
  init(_ times: UnsafeBufferPointer<UInt8>, of entry: ChunkEntry) {
    self.init(
      firstTime: entry.firstTime, firstBits: entry.firstBits, count: Int(entry.count), times: times,
      values: UnsafeBufferPointer(start: nil, count: 0))
  }
}
