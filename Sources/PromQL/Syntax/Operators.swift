/// An operator between two expressions.
package enum BinaryOperator: String, Sendable, Hashable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case modulo = "%"
  case power = "^"
  case atan2
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case and
  case or
  case unless
  /// Keeps of a native histogram what lies below a bound.
  case trimAbove = "</"
  /// Keeps of a native histogram what lies above a bound.
  case trimBelow = ">/"

  package var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }

  /// Whether the result is another thing than what the metric's name says.
  package var isArithmetic: Bool { !isComparison && !isSetOperator && !isTrim }

  package var isTrim: Bool { self == .trimAbove || self == .trimBelow }

  package var isSetOperator: Bool { self == .and || self == .or || self == .unless }

  /// Higher binds tighter.
  var precedence: Int {
    switch self {
    case .or: 1
    case .and, .unless: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .trimAbove, .trimBelow: 3
    case .add, .subtract: 4
    case .multiply, .divide, .modulo, .atan2: 5
    case .power: 6
    }
  }

  /// A sign binds like a multiplication: `-a^b` is `-(a^b)`, `-a*b` is `(-a)*b`.
  static let tighterThanSign = 6
}

/// What turns the elements of a group into one (or, for some, selects among them).
package enum AggregationOperator: String, Sendable, Hashable, CaseIterable {
  case sum, avg, count, min, max, group, stddev, stdvar, topk, bottomk, quantile, limitk
  case countValues = "count_values"
  case limitRatio = "limit_ratio"

  /// The type of the parameter in front of the vector; nil when there is none.
  package var parameterType: ValueType? {
    switch self {
    case .topk, .bottomk, .quantile, .limitk, .limitRatio: .scalar
    case .countValues: .string
    default: nil
    }
  }

  package var isExperimental: Bool { self == .limitk || self == .limitRatio }
}

/// The type of an expression; the raw value is Prometheus' documented name.
package enum ValueType: String, Sendable, Hashable {
  case scalar
  case string
  case instantVector = "instant vector"
  case rangeVector = "range vector"
}
