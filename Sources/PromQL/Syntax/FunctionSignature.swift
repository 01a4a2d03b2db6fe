/// Name and types of a PromQL function.
package struct FunctionSignature: Sendable, Hashable {
  package let name: String
  package let arguments: [ValueType]
  /// How many of the last argument there may be beyond none: nil exactly as listed, -1 without end.
  package let variadic: Int?
  package let returns: ValueType
  package let isExperimental: Bool

  init(
    _ name: String, _ arguments: [ValueType], variadic: Int? = nil, returns: ValueType = .instantVector,
    isExperimental: Bool = false
  ) {
    self.name = name
    self.arguments = arguments
    self.variadic = variadic
    self.returns = returns
    self.isExperimental = isExperimental
  }

  /// Every function of Prometheus 3.
  package static let all: [String: FunctionSignature] = {
    var table = simple() + listed
    for name in [
      "days_in_month", "day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year",
    ] {
      table.append(FunctionSignature(name, [.instantVector], variadic: 1))
    }
    return Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }()

  /// Functions of one vector.
  private static func simple() -> [FunctionSignature] {
    let instant = [
      "abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg", "exp",
      "floor", "histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum",
      "ln",
      "log10", "log2", "rad", "sgn", "sin", "sinh", "sort", "sort_desc", "sqrt", "tan", "tanh", "timestamp",
    ]
    let range = [
      "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "idelta",
      "first_over_time", "increase",
      "irate", "last_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets",
      "stddev_over_time", "stdvar_over_time", "sum_over_time",
    ]
    let experimentalRange = [
      "mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time",
      "ts_of_max_over_time", "ts_of_min_over_time",
    ]
    return instant.map { FunctionSignature($0, [.instantVector]) }
      + range.map { FunctionSignature($0, [.rangeVector]) }
      + experimentalRange.map { FunctionSignature($0, [.rangeVector], isExperimental: true) }
  }

  private static let listed: [FunctionSignature] = [
    .init("clamp", [.instantVector, .scalar, .scalar]),
    .init("clamp_max", [.instantVector, .scalar]),
    .init("clamp_min", [.instantVector, .scalar]),
    .init("double_exponential_smoothing", [.rangeVector, .scalar, .scalar], isExperimental: true),
    .init("histogram_fraction", [.scalar, .scalar, .instantVector]),
    .init("histogram_quantile", [.scalar, .instantVector]),
    .init(
      "histogram_quantiles", [.instantVector, .string, .scalar, .scalar], variadic: 9, isExperimental: true),
    .init("info", [.instantVector, .instantVector], variadic: 1, isExperimental: true),
    .init("label_join", [.instantVector, .string, .string, .string], variadic: -1),
    .init("label_replace", [.instantVector, .string, .string, .string, .string]),
    .init("end", [], returns: .scalar, isExperimental: true),
    .init("max_of", [.scalar, .scalar], returns: .scalar, isExperimental: true),
    .init("min_of", [.scalar, .scalar], returns: .scalar, isExperimental: true),
    .init("pi", [], returns: .scalar),
    .init("predict_linear", [.rangeVector, .scalar]),
    .init("quantile_over_time", [.scalar, .rangeVector]),
    .init("range", [], returns: .scalar, isExperimental: true),
    .init("round", [.instantVector, .scalar], variadic: 1),
    .init("scalar", [.instantVector], returns: .scalar),
    .init("sort_by_label", [.instantVector, .string], variadic: -1, isExperimental: true),
    .init("sort_by_label_desc", [.instantVector, .string], variadic: -1, isExperimental: true),
    .init("start", [], returns: .scalar, isExperimental: true),
    .init("step", [], returns: .scalar, isExperimental: true),
    .init("time", [], returns: .scalar),
    .init("vector", [.scalar]),
  ]
}
