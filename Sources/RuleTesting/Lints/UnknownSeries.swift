internal import Alerting
internal import Model
internal import PromQL

extension Lint {
  /// Needs to be told what series there are. Selectors under `absent` ask for what may well not be there.
  static let unknownSeries = Lint(
    name: "no-series",
    finds: "a selector that matches no series of --config or --series, and none that is recorded",
    isDefault: true
  ) { rule, _, context in
    guard let series = context.series else { return [] }
    return rule.expression.selectors.filter { !series.mayMatch($0.matchers) }.map {
      let name = $0.name.map { " `\($0)`" } ?? ""
      let isKnown = $0.name.map(series.names.contains) ?? false
      return isKnown
        ? "no series of\(name) has these labels: `\(Expression.text(of: $0))`"
        : "there are no series\(name)\(series.hint(for: $0.name))"
    }
  }
}

extension Expression {
  /// Every selector in it but those that `absent` looks for.
  fileprivate var selectors: [VectorSelector] {
    switch kind {
    case .selector(let selector), .rangeSelector(let selector, _): return [selector]
    case .call(let function, _) where function.name == "absent" || function.name == "absent_over_time":
      return []
    default: return children.flatMap(\.selectors)
    }
  }

  fileprivate static func text(of selector: VectorSelector) -> String {
    "{" + selector.matchers.map(\.description).joined(separator: ", ") + "}"
  }
}
