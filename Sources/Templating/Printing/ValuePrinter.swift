internal import Model

/// Values as Go's `%v` prints them.
enum ValuePrinter {
  static func printed(_ value: TemplateValue) throws(TemplateFailure) -> String {
    var out = ""
    try append(value, to: &out)
    return out
  }

  private static func append(_ value: TemplateValue, to out: inout String) throws(TemplateFailure) {
    switch value {
    case .missing, .null: out += "<nil>"
    case .bool(let value): out += value ? "true" : "false"
    case .int(let value): out += String(value)
    case .float(let value): out += NumberText.shortest(value)
    case .string(let text): out += text
    case .time(let time): out += TimeText.format(time)
    case .duration(let duration): out += TimeText.format(duration)
    case .list(let list):
      out += "["
      for (place, element) in list.enumerated() {
        if place > 0 { out += " " }
        try append(element, to: &out)
      }
      out += "]"
    case .collection(let collection): try append(.list(collection.elements), to: &out)
    case .pairs(let pairs):
      out += PairMethods.sorted(pairs).map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
    case .map(let map), .record(let map):
      out += "map["
      for (place, entry) in map.sorted.enumerated() {
        out += (place > 0 ? " " : "") + entry.key + ":"
        try append(entry.value, to: &out)
      }
      out += "]"
    case .labels(let labels):
      out += "map[" + labels.entries.map { "\($0.name):\($0.value)" }.joined(separator: " ") + "]"
    case .sample(let sample):
      out += "{\(sample.labels) \(NumberText.shortest(sample.value))}"
    }
    try TextLimit.check(out.utf8.count)
  }
}

/// Keeps strings that a template makes below the limit of its output.
enum TextLimit {
  static func check(_ bytes: Int) throws(TemplateFailure) {
    guard bytes <= TemplateLimits.outputBytes else {
      throw TemplateFailure("a text is longer than \(TemplateLimits.outputBytes) bytes")
    }
  }
}
