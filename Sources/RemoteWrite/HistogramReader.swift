internal import Model
internal import NativeHistograms

/// Reads a native histogram, which both versions of remote write have in the same form.
struct HistogramReader {
  enum Contradiction: Error {
    /// The message cannot be read, and so not the rest of the request.
    case wire(WireFault)
    /// Only this histogram is wrong.
    case histogram(String)
  }

  private var time = Timestamp(milliseconds: 0)
  private var histogram = FloatHistogram()
  /// Integer histograms have differences where others have counts.
  private var positiveDeltas: [Int64] = []
  private var negativeDeltas: [Int64] = []

  static func read(
    _ message: UnsafeRawBufferPointer, buckets limit: Int
  ) throws(Contradiction) -> (Timestamp, FloatHistogram) {
    var reader = HistogramReader()
    do throws(WireFault) { try reader.read(message, limit) } catch { throw .wire(error) }
    guard isSane(reader.histogram.positiveSpans), isSane(reader.histogram.negativeSpans) else {
      throw .histogram("a histogram has buckets beyond all numbers")
    }
    do throws(HistogramError) {
      try reader.histogram.validate()
    } catch { throw .histogram("a histogram contradicts itself: \(error)") }
    return (reader.time, reader.histogram)
  }

  /// With the finest schema the index of the largest number is 262,144.
  private static let largestIndex: Int64 = 1 << 19

  private static func isSane(_ spans: [FloatHistogram.Span]) -> Bool {
    var index: Int64 = 0
    for span in spans {
      let start = index + Int64(span.offset)
      index = start + Int64(span.length)
      guard start >= -largestIndex, index <= largestIndex else { return false }
    }
    return true
  }

  private mutating func read(_ message: UnsafeRawBufferPointer, _ limit: Int) throws(WireFault) {
    var reader = WireReader(message)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: histogram.count = Double(try value.integer("a histogram's count"))
      case 2: histogram.count = try value.double("a histogram's count")
      case 3: histogram.sum = try value.double("a histogram's sum")
      case 4: histogram.schema = Int32(truncatingIfNeeded: try value.signed("a histogram's schema"))
      case 5: histogram.zeroThreshold = try value.double("a zero threshold")
      case 6: histogram.zeroCount = Double(try value.integer("a zero count"))
      case 7: histogram.zeroCount = try value.double("a zero count")
      case 8: try Self.span(value, limit, &histogram.negativeSpans)
      case 9: try Self.deltas(value, limit, &negativeDeltas)
      case 10: try value.doubles("buckets", limit: limit, into: &histogram.negativeBuckets)
      case 11: try Self.span(value, limit, &histogram.positiveSpans)
      case 12: try Self.deltas(value, limit, &positiveDeltas)
      case 13: try value.doubles("buckets", limit: limit, into: &histogram.positiveBuckets)
      case 14:
        let hints: [FloatHistogram.CounterResetHint] = [.unknown, .counterReset, .notCounterReset, .gauge]
        let hint = Int(exactly: try value.integer("a reset hint")) ?? 0
        histogram.counterResetHint = hints.indices.contains(hint) ? hints[hint] : .unknown
      case 15: time = Timestamp(milliseconds: Int64(bitPattern: try value.integer("a timestamp")))
      case 16: try value.doubles("bounds", limit: limit, into: &histogram.customValues)
      default: break
      }
    }
    if !positiveDeltas.isEmpty { histogram.positiveBuckets = Self.counts(positiveDeltas) }
    if !negativeDeltas.isEmpty { histogram.negativeBuckets = Self.counts(negativeDeltas) }
  }

  private static func span(
    _ value: WireReader.Value, _ limit: Int, _ spans: inout [FloatHistogram.Span]
  ) throws(WireFault) {
    guard spans.count < limit else { throw WireFault("there are more than \(limit) of spans") }
    var span = FloatHistogram.Span(offset: 0, length: 0)
    var reader = WireReader(try value.message("a span"))
    while let (field, value) = try reader.next() {
      switch field {
      case 1: span.offset = Int32(truncatingIfNeeded: try value.signed("a span's offset"))
      case 2: span.length = UInt32(truncatingIfNeeded: try value.integer("a span's length"))
      default: break
      }
    }
    spans.append(span)
  }

  private static func deltas(
    _ value: WireReader.Value, _ limit: Int, _ deltas: inout [Int64]
  ) throws(WireFault) {
    try value.integers("buckets", limit: limit) {
      deltas.append(WireReader.zigzag($0))
      return deltas.count
    }
  }

  private static func counts(_ deltas: [Int64]) -> [Double] {
    var sum: Int64 = 0
    return deltas.map { delta in
      sum &+= delta
      return Double(sum)
    }
  }
}
