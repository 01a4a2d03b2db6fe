internal import Alerting
internal import Model
internal import PromQL

extension Lint {
  static let beyondRetention = Lint(
    name: "beyond-retention", finds: "an expression that looks back further than samples are kept",
    isDefault: true
  ) { rule, group, context in
    let reach = rule.expression.lookBack + max(0, group.queryOffset.milliseconds)
    guard reach > context.retention.milliseconds else { return [] }
    return [
      "looks back \(DurationText.format(.milliseconds(reach))), and samples are kept for "
        + "\(DurationText.format(context.retention)): what is older is not found"
    ]
  }
}

extension Expression {
  /// Milliseconds from the moment of evaluation to the oldest sample that a range or an offset asks for. Selectors
  /// that `@` fixes to a moment do not count.
  fileprivate var lookBack: Int64 {
    func moved(_ shift: TimeShift, _ range: Int64) -> Int64 {
      if case .at? = shift.anchor { return 0 }
      return max(0, range &+ (shift.offsetMilliseconds ?? 0))
    }
    switch kind {
    case .selector(let selector): return moved(selector.shift, 0)
    case .rangeSelector(let selector, let range): return moved(selector.shift, range)
    case .subquery(let subquery):
      if case .at? = subquery.shift.anchor { return 0 }
      return max(0, moved(subquery.shift, subquery.rangeMilliseconds) &+ subquery.inner.lookBack)
    default: return children.map(\.lookBack).max() ?? 0
    }
  }
}
