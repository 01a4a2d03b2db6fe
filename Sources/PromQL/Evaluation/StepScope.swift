internal import Model

/// The steps of expressions that are evaluated at the same moments, each once for equal text.
///
/// What stands inside a subquery is evaluated at other moments and has a scope of its own.
final class StepScope {
  var steps: [String: Step] = [:]
  var windows: [String: WindowStep] = [:]
  /// By the text of the conditions. Shared with the scopes inside.
  let matched: MatchedSeriesTable

  init() { matched = MatchedSeriesTable() }

  private init(_ matched: MatchedSeriesTable) { self.matched = matched }

  func inside() -> StepScope { StepScope(matched) }

  func series(_ matchers: [LabelMatcher]) -> MatchedSeries { matched.series(matchers) }

  var allSeries: some Sequence<MatchedSeries> { matched.known.values }
}

final class MatchedSeriesTable {
  private(set) var known: [String: MatchedSeries] = [:]

  func forEach(_ body: (MatchedSeries) -> Void) { for series in known.values { body(series) } }

  func series(_ matchers: [LabelMatcher]) -> MatchedSeries {
    let key = matchers.map(\.description).joined(separator: ",")
    if let found = known[key] { return found }
    let made = MatchedSeries(matchers)
    known[key] = made
    return made
  }
}
