/// The family whose samples are being read, and which samples may be among them.
struct ReadFamily {
  static let textTypes: Set<String> = ["counter", "gauge", "histogram", "summary", "untyped", "unknown"]
  static let openMetricsTypes: Set<String> = [
    "counter", "gauge", "histogram", "gaugehistogram", "summary", "stateset", "info", "unknown",
  ]

  let name: String
  var type = "unknown"
  var unit: String?
  var metadata: Set<String> = []
  var hasSamples = false
  /// Used by strict readers alone.
  var strict = StrictFamily()

  init(name: String) { self.name = name }

  private static let suffixes: [String: [String]] = [
    "counter": ["_total", "_created"], "gauge": [""], "unknown": [""], "stateset": [""], "info": ["_info"],
    "summary": ["", "_sum", "_count", "_created"],
    "histogram": ["_bucket", "_sum", "_count", "_created"],
    "gaugehistogram": ["_bucket", "_gsum", "_gcount"],
  ]

  /// What a sample's name adds to the family's; nil: it is of another family.
  func suffix(of sample: String) -> String? {
    guard sample.hasPrefix(name) else { return nil }
    let rest = String(sample.dropFirst(name.count))
    return Self.suffixes[type]?.contains(rest) == true ? rest : nil
  }

  /// All names that belong to the family.
  var ownNames: Set<String> { Set((Self.suffixes[type] ?? []).map { name + $0 } + [name]) }

  /// Whether exemplars may follow a sample with this suffix.
  func takesExemplar(_ suffix: String) -> Bool {
    switch type {
    case "counter": suffix == "_total"
    case "histogram", "gaugehistogram": suffix == "_bucket"
    default: false
    }
  }
}
