internal import Model

/// Which rules read a series.
///
/// The answer for a series is worked out when it is first asked for, from the series' labels, and kept: labels of a
/// series id never change. So a new series costs one comparison with the selectors of its metric, and no change of
/// the store's index makes anything be built anew.
struct DependencyIndex {
  private struct Selector {
    var matchers: [LabelMatcher]
    var rule: Int
  }

  /// Answers to keep; beyond it all are forgotten and worked out again. Removed series leave theirs behind.
  private static let capacity = 1_000_000

  private var byMetric: [String: [Selector]] = [:]
  private var ofAnyMetric: [Selector] = []
  private var known: [SeriesID: [Int]] = [:]

  /// `selectors[i]`: those of rule `i`.
  init(selectors: [[[LabelMatcher]]]) {
    for (rule, list) in selectors.enumerated() {
      for matchers in list {
        let selector = Selector(matchers: matchers, rule: rule)
        let name = matchers.first { $0.name == Labels.metricNameLabel && $0.kind == .equal }
        if let name {
          byMetric[name.text, default: []].append(selector)
        } else {
          ofAnyMetric.append(selector)
        }
      }
    }
  }

  /// Indices of the rules, ascending.
  mutating func dependents(of series: SeriesID, in reader: any SeriesReader) -> [Int] {
    if let answer = known[series] { return answer }
    let labels = reader.labels(of: series)
    var rules: Set<Int> = []
    for selector in byMetric[labels.metricName ?? "", default: []] + ofAnyMetric
    where !rules.contains(selector.rule) {
      if selector.matchers.allSatisfy({ $0.matches(labels) }) { rules.insert(selector.rule) }
    }
    if known.count >= Self.capacity { known = [:] }
    let answer = rules.sorted()
    known[series] = answer
    return answer
  }
}
