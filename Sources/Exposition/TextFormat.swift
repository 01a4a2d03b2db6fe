internal import Model

/// The rules of the Prometheus text format, version 0.0.4.
enum TextFormat {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  static func isMetricName(_ name: String) -> Bool { isName(name, colons: true) }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`, and not one of the names with `__` in front, which Prometheus keeps to itself.
  static func isLabelName(_ name: String) -> Bool {
    isName(name, colons: false) && !name.utf8.starts(with: "__".utf8)
  }

  private static func isName(_ name: String, colons: Bool) -> Bool {
    var name = name
    return name.withUTF8 { bytes in
      guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
      return bytes.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
        case UInt8(ascii: ":"): colons
        default: false
        }
      }
    }
  }

  /// Whether a sample of that name may stand under the family's TYPE line.
  static func allows(_ sample: String, in family: MetricFamily, labels: Labels) -> Bool {
    switch family.kind {
    case .counter, .gauge, .untyped: return sample == family.name
    case .histogram:
      return sample == family.name + "_bucket"
        ? labels["le"] != nil : sample == family.name + "_sum" || sample == family.name + "_count"
    case .summary:
      return sample == family.name
        ? labels["quantile"] != nil : sample == family.name + "_sum" || sample == family.name + "_count"
    }
  }
}

extension ByteWriter {
  /// The HELP and TYPE lines.
  mutating func appendHead(of family: MetricFamily) {
    append("# HELP ")
    append(family.name)
    append(UInt8(ascii: " "))
    append(escaping: family.help, quotes: false)
    append("\n# TYPE ")
    append(family.name)
    append(UInt8(ascii: " "))
    append(family.kind.rawValue)
    append(UInt8(ascii: "\n"))
  }

  /// What stands before the value: `name{a="b",c="d"} `. Writes nothing and returns false when that is no valid series
  /// of `family`.
  mutating func appendSeries(_ labels: Labels, of family: MetricFamily) -> Bool {
    let name = labels.metricName ?? family.name
    guard TextFormat.allows(name, in: family, labels: labels) else { return false }
    let start = count
    append(name)
    var separator = UInt8(ascii: "{")
    for label in labels.entries where label.name != Labels.metricNameLabel {
      guard TextFormat.isLabelName(label.name) else {
        truncate(to: start)
        return false
      }
      append(separator)
      separator = UInt8(ascii: ",")
      append(label.name)
      append("=\"")
      append(escaping: label.value, quotes: true)
      append(UInt8(ascii: "\""))
    }
    if separator == UInt8(ascii: ",") { append(UInt8(ascii: "}")) }
    append(UInt8(ascii: " "))
    return true
  }
}
