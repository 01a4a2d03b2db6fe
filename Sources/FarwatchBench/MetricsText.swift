import Foundation

/// A metrics page, for looking single values up.
struct MetricsText {
  /// By series as written, `name{labels}`.
  private let lines: [(series: Substring, value: Double)]

  init(_ page: String) {
    lines = page.split(separator: "\n").compactMap { line in
      guard line.first != "#", let end = line.lastIndex(of: "}") ?? line.firstIndex(of: " ") else {
        return nil
      }
      let rest = line[end...].drop { $0 == "}" || $0 == " " }
      guard let value = rest.split(separator: " ").first.flatMap({ Double($0) }) else { return nil }
      return (line[..<end], value)
    }
  }

  /// The first series of `name` in which each of `labels` stands as it is written: `region="west"`.
  func value(_ name: String, _ labels: String...) -> Double? {
    lines.first { line in named(line.series, name) && labels.allSatisfy { line.series.contains($0) } }?.value
  }

  /// Of all series of `name`.
  func sum(_ name: String) -> Double {
    lines.reduce(0) { $0 + (named($1.series, name) ? $1.value : 0) }
  }

  /// How many series of `name` have this value.
  func count(_ name: String, of value: Double) -> Int {
    lines.count { named($0.series, name) && $0.value == value }
  }

  /// How often `label="value"` is the one of a state set that holds, by value.
  func states(_ name: String, _ label: String) -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in lines where line.value == 1 && named(line.series, name) {
      guard let start = line.series.range(of: "\(label)=\"") else { continue }
      counts[String(line.series[start.upperBound...].prefix { $0 != "\"" }), default: 0] += 1
    }
    return counts
  }

  private func named(_ series: Substring, _ name: String) -> Bool {
    series.hasPrefix(name) && [nil, "{"].contains(series.dropFirst(name.count).first)
  }
}
