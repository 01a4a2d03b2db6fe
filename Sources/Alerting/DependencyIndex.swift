internal import Model

/// The rules that read a series; series that the same rules read share one.
final class Dependents {
  /// Indices, ascending.
  let rules: [Int]
  /// The round of ``RuleEngine`` in which all of them were marked: a thousand series of one family wake once.
  var wokenInRound = -1

  init(_ rules: [Int]) { self.rules = rules }
}

/// Which rules read a series.
///
/// The answer for a series is worked out when it is first asked for, from the series' labels, and kept: labels of a
/// series id never change. So a new series costs one comparison with the selectors of its metric, and no change of
/// the store's index makes anything be built anew.
struct DependencyIndex {
  private struct Selector {
    var matchers: [LabelMatcher]
    var rules: [Int]
  }

  /// Ids beyond this are worked out anew each time: a limit on memory that no store comes near.
  private static let capacity = 4_000_000

  private var byMetric: [String: [Selector]] = [:]
  private var ofAnyMetric: [Selector] = []
  /// By id.
  private var known: [Dependents?] = []
  private var shared: [[Int]: Dependents] = [:]

  /// `selectors[i]`: those of rule `i`.
  init(selectors: [[[LabelMatcher]]]) {
    // Rules with the same selector are compared with a series once.
    var places: [String: (metric: String?, place: Int)] = [:]
    for (rule, list) in selectors.enumerated() {
      for matchers in list {
        let text = matchers.map(\.description).joined(separator: ",")
        let metric = matchers.first { $0.name == Labels.metricNameLabel && $0.kind == .equal }?.text
        if let (metric, place) = places[text] {
          if let metric {
            byMetric[metric]?[place].rules.append(rule)
          } else {
            ofAnyMetric[place].rules.append(rule)
          }
          continue
        }
        let selector = Selector(matchers: matchers, rules: [rule])
        if let metric {
          places[text] = (metric, byMetric[metric]?.count ?? 0)
          byMetric[metric, default: []].append(selector)
        } else {
          places[text] = (nil, ofAnyMetric.count)
          ofAnyMetric.append(selector)
        }
      }
    }
  }

  mutating func dependents(of series: SeriesID, in reader: any SeriesReader) -> Dependents {
    let place = Int(series.raw)
    if place < known.count, let answer = known[place] { return answer }
    let labels = reader.labels(of: series)
    var rules: Set<Int> = []
    for selector in (byMetric[labels.metricName ?? ""] ?? []) + ofAnyMetric
    where selector.matchers.allSatisfy({ $0.matches(labels) }) {
      rules.formUnion(selector.rules)
    }
    let sorted = rules.sorted()
    let answer = shared[sorted] ?? Dependents(sorted)
    shared[sorted] = answer
    guard place < Self.capacity else { return answer }
    if place >= known.count {
      known.append(contentsOf: repeatElement(nil, count: place + 1 - known.count))
    }
    known[place] = answer
    return answer
  }
}
