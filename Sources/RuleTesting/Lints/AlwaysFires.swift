internal import Alerting
internal import PromQL

extension Lint {
  /// `bool` gives 0 where a filter gives nothing, and an alert asks only whether there is a value.
  static let alwaysFires = Lint(
    name: "always-fires",
    finds: "an alert on a comparison with `bool`, or on a number: it fires whatever the value",
    isDefault: true
  ) { rule, _, _ in
    guard case .alerting = rule.kind else { return [] }
    let expression = rule.expression.withoutParentheses
    if case .binary(let operation) = expression.kind, operation.returnsBool {
      return ["fires whatever the value: `bool` gives 0 or 1, and 0 is a value too"]
    }
    return expression.type == .scalar ? ["fires whatever the value: a number is always there"] : []
  }
}
