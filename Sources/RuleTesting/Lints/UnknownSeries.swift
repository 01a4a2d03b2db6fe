internal import Alerting
internal import Model
package import PromQL

extension Lint {
  /// Needs to be told what series there are. Selectors under `absent` ask for what may well not be there.
  static let unknownSeries = Lint(
    name: "no-series",
    finds: "a selector that matches no series of --config or --series, and none that is recorded",
    isDefault: true
  ) { rule, _, context in
    guard let series = context.series else { return [] }
    return series.gaps(in: rule.expression)
  }
}

extension SeriesCatalogue {
  /// What no series will ever match, one sentence for each selector, without a full stop.
  package func gaps(in expression: Expression) -> [String] {
    expression.selectors.filter { !mayMatch($0.matchers) }.map { selector in
      let equal = selector.matchers.first { $0.name == Labels.metricNameLabel && $0.kind == .equal }
      let name = selector.name ?? equal?.text
      let shown = name.map { " `\($0)`" } ?? ""
      return name.map(names.contains) ?? false
        ? "no series of\(shown) has these labels: `\(Expression.text(of: selector))`"
        : "there are no series\(shown)\(hint(for: name))"
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
