#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// One name and value. Names and values are compared by their UTF-8 bytes.
package struct Label: Hashable, Sendable, Codable {
  package let name: String
  package let value: String

  // Hashing stays Swift's own: what is equal by bytes has the same hash there too.
  package static func == (a: Label, b: Label) -> Bool {
    sameBytes(a.value, b.value) && sameBytes(a.name, b.name)
  }

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// A set of labels: sorted by name, names unique, no empty value (an empty value means "no such label").
///
/// The metric name is the label `__name__`, as in Prometheus.
package struct Labels: Hashable, Sendable {
  /// Sorted by the bytes of the name.
  package let entries: [Label]

  package static let empty = Labels(sorted: [])
  package static let metricNameLabel = "__name__"

  private init(sorted: [Label]) { entries = sorted }

  /// Sorts, drops empty values; of two labels with one name the later wins.
  package init(_ labels: some Sequence<Label>) {
    // Sets are short and often nearly sorted: inserting beats hashing.
    var sorted: [Label] = []
    // Kept for each series: room for no more than it has.
    sorted.reserveCapacity(labels.underestimatedCount)
    for label in labels {
      var place = sorted.count
      while place > 0, byteOrder(label.name, sorted[place - 1].name) { place -= 1 }
      if place > 0, sameBytes(sorted[place - 1].name, label.name) {
        sorted[place - 1] = label
      } else {
        sorted.insert(label, at: place)
      }
    }
    if sorted.contains(where: \.value.isEmpty) { sorted.removeAll(where: \.value.isEmpty) }
    self.init(sorted: sorted)
  }

  package init(_ pairs: [String: String]) {
    entries = pairs.filter { !$0.value.isEmpty }.map { Label($0.key, $0.value) }
      .sorted { byteOrder($0.name, $1.name) }
  }

  package subscript(name: String) -> String? {
    // Label sets are short: a linear pass beats a binary search.
    for entry in entries where sameBytes(entry.name, name) { return entry.value }
    return nil
  }

  package var metricName: String? { self[Self.metricNameLabel] }
  package var isEmpty: Bool { entries.isEmpty }
  package var count: Int { entries.count }

  /// These labels with `name` set to `value`; an empty value removes it.
  package func setting(_ name: String, to value: String) -> Labels {
    var kept = entries.filter { !sameBytes($0.name, name) }
    guard !value.isEmpty else { return Labels(sorted: kept) }
    let place = kept.firstIndex { byteOrder(name, $0.name) } ?? kept.count
    kept.insert(Label(name, value), at: place)
    return Labels(sorted: kept)
  }

  /// These labels with those of `other` added; where both have a name, `other` wins.
  package func merging(_ other: Labels) -> Labels {
    if other.isEmpty { return self }
    if isEmpty { return other }
    return Labels(entries + other.entries)
  }

  /// Only the labels that `names` lists.
  package func keeping(_ names: Set<String>) -> Labels {
    Labels(sorted: entries.filter { names.contains($0.name) })
  }

  /// All labels but those that `names` lists.
  package func dropping(_ names: Set<String>) -> Labels {
    Labels(sorted: entries.filter { !names.contains($0.name) })
  }

  package var withoutMetricName: Labels { Labels(sorted: entries.filter { $0.name != Self.metricNameLabel }) }

  package var dictionary: [String: String] {
    Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) })
  }

  /// FNV-1a over name, 0xff, value, 0xff of every label in order (64 bits): stable across processes and
  /// versions, so it may be stored. This is Prometheus' label fingerprint.
  package var fingerprint: UInt64 {
    var hash: UInt64 = 14_695_981_039_346_656_037
    func add(_ byte: UInt8) {
      hash ^= UInt64(byte)
      hash = hash &* 1_099_511_628_211
    }
    for entry in entries {
      for byte in entry.name.utf8 { add(byte) }
      add(0xff)
      for byte in entry.value.utf8 { add(byte) }
      add(0xff)
    }
    return hash
  }

  /// ``fingerprint`` as Alertmanager shows it: 16 hexadecimal digits.
  package var fingerprintText: String {
    let digits = String(fingerprint, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Labels: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements.map { Label($0.0, $0.1) })
  }
}

extension Labels: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode([String: String].self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(dictionary)
  }
}

extension Labels: CustomStringConvertible {
  /// `name{a="b", c="d"}`, as Prometheus prints a series.
  package var description: String {
    let rest = entries.filter { $0.name != Self.metricNameLabel }
    let inner = rest.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ")
    let name = metricName ?? ""
    return rest.isEmpty && !name.isEmpty ? name : "\(name){\(inner)}"
  }
}

/// Whether `a` and `b` have the same UTF-8 bytes. Swift's own `==` holds "é" and "e" with an accent to be the same;
/// Prometheus and every receiver do not.
package func sameBytes(_ a: String, _ b: String) -> Bool {
  let count = a.utf8.count
  guard count == b.utf8.count else { return false }
  return a.utf8.withContiguousStorageIfAvailable { a in
    b.utf8.withContiguousStorageIfAvailable { b in
      guard let first = a.baseAddress, let second = b.baseAddress else { return count == 0 }
      return memcmp(first, second, count) == 0
    }
  }.flatMap(\.self) ?? a.utf8.elementsEqual(b.utf8)
}

/// Whether `a` comes before `b` in the order of their UTF-8 bytes (Swift's own order is by Unicode rules).
package func byteOrder(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

/// `text` between double quotes with backslash, quote and control characters escaped, as Go's `%q` for ASCII.
package func quoted(_ text: String) -> String {
  var out = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": out += "\\\\"
    case "\"": out += "\\\""
    case "\n": out += "\\n"
    case "\r": out += "\\r"
    case "\t": out += "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7f:
      out += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out + "\""
}
