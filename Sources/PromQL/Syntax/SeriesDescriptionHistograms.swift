internal import Model
internal import NativeHistograms

/// Native histograms in a series description: `{{schema:1 count:3 buckets:[1 2]}}`, `…x3` and `…+{{…}}x3`.
extension SeriesDescriptionParser {
  mutating func parseHistogramItem(into values: inout [SequenceValue]) throws(SyntaxFault) {
    let start = place
    var (histogram, hintIsSet) = try parseHistogram()
    guard peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") else {
      let count = take("x") ? try parseCount() : 0
      try spend(count + 1)
      values.append(
        contentsOf: repeatElement(.histogram(histogram, hintIsSet: hintIsSet), count: count + 1))
      return
    }
    let subtracts = take("-")
    if !subtracts { _ = take("+") }
    // As in Prometheus, what the step says about its hint counts for the whole sequence.
    let (step, stepHintIsSet) = try parseHistogram()
    try expect("x", "in series values behind a histogram")
    let count = try parseCount()
    values.append(.histogram(histogram, hintIsSet: stepHintIsSet))
    try spend(1)
    for _ in 0..<count {
      try spend(1 + histogram.positiveBuckets.count + histogram.negativeBuckets.count)
      guard histogram.schema <= step.schema else {
        throw SyntaxFault(
          message: "error combining histograms: cannot merge from schema \(step.schema) to "
            + "\(histogram.schema)", offset: start)
      }
      histogram = try combine(histogram, step, subtracts: subtracts, at: start)
      values.append(.histogram(histogram, hintIsSet: stepHintIsSet))
    }
  }

  private func combine(
    _ histogram: FloatHistogram, _ step: FloatHistogram, subtracts: Bool, at offset: Int
  ) throws(SyntaxFault) -> FloatHistogram {
    var result = histogram
    do throws(HistogramError) {
      if subtracts { try result.subtract(step) } else { try result.add(step) }
    } catch {
      throw SyntaxFault(message: "error combining histograms: \(error.message)", offset: offset)
    }
    return result
  }

  private mutating func parseHistogram() throws(SyntaxFault) -> (FloatHistogram, hintIsSet: Bool) {
    let start = place
    guard take("{"), take("{") else {
      throw SyntaxFault(message: "unexpected '{' in series values, expected \"{{\"", offset: start)
    }
    var fields = HistogramFields()
    while true {
      let separated = skipBlanks() || fields.isEmpty
      if take("}") {
        try expect("}", "in histogram")
        break
      }
      guard separated else { throw unexpected("in histogram, expected a blank or \"}}\"") }
      try parseField(&fields)
    }
    return (fields.histogram, fields.seen.contains("counter_reset_hint"))
  }

  private mutating func parseField(_ fields: inout HistogramFields) throws(SyntaxFault) {
    let start = place
    let key = word().lowercased()
    guard !key.isEmpty else { throw unexpected("in histogram, expected a field or \"}}\"") }
    guard HistogramFields.keys.contains(key) else {
      throw SyntaxFault(message: "bad histogram descriptor found: \(quoted(key))", offset: start)
    }
    guard fields.seen.insert(key).inserted else {
      throw SyntaxFault(message: "duplicate key \(quoted(key)) in histogram", offset: start)
    }
    guard take(":") else { throw SyntaxFault(message: "missing `:` for histogram descriptor", offset: place) }
    switch key {
    case "schema": fields.histogram.schema = try parseInt32()
    case "sum": fields.histogram.sum = try parseSigned()
    case "count": fields.histogram.count = try parseSigned()
    case "z_bucket": fields.histogram.zeroCount = try parseSigned()
    case "z_bucket_w": fields.histogram.zeroThreshold = try parseSigned()
    case "custom_values": fields.histogram.customValues = try parseNumbers()
    case "buckets": fields.histogram.positiveBuckets = try parseNumbers()
    case "n_buckets": fields.histogram.negativeBuckets = try parseNumbers()
    case "offset": fields.positiveOffset = try parseInt32()
    case "n_offset": fields.negativeOffset = try parseInt32()
    default: fields.histogram.counterResetHint = try parseHint()
    }
    fields.layOutSpans()
  }

  private mutating func parseInt32() throws(SyntaxFault) -> Int32 {
    let start = place
    _ = take("-") || take("+")
    while let byte = peek(), (0x30...0x39).contains(byte) { place += 1 }
    guard let value = Int32(String(decoding: bytes[start..<place], as: UTF8.self)) else {
      if place == start { throw unexpected("in histogram, expected a whole number") }
      throw SyntaxFault(message: "number in histogram does not fit 32 bits", offset: start)
    }
    return value
  }

  private mutating func parseNumbers() throws(SyntaxFault) -> [Double] {
    try expect("[", "in histogram")
    var numbers: [Double] = []
    skipBlanks()
    while !take("]") {
      try spend(1)
      numbers.append(try parseSigned())
      guard skipBlanks() || peek() == UInt8(ascii: "]") else {
        throw unexpected("in list of histogram, expected a blank or \"]\"")
      }
    }
    return numbers
  }

  private mutating func parseHint() throws(SyntaxFault) -> FloatHistogram.CounterResetHint {
    let start = place
    switch word().lowercased() {
    case "unknown": return .unknown
    case "reset": return .counterReset
    case "not_reset": return .notCounterReset
    case "gauge": return .gauge
    default:
      throw SyntaxFault(
        message: "unknown counter reset hint, expected \"unknown\", \"reset\", \"not_reset\" or \"gauge\"",
        offset: start)
    }
  }
}

/// The fields of one histogram as far as they are read.
private struct HistogramFields {
  static let keys: Set<String> = [
    "schema", "sum", "count", "z_bucket", "z_bucket_w", "custom_values", "buckets", "n_buckets", "offset",
    "n_offset", "counter_reset_hint",
  ]

  var histogram = FloatHistogram()
  var seen: Set<String> = []
  var positiveOffset: Int32 = 0
  var negativeOffset: Int32 = 0

  var isEmpty: Bool { seen.isEmpty }

  /// The buckets follow one another from the offset on, whichever of both was written first.
  mutating func layOutSpans() {
    histogram.positiveSpans = Self.spans(positiveOffset, histogram.positiveBuckets)
    histogram.negativeSpans = Self.spans(negativeOffset, histogram.negativeBuckets)
  }

  private static func spans(_ offset: Int32, _ buckets: [Double]) -> [FloatHistogram.Span] {
    buckets.isEmpty ? [] : [FloatHistogram.Span(offset: offset, length: UInt32(clamping: buckets.count))]
  }
}
