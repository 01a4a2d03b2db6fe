internal import Model

/// Prometheus text and OpenMetrics.
extension ByteWriter {
  /// The HELP and TYPE lines, and OpenMetrics' UNIT.
  mutating func appendTextHead(of written: WrittenFamily) {
    let isOpen = written.variant.syntax == .openMetrics
    append("# HELP ")
    appendName(written.name, isQuoted: written.isQuoted)
    append(UInt8(ascii: " "))
    append(escaping: written.family.help, quotes: isOpen)
    append("\n# TYPE ")
    appendName(written.name, isQuoted: written.isQuoted)
    append(UInt8(ascii: " "))
    let kind = written.family.kind
    append(isOpen && kind == .untyped ? "unknown" : kind.rawValue)
    if isOpen, !written.unit.isEmpty, written.name.hasSuffix("_" + written.unit) {
      append("\n# UNIT ")
      appendName(written.name, isQuoted: written.isQuoted)
      append(UInt8(ascii: " "))
      append(written.unit)
    }
    append(UInt8(ascii: "\n"))
  }

  /// What stands before the value: `name{a="b",c="d"} `, or `{"a name",a="b"} `.
  mutating func appendTextSeries(
    _ name: String, isQuoted: Bool, _ labels: [Label], and last: Label? = nil
  ) {
    if !isQuoted { append(name) }
    var separator = UInt8(ascii: "{")
    if isQuoted {
      append(separator)
      separator = UInt8(ascii: ",")
      appendName(name, isQuoted: true)
    }
    for label in labels {
      appendLabel(label, after: separator)
      separator = UInt8(ascii: ",")
    }
    if let last {
      appendLabel(last, after: separator)
      separator = UInt8(ascii: ",")
    }
    if separator == UInt8(ascii: ",") { append(UInt8(ascii: "}")) }
    append(UInt8(ascii: " "))
  }

  private mutating func appendLabel(_ label: Label, after separator: UInt8) {
    append(separator)
    appendName(label.name, isQuoted: !TextFormat.isLabelName(label.name))
    append("=\"")
    append(escaping: label.value, quotes: true)
    append(UInt8(ascii: "\""))
  }

  mutating func appendName(_ name: String, isQuoted: Bool) {
    guard isQuoted else { return append(name) }
    append(UInt8(ascii: "\""))
    append(escaping: name, quotes: true)
    append(UInt8(ascii: "\""))
  }
}
