package import Model

/// Which region an answer means: by address range, or by a pattern of a name or marker.
package struct RegionMap: Hashable, Sendable {
  package enum Pattern: Hashable, Sendable {
    case range(AddressRange)
    /// `*` stands for any number of characters; case does not count.
    case text(String)
  }

  package struct Entry: Hashable, Sendable {
    package var region: String
    package var patterns: [Pattern]

    package init(region: String, patterns: [Pattern]) {
      self.region = region
      self.patterns = patterns
    }
  }

  /// The first that matches counts.
  package var entries: [Entry]
  /// What an answer is that no entry matches: an answer of an unknown region is no answer of none.
  package static let unknown = "unknown"

  package init(_ entries: [Entry]) { self.entries = entries }

  package var regions: [String] { entries.map(\.region) }

  /// nil when no range has it.
  func region(ofAddress address: String) -> String? {
    entries.first { entry in
      entry.patterns.contains { if case .range(let range) = $0 { range.contains(address) } else { false } }
    }?.region
  }

  /// nil when no pattern matches all of `text`.
  func region(ofText text: String) -> String? {
    let text = Array(text.lowercased().utf8)
    return entries.first { entry in
      entry.patterns.contains { pattern in
        if case .text(let pattern) = pattern {
          Self.matches(text, Array(pattern.lowercased().utf8))
        } else {
          false
        }
      }
    }?.region
  }

  /// In time proportional to the product of both lengths at worst: the last `*` takes more and more.
  private static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    let star = UInt8(ascii: "*")
    var (t, p) = (0, 0)
    var retry: (text: Int, pattern: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == star {
        retry = (t, p)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] {
        (t, p) = (t + 1, p + 1)
      } else if let again = retry {
        (t, p) = (again.text + 1, again.pattern + 1)
        retry = (t, again.pattern)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == star }
  }
}

/// The regions that one way of asking shows, and how large a part each has.
struct RegionShares: Equatable, Sendable {
  /// Add up to 1 where there is any; ``RegionMap/unknown`` among them.
  private(set) var shares: [String: Double] = [:]

  /// - Parameter weights: how much was seen of each region.
  init(_ weights: [String: Double]) {
    let sum = weights.values.reduce(0, +)
    if sum > 0 { shares = weights.mapValues { $0 / sum } }
  }

  /// Those that have more than `minimum`.
  func regions(above minimum: Double) -> Set<String> { Set(shares.filter { $0.value > minimum }.keys) }

  /// One reading for each region of `map`, and for the unknown.
  func readings(_ family: MetricFamily, _ map: RegionMap) -> [Reading] {
    (map.regions + [RegionMap.unknown]).map {
      Reading(family, shares[$0] ?? 0, labels: ["region": $0])
    }
  }
}
