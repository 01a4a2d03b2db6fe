internal import Model

extension ExpositionReader {
  mutating func readSample(
    _ bytes: Span<UInt8>, _ take: (Int, Double, Timestamp?) -> String?
  ) throws(ExpositionProblem) {
    let start = place
    let series = try readSeries(bytes)
    try blank(bytes, "before the value")
    let value = try readNumber(bytes, "a value")
    let valueEnd = place
    var time: Timestamp?
    if place < end { time = try readTail(bytes, series) }
    if dialect == .openMetrics {
      try check(table.labels[series], value, time, start, valueEnd)
      try checkOrder(series, time, start)
    } else if isStrict, let name = table.labels[series].metricName {
      settledNames.insert(name)
    }
    if let complaint = take(series, value, time) {
      place = start
      throw problem(complaint)
    }
  }

  /// The samples of a series come in order of time, all with one or a single one without.
  private mutating func checkOrder(
    _ series: Int, _ time: Timestamp?, _ start: Int
  ) throws(ExpositionProblem) {
    if series >= newestTimes.count {
      newestTimes += Array(repeating: nil, count: table.labels.count - newestTimes.count)
    }
    let now = time?.milliseconds ?? .max
    if let newest = newestTimes[series], now < newest || now == .max || newest == .max {
      place = start
      throw problem("the samples of a series do not stand in the order of their times")
    }
    newestTimes[series] = now
  }

  /// What follows a value: a time, an exemplar, both or nothing.
  private mutating func readTail(
    _ bytes: Span<UInt8>, _ series: Int
  ) throws(ExpositionProblem) -> Timestamp? {
    try blank(bytes, "after the value")
    guard dialect == .openMetrics else {
      return place < end ? try readMilliseconds(bytes) : nil
    }
    var time: Timestamp?
    if place >= end || bytes[place] != UInt8(ascii: "#") {
      time = try readSeconds(bytes)
      if place == end { return time }
      try blank(bytes, "after the time")
    }
    try readExemplar(bytes, table.labels[series])
    return time
  }

  private mutating func readMilliseconds(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> Timestamp {
    let start = place
    while place < end, !isBlank(bytes[place]) { place += 1 }
    guard let milliseconds = text(bytes, start..<place).flatMap({ Int64($0) }) else {
      place = start
      throw problem("expected a time in milliseconds")
    }
    skipBlanks(bytes)
    guard place == end else { throw problem("expected the end of the line after the time") }
    return Timestamp(milliseconds: milliseconds)
  }

  private mutating func readSeconds(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> Timestamp {
    let start = place
    let seconds = try readNumber(bytes, "a time in seconds")
    guard seconds.isFinite else {
      place = start
      throw problem("a time that is no moment")
    }
    return Timestamp(seconds: seconds)
  }

  /// Digits, sign, point and exponent, or one of the words for what is no number.
  private mutating func readNumber(
    _ bytes: Span<UInt8>, _ what: String
  ) throws(ExpositionProblem) -> Double {
    let start = place
    while place < end, !isBlank(bytes[place]) { place += 1 }
    guard place > start, place - start <= 400, let word = text(bytes, start..<place) else {
      place = start
      throw problem("expected \(what)")
    }
    if word.utf8.allSatisfy({ Self.isOfNumber($0) }), let number = Double(word) { return number }
    switch word.lowercased() {
    case "nan": return .nan
    case "+inf", "inf", "+infinity", "infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default:
      place = start
      throw problem("expected \(what), found \(quoted(word))")
    }
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// `# {labels} value [time]`: nothing is kept of it.
  private mutating func readExemplar(_ bytes: Span<UInt8>, _ labels: Labels) throws(ExpositionProblem) {
    let start = place
    guard place < end, bytes[place] == UInt8(ascii: "#") else { throw problem("expected an exemplar") }
    place += 1
    try blank(bytes, "after #")
    guard place < end, bytes[place] == UInt8(ascii: "{") else {
      throw problem("expected the labels of an exemplar")
    }
    let (_, own) = try readLabelSet(bytes)
    let scalars = own.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
    guard scalars <= limits.exemplarScalars else {
      place = start
      throw problem("the labels of an exemplar are longer than \(limits.exemplarScalars) characters")
    }
    try blank(bytes, "before the exemplar's value")
    _ = try readNumber(bytes, "the exemplar's value")
    if place < end {
      try blank(bytes, "before the exemplar's time")
      _ = try readSeconds(bytes)
    }
    guard place == end else { throw problem("expected the end of the line after the exemplar") }
    let takes =
      family.flatMap { family in
        family.suffix(of: labels.metricName ?? "").map { family.takesExemplar($0) }
      } ?? false
    guard takes else {
      place = start
      throw problem("a sample of this type has no exemplar")
    }
  }

  // MARK: What OpenMetrics asks of a family

  private mutating func check(
    _ labels: Labels, _ value: Double, _ time: Timestamp?, _ start: Int, _ valueEnd: Int
  ) throws(ExpositionProblem) {
    let name = labels.metricName ?? ""
    if family?.suffix(of: name) == nil {
      try endFamily()
      try checkSeen(name, at: start)
      family = ReadFamily(name: name)
    }
    guard let suffix = family?.suffix(of: name), let type = family?.type else { return }
    family?.hasSamples = true
    func require(_ label: String) throws(ExpositionProblem) {
      guard let text = labels[label], let number = Double(text) else {
        place = start
        throw problem("a \(type) whose label \(label) is no number")
      }
      if label == "quantile", !(0...1).contains(number) {
        place = start
        throw problem("a quantile that is not between 0 and 1")
      }
    }
    let isCount = ["_bucket", "_count", "_total", "_gcount"].contains(suffix)
    if isCount || type == "counter", suffix != "_created", type != "gaugehistogram", value.isNaN || value < 0
    {
      place = valueEnd
      throw problem("a \(type) that is negative or no number")
    }
    if suffix == "_bucket" { try require("le") }
    if type == "summary", suffix.isEmpty { try require("quantile") }
    if type == "info", value != 1 { throw problem("an info that is not 1") }
    if type == "stateset" {
      guard labels[name] != nil, value == 0 || value == 1 else {
        place = start
        throw problem("a state set without its label \(name), or neither 0 nor 1")
      }
    }
    if isStrict, let complaint = family?.strict.take(labels, suffix, type, value, time) {
      place = start
      throw problem(complaint)
    }
  }

}
