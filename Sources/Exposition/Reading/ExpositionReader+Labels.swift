internal import Model

extension ExpositionReader {
  /// `name`, `name{labels}` or `{"name",labels}`; ends behind it. Returns the place of the series.
  mutating func readSeries(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> Int {
    let start = place
    while place < end, !isBlank(bytes[place]), bytes[place] != UInt8(ascii: "{") { place += 1 }
    let nameEnd = place
    if dialect == .prometheus { skipBlanks(bytes) }
    if place < end, bytes[place] == UInt8(ascii: "{") {
      try findEndOfLabels(bytes)
    } else {
      place = nameEnd
    }
    let range = start..<place
    let hash = SeriesTable.hash(bytes, range)
    if let known = table.find(bytes, range, hash) { return known }

    guard table.labels.count < limits.series else {
      throw problem("more than \(limits.series) series")
    }
    place = start
    var entries: [Label] = []
    var name = text(bytes, start..<nameEnd) ?? "\u{fffd}"
    if nameEnd > start, !TextFormat.isMetricName(name) { throw problem("expected the name of a metric") }
    place = nameEnd
    if range.upperBound > nameEnd {
      if dialect == .prometheus { skipBlanks(bytes) }
      let inner: String?
      (inner, entries) = try readLabelSet(bytes)
      if let inner {
        guard name.isEmpty else {
          place = start
          throw problem("a second name, \(quoted(inner)), among the labels")
        }
        name = inner
      }
    }
    guard !name.isEmpty else {
      place = start
      throw problem("a series without the name of a metric")
    }
    entries.append(Label(Labels.metricNameLabel, name))
    return table.add(Labels(entries), named: bytes, range, hash)
  }

  /// Moves behind the brace that ends the labels, whatever stands in quotes before it.
  private mutating func findEndOfLabels(_ bytes: Span<UInt8>) throws(ExpositionProblem) {
    var isQuoted = false
    while place < end {
      let byte = bytes[place]
      place += 1
      if isQuoted, byte == UInt8(ascii: "\\") {
        place = min(place + 1, end)
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isQuoted, byte == UInt8(ascii: "}") {
        return
      }
    }
    throw problem(isQuoted ? "a label's value has no end" : "labels have no end: } is missing")
  }

  /// From `{` to behind `}`. A quoted text without `=` is the name of the metric.
  mutating func readLabelSet(
    _ bytes: Span<UInt8>
  ) throws(ExpositionProblem) -> (name: String?, labels: [Label]) {
    place += 1
    var name: String?
    var labels: [Label] = []
    var seen: Set<String> = []
    while true {
      if dialect == .prometheus { skipBlanks(bytes) }
      guard place < end else { throw problem("labels have no end: } is missing") }
      if bytes[place] == UInt8(ascii: "}") {
        place += 1
        return (name, labels)
      }
      let start = place
      let isQuoted = bytes[place] == UInt8(ascii: "\"")
      let label = isQuoted ? try readQuoted(bytes) : try readLabelName(bytes)
      if dialect == .prometheus { skipBlanks(bytes) }
      if isQuoted, place >= end || bytes[place] != UInt8(ascii: "=") {
        guard name == nil, labels.isEmpty, !label.isEmpty else {
          place = start
          throw problem("expected = after the name of a label")
        }
        name = label
      } else {
        guard !label.isEmpty, label != Labels.metricNameLabel, seen.insert(label).inserted else {
          place = start
          throw problem(
            seen.contains(label) ? "the label \(label) comes twice" : "\(quoted(label)) is no label")
        }
        guard labels.count < limits.labels else { throw problem("more than \(limits.labels) labels") }
        let value = try readLabelValue(bytes)
        // An empty label is none.
        if !value.isEmpty { labels.append(Label(label, value)) }
      }
      try readComma(bytes)
    }
  }

  private mutating func readComma(_ bytes: Span<UInt8>) throws(ExpositionProblem) {
    if dialect == .prometheus { skipBlanks(bytes) }
    guard place < end else { throw problem("labels have no end: } is missing") }
    if bytes[place] == UInt8(ascii: "}") { return }
    guard bytes[place] == UInt8(ascii: ",") else { throw problem("expected , or } after a label") }
    place += 1
    if dialect == .openMetrics, place < end, bytes[place] == UInt8(ascii: "}") {
      throw problem("a comma without a label behind it")
    }
  }

  private mutating func readLabelName(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> String {
    let start = place
    while place < end {
      switch bytes[place] {
      case 0x30...0x39 where place > start, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"):
        place += 1
        continue
      default: break
      }
      break
    }
    guard place > start else { throw problem("expected the name of a label") }
    return text(bytes, start..<place) ?? ""
  }

  private mutating func readLabelValue(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> String {
    guard place < end, bytes[place] == UInt8(ascii: "=") else {
      throw problem("expected = after the name of a label")
    }
    place += 1
    if dialect == .prometheus { skipBlanks(bytes) }
    guard place < end, bytes[place] == UInt8(ascii: "\"") else {
      throw problem("expected the value of a label between quotes")
    }
    return try readQuoted(bytes)
  }

  /// Between double quotes; a backslash that escapes nothing stands for itself.
  mutating func readQuoted(_ bytes: Span<UInt8>) throws(ExpositionProblem) -> String {
    let start = place
    place += 1
    var out: [UInt8] = []
    while place < end, bytes[place] != UInt8(ascii: "\"") {
      if bytes[place] == UInt8(ascii: "\\"), place + 1 < end {
        place += 1
        switch bytes[place] {
        case UInt8(ascii: "n"): out.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): out.append(bytes[place])
        default: out += [UInt8(ascii: "\\"), bytes[place]]
        }
      } else {
        out.append(bytes[place])
      }
      place += 1
    }
    guard place < end else {
      place = start
      throw problem("a text between quotes has no end")
    }
    place += 1
    guard let text = String(validating: out, as: UTF8.self) else {
      place = start
      throw problem("a text that is not UTF-8")
    }
    return text
  }
}
