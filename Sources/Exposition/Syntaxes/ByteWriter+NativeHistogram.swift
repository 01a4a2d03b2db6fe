internal import Model

/// A native histogram as `io.prometheus.client.Histogram` has it, with counts that are floats.
extension ByteWriter {
  mutating func append(_ histogram: FloatHistogram) {
    append(tag: 2, number: histogram.sum)
    append(tag: 4, number: histogram.count)
    append(UInt8(5 << 3))
    append(zigzag: histogram.schema)
    append(tag: 6, number: histogram.zeroThreshold)
    append(tag: 8, number: histogram.zeroCount)
    append(histogram.negativeSpans, tag: 9)
    for bucket in histogram.negativeBuckets { append(tag: 11, number: bucket) }
    append(histogram.positiveSpans, tag: 12)
    for bucket in histogram.positiveBuckets { append(tag: 14, number: bucket) }
  }

  private mutating func append(_ spans: [FloatHistogram.Span], tag field: UInt8) {
    for span in spans {
      let bytes = 2 + Self.varintBytes(Int(Self.zigzag(span.offset))) + Self.varintBytes(Int(span.length))
      append(tag: field, length: bytes)
      append(UInt8(1 << 3))
      append(zigzag: span.offset)
      append(UInt8(2 << 3))
      append(varint: UInt64(span.length))
    }
  }

  private mutating func append(zigzag number: Int32) { append(varint: UInt64(Self.zigzag(number))) }

  private static func zigzag(_ number: Int32) -> UInt32 {
    UInt32(bitPattern: number << 1) ^ UInt32(bitPattern: number >> 31)
  }
}
