internal import Model

/// What decides how a family is written; formats that differ in their content type only share it.
struct PageVariant: Hashable {
  let syntax: ExpositionFormat.Syntax
  let escaping: NameEscaping?
}

/// A family, and how its names are written.
struct WrittenFamily {
  let family: MetricFamily
  let variant: PageVariant
  /// Where HELP and TYPE stand: OpenMetrics' counters leave `_total` to their samples.
  let name: String
  /// Between the quotes that a name of the new kind needs; the same as ``name`` for the others.
  let isQuoted: Bool
  /// What OpenMetrics calls the unit; "" for none.
  let unit: String

  /// nil: the name cannot be written.
  init?(_ family: MetricFamily, _ variant: PageVariant) {
    var name = family.name
    if !TextFormat.isMetricName(name) {
      guard !name.isEmpty, let escaping = variant.escaping else { return nil }
      name = escaping.apply(to: name)
    }
    if variant.syntax == .openMetrics, family.kind == .counter, name.hasSuffix("_total"), name != "_total" {
      name.removeLast(6)
    }
    self.family = family
    self.variant = variant
    self.name = name
    isQuoted = variant.syntax != .protobuf && !TextFormat.isMetricName(name)
    let bare = name.hasSuffix("_total") ? String(name.dropLast(6)) : name
    unit = Self.units.first { bare.hasSuffix("_" + $0) } ?? ""
  }

  /// Prometheus' base units.
  private static let units = [
    "seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes", "joules", "grams",
  ]

  /// The name of a sample: what the family's is called with `suffix`.
  func sampleName(_ suffix: String) -> String {
    variant.syntax == .openMetrics && family.kind == .counter ? name + "_total" : name + suffix
  }

  /// A label's name as it is written. nil: it cannot be, or is one of those with `__` in front, which Prometheus keeps
  /// to itself.
  func labelName(_ name: String) -> String? {
    guard !name.utf8.starts(with: "__".utf8) else { return nil }
    if TextFormat.isLabelName(name) { return name }
    guard !name.isEmpty, let escaping = variant.escaping else { return nil }
    var written = escaping.apply(to: name)
    // A metric's name may have colons, a label's may not.
    if escaping != .allowUTF8, written.utf8.contains(UInt8(ascii: ":")) {
      written = String(written.map { $0 == ":" ? "_" : $0 })
    }
    return written.utf8.starts(with: "__".utf8) ? nil : written
  }

  /// The labels as they are written, the metric's name left out. nil: one cannot be, or two become one.
  func labels(_ labels: Labels, without left: String = "") -> (entries: [Label], isChanged: Bool)? {
    var entries: [Label] = []
    entries.reserveCapacity(labels.count)
    var isChanged = false
    for entry in labels.entries where entry.name != Labels.metricNameLabel && entry.name != left {
      guard let name = labelName(entry.name) else { return nil }
      if name == entry.name {
        entries.append(entry)
      } else {
        isChanged = true
        entries.append(Label(name, entry.value))
      }
    }
    guard isChanged else { return (entries, false) }
    entries.sort { byteOrder($0.name, $1.name) }
    let isUnique = zip(entries, entries.dropFirst()).allSatisfy { $0.name != $1.name }
    return isUnique ? (entries, true) : nil
  }
}
