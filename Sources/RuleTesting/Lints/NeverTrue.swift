internal import Alerting
internal import PromQL

extension Lint {
  /// Claims only what holds for every store; rates are taken to be of counters, which never fall below zero.
  static let neverTrue = Lint(
    name: "never-true", finds: "an expression, or a side of `or`, that never gives anything", isDefault: true
  ) { rule, _, _ in
    var analysis = PossibilityAnalysis()
    let result = analysis.possibility(of: rule.expression)
    if let reason = result.never { return ["never gives anything: \(reason)"] }
    return analysis.deadBranches.map { "one side of `or` never gives anything: \($0)" }
  }
}
