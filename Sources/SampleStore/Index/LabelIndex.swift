internal import Model

/// Finds series by label: for each name and value the ids that carry it, ascending.
///
/// Its keys are the store's symbol table as well: ``insert(_:_:)`` gives back a label set that shares the strings which
/// are already here, so that a long value that thousands of series carry is in memory once.
struct LabelIndex {
  private var postings: [String: [String: [SeriesID]]] = [:]

  /// Returns the same labels, with strings that are shared where equal ones were known.
  mutating func insert(_ series: SeriesID, _ labels: Labels) -> Labels {
    // Places instead of keys: each name and each value is hashed once.
    var shared: [Label] = []
    shared.reserveCapacity(labels.count)
    for label in labels.entries {
      guard let place = postings.index(forKey: label.name) else {
        postings[label.name] = [label.value: [series]]
        shared.append(label)
        continue
      }
      let name = postings.keys[place]
      guard let value = postings.values[place].index(forKey: label.value) else {
        postings.values[place][label.value] = [series]
        shared.append(Label(name, label.value))
        continue
      }
      shared.append(Label(name, postings.values[place].keys[value]))
      postings.values[place].values[value].insertSorted(series)
    }
    return Labels(shared)
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

  /// The ids that can satisfy `matchers`, ascending: what all `=` allow together, or else the shortest list that one
  /// other matcher alone allows. The caller still checks each candidate against all matchers. nil means "no matcher
  /// narrows it: look at every series".
  func candidates(for matchers: [LabelMatcher]) -> [SeriesID]? {
    // A matcher that refuses "" demands the label, so its postings hold every possible answer.
    let demanding = matchers.filter { !$0.matches("") }
    let equal = demanding.filter { $0.kind == .equal }
    if !equal.isEmpty {
      var lists: [[SeriesID]] = []
      for matcher in equal {
        guard let list = postings[matcher.name]?[matcher.text] else { return [] }
        lists.append(list)
      }
      return PostingLists.intersection(lists)
    }
    var best: [SeriesID]?
    for matcher in demanding {
      // The expression is tried on each distinct value, however many series carry it.
      let lists = (postings[matcher.name] ?? [:]).filter { matcher.matches($0.key) }.map(\.value)
      let count = lists.reduce(0) { $0 + $1.count }
      if count == 0 { return [] }
      if best.map({ count < $0.count }) ?? true { best = PostingLists.union(lists) }
    }
    return best
  }
}

/// A matcher that remembers its verdict about each value: what many series share is judged once.
struct RememberingMatcher {
  private let matcher: LabelMatcher
  private var verdicts: [String: Bool] = [:]

  init(_ matcher: LabelMatcher) { self.matcher = matcher }

  mutating func matches(_ labels: Labels) -> Bool {
    let value = labels[matcher.name] ?? ""
    switch matcher.kind {
    case .equal, .notEqual: return matcher.matches(value)
    case .regex, .notRegex:
      if let known = verdicts[value] { return known }
      let verdict = matcher.matches(value)
      verdicts[value] = verdict
      return verdict
    }
  }
}
