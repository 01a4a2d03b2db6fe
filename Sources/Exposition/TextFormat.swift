internal import Model

/// The rules of the Prometheus text format, version 0.0.4, which the others share.
enum TextFormat {
  /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
  static func isMetricName(_ name: String) -> Bool { isName(name, colons: true) }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`
  static func isLabelName(_ name: String) -> Bool { isName(name, colons: false) }

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
