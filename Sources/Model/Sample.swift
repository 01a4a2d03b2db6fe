/// One value of a series at one moment.
package struct Sample: Hashable, Sendable {
  package var timestamp: Timestamp
  package var value: Double

  package init(timestamp: Timestamp, value: Double) {
    self.timestamp = timestamp
    self.value = value
  }
}

/// The value that says "this series ended here", told from every other NaN by its bits (Prometheus' own choice).
package enum StaleMarker {
  package static let bits: UInt64 = 0x7ff0_0000_0000_0002
  package static let value = Double(bitPattern: bits)
  package static func isStale(_ value: Double) -> Bool { value.bitPattern == bits }
}

/// Names a series inside one store for as long as the process lives. Cheap to keep, to hash and to pass on.
package struct SeriesID: Hashable, Comparable, Sendable {
  package let raw: UInt32
  package init(raw: UInt32) { self.raw = raw }
  package static func < (a: Self, b: Self) -> Bool { a.raw < b.raw }
}
