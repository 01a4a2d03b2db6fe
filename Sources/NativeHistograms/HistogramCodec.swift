package import Model

/// A histogram as bytes, for the store. The bytes are those of one sample on its own; nothing refers to another one.
///
/// Format 1: the format's number; a byte of flags (bits 0–1 the hint about resets, bit 2 listed bounds, bit 3 a negative
/// side, bit 4 a zero bucket); the schema as one signed byte, unless there are listed bounds; then numbers: count, sum;
/// with a zero bucket its threshold and count; with listed bounds their number and the bounds; the positive side; with
/// a negative side that. A side is the number of spans, for each its offset and length, and a number for each bucket.
/// A count of things is an unsigned LEB128, an offset a zigzag one. A number that is whole and small is `2n + 1`
/// (zigzag) as LEB128, any other a 0 and its 8 bytes, lowest first.
///
/// Reading checks everything, so that bytes of any origin give a histogram that is consistent, or an error; it
/// allocates no more than the bytes are worth.
package enum HistogramCodec {
  package enum Failure: Error, Hashable, Sendable {
    /// A format of a newer version.
    case unknownFormat(UInt8)
    case malformed
    /// A histogram that does not pass ``FloatHistogram/validate()`` is not written.
    case invalid(HistogramError)
  }

  private static let format: UInt8 = 1

  /// Appends the bytes. Stale markers (a NaN of a certain kind as the sum) keep all their bits.
  package static func append(_ histogram: FloatHistogram, to bytes: inout [UInt8]) throws(Failure) {
    do throws(HistogramError) { try histogram.validate() } catch { throw .invalid(error) }
    let hasZero = histogram.zeroCount.bitPattern != 0 || histogram.zeroThreshold.bitPattern != 0
    let hasNegative = !histogram.negativeSpans.isEmpty
    var flags = histogram.counterResetHint.rawValue
    if histogram.usesCustomBuckets { flags |= 4 }
    if hasNegative { flags |= 8 }
    if hasZero { flags |= 16 }
    var writer = ByteWriter(bytes: bytes)
    bytes = []
    writer.bytes.append(format)
    writer.bytes.append(flags)
    if !histogram.usesCustomBuckets {
      writer.bytes.append(UInt8(bitPattern: Int8(clamping: histogram.schema)))
    }
    writer.number(histogram.count)
    writer.number(histogram.sum)
    if hasZero {
      writer.number(histogram.zeroThreshold)
      writer.number(histogram.zeroCount)
    }
    if histogram.usesCustomBuckets {
      writer.unsigned(UInt64(histogram.customValues.count))
      histogram.customValues.forEach { writer.number($0) }
    }
    writer.side(histogram.positiveSpans, histogram.positiveBuckets)
    if hasNegative { writer.side(histogram.negativeSpans, histogram.negativeBuckets) }
    bytes = writer.bytes
  }

  /// The histogram that `bytes` is, all of it.
  package static func decode(_ bytes: some Sequence<UInt8>) throws(Failure) -> FloatHistogram {
    var reader = ByteReader(bytes: Array(bytes))
    let format = try reader.byte()
    guard format == Self.format else { throw .unknownFormat(format) }
    let flags = try reader.byte()
    guard flags < 32, let hint = FloatHistogram.CounterResetHint(rawValue: flags & 3) else {
      throw .malformed
    }
    var histogram = FloatHistogram()
    histogram.counterResetHint = hint
    let hasBounds = flags & 4 != 0
    histogram.schema =
      hasBounds ? FloatHistogram.customBucketsSchema : Int32(Int8(bitPattern: try reader.byte()))
    histogram.count = try reader.number()
    histogram.sum = try reader.number()
    if flags & 16 != 0 {
      histogram.zeroThreshold = try reader.number()
      histogram.zeroCount = try reader.number()
    }
    if hasBounds { histogram.customValues = try reader.numbers(try reader.length()) }
    (histogram.positiveSpans, histogram.positiveBuckets) = try reader.side()
    if flags & 8 != 0 { (histogram.negativeSpans, histogram.negativeBuckets) = try reader.side() }
    guard reader.isAtEnd else { throw .malformed }
    do throws(HistogramError) { try histogram.validate() } catch { throw .malformed }
    return histogram
  }
}

private struct ByteWriter {
  var bytes: [UInt8]

  mutating func unsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

  mutating func number(_ value: Double) {
    // -0 has a bit that whole numbers do not have.
    if value.magnitude < 9_007_199_254_740_992, let whole = Int64(exactly: value),
      value != 0 || value.sign == .plus
    {
      unsigned(UInt64(bitPattern: (whole << 1) ^ (whole >> 63)) << 1 | 1)
      return
    }
    bytes.append(0)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func side(_ spans: [FloatHistogram.Span], _ counts: [Double]) {
    unsigned(UInt64(spans.count))
    for span in spans {
      signed(Int64(span.offset))
      unsigned(UInt64(span.length))
    }
    counts.forEach { number($0) }
  }
}

private struct ByteReader {
  let bytes: [UInt8]
  private var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }
  private var left: Int { bytes.count - place }

  mutating func byte() throws(HistogramCodec.Failure) -> UInt8 {
    guard place < bytes.count else { throw .malformed }
    defer { place += 1 }
    return bytes[place]
  }

  mutating func unsigned() throws(HistogramCodec.Failure) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      let next = try byte()
      let part = UInt64(next & 0x7f)
      guard (part << shift) >> shift == part else { throw .malformed }
      value |= part << shift
      if next < 0x80 { return value }
    }
    throw .malformed
  }

  mutating func signed() throws(HistogramCodec.Failure) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// How many things follow, each of at least one byte.
  mutating func length() throws(HistogramCodec.Failure) -> Int {
    guard let length = Int(exactly: try unsigned()), length <= left else { throw .malformed }
    return length
  }

  mutating func number() throws(HistogramCodec.Failure) -> Double {
    guard place < bytes.count else { throw .malformed }
    guard bytes[place] == 0 else {
      let value = try unsigned()
      guard value & 1 == 1 else { throw .malformed }
      let zigzag = value >> 1
      return Double(Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
    }
    guard left >= 9 else { throw .malformed }
    var bits: UInt64 = 0
    for offset in 0..<8 { bits |= UInt64(bytes[place + 1 + offset]) << UInt64(8 * offset) }
    place += 9
    return Double(bitPattern: bits)
  }

  mutating func numbers(_ count: Int) throws(HistogramCodec.Failure) -> [Double] {
    var numbers: [Double] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try number()) }
    return numbers
  }

  mutating func side() throws(HistogramCodec.Failure) -> ([FloatHistogram.Span], [Double]) {
    var spans: [FloatHistogram.Span] = []
    var buckets = 0
    for _ in 0..<(try length()) {
      guard let offset = Int32(exactly: try signed()), let length = UInt32(exactly: try unsigned()) else {
        throw .malformed
      }
      spans.append(.init(offset: offset, length: length))
      buckets += Int(length)
    }
    guard buckets <= left else { throw .malformed }
    return (spans, try numbers(buckets))
  }
}
