internal import Model

/// Finds series by label: for each name and value the ids that carry it, ascending.
struct LabelIndex {
  private var postings: [String: [String: [SeriesID]]] = [:]

  mutating func insert(_ series: SeriesID, _ labels: Labels) {
    // Ids only grow, so appending keeps a posting list sorted.
    for label in labels.entries {
      postings[label.name, default: [:]][label.value, default: []].append(series)
    }
  }

  /// Drops every id in `gone` from the lists of the labels it carried.
  mutating func remove(_ gone: Set<SeriesID>, _ labels: some Sequence<Labels>) {
    var touched: Set<Label> = []
    for set in labels { touched.formUnion(set.entries) }
    for label in touched {
      postings[label.name]?[label.value]?.removeAll { gone.contains($0) }
      if postings[label.name]?[label.value]?.isEmpty == true { postings[label.name]?[label.value] = nil }
      if postings[label.name]?.isEmpty == true { postings[label.name] = nil }
    }
  }

  /// The ids that can satisfy `matchers`, ascending: the shortest list that one matcher alone allows. The caller
  /// still checks each candidate against all matchers. nil means "no matcher narrows it: look at every series".
  func candidates(for matchers: [LabelMatcher]) -> [SeriesID]? {
    var best: [SeriesID]?
    for matcher in matchers where !matcher.matches("") {
      // A matcher that refuses "" demands the label, so its postings hold every possible answer.
      let values = postings[matcher.name] ?? [:]
      let found: [SeriesID]
      if matcher.kind == .equal {
        found = values[matcher.text] ?? []
      } else {
        found = values.lazy.filter { matcher.matches($0.key) }.flatMap(\.value).sorted()
      }
      if found.isEmpty { return [] }
      if best.map({ found.count < $0.count }) ?? true { best = found }
    }
    return best
  }
}
