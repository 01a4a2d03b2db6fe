internal import Alerting
internal import PromQL

extension Lint {
  /// promtool lets it pass, and so does a daemon: it says so at every evaluation.
  static let neverEvaluates = Lint(
    name: "never-evaluates",
    finds: "an expression that is a range of samples or a text: every evaluation fails",
    isDefault: true
  ) { rule, _, _ in
    switch rule.expression.type {
    case .rangeVector, .string:
      ["gives a \(rule.expression.type.rawValue), and a rule needs a vector or a number"]
    case .instantVector, .scalar: []
    }
  }
}
