internal import Model

/// Reads a series description from left to right. Histograms are in `SeriesDescriptionHistograms.swift`.
struct SeriesDescriptionParser {
  let bytes: [UInt8]
  var place = 0
  /// Samples that may still be made.
  var budget = SeriesDescriptionLimits.samples

  static func parse<Result>(
    _ text: String, _ body: (inout SeriesDescriptionParser) throws(SyntaxFault) -> Result
  ) throws(ParseError) -> Result {
    var parser = SeriesDescriptionParser(bytes: Array(text.utf8))
    do throws(SyntaxFault) {
      guard parser.bytes.count <= SeriesDescriptionLimits.bytes else {
        throw SyntaxFault(
          message: "series description is longer than \(SeriesDescriptionLimits.bytes) bytes", offset: 0)
      }
      return try body(&parser)
    } catch {
      let offset = min(error.offset, parser.bytes.count)
      throw ParseError(message: error.message, position: SourcePosition(offset: offset, in: parser.bytes))
    }
  }

  var isAtEnd: Bool { place >= bytes.count }

  func peek(_ ahead: Int = 0) -> UInt8? { place + ahead < bytes.count ? bytes[place + ahead] : nil }

  mutating func take(_ expected: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: expected) else { return false }
    place += 1
    return true
  }

  mutating func expect(_ expected: Unicode.Scalar, _ context: String) throws(SyntaxFault) {
    guard take(expected) else { throw unexpected("\(context), expected \"\(expected)\"") }
  }

  /// False when there was none.
  @discardableResult
  mutating func skipBlanks() -> Bool {
    let start = place
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { place += 1 }
    return place > start
  }

  /// The longest run of letters, digits and underscores, and of colons where asked for; empty when there is none.
  mutating func word(colons: Bool = false) -> String {
    let start = place
    while let byte = peek() {
      let isLetter = (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "_")
      let isDigit = (0x30...0x39).contains(byte)
      guard isLetter || (isDigit && place > start) || (colons && byte == UInt8(ascii: ":")) else { break }
      place += 1
    }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// `context` is what follows the thing that was met.
  func unexpected(_ context: String) -> SyntaxFault {
    let rest = String(decoding: bytes[place..<min(place + 4, bytes.count)], as: UTF8.self)
    let shown = rest.unicodeScalars.first.map { "'\($0.escaped(asASCII: false))'" } ?? "end of input"
    return SyntaxFault(message: "unexpected \(shown) \(context)", offset: place)
  }
}

// MARK: Labels

extension SeriesDescriptionParser {
  /// `name{label="value", "quoted.label"='value'}`, `{"quoted.name", …}`, or `name`.
  mutating func parseLabels() throws(SyntaxFault) -> Labels {
    skipBlanks()
    let outer = word(colons: true)
    if outer.isEmpty, peek() != UInt8(ascii: "{") { throw unexpected("at the start of a series") }
    var labels: [Label] = []
    if take("{") {
      skipBlanks()
      while !take("}") {
        let start = place
        let label = try parseLabel()
        guard !labels.contains(where: { $0.name == label.name }) else {
          throw SyntaxFault(message: "label name \(quoted(label.name)) is not unique", offset: start)
        }
        labels.append(label)
        skipBlanks()
        if take(",") {
          skipBlanks()
        } else if peek() != UInt8(ascii: "}") {
          throw unexpected("in label set, expected \",\" or \"}\"")
        }
      }
    }
    if !outer.isEmpty { labels.append(Label(Labels.metricNameLabel, outer)) }
    return Labels(labels)
  }

  private mutating func parseLabel() throws(SyntaxFault) -> Label {
    let start = place
    let name: String
    if let quote = peek(), Self.isQuote(quote) {
      name = try parseString()
      skipBlanks()
      if peek() != UInt8(ascii: "=") { return Label(Labels.metricNameLabel, name) }
      guard !name.isEmpty else { throw SyntaxFault(message: "label name is empty", offset: start) }
    } else {
      name = word()
      if name.isEmpty { throw unexpected("in label set, expected label name or \"}\"") }
      skipBlanks()
    }
    try expect("=", "in label set")
    skipBlanks()
    guard let quote = peek(), Self.isQuote(quote) else {
      throw unexpected("in label set, expected a quoted value")
    }
    return Label(name, try parseString())
  }

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`")
  }

  private mutating func parseString() throws(SyntaxFault) -> String {
    let start = place
    let quote = bytes[place]
    let raw = quote == UInt8(ascii: "`")
    place += 1
    while let byte = peek(), byte != quote {
      guard raw || byte != UInt8(ascii: "\n") else { break }
      place += !raw && byte == UInt8(ascii: "\\") ? 2 : 1
    }
    guard peek() == quote else {
      throw SyntaxFault(
        message: raw ? "unterminated raw string" : "unterminated quoted string", offset: start)
    }
    place += 1
    switch LiteralText.unquote(bytes[(start + 1)..<(place - 1)], quote: quote) {
    case .success(let text): return text
    case .failure(let fault): throw SyntaxFault(message: fault.message, offset: start)
    }
  }
}

// MARK: Values

extension SeriesDescriptionParser {
  /// Everything behind the labels; each item stands behind a blank.
  mutating func parseValues() throws(SyntaxFault) -> [SequenceValue] {
    var values: [SequenceValue] = []
    while !isAtEnd {
      guard skipBlanks() else { throw unexpected("in series values, expected a blank between values") }
      if isAtEnd { break }
      try parseItem(into: &values)
    }
    return values
  }

  private mutating func parseItem(into values: inout [SequenceValue]) throws(SyntaxFault) {
    if peek() == UInt8(ascii: "{") { return try parseHistogramItem(into: &values) }
    if peek() == UInt8(ascii: "_") {
      place += 1
      let count = take("x") ? try parseCount() : 1
      try spend(count)
      values.append(contentsOf: repeatElement(.omitted, count: count))
      return
    }
    var value = try parseSigned(allowsStale: true)
    var step: Double?
    if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") {
      step = try parseSigned(allowsStale: false)
      guard peek() == UInt8(ascii: "x") else {
        throw unexpected("in series values, expected \"x\" and a count")
      }
    }
    let count = take("x") ? try parseCount() : 0
    try spend(count + 1)
    guard let step else {
      values.append(contentsOf: repeatElement(.float(value), count: count + 1))
      return
    }
    for _ in 0...count {
      values.append(.float(value))
      value += step
    }
  }

  mutating func spend(_ samples: Int) throws(SyntaxFault) {
    budget -= samples
    guard budget >= 0 else {
      throw SyntaxFault(
        message: "series description makes more than \(SeriesDescriptionLimits.samples) samples",
        offset: place)
    }
  }

  /// The number behind `x`, within the limit.
  mutating func parseCount() throws(SyntaxFault) -> Int {
    let start = place
    while let byte = peek(), (0x30...0x39).contains(byte) { place += 1 }
    let digits = String(decoding: bytes[start..<place], as: UTF8.self)
    if let byte = peek(), byte == UInt8(ascii: ".") || (0x61...0x7a).contains(byte | 0x20) {
      throw unexpected("in series values, expected a whole number of repetitions")
    }
    guard !digits.isEmpty else {
      throw unexpected("in series values, expected a whole number of repetitions")
    }
    guard let count = Int(digits), count <= SeriesDescriptionLimits.samples else {
      throw SyntaxFault(
        message: "invalid repetition in series values: \(digits) is more than the limit of "
          + "\(SeriesDescriptionLimits.samples) samples", offset: start)
    }
    return count
  }

  /// `1`, `-.5e3`, `+Inf`, `NaN`, and `stale` where it may stand.
  mutating func parseSigned(allowsStale: Bool = false) throws(SyntaxFault) -> Double {
    let negative = take("-")
    let signed = negative || take("+")
    let start = place
    if let byte = peek(), (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") {
      return negative ? -(try parseNumber()) : try parseNumber()
    }
    let text = word(colons: true)
    switch text.lowercased() {
    case "": throw unexpected("in series values, expected number or \"stale\"")
    case "inf": return negative ? -.infinity : .infinity
    case "nan": return .nan
    case _ where text == "stale" && allowsStale && !signed: return StaleMarker.value
    default:
      throw SyntaxFault(
        message: "unexpected identifier \(quoted(text)) in series values, expected number or \"stale\"",
        offset: start)
    }
  }

  /// Digits, a point, underscores and an exponent; never hexadecimal.
  private mutating func parseNumber() throws(SyntaxFault) -> Double {
    let start = place
    while let byte = peek() {
      let isDigit = (0x30...0x39).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
      let isExponent = byte | 0x20 == UInt8(ascii: "e")
      let isSign =
        (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")) && place > start
        && bytes[place - 1] | 0x20 == UInt8(ascii: "e")
      guard isDigit || isExponent || isSign else { break }
      place += 1
    }
    let text = bytes[start..<place]
    let next = peek().map { $0 | 0x20 } ?? 0
    guard let value = LiteralText.number(text), !(0x61...0x7a).contains(next) || next == UInt8(ascii: "x")
    else {
      let shown = String(decoding: text.prefix(40), as: UTF8.self)
      throw SyntaxFault(message: "bad number syntax: \"\(shown)\"", offset: start)
    }
    return value
  }
}
