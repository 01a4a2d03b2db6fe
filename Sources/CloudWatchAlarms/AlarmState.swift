/// What CloudWatch says of an alarm, in its own words.
package enum AlarmState: String, Sendable, Codable, CaseIterable {
  case ok = "OK"
  case alarm = "ALARM"
  case insufficientData = "INSUFFICIENT_DATA"
}

/// How a value is held against the threshold; it breaches when the comparison holds.
package enum ComparisonOperator: String, Sendable, CaseIterable {
  case greaterOrEqual = "GreaterThanOrEqualToThreshold"
  case greater = "GreaterThanThreshold"
  case less = "LessThanThreshold"
  case lessOrEqual = "LessThanOrEqualToThreshold"

  func breaches(_ value: Double, _ threshold: Double) -> Bool {
    switch self {
    case .greaterOrEqual: value >= threshold
    case .greater: value > threshold
    case .less: value < threshold
    case .lessOrEqual: value <= threshold
    }
  }

  /// As in "was … the threshold".
  var words: String {
    switch self {
    case .greaterOrEqual: "greater than or equal to"
    case .greater: "greater than"
    case .less: "less than"
    case .lessOrEqual: "less than or equal to"
    }
  }
}

/// What a period without a sample counts as.
package enum MissingDataTreatment: String, Sendable, CaseIterable {
  case missing, ignore, breaching, notBreaching
}

/// `EvaluateLowSampleCountPercentile`.
package enum LowSampleCountTreatment: String, Sendable, CaseIterable {
  case evaluate, ignore
}
