internal import Model

/// Delimited protobuf. A metric comes out as the samples that it would be in text: buckets, quantiles, sum and count. Of
/// a native histogram only sum and count come out; exemplars are skipped.
extension ExpositionReader {
  typealias Take = (_ series: Int, _ value: Double, _ time: Timestamp?) -> String?

  mutating func readProtobuf(_ bytes: Span<UInt8>, _ take: Take) throws(ExpositionProblem) {
    line = 1
    var cursor = WireCursor(0..<bytes.count)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let range = cursor.delimited(bytes) else { throw problem("a family that is cut") }
      try readFamily(bytes, range, take)
    }
  }

  private mutating func readFamily(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ take: Take
  ) throws(ExpositionProblem) {
    var name = ""
    var hasHelp = false
    var kind = ProtobufKind.counter
    var metrics: [Range<Int>] = []
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed family") }
      switch (number, value) {
      case (1, .bytes(let range)): name = try readText(bytes, range)
      case (2, .bytes(let range)):
        _ = try readText(bytes, range)
        hasHelp = true
      case (3, .varint(let number)):
        guard let known = ProtobufKind(rawValue: number) else { throw problem("an unknown type, \(number)") }
        kind = known
      case (4, .bytes(let range)): metrics.append(range)
      default: break
      }
    }
    place = range.lowerBound
    guard !name.isEmpty else { throw problem("a family without a name") }
    if isStrict, !settledNames.insert(name).inserted { throw problem("the family \(name) comes twice") }
    familyTypes[name] = kind.text
    if hasHelp { familyHelps.insert(name) }
    for metric in metrics { try readMetric(bytes, metric, name, kind, take) }
  }

  private mutating func readMetric(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ name: String, _ kind: ProtobufKind, _ take: Take
  ) throws(ExpositionProblem) {
    var labels: [Label] = []
    var seen: Set<String> = []
    var time: Timestamp?
    var content: Range<Int>?
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed metric of \(name)") }
      switch (number, value) {
      case (1, .bytes(let range)):
        let label = try readLabel(bytes, range)
        guard !label.name.isEmpty, label.name != Labels.metricNameLabel, seen.insert(label.name).inserted,
          seen.count <= limits.labels
        else { throw problem("a label of \(name) that is none, comes twice or is one too many") }
        labels.append(label)
      case (6, .varint(let milliseconds)):
        time = Timestamp(milliseconds: Int64(bitPattern: milliseconds))
      case (kind.field, .bytes(let range)): content = range
      default: break
      }
    }
    place = range.lowerBound
    // A value that is left out is 0.
    let body = content ?? range.upperBound..<range.upperBound
    var samples: [(suffix: String, bound: Label?, value: Double)] = []
    switch kind {
    case .counter, .gauge, .untyped: samples = [("", nil, try readValue(bytes, body))]
    case .summary: samples = try readSummary(bytes, body)
    case .histogram, .gaugeHistogram: samples = try readHistogram(bytes, body)
    }
    for sample in samples {
      let own =
        labels + [Label(Labels.metricNameLabel, name + sample.suffix)] + (sample.bound.map { [$0] } ?? [])
      let all = Labels(own)
      guard let series = table.add(all, limit: limits.series) else {
        throw problem("more than \(limits.series) series")
      }
      place = range.lowerBound
      if let complaint = take(series, sample.value, time) { throw problem(complaint) }
    }
  }

  private mutating func readLabel(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(ExpositionProblem) -> Label {
    var (name, text) = ("", "")
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed label") }
      switch (number, value) {
      case (1, .bytes(let range)): name = try readText(bytes, range)
      case (2, .bytes(let range)): text = try readText(bytes, range)
      default: break
      }
    }
    return Label(name, text)
  }

  private mutating func readValue(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(ExpositionProblem) -> Double {
    var result = 0.0
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed value") }
      if number == 1, let double = value.double { result = double }
    }
    return result
  }

  private mutating func readSummary(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(ExpositionProblem) -> [(suffix: String, bound: Label?, value: Double)] {
    var samples: [(suffix: String, bound: Label?, value: Double)] = []
    var (count, sum) = (0.0, 0.0)
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed summary") }
      switch (number, value) {
      case (1, .varint(let number)): count = Double(number)
      case (2, .fixed(let bits)): sum = Double(bitPattern: bits)
      case (3, .bytes(let range)):
        let (_, bound, value) = try readPoint(bytes, range, bound: 1, value: 2)
        samples.append(("", Label("quantile", NumberText.shortest(bound)), value))
      default: break
      }
    }
    return samples + [("_sum", nil, sum), ("_count", nil, count)]
  }

  private mutating func readHistogram(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(ExpositionProblem) -> [(suffix: String, bound: Label?, value: Double)] {
    var samples: [(suffix: String, bound: Label?, value: Double)] = []
    var (count, exactCount, sum) = (0.0, 0.0, 0.0)
    var hasLast = false
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed histogram") }
      switch (number, value) {
      case (1, .varint(let number)): count = Double(number)
      case (2, .fixed(let bits)): sum = Double(bitPattern: bits)
      case (3, .bytes(let range)):
        let (number, bound, exact) = try readPoint(bytes, range, bound: 2, value: 4)
        hasLast = hasLast || bound == .infinity
        samples.append(("_bucket", Label("le", NumberText.shortest(bound)), exact > 0 ? exact : number))
      case (4, .fixed(let bits)): exactCount = Double(bitPattern: bits)
      default: break
      }
    }
    if exactCount > 0 { count = exactCount }
    // The last bucket holds all, and may be left out.
    if !samples.isEmpty, !hasLast { samples.append(("_bucket", Label("le", "+Inf"), count)) }
    return samples + [("_sum", nil, sum), ("_count", nil, count)]
  }

  /// A bucket or a quantile: the whole number in its first field, and two of its fractions.
  private mutating func readPoint(
    _ bytes: Span<UInt8>, _ range: Range<Int>, bound boundField: UInt64, value valueField: UInt64
  ) throws(ExpositionProblem) -> (number: Double, bound: Double, value: Double) {
    var point = (number: 0.0, bound: 0.0, value: 0.0)
    var cursor = WireCursor(range)
    while !cursor.isAtEnd {
      place = cursor.place
      guard let (number, value) = cursor.field(bytes) else { throw problem("a malformed bucket") }
      if number == 1, let whole = value.number { point.number = Double(whole) }
      if number == boundField, let double = value.double { point.bound = double }
      if number == valueField, let double = value.double { point.value = double }
    }
    return point
  }

  private mutating func readText(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(ExpositionProblem) -> String {
    guard let text = text(bytes, range) else { throw problem("a text that is not UTF-8") }
    return text
  }
}

/// `io.prometheus.client.MetricType`.
enum ProtobufKind: UInt64 {
  case counter = 0
  case gauge, summary, untyped, histogram, gaugeHistogram

  var text: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .summary: "summary"
    case .untyped: "untyped"
    case .histogram: "histogram"
    case .gaugeHistogram: "gaugehistogram"
    }
  }

  /// Of a metric, the field that holds its content.
  var field: UInt64 {
    switch self {
    case .counter: 3
    case .gauge: 2
    case .summary: 4
    case .untyped: 5
    case .histogram, .gaugeHistogram: 7
    }
  }
}
