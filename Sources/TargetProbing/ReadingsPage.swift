internal import Model

/// The readings of one collection as a metrics page.
struct ReadingsPage: FamilyReader {
  private let readings: [String: [Reading]]

  init(_ readings: [Reading]) { self.readings = Dictionary(grouping: readings, by: \.family.name) }

  func familyVersions() -> [(family: MetricFamily, version: UInt64)] {
    readings.values.compactMap { $0.first?.family }.sorted { byteOrder($0.name, $1.name) }.map { ($0, 1) }
  }

  func readFamily(_ family: MetricFamily, _ body: (SeriesID, Labels, Double) -> Void) -> UInt64 {
    var seen: Set<Labels> = []
    for (place, reading) in (readings[family.name] ?? []).enumerated() {
      // The same series twice would make the whole page unreadable.
      guard seen.insert(reading.labels).inserted else { continue }
      let labels = reading.labels.setting(Labels.metricNameLabel, to: family.name)
      body(SeriesID(raw: UInt32(truncatingIfNeeded: place)), labels, reading.value)
    }
    return 1
  }
}
