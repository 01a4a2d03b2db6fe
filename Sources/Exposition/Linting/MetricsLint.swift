internal import Model

/// What promtool finds about the names on a page: the practices of Prometheus' documentation.
package struct MetricsLint {
  package struct Finding: Hashable, Sendable, CustomStringConvertible {
    package let metric: String
    package let text: String
    package var description: String { "\(metric) \(text)" }
  }

  /// A family as it was read.
  private struct Family {
    var name: String
    var type: String
    var hasHelp: Bool
    var labelNames: Set<String> = []
  }

  /// What is to be said of the pages that `reader` read, in order of the metrics' names; each only once. Families
  /// without a sample are passed over.
  package static func findings(_ reader: ExpositionReader, dialect: ExpositionDialect) -> [Finding] {
    var families: [String: Family] = [:]
    for labels in reader.series {
      let name = labels.metricName ?? ""
      let declared = family(of: name, reader.familyTypes, dialect)
      let type = reader.familyTypes[declared] ?? "untyped"
      var known =
        families[declared]
        // OpenMetrics leaves a counter's suffix to its samples; the practices mean what is queried.
        ?? Family(
          name: dialect == .openMetrics && type == "counter" ? declared + "_total" : declared,
          type: type == "unknown" ? "untyped" : type, hasHelp: reader.familyHelps.contains(declared))
      for entry in labels.entries where entry.name != Labels.metricNameLabel {
        known.labelNames.insert(entry.name)
      }
      // A bound is a label of the family only where it is not how the format writes the type.
      if declared != name || type == "summary" {
        known.labelNames.subtract(
          type == "summary" ? ["quantile"] : type.hasSuffix("histogram") ? ["le"] : [])
      }
      families[declared] = known
    }
    var findings: Set<Finding> = []
    for family in families.values {
      for text in complaints(family) { findings.insert(Finding(metric: family.name, text: text)) }
    }
    return findings.sorted {
      byteOrder($0.metric, $1.metric) || ($0.metric == $1.metric && byteOrder($0.text, $1.text))
    }
  }

  private static let suffixes: [String: [String]] = [
    "histogram": ["_bucket", "_sum", "_count", "_created"], "summary": ["_sum", "_count", "_created"],
    "gaugehistogram": ["_bucket", "_gsum", "_gcount"], "counter": ["_total", "_created"], "info": ["_info"],
  ]

  /// The name under which the type of a sample's family was declared; its own where none was.
  private static func family(
    of sample: String, _ types: [String: String], _ dialect: ExpositionDialect
  ) -> String {
    if types[sample] != nil { return sample }
    for (type, suffixes) in suffixes where dialect == .openMetrics || !["counter", "info"].contains(type) {
      for suffix in suffixes where sample.hasSuffix(suffix) {
        let base = String(sample.dropLast(suffix.count))
        if types[base] == type { return base }
      }
    }
    return sample
  }

  private static func complaints(_ family: Family) -> [String] {
    var found: [String] = []
    if !family.hasHelp { found.append("no help text") }
    if let (unit, base) = unit(family.name), unit != base {
      found.append("use base unit \"\(base)\" instead of \"\(unit)\"")
    }
    let isCounter = family.type == "counter"
    if isCounter, !family.name.hasSuffix("_total") {
      found.append("counter metrics should have \"_total\" suffix")
    }
    if !isCounter, family.type != "untyped", family.name.hasSuffix("_total") {
      found.append("non-counter metrics should not have \"_total\" suffix")
    }
    found += reserved(family)
    let lower = family.name.lowercased()
    for type in ["counter", "gauge", "summary", "histogram", "gauge_histogram"] where has(lower, type) {
      found.append("metric name should not include type '\(type)'")
    }
    if family.name.contains(":") { found.append("metric names should not contain ':'") }
    if isCamelCase(family.name) {
      found.append("metric names should be written in 'snake_case' not 'camelCase'")
    }
    if family.labelNames.contains(where: isCamelCase) {
      found.append("label names should be written in 'snake_case' not 'camelCase'")
    }
    if abbreviations.contains(where: { has(lower, $0) }) {
      found.append("metric names should not contain abbreviated units")
    }
    return found
  }

  private static func reserved(_ family: Family) -> [String] {
    // What is untyped may be anything.
    guard family.type != "untyped" else { return [] }
    let isHistogram = family.type.hasSuffix("histogram")
    let isSummary = family.type == "summary"
    var found: [String] = []
    if !isHistogram, family.name.hasSuffix("_bucket") {
      found.append("non-histogram metrics should not have \"_bucket\" suffix")
    }
    for suffix in ["_count", "_sum"] where !isHistogram && !isSummary && family.name.hasSuffix(suffix) {
      found.append("non-histogram and non-summary metrics should not have \"\(suffix)\" suffix")
    }
    if !isHistogram, family.labelNames.contains("le") {
      found.append("non-histogram metrics should not have \"le\" label")
    }
    if !isSummary, family.labelNames.contains("quantile") {
      found.append("non-summary metrics should not have \"quantile\" label")
    }
    return found
  }

  /// Whether `word` stands in `name` between underscores, or at its end behind one.
  private static func has(_ name: String, _ word: String) -> Bool {
    name.hasSuffix("_\(word)") || name.contains("_\(word)_")
  }

  private static func isCamelCase(_ name: String) -> Bool {
    zip(name.utf8, name.utf8.dropFirst()).contains {
      (0x61...0x7a).contains($0) && (0x41...0x5a).contains($1)
    }
  }

  /// The first unit in a name, and the base unit to use for it.
  private static func unit(_ name: String) -> (unit: String, base: String)? {
    for part in name.split(separator: "_") {
      if let base = units[String(part)] { return (String(part), base) }
      for prefix in prefixes where part.hasPrefix(prefix) {
        if let base = units[String(part.dropFirst(prefix.count))] { return (String(part), base) }
      }
    }
    return nil
  }

  private static let units: [String: String] = [
    "amperes": "amperes", "bytes": "bytes", "celsius": "celsius", "grams": "grams", "joules": "joules",
    "kelvin": "kelvin", "meters": "meters", "metres": "metres", "moles": "moles", "seconds": "seconds",
    "volts": "volts", "minutes": "seconds", "hours": "seconds", "days": "seconds", "weeks": "seconds",
    "kelvins": "kelvin", "fahrenheit": "celsius", "rankine": "celsius", "inches": "meters",
    "yards": "meters", "miles": "meters", "bits": "bytes", "calories": "joules", "pounds": "grams",
    "ounces": "grams",
  ]
  private static let prefixes = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mibi",
    "giga", "gibi", "tera", "tebi", "peta", "pebi",
  ]
  private static let abbreviations = [
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
  ]
}
