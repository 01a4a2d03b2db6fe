package import Model

/// Reads Prometheus text and OpenMetrics, strictly: what neither a scrape nor a backfill would take is refused with its
/// place. Memory is used for the series, never for the samples, which are handed on one by one.
///
/// One reader may read several pages, one after another; a series keeps its place in ``series`` over all of them.
/// Exemplars are checked and skipped. What is checked beyond the grammar, in OpenMetrics only: families stand together,
/// their metadata comes once and before their samples, and a sample's suffix, `le` and `quantile` fit the type. A strict
/// reader also refuses what scrapes take although OpenMetrics does not (``StrictFamily``), and in text a second HELP or
/// TYPE.
package struct ExpositionReader {
  let limits: ExpositionLimits
  let isStrict: Bool
  var dialect = ExpositionDialect.prometheus
  var table = SeriesTable()
  /// Of the line being read.
  var line = 0
  var lineStart = 0
  var place = 0
  var end = 0
  var family: ReadFamily?
  /// The types that pages declared, by the name of the family.
  package internal(set) var familyTypes: [String: String] = [:]
  /// The families of which pages said what they are.
  package internal(set) var familyHelps: Set<String> = []
  /// Of a strict reader: names that a family has for itself, and those whose type is settled.
  var ownedNames: Set<String> = []
  var settledNames: Set<String> = []
  private var seenFamilies: Set<String> = []
  private var isOver = false
  /// Of each series on this page, in milliseconds; `max` for a sample without a time.
  var newestTimes: [Int64?] = []

  package init(limits: ExpositionLimits = .init(), isStrict: Bool = false) {
    self.limits = limits
    self.isStrict = isStrict
  }

  /// All labels of every series, the metric's name among them.
  package var series: [Labels] { table.labels }

  /// Reads one page. `take` gets each sample: the place of its series, its value, and its own time if it has one; it
  /// returns what is wrong with the sample, or nil.
  package mutating func read(
    _ bytes: Span<UInt8>, dialect: ExpositionDialect,
    _ take: (_ series: Int, _ value: Double, _ time: Timestamp?) -> String?
  ) throws(ExpositionProblem) {
    self.dialect = dialect
    line = 0
    lineStart = 0
    family = nil
    seenFamilies = []
    ownedNames = []
    settledNames = []
    isOver = false
    newestTimes = []
    if dialect == .protobuf { return try readProtobuf(bytes, take) }
    var next = 0
    while next < bytes.count {
      line += 1
      lineStart = next
      place = next
      end = next
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      next = end + 1
      if dialect == .openMetrics, end == bytes.count, !isEndMark(bytes) {
        place = end
        throw problem("the last line has no end")
      }
      guard end - lineStart <= limits.lineBytes else {
        throw problem("a line is longer than \(limits.lineBytes) bytes")
      }
      if dialect == .prometheus, end > lineStart, bytes[end - 1] == UInt8(ascii: "\r") {
        place = end - 1
        throw problem("a carriage return: lines end in a line feed alone")
      }
      try readLine(bytes, take)
    }
    if dialect == .openMetrics, !isOver {
      (line, lineStart, place) = (line + 1, next, next)
      throw problem("the end, \"# EOF\", is missing: the exposition was cut")
    }
    (place, end) = (lineStart, lineStart)
    try endFamily()
  }

  /// The family that was being read is over.
  mutating func endFamily() throws(ExpositionProblem) {
    guard isStrict, dialect == .openMetrics, let family else { return }
    if let complaint = family.strict.complaintAtEnd { throw problem("\(complaint) (\(family.name))") }
    for name in family.ownNames.sorted() where !ownedNames.insert(name).inserted {
      throw problem("the name \(name) belongs to two families")
    }
  }

  private func isEndMark(_ bytes: Span<UInt8>) -> Bool { text(bytes, lineStart..<end) == "# EOF" }

  private mutating func readLine(
    _ bytes: Span<UInt8>, _ take: (Int, Double, Timestamp?) -> String?
  ) throws(ExpositionProblem) {
    if isOver { throw problem("something follows the end, \"# EOF\"") }
    if dialect == .prometheus { skipBlanks(bytes) }
    guard place < end else {
      if dialect == .openMetrics { throw problem("an empty line") }
      return
    }
    if bytes[place] == UInt8(ascii: "#") {
      try readComment(bytes)
    } else {
      try readSample(bytes, take)
    }
  }

  // MARK: Metadata

  private mutating func readComment(_ bytes: Span<UInt8>) throws(ExpositionProblem) {
    place += 1
    if dialect == .openMetrics {
      if isEndMark(bytes) {
        isOver = true
        return
      }
      try expectBlank(bytes, "after #")
    } else {
      skipBlanks(bytes)
    }
    let wordStart = place
    while place < end, !isBlank(bytes[place]) { place += 1 }
    let word = text(bytes, wordStart..<place) ?? ""
    guard ["HELP", "TYPE", "UNIT"].contains(word), dialect == .openMetrics || word != "UNIT" else {
      guard dialect == .prometheus else {
        place = wordStart
        throw problem("expected HELP, TYPE, UNIT or EOF after #")
      }
      return
    }
    try blank(bytes, "after \(word)")
    let nameStart = place
    let name = try readFamilyName(bytes)
    let valueStart: Int
    if place < end {
      try blank(bytes, "after the name")
      valueStart = place
    } else {
      // Prometheus' own reader takes a HELP without a text.
      guard dialect == .prometheus, word == "HELP" else { throw problem("\(word) says nothing") }
      valueStart = end
    }
    guard let value = text(bytes, valueStart..<end) else { throw problem("is not UTF-8") }
    if family?.name != name {
      if dialect == .openMetrics {
        try endFamily()
        try checkSeen(name, at: nameStart)
      }
      family = ReadFamily(name: name)
    }
    place = valueStart
    try note(word, value, nameStart)
  }

  private mutating func note(_ word: String, _ value: String, _ nameStart: Int) throws(ExpositionProblem) {
    guard var family else { return }
    if dialect == .openMetrics {
      if family.hasSamples {
        place = nameStart
        throw problem("\(word) of \(family.name) stands behind its samples")
      }
      guard family.metadata.insert(word).inserted else {
        place = nameStart
        throw problem("a second \(word) of \(family.name)")
      }
    }
    if dialect == .prometheus, isStrict { try noteStrictly(word, family.name, nameStart) }
    switch word {
    case "HELP": familyHelps.insert(family.name)
    case "TYPE":
      let types = dialect == .openMetrics ? ReadFamily.openMetricsTypes : ReadFamily.textTypes
      let type = dialect == .openMetrics ? value : trimmed(value)
      guard types.contains(type) else { throw problem("\(quoted(type)) is no type of a metric") }
      family.type = type
      familyTypes[family.name] = type
    case "UNIT":
      if !value.isEmpty, !family.name.hasSuffix("_\(value)") {
        throw problem("the name \(family.name) does not end in its unit, \(quoted(value))")
      }
      family.unit = value
    default: break
    }
    if dialect == .openMetrics, let unit = family.unit, !unit.isEmpty,
      ["info", "stateset"].contains(family.type)
    {
      throw problem("a family of the type \(family.type) has no unit")
    }
    self.family = family
  }

  /// Text has its metadata once, and a type before the samples.
  private mutating func noteStrictly(
    _ word: String, _ name: String, _ nameStart: Int
  ) throws(ExpositionProblem) {
    let isNew = word == "HELP" ? !familyHelps.contains(name) : settledNames.insert(name).inserted
    guard isNew else {
      place = nameStart
      throw problem(
        word == "HELP" ? "a second HELP of \(name)" : "a second TYPE of \(name), or one behind its samples")
    }
  }

  private func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }

  private mutating func readFamilyName(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> String {
    if place < end, bytes[place] == UInt8(ascii: "\"") {
      let start = place
      let name = try readQuoted(bytes)
      guard !name.isEmpty else {
        place = start
        throw problem("an empty name")
      }
      return name
    }
    let start = place
    while place < end, !isBlank(bytes[place]) { place += 1 }
    guard let name = text(bytes, start..<place), TextFormat.isMetricName(name) else {
      place = start
      throw problem("expected the name of a metric")
    }
    return name
  }

  /// A family that ended cannot go on.
  mutating func checkSeen(_ name: String, at start: Int) throws(ExpositionProblem) {
    guard seenFamilies.insert(name).inserted else {
      place = start
      throw problem("the samples of \(name) do not stand together")
    }
  }

  // MARK: Small parts

  func problem(_ message: String) -> ExpositionProblem {
    ExpositionProblem(line: max(1, line), column: place - lineStart + 1, message: message)
  }

  func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
    let part = bytes.extracting(range)
    return part.withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
  }

  func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while place < end, isBlank(bytes[place]) { place += 1 }
  }

  /// One blank in OpenMetrics, one or more in Prometheus text.
  mutating func blank(_ bytes: Span<UInt8>, _ where: String) throws(ExpositionProblem) {
    if dialect == .openMetrics { return try expectBlank(bytes, `where`) }
    guard place < end, isBlank(bytes[place]) else { throw problem("expected a blank \(`where`)") }
    skipBlanks(bytes)
  }

  private mutating func expectBlank(_ bytes: Span<UInt8>, _ where: String) throws(ExpositionProblem) {
    guard place < end, bytes[place] == UInt8(ascii: " ") else {
      throw problem("expected one blank \(`where`)")
    }
    place += 1
  }
}
