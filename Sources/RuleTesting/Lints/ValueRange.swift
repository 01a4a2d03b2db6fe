internal import Model
internal import PromQL

/// The numbers that an expression's floats may be: everything from `low` to `high`, and NaN where `mayBeNaN`.
/// `low > high` says that there is no number at all.
struct ValueRange: Equatable {
  var low = -Double.infinity
  var high = Double.infinity
  var mayBeNaN = true

  static let any = ValueRange()
  /// NaN, if anything.
  static let none = ValueRange(low: .infinity, high: -.infinity)
  static let impossible = ValueRange(low: .infinity, high: -.infinity, mayBeNaN: false)
  static let notNegative = ValueRange(low: 0)

  static func exactly(_ value: Double) -> ValueRange {
    value.isNaN ? .none : ValueRange(low: value, high: value, mayBeNaN: false)
  }

  static func between(_ low: Double, _ high: Double) -> ValueRange { ValueRange(low: low, high: high) }

  /// No number; it may still be NaN.
  var isEmpty: Bool { low > high }
  var isImpossible: Bool { isEmpty && !mayBeNaN }

  func intersecting(_ other: ValueRange) -> ValueRange {
    ValueRange(low: max(low, other.low), high: min(high, other.high), mayBeNaN: mayBeNaN && other.mayBeNaN)
  }

  func union(_ other: ValueRange) -> ValueRange {
    ValueRange(low: min(low, other.low), high: max(high, other.high), mayBeNaN: mayBeNaN || other.mayBeNaN)
  }

  func contains(_ other: ValueRange) -> Bool { other.isEmpty || (low <= other.low && other.high <= high) }

  /// What stays of it where `self op other` holds for some value of `other`; impossible when it never holds.
  func kept(by op: BinaryOperator, _ other: ValueRange) -> ValueRange {
    if op == .notEqual {
      let isOneValue = low == high && !mayBeNaN && self == other
      return isOneValue ? .impossible : self
    }
    var kept = self
    kept.mayBeNaN = false
    guard !isEmpty, !other.isEmpty else { return .impossible }
    switch op {
    case .equal: kept = intersecting(other)
    case .greater: kept.low = max(low, other.low.nextUp)
    case .greaterOrEqual: kept.low = max(low, other.low)
    case .less: kept.high = min(high, other.high.nextDown)
    case .lessOrEqual: kept.high = min(high, other.high)
    default: break
    }
    // The largest of all numbers has none above it.
    if op == .greater, other.low == .infinity { return .impossible }
    if op == .less, other.high == -.infinity { return .impossible }
    kept.mayBeNaN = false
    return kept
  }

  /// The results of `self op other`. Rounding is monotone, so bounds go over into bounds.
  func combined(_ op: BinaryOperator, _ other: ValueRange) -> ValueRange {
    if isEmpty || other.isEmpty { return .none }
    let corners: [Double]
    switch op {
    case .add: corners = [low + other.low, high + other.high]
    case .subtract: corners = [low - other.high, high - other.low]
    case .multiply: corners = [low * other.low, low * other.high, high * other.low, high * other.high]
    case .divide where other.low > 0 || other.high < 0:
      corners = [low / other.low, low / other.high, high / other.low, high / other.high]
    default: return .any
    }
    guard corners.allSatisfy({ !$0.isNaN }), let least = corners.min(), let most = corners.max() else {
      return .any
    }
    return ValueRange(low: least, high: most)
  }

  var negated: ValueRange { ValueRange(low: -high, high: -low, mayBeNaN: mayBeNaN) }

  /// The same with room for what adding up many numbers loses.
  var widened: ValueRange {
    ValueRange(
      low: low.isFinite ? low - abs(low) * 1e-9 : low, high: high.isFinite ? high + abs(high) * 1e-9 : high)
  }

  /// Sums of one or more such numbers.
  var summed: ValueRange {
    if isEmpty { return .none }
    if low >= 0 { return ValueRange(low: widened.low) }
    if high <= 0 { return ValueRange(high: widened.high) }
    return .any
  }

  func mapped(_ monotone: (Double) -> Double) -> ValueRange {
    isEmpty ? .none : ValueRange(low: monotone(low), high: monotone(high), mayBeNaN: mayBeNaN)
  }

  /// `always 5`, `never below 0`, `always above 5`.
  var text: String {
    if isEmpty { return "never a number" }
    if low == high { return "always \(NumberText.shortest(low))" }
    if low == -.infinity { return high == .infinity ? "any number" : highText }
    return high == .infinity ? lowText : "\(lowText) and \(highText)"
  }

  private var lowText: String { Self.text(low, open: low.nextDown, "never below", "always above") }
  private var highText: String { Self.text(high, open: high.nextUp, "never above", "always below") }

  /// The number next to a plain one is where an open interval ends.
  private static func text(_ bound: Double, open: Double, _ closed: String, _ beyond: String) -> String {
    let (here, there) = (NumberText.shortest(bound), NumberText.shortest(open))
    return there.utf8.count < here.utf8.count ? "\(beyond) \(there)" : "\(closed) \(here)"
  }
}
