internal import Alerting
internal import Model
internal import PromQL

extension Lint {
  /// Samples usually come at the interval at which rules are evaluated; a slope needs two of them.
  static let shortRange = Lint(
    name: "short-range", finds: "a rate or slope over less than two of the group's intervals", isDefault: true
  ) { rule, group, context in
    let interval = group.interval(context)
    return rule.expression.slopes.filter { .milliseconds($0.milliseconds) < interval * 2 }.map {
      "`\($0.function)` over \(DurationText.format(.milliseconds($0.milliseconds))) is less than two intervals of "
        + "\(DurationText.format(interval)): unless samples come more often, there are no two to compare"
    }
  }
}

private let needsTwoSamples: Set<String> = [
  "rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing",
]

extension Expression {
  /// Calls that compare two samples of a plain range. Those of a subquery have the samples that it makes.
  fileprivate var slopes: [(function: String, milliseconds: Int64)] {
    var found = children.flatMap(\.slopes)
    if case .call(let function, let arguments) = kind, needsTwoSamples.contains(function.name),
      case .rangeSelector(_, let range)? = arguments.first?.withoutParentheses.kind
    {
      found.append((function.name, range))
    }
    return found
  }
}
